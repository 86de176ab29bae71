import CReference
import Diagnostics
import GraphIR
import Tensors

extension Evaluation {
  /// One axis after the other, the last first; an axis that keeps its extent and scale is left.
  func resize(_ resize: Resize, of x: Tensor) throws(Diagnostic) -> Tensor {
    var result = x
    for axis in stride(from: result.shape.rank - 1, through: 0, by: -1) {
      let source = ResizedAxis(resize, axis: axis, extent: result.shape[axis])
      guard !source.isUnchanged else { continue }
      guard source.extent > 0 else {
        throw Diagnostic(.shapeMismatch, "resize of an empty axis")
      }
      var dims = result.shape.dims
      dims[axis] = source.count
      let shape = try Shape(dims)
      switch resize.mode {
      case .nearest:
        result = try result.gathered(source.nearest(), axis: axis, to: shape)
      case .linear where !resize.excludesOutside:
        result = try linear(result, axis: axis, source, shape)
      case .linear, .cubic:
        result = try taps(result, axis: axis, source, shape)
      }
    }
    return result
  }

  private func linear(
    _ x: Tensor, axis: Int, _ source: ResizedAxis, _ shape: Shape
  ) throws(Diagnostic) -> Tensor {
    let (low, high, fractions) = source.linear()
    let outer = x.shape.dims[..<axis].reduce(1, *)
    let inner = x.shape.dims[(axis + 1)...].reduce(1, *)
    var y = [Float](repeating: 0, count: shape.elementCount)
    qr_interpolate_linear(
      Int64(outer), Int64(source.extent), Int64(inner), Int64(source.count), low, high, fractions,
      try floats(of: x), &y)
    return try rounding(y, to: x.element, shape)
  }

  private func taps(
    _ x: Tensor, axis: Int, _ source: ResizedAxis, _ shape: Shape
  ) throws(Diagnostic) -> Tensor {
    let (count, positions, weights) = source.taps()
    let outer = x.shape.dims[..<axis].reduce(1, *)
    let inner = x.shape.dims[(axis + 1)...].reduce(1, *)
    var y = [Float](repeating: 0, count: shape.elementCount)
    qr_interpolate(
      Int64(outer), Int64(source.extent), Int64(inner), Int64(source.count), Int64(count),
      positions, weights, try floats(of: x), &y)
    return try rounding(y, to: x.element, shape)
  }

  private func floats(of x: Tensor) throws(Diagnostic) -> [Float] {
    x.integers == nil ? try x.asFloats() : x.doubles.map { Float($0) }
  }

  private func rounding(
    _ y: [Float], to element: ElementType, _ shape: Shape
  ) throws(Diagnostic) -> Tensor {
    element.isFloat
      ? try Tensor.rounding(y, to: element, shape)
      : try Tensor(.f32, shape, y).cast(to: Cast(element))
  }
}
