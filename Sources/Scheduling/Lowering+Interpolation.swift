import Diagnostics
import GraphIR
import KernelIR
import QuantMath
import Tensors

extension Lowering {
  mutating func lower(_ resize: QuantizedResize, _ id: ValueID) throws(Diagnostic) {
    let operand = graph.operand(0, of: id)
    let type = graph.type(of: operand)
    guard case .quantized(let element, let params) = resize.result,
      let scale = type.quantization?.scale
    else {
      throw Diagnostic(
        .unsupportedKernel, "a quantized resize with a float result", at: location(id))
    }
    let positions = ResizePositions(resize.resize, extents: type.shape.dims)
    let (rows, pixels) = (positions.linear(2), positions.linear(3))
    let stored = storedParams(element, params)
    let input = try image(operand)
    let output = allocateImage(id, .nchw)
    let kernel = ResizeKernel(
      input: input.geometry, output: output,
      rows: .init(positions: rows.positions, factors: rows.factors),
      pixels: .init(positions: pixels.positions, factors: pixels.factors),
      scaling: .init(
        inputZeroPoint: Lowering.storedZeroPoint(type),
        zeroPoint: stored.zeroPoint, bounds: stored.bounds,
        multiplier: try Multiplier.rescale(inputScale: scale, outputScale: params.scale)))
    try emit(kernel.call(), [input.view], makes: id)
  }

  /// Interpolation, one axis after the other, the last one first; each result is row-major in the
  /// order of the image that it came from.
  mutating func lowerInterpolation(_ resize: Resize, _ id: ValueID) throws(Diagnostic) {
    let operand = graph.operand(0, of: id)
    try requireF32([operand], for: id)
    guard resize.mode == .linear, !resize.excludesOutside else {
      throw Diagnostic(
        .unsupportedKernel, "resize by \(resize.mode.rawValue) interpolation", at: location(id))
    }
    let positions = ResizePositions(resize, extents: graph.shape(of: operand).dims)
    var dims = graph.shape(of: operand).dims
    let axes = dims.indices.reversed().filter { positions.isResized($0) }
    var source = try wholeRowMajor(operand)
    for (step, axis) in axes.enumerated() {
      let taps = positions.linear(axis)
      let kernel = InterpolationKernel(
        .linear(positions: taps.positions, factors: taps.factors),
        outer: dims[..<axis].reduce(1, *), extent: dims[axis],
        inner: dims[(axis + 1)...].reduce(1, *))
      dims[axis] = resize.sizes[axis]
      if step == axes.count - 1 {
        _ = allocateRowMajor(id)
        return try emit(kernel.call(), [source], makes: id)
      }
      let shape = try Shape(dims)
      let storage = addStorage(
        Storage(
          place: .arena, byteCount: shape.elementCount * 4, name: "\(graph[id].name) in part"))
      let part = View(
        storage: storage, element: .f32, shape: shape,
        layout: .rowMajor(shape, elementBytes: 4))
      emit(kernel.call(), [source], into: part, value: nil, opName: opName(id))
      source = part
    }
    setView(source, of: id)
  }
}
