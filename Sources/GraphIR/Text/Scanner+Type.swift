import Diagnostics
import Tensors

extension Scanner {
  /// `1x64xu8<0.02, zp=3>`.
  mutating func tensorType() throws(Diagnostic) -> TensorType {
    let parts = try identifier().split(separator: "x", omittingEmptySubsequences: false)
    var dims: [Int] = []
    for part in parts.dropLast() {
      guard let dim = Int(part) else { throw problem("expected an extent, got '\(part)'") }
      dims.append(dim)
    }
    guard let name = parts.last, let element = ElementType(rawValue: String(name)) else {
      throw problem("expected an element type")
    }
    return TensorType(element, try Shape(dims), try quantization())
  }

  /// The part in angle brackets, if there is one.
  private mutating func quantization() throws(Diagnostic) -> QuantParams? {
    guard take("<") else { return nil }
    var granularity = QuantParams.Granularity.perTensor
    if take("axis=") {
      let axis = try integer()
      try expect(",")
      granularity = .perChannel(axis: axis)
      if take("group=") {
        granularity = .perGroup(axis: axis, groupSize: try integer())
        try expect(",")
      }
    }
    let scales = try floats()
    var zeroPoints = [Int32](repeating: 0, count: scales.count)
    if take(",") {
      try expect("zp=")
      zeroPoints = try floats().map { Int32($0) }
    }
    try expect(">")
    return try QuantParams(granularity, scales: scales, zeroPoints: zeroPoints)
  }

  private mutating func integer() throws(Diagnostic) -> Int {
    guard case .int(let value) = try number() else { throw problem("expected an integer") }
    return value
  }

  /// One number or a list of them; zero points are read here too, being small enough.
  private mutating func floats() throws(Diagnostic) -> [Float] {
    switch peek("[") ? try list() : try number() {
    case .int(let value): return [Float(value)]
    case .float(let value): return [value]
    case .ints(let values): return values.map { Float($0) }
    case .floats(let values): return values
    default: throw problem("expected numbers")
    }
  }
}
