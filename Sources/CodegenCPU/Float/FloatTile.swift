import Targets

/// A micro-kernel of a float product: `rows` result rows times `panels` panels of 16 columns.
struct FloatTile: Hashable {
  let rows: Int
  let panels: Int

  /// The micro-kernels of a target, for the most rows first; the last one has one row.
  ///
  /// The accumulators and one row of weights stay in registers; few rows get more panels, so that
  /// enough chains are in flight.
  static func shapes(for target: CPUTarget) -> [FloatTile] {
    guard target.hasFMA else { return [FloatTile(rows: 1, panels: 1)] }
    switch (target.vectorBytes, target.vectorRegisters) {
    case (64, 32...):
      return [
        FloatTile(rows: 12, panels: 2), FloatTile(rows: 4, panels: 4),
        FloatTile(rows: 1, panels: 4),
      ]
    default:
      return [
        FloatTile(rows: 6, panels: 1), FloatTile(rows: 2, panels: 2), FloatTile(rows: 1, panels: 4),
      ]
    }
  }

  /// The shapes with every panel count that a rest needs.
  static func variants(for target: CPUTarget) -> [FloatTile] {
    shapes(for: target).flatMap { shape in
      shape.panels == 1 ? [shape] : [shape, FloatTile(rows: shape.rows, panels: 1)]
    }
  }

  var suffix: String { "\(rows)x\(panels)" }

  /// Emits `<symbol>_core_<rows>x<panels>`: `acc[m][z] += a[m][k] · b[k][z]`, k ascending.
  ///
  /// `a` are the rows, k contiguous; `b` is the first panel, `b_step` bytes from k to k and
  /// `b_panel` bytes from panel to panel.
  func emitCore(_ symbol: String, into out: inout CSource) {
    out.block(
      """
      QF void \(symbol)_core_\(suffix)(const char *const *a, const char *b, size_t b_step,
          size_t b_panel, size_t run, qf acc[\(rows)][\(panels)])
      """
    ) { out in
      for row in 0..<rows { out.line("const char *a\(row) = a[\(row)];") }
      out.block("for (size_t k = 0; k < run; ++k)") { out in
        for panel in 0..<panels {
          out.line("const qf b\(panel) = qf_load(b + \(panel) * b_panel);")
        }
        for row in 0..<rows {
          out.line("const qf x\(row) = qf_set(((const float *)a\(row))[k]);")
          for panel in 0..<panels {
            out.line(
              "acc[\(row)][\(panel)] = qf_fma(x\(row), b\(panel), acc[\(row)][\(panel)]);")
          }
        }
        out.line("b += b_step;")
      }
    }
    out.blank()
  }

  /// The tail of a C `if` chain that calls `call(tile)` for the tile that fits `rows` and `panels`.
  static func dispatch(
    for target: CPUTarget, rows: String, panels: String, into out: inout CSource,
    call: (FloatTile) -> String
  ) {
    let shapes = shapes(for: target)
    for (index, shape) in shapes.enumerated() {
      let isLast = index + 1 == shapes.count
      let condition = isLast ? [] : ["if (\(rows) > \(shapes[index + 1].rows))"]
      out.block(((index == 0 ? [] : ["else"]) + condition).joined(separator: " ")) { out in
        if shape.panels > 1 {
          out.block("if (\(panels) >= \(shape.panels))") { $0.line(call(shape)) }
          out.block("else") { $0.line(call(FloatTile(rows: shape.rows, panels: 1))) }
        } else {
          out.line(call(shape))
        }
      }
    }
  }
}
