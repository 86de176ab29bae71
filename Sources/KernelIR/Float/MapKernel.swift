import Diagnostics
import Tensors

/// `map`: a ``MapExpression`` for every element of the result, inputs broadcast by their strides.
///
/// Buffers: the inputs, output. A tile is a run of result elements. The result may be the buffer of
/// an input that has the same strides.
package struct MapKernel: Hashable, Sendable {
  /// How an input lies along the innermost axis.
  package enum Pattern: Int, Hashable, Sendable {
    case contiguous = 0
    /// One element for the whole axis.
    case scalar = 1
    case strided = 2
  }

  package let expression: MapExpression
  /// Operands: the inputs, then the result.
  package let loop: StridedLoop

  /// `loop` runs over the result; its operands are the inputs, then the result.
  package init(_ expression: MapExpression, loop: StridedLoop) {
    precondition(loop.strides.count == expression.inputs.count + 1, "a stride per operand")
    self.expression = expression
    self.loop = MapKernel.fillingVectors(loop)
  }

  /// A row that does not fill a vector costs as much as one that does: where the innermost axis is so
  /// short, the next one that is not takes its place.
  private static func fillingVectors(_ loop: StridedLoop) -> StridedLoop {
    let axes = loop.extents.indices
    guard loop.inner < 16, let long = axes.last(where: { loop.extents[$0] >= 16 }) else {
      return loop
    }
    return loop.reordered(axes.filter { $0 != long } + [long])
  }

  /// Row-major operands, broadcast as numpy does.
  ///
  /// - Throws: `QC2005` when too many axes remain.
  package init(
    _ expression: MapExpression, shapes: [[Int]], result: [Int]
  ) throws(Diagnostic) {
    let types = expression.inputs + [expression.result]
    let loop = try StridedLoop(
      extents: result,
      strides: zip(shapes + [result], types).map {
        StridedLoop.broadcast($0, to: result, elementBytes: $1.bitWidth / 8)
      },
      origins: types.map { _ in 0 })
    self.init(expression, loop: loop)
  }

  /// The pattern of each operand, the result last.
  package var patterns: [Pattern] {
    zip(loop.strides.indices, expression.inputs + [expression.result]).map { operand, type in
      let stride = loop.innerStride(operand)
      if stride == type.bitWidth / 8 || loop.inner == 1 { return .contiguous }
      return stride == 0 ? .scalar : .strided
    }
  }

  package var spec: KernelSpec {
    let packed = patterns.enumerated().reduce(0) { $0 | $1.element.rawValue << (2 * $1.offset) }
    return KernelSpec(
      .map, expression.inputs + [expression.result],
      [KernelSpec.Parameter("inner", packed)] + expression.parameters)
  }

  /// The call; `inputs` says where the inputs are, the op's own ones in order by default.
  package func call(inputs: [KernelCall.Operand]? = nil) -> KernelCall {
    let inputs = inputs ?? expression.inputs.indices.map { .input($0) }
    precondition(inputs.count == expression.inputs.count, "\(inputs.count) inputs")
    var values = loop.arguments(MapKernel.names(expression.inputs.count))
    for name in MapKernel.names(MapExpression.inputLimit) where values["\(name)_origin"] == nil {
      values["\(name)_origin"] = .u32(0)
      for axis in 0..<StridedLoop.axisLimit { values["\(name)_stride\(axis)"] = .i32(0) }
    }
    for index in 0..<MapExpression.constantLimit {
      let value = index < expression.constants.count ? expression.constants[index] : 0
      values["constant\(index)"] =
        expression.element == .f32
        ? .f32(Float(value)) : .f32(Float(bitPattern: UInt32(bitPattern: MapKernel.whole(value))))
    }
    return KernelCall(
      spec: spec, arguments: MapKernel.layout.record(values), operands: inputs + [.output],
      tileCount: loop.tileCount, scratchBytes: 0, work: loop.elementCount * expression.cost)
  }

  /// The whole number that an integer constant is.
  private static func whole(_ value: Double) -> Int32 {
    guard !value.isNaN else { return 0 }
    return Int32(max(Double(Int32.min), min(Double(Int32.max), value)))
  }

  private static func names(_ inputs: Int) -> [String] { (0..<inputs).map { "in\($0)" } + ["out"] }

  package static let layout = ArgumentLayout(
    "qc_map_args",
    StridedLoop.fields(names(MapExpression.inputLimit))
      + (0..<MapExpression.constantLimit).map {
        .init("constant\($0)", .f32, "constant \($0), or the bits of an integer one")
      })
}

extension KernelFamily {
  package static let map = KernelFamily("map")
}
