/// How the quads of a segment are unrolled: all of them where they are few, else none, or a divisor
/// of their count where the micro-tile leaves registers free.
///
/// A short segment is mostly the ends of its loop; in a long one, the quads of neighbouring pixels
/// share loads that the compiler would keep in registers which the sums need.
struct QuadUnroll: Hashable {
  let quads: Int
  /// Bytes of the weights of one quad.
  let quadBytes: Int
  /// Quads of one round of the loop.
  let step: Int

  init(quads: Int, limit: Int, divides: Bool = false, quadBytes: Int = 64) {
    self.quads = quads
    self.quadBytes = quadBytes
    let divisor = (1...limit).last { quads % $0 == 0 } ?? 1
    step = quads <= limit ? quads : divides ? divisor : 1
  }

  /// Writes the reduction over one segment; `quad` emits the quad of that number behind `p` and `w`,
  /// which move on.
  func emit(into out: inout CSource, quad: (Int, inout CSource) -> Void) {
    if step < quads {
      out.line("#pragma clang loop unroll(disable)")
      out.block("for (uint32_t q = 0; q < \(quads / step); ++q)") { out in
        emitRound(into: &out, quad: quad)
      }
    } else {
      emitRound(into: &out, quad: quad)
    }
  }

  private func emitRound(into out: inout CSource, quad: (Int, inout CSource) -> Void) {
    for index in 0..<step { quad(index, &out) }
    out.line("p += \(4 * step);\nw += \(quadBytes * step);")
  }
}
