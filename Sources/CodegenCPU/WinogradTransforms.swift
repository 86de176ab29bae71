import KernelIR
import Targets

/// The parts of a `winograd` kernel that make words of bytes: along the rows, then along the columns.
struct WinogradTransforms {
  let spec: KernelSpec
  let target: CPUTarget

  private var symbol: String { spec.symbol }

  /// `S_pixels_K(row, pixel, to)`: the pixels of a block at six rows and six distances in them, to the
  /// block's place in a round.
  func emitPixels(_ kind: WinogradBlocking.Kind, into out: inout CSource) {
    out.block(
      """
      static void \(symbol)_pixels_\(kind.name)(const uint8_t *const row[6], const size_t pixel[6],
          uint8_t *to)
      """
    ) { out in
      let (rows, pixels) = (kind.height.points.count, kind.width.points.count)
      var channel = 0
      for width in WinogradPrelude.widths(of: target) {
        let end = channel + (spec["depth"] - channel) / width * width
        guard end > channel else { continue }
        out.rolled("for (uint32_t c = \(channel); c < \(end); c += \(width))") { out in
          Transform(
            width: width, rows: (rows, rows), columns: (pixels, pixels),
            load: "words\(width)_of_u8(row[i] + pixel[j] + c)",
            functions: ("pixels\(rows)", "pixels\(pixels)"),
            place: { "to + \(2 * $0 * spec["depth"]) + 2 * c" }
          ).emit(into: &out)
        }
        channel = end
      }
    }
    out.blank()
  }

  /// `S_weights(w, to)`: the weights of a panel.
  func emitWeights(into out: inout CSource) {
    let width = WinogradPrelude.widths(of: target)[0]
    let pairs = spec["depth"] / 2
    out.block("static void \(symbol)_weights(const int8_t *w, uint8_t *to)") { out in
      out.rolled("for (uint32_t k = 0; k < \(pairs); ++k, w += 9 * 32, to += 36 * 64)") { out in
        // A panel's weights are read once, from memory that is far; what lies behind the last does no harm.
        out.line("for (uint32_t i = 0; i < 5; ++i) __builtin_prefetch(w + 2048 + 64 * i);")
        out.rolled("for (uint32_t c = 0; c < 32; c += \(width))") { out in
          Transform(
            width: width, rows: (3, 6), columns: (3, 6),
            load: "words\(width)_of_s8(w + (3 * i + j) * 32 + c)",
            functions: ("weights", "weights"), place: { "to + \($0 * 64) + 2 * c" }
          ).emit(into: &out)
        }
      }
    }
    out.blank()
  }

  /// Both directions for one vector of each of the loaded bytes.
  private struct Transform {
    /// Words of a vector.
    let width: Int
    /// How many are loaded along an axis, and how many they become.
    let rows: (loaded: Int, made: Int)
    let columns: (loaded: Int, made: Int)
    /// The words of row i, column j.
    let load: String
    /// What transforms a column, and a row.
    let functions: (column: String, row: String)
    /// Where the words of a position go.
    let place: (Int) -> String

    func emit(into out: inout CSource) {
      out.line("words\(width) half[\(rows.made)][\(columns.loaded)];")
      out.block("for (uint32_t j = 0; j < \(columns.loaded); ++j)") { out in
        out.line(
          """
          words\(width) from[\(rows.loaded)], made[\(rows.made)];
          for (uint32_t i = 0; i < \(rows.loaded); ++i) from[i] = \(load);
          words\(width)_\(functions.column)(from, made);
          for (uint32_t i = 0; i < \(rows.made); ++i) half[i][j] = made[i];
          """)
      }
      for i in 0..<rows.made {
        out.block("") { out in
          out.line("words\(width) made[\(columns.made)];")
          out.line("words\(width)_\(functions.row)(half[\(i)], made);")
          for j in 0..<columns.made {
            out.line("words\(width)_store(\(place(columns.made * i + j)), made[\(j)]);")
          }
        }
      }
    }
  }
}
