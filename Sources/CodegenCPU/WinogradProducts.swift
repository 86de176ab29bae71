import KernelIR
import Targets

/// The products of a `winograd` kernel: at each position a matrix product of the blocks of a round and
/// the columns of a panel.
struct WinogradProducts {
  let spec: KernelSpec
  let target: CPUTarget
  let kind: WinogradBlocking.Kind

  private var blocks: Int { spec[kind.name] }
  private var pairs: Int { spec["depth"] / 2 }
  /// Positions whose sums are in registers together, so that no sum waits for the one before it.
  private var group: Int {
    let sums = target.vectorRegisters < 32 ? 8 : 12
    return [8, 4, 2].first { blocks < 4 && $0 * blocks <= sums && kind.positions.count % $0 == 0 }
      ?? 1
  }

  /// Pairs of channels of one round, where broadcasts of the next ones have registers.
  private var unroll: QuadUnroll {
    QuadUnroll(quads: pairs, limit: target.vectorRegisters < 32 ? 1 : 4, divides: true)
  }

  /// A loop runs over pairs of channels, or over positions or vectors where these are one round.
  var dotCount: Int { group * blocks * unroll.step }

  /// `S_products_K(u, v, m)`: from the pixels of a round and the weights of a panel to their sums.
  func emit(into out: inout CSource) {
    let positions = kind.positions
    out.block(
      """
      static void \(spec.symbol)_products_\(kind.name)(const uint8_t *u, const uint8_t *v,
          int32_t *m)
      """
    ) { out in
      out.line(
        "static const uint8_t position[\(positions.count)] = {\(positions.map(String.init).joined(separator: ", "))};"
      )
      out.rolled("for (uint32_t i = 0; i < \(positions.count); i += \(group))") { out in
        if target.lanes == 16 {
          emitVector("0", into: &out)
        } else {
          out.rolled("for (uint32_t z = 0; z < 16; z += \(target.lanes))") { out in
            emitVector("z", into: &out)
          }
        }
      }
    }
    out.blank()
  }

  /// The vector of columns from number `z` on.
  private func emitVector(_ z: String, into out: inout CSource) {
    for q in 0..<group {
      out.line(
        """
        const uint8_t *p\(q) = u + (i + \(q)) * \(2 * spec["depth"]);
        const uint8_t *w\(q) = v + position[i + \(q)] * 64 + 4 * \(z);
        """)
      for b in 0..<blocks { out.line("vi acc\(q)_\(b) = vi_set1(0);") }
    }
    if unroll.step == pairs {
      emitRound(into: &out)
    } else {
      out.rolled("for (uint32_t k = 0; k < \(pairs / unroll.step); ++k)") { emitRound(into: &$0) }
    }
    for q in 0..<group {
      for b in 0..<blocks {
        out.line(
          "vi_store(m + (i + \(q)) * \(16 * blocks) + \(b * 16) + \(z), acc\(q)_\(b));")
      }
    }
  }

  private func emitRound(into out: inout CSource) {
    let step = 64 * WinogradKernel.positions
    for k in 0..<unroll.step {
      for q in 0..<group {
        out.block("") { out in
          out.line("const vi weights = vi_load(w\(q) + \(k * step));")
          for b in 0..<blocks {
            out.line("int32_t a\(b);")
            out.line("__builtin_memcpy(&a\(b), p\(q) + \(4 * k + b * spec.winogradBlockBytes), 4);")
            out.line("acc\(q)_\(b) = vi_dot_pairs(acc\(q)_\(b), vi_set1(a\(b)), weights);")
          }
        }
      }
    }
    for q in 0..<group {
      out.line("p\(q) += \(4 * unroll.step);\nw\(q) += \(unroll.step * step);")
    }
  }
}
