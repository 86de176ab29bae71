import Diagnostics
import GraphIR
import Tensors

/// `CumSum` of a constant, as positions are counted along a mask that the model itself makes.
///
/// Integers wrap at the width of their type; float sums are taken in order, rounded one by one.
func importCumSum(_ importer: inout Importer) throws(Diagnostic) {
  try importer.requireOperands(atMost: 2)
  let x = try importer.constantOperand(0, "x")
  let axes = try importer.intsOperand(1, "axis")
  guard axes.count == 1 else {
    throw Diagnostic(.shapeMismatch, "CumSum along \(axes.count) axes")
  }
  let axis = try importer.normalized(axes, rank: x.shape.rank)[0]
  let order = RunningOrder(
    x.shape, axis: axis, isReversed: try importer.attributes.bool("reverse", default: false),
    isExclusive: try importer.attributes.bool("exclusive", default: false))
  if x.element == .f32 {
    return importer.emitConstantResult(
      try Tensor(.f32, x.shape, order.sums(x.floats, zero: 0, +)))
  }
  guard let integers = x.integers, x.element != .bool, x.element != .u64 else {
    throw Diagnostic(.unsupportedElementType, "CumSum of \(x.element.rawValue)")
  }
  importer.emitConstantResult(
    try Tensor.integers(x.element, x.shape, order.sums(integers, zero: 0, &+)))
}

/// The elements of a tensor in rows along one axis.
private struct RunningOrder {
  private let extent: Int
  private let inner: Int
  private let isReversed: Bool
  private let isExclusive: Bool

  init(_ shape: Shape, axis: Int, isReversed: Bool, isExclusive: Bool) {
    extent = shape[axis]
    inner = shape.dims[(axis + 1)...].reduce(1, *)
    self.isReversed = isReversed
    self.isExclusive = isExclusive
  }

  /// The sum of each element and those before it along the axis; of those before it, if exclusive.
  func sums<Value>(
    _ values: [Value], zero: Value, _ add: (Value, Value) -> Value
  ) -> [Value] {
    var result = values
    for first in values.indices where first / inner % extent == 0 {
      var sum = zero
      for step in 0..<extent {
        let index = first + (isReversed ? extent - 1 - step : step) * inner
        let next = add(sum, values[index])
        result[index] = isExclusive ? sum : next
        sum = next
      }
    }
    return result
  }
}
