import KernelIR
import Targets

/// The function `S_gather` of a `conv` that gathers kernel rows: `S_gather(g, in, to, y0, y1)` copies
/// those of the pixels of result rows y0 ..< y1 from the image at `in` to one pixel after another.
///
/// Copies go on beyond a kernel row, over bytes that are written later or meet zero weights only.
struct RowGathering {
  let spec: KernelSpec
  let target: CPUTarget

  private var rows: Int { spec["gathered"] }
  private var run: Int { spec["run"] }
  private var stride: Int { spec["stride"] }
  private var pixelBytes: Int { spec["step"] }

  /// Pixels whose kernel rows lie in one vector of four rows of 16 bytes, and fit one when gathered;
  /// 0 where there is no vector for that.
  private var pixelsAtOnce: Int {
    guard target.vectorBytes == 64, target.integerDot == .bytes, rows <= 4, run <= 16 else {
      return 0
    }
    return min((16 - run) / stride + 1, 64 / pixelBytes)
  }

  func emit(into out: inout CSource) {
    out.block(
      """
      static void \(spec.symbol)_gather(const qc_conv_args *g, const uint8_t *in, uint8_t *to,
          uint32_t y0, uint32_t y1)
      """
    ) { out in
      out.line("const size_t next = g->gather_row_step;")
      out.block("for (uint32_t y = y0; y < y1; ++y)") { out in
        out.line("const uint8_t *from = in + (size_t)y * g->gather_step;")
        out.line("uint8_t *p = to + (size_t)(y - y0) * g->row_step;")
        if pixelsAtOnce > 1 { emitShuffles(into: &out) } else { emitCopies(into: &out) }
      }
    }
    out.blank()
  }

  private func emitCopies(into out: inout CSource) {
    let bytes = run <= 16 ? 16 : 32
    out.block(
      "for (uint32_t x = 0; x < g->pixels; ++x, from += \(stride), p += \(pixelBytes))"
    ) { out in
      for row in 0..<rows {
        for i in Swift.stride(from: 0, to: run, by: bytes) {
          out.line(
            "__builtin_memcpy(p + \(row * run + i), from + \(row) * next + \(i), \(bytes));")
        }
      }
    }
  }

  private func emitShuffles(into out: inout CSource) {
    var order = [Int](repeating: 0, count: 64)
    for pixel in 0..<pixelsAtOnce {
      for row in 0..<rows {
        for k in 0..<run {
          order[pixel * pixelBytes + row * run + k] = 16 * row + pixel * stride + k
        }
      }
    }
    let loads = (0..<4).map { "qc_load_row(from + \(min($0, rows - 1)) * next, 16)" }
    let (count, step) = (pixelsAtOnce, pixelsAtOnce * stride)
    out.block(
      """
      for (uint32_t x = 0; x < g->pixels; x += \(count), from += \(step),
           p += \(count * pixelBytes))
      """
    ) { out in
      out.line(
        """
        const vi r = qc_join(\(loads.joined(separator: ",\n    ")));
        const vi a = (vi)__builtin_shufflevector((qc_octets)r, (qc_octets)r,
            \(order.map(String.init).joined(separator: ", ")));
        vi_store(p, a);
        """)
    }
  }
}
