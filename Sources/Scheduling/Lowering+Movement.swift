import Diagnostics
import GraphIR
import KernelIR
import QuantMath
import Tensors

extension Lowering {
  mutating func lower(_ gather: Gather, _ id: ValueID) throws(Diagnostic) {
    let operands = graph.operands(of: id)
    let data = try wholeRowMajor(operands[0])
    let indices = try wholeRowMajor(operands[1])
    let dims = data.shape.dims
    _ = allocateRowMajor(id)
    let kernel = GatherKernel(
      indices: graph.type(of: operands[1]).element, outer: dims[..<gather.axis].reduce(1, *),
      extent: dims[gather.axis], indexCount: indices.shape.elementCount,
      blockBytes: dims[(gather.axis + 1)...].reduce(1, *) * data.elementBytes)
    try emit(kernel.call(), [data, indices], makes: id)
  }

  mutating func lowerExpand(_ id: ValueID) throws(Diagnostic) {
    let source = try stridedView(graph.operand(0, of: id))
    _ = allocateRowMajor(id)
    try emit(try expansion(of: source, to: graph.shape(of: id)).call(), [source], makes: id)
  }

  /// The value repeated to `shape` by broadcasting, row-major in the arena.
  mutating func expanded(_ value: ValueID, to shape: Shape) throws(Diagnostic) -> View {
    let source = try stridedView(value)
    let storage = addStorage(
      Storage(
        place: .arena, byteCount: source.element.byteCount(of: shape.elementCount),
        name: "\(graph[value].name) repeated"))
    let result = View(
      storage: storage, element: source.element, shape: shape,
      layout: .rowMajor(shape, elementBytes: source.elementBytes))
    emit(
      try expansion(of: source, to: shape).call(), [source], into: result, value: nil,
      opName: "layout of \(opName(value))")
    return result
  }

  private mutating func stridedView(_ value: ValueID) throws(Diagnostic) -> View {
    let source = try view(value)
    return source.layout.strides == nil ? try wholeRowMajor(value) : source
  }

  private func expansion(of source: View, to shape: Shape) throws(Diagnostic) -> MoveKernel {
    try MoveKernel(
      elementBytes: source.elementBytes, extents: shape.dims,
      input: broadcastStrides(source, to: shape.dims),
      output: shape.strides.map { $0 * source.elementBytes }, inputOrigin: source.layout.origin)
  }

  /// Pads as a table of source positions per axis.
  mutating func lower(_ padding: Padding, _ id: ValueID) throws(Diagnostic) {
    let type = graph.type(of: id)
    let operand = graph.operand(0, of: id)
    let extents = graph.shape(of: operand).dims
    let sources = extents.indices.map { axis in
      (0..<type.shape[axis]).map { position in
        padding.source(position - padding.pads[axis], extent: extents[axis])
      }
    }
    try remap(id, sources: sources, fill: try fillBytes(padding, type, id))
  }

  private func fillBytes(
    _ padding: Padding, _ type: TensorType, _ id: ValueID
  ) throws(Diagnostic) -> [UInt8] {
    if type.element == .f32 {
      return littleEndianBytes([padding.value.bitPattern])
    }
    if let params = type.quantization, params.isPerTensor,
      case let stored = Lowering.stored(type.element), stored.isStoredActivation
    {
      let value = quantize(
        padding.value, scale: params.scale, zeroPoint: Lowering.storedZeroPoint(type),
        bounds: stored.storageBounds ?? 0...255)
      return littleEndianBytes([UInt32(bitPattern: value)]).prefix(stored.bitWidth / 8).map { $0 }
    }
    guard type.element.integerBounds != nil, type.element.bitWidth >= 8 else {
      throw Diagnostic(.unsupportedKernel, "pad of \(type.element.rawValue)", at: location(id))
    }
    let bits = UInt64(bitPattern: Int64(padding.value))
    return (0..<type.element.bitWidth / 8).map {
      UInt8(truncatingIfNeeded: bits >> (8 * UInt64($0)))
    }
  }

  /// Copies by tables of source positions, one per axis; the order of an image is kept.
  private mutating func remap(
    _ id: ValueID, sources: [[Int?]], fill: [UInt8]
  ) throws(Diagnostic) {
    let operand = graph.operand(0, of: id)
    var source = try view(operand)
    if source.layout.strides == nil { source = try wholeRowMajor(operand) }
    let shape = graph.shape(of: id)
    if shape.rank == 4, let roles = demands[id.index].roles ?? source.image?.roles {
      _ = allocateImage(id, roles, fillsHalo: false)
    } else {
      _ = allocateRowMajor(id)
    }
    let result = try view(id)
    guard let inputStrides = source.layout.strides, let outputStrides = result.layout.strides else {
      throw Diagnostic(.internalError, "no strides of a remap", at: location(id))
    }
    let order = shape.dims.indices.filter { shape[$0] > 1 }
      .sorted { outputStrides[$0] > outputStrides[$1] }
    var axes = order.map { axis in
      RemapKernel.Axis(
        sources: sources[axis].map { $0.map { $0 * inputStrides[axis] } },
        outputStride: outputStrides[axis])
    }
    if axes.isEmpty { axes = [.init(sources: sources.first ?? [0], outputStride: 0)] }
    let unmoved = order.last.map { axis in
      inputStrides[axis] == source.elementBytes && outputStrides[axis] == source.elementBytes
        && sources[axis] == (0..<shape[axis]).map { $0 }
    }
    var blockBytes = source.elementBytes
    if unmoved == true, axes.count > 1, let last = order.last {
      axes.removeLast()
      blockBytes *= shape[last]
    }
    do throws(Diagnostic) {
      let kernel = try RemapKernel(
        axes: axes, blockBytes: blockBytes, fill: fill, inputOrigin: source.layout.origin,
        outputOrigin: result.layout.origin)
      try emit(kernel.call(), [source], makes: id)
    } catch {
      throw Diagnostic(error.code, error.message, at: location(id), hint: error.hint)
    }
  }

  mutating func lower(_ resize: Resize, _ id: ValueID) throws(Diagnostic) {
    let operand = graph.operand(0, of: id)
    let extents = graph.shape(of: operand).dims
    let plan = ResizePositions(resize, extents: extents)
    if resize.mode == .nearest {
      let sources = extents.indices.map { axis in plan.nearest(axis).map(Optional.some) }
      return try remap(
        id, sources: sources,
        fill: [UInt8](repeating: 0, count: graph.type(of: id).element.bitWidth / 8))
    }
    try lowerInterpolation(resize, id)
  }
}

extension Padding {
  /// The operand's position for a result position, which may lie outside; `nil` for the value.
  fileprivate func source(_ position: Int, extent: Int) -> Int? {
    if (0..<extent).contains(position) { return position }
    switch mode {
    case .constant:
      return nil
    case .edge:
      return position < 0 ? 0 : extent - 1
    case .wrap:
      let rest = position % extent
      return rest < 0 ? rest + extent : rest
    case .reflect:
      guard extent > 1 else { return 0 }
      let period = 2 * (extent - 1)
      let rest = ((position % period) + period) % period
      return rest < extent ? rest : period - rest
    }
  }
}
