import Calibration
import Diagnostics
import ONNXFrontend

/// Where the extents that a model leaves open come from.
package enum ShapeBinding {
  /// Shapes from `name=1x128` arguments.
  ///
  /// - Throws: `QC0001` for an argument of another form.
  package static func parse(_ arguments: [String]) throws(Diagnostic) -> [String: [Int]] {
    var shapes: [String: [Int]] = [:]
    for argument in arguments {
      let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
      let dims = parts.count == 2 ? parts[1].split(separator: "x").map { Int($0) } : []
      let known = dims.compactMap { $0 }
      guard parts.count == 2, known.count == dims.count, known.allSatisfy({ $0 > 0 }) else {
        throw Diagnostic(
          .usage, "'\(argument)' is no shape", hint: "--shape <input>=<extents>, as in ids=1x128")
      }
      guard shapes.updateValue(known, forKey: parts[0]) == nil else {
        throw Diagnostic(.usage, "the shape of '\(parts[0])' is given twice")
      }
    }
    return shapes
  }

  /// The extents of the symbols that `shapes` leaves open: 1 on axis 0, else what all calibration
  /// samples had. A symbol that stays open is the import's to refuse.
  static func symbols(
    of model: ONNXModel, shapes: [String: [Int]], table: CalibrationTable?
  ) -> [String: Int] {
    var symbols: [String: Int] = [:]
    var given: Set<String> = []
    for input in model.inputs {
      for (axis, dimension) in input.dims.enumerated() {
        guard case .symbolic(let symbol) = dimension else { continue }
        if shapes[input.name] != nil {
          given.insert(symbol)
        } else if axis == 0 {
          symbols[symbol] = 1
        } else if symbols[symbol] == nil, let extents = table?.inputExtents[input.name] ?? nil,
          extents.indices.contains(axis), extents[axis].count == 1
        {
          symbols[symbol] = extents[axis].lowerBound
        }
      }
    }
    return symbols.filter { !given.contains($0.key) }
  }
}
