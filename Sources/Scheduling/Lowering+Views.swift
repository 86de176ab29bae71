import Diagnostics
import GraphIR
import KernelIR
import Tensors

extension Lowering {
  /// A reshape is another view of the same bytes where these allow it.
  mutating func lowerReshape(_ id: ValueID) throws(Diagnostic) {
    let operand = graph.operand(0, of: id)
    var source = try view(operand)
    let shape = graph.shape(of: id)
    if source.layout.reshaped(to: shape) == nil { source = try rowMajor(source, named: operand) }
    guard let layout = source.layout.reshaped(to: shape) else {
      throw Diagnostic(.internalError, "no view of a reshape", at: location(id))
    }
    setView(
      View(storage: source.storage, element: source.element, shape: shape, layout: layout), of: id)
  }

  mutating func lower(_ transpose: Transpose, _ id: ValueID) throws(Diagnostic) {
    let source = try view(graph.operand(0, of: id))
    setView(
      source.transposed(transpose.permutation, shape: graph.shape(of: id)), of: id)
  }

  mutating func lower(_ slice: Slice, _ id: ValueID) throws(Diagnostic) {
    let operand = graph.operand(0, of: id)
    var source = try view(operand)
    let cut = source.layout.sliced(starts: slice.starts, steps: slice.steps, sizes: slice.sizes)
    if cut == nil { source = try rowMajor(source, named: operand) }
    guard
      let layout = cut
        ?? source.layout.sliced(starts: slice.starts, steps: slice.steps, sizes: slice.sizes)
    else { throw Diagnostic(.internalError, "no view of a slice", at: location(id)) }
    setView(
      View(
        storage: source.storage, element: source.element, shape: graph.shape(of: id),
        layout: layout), of: id)
  }

  /// Parts that were not written in place are copied.
  mutating func lower(_ concat: Concatenation, _ id: ValueID) throws(Diagnostic) {
    if (try? view(id)) == nil {
      if graph.shape(of: id).rank == 4, let roles = demands[id.index].roles {
        _ = allocateImage(id, roles)
      } else {
        _ = allocateRowMajor(id)
      }
    }
    let whole = try view(id)
    var start = 0
    for operand in graph.operands(of: id) {
      let part = try view(operand)
      var starts = [Int](repeating: 0, count: part.shape.rank)
      starts[concat.axis] = start
      start += part.shape[concat.axis]
      guard
        let layout = whole.layout.sliced(
          starts: starts, steps: starts.map { _ in 1 }, sizes: part.shape.dims)
      else { throw Diagnostic(.internalError, "no place for a part", at: location(id)) }
      if part.storage == whole.storage, part.layout == layout { continue }
      let place = View(
        storage: whole.storage, element: whole.element, shape: part.shape, layout: layout)
      try emitCopy(from: part, to: place, named: id)
    }
  }

  /// Copies elements between two views of one shape.
  mutating func emitCopy(from source: View, to place: View, named id: ValueID) throws(Diagnostic) {
    guard let plan = CopyPlan(from: source.layout, to: place.layout) else {
      throw Diagnostic(.internalError, "no order for a copy", at: location(id))
    }
    if source.shape.elementCount == 0 { return }
    let call = try copyCall(plan, from: source, to: place, named: id)
    emit(call, [source], into: place, value: nil, opName: "layout of \(opName(id))")
  }

  /// A whole copy into the arena, row-major.
  mutating func copied(_ view: View, named id: ValueID) throws(Diagnostic) -> View {
    let storage = addStorage(
      Storage(
        place: .arena, byteCount: view.element.byteCount(of: view.shape.elementCount),
        name: "\(graph[id].name) copied"))
    let result = View(
      storage: storage, element: view.element, shape: view.shape,
      layout: .rowMajor(view.shape, elementBytes: view.elementBytes))
    try emitCopy(from: view, to: result, named: id)
    return result
  }

  private func copyCall(
    _ plan: CopyPlan, from source: View, to place: View, named id: ValueID
  ) throws(Diagnostic) -> KernelCall {
    let bytes = source.elementBytes
    var loops = plan.loops
    if loops.last?.destination != bytes {
      loops.append(.init(extent: 1, source: bytes, destination: bytes))
    }
    guard loops.count <= 4 else {
      throw Diagnostic(
        .unsupportedKernel, "a copy over \(loops.count) separate axes", at: location(id))
    }
    while loops.count < 4 {
      let outer = loops[0]
      loops.insert(
        .init(
          extent: 1, source: outer.source * outer.extent,
          destination: outer.destination * outer.extent), at: 0)
    }
    let output = ImageGeometry(
      element: place.element, batch: loops[0].extent, height: loops[1].extent,
      width: loops[2].extent, channels: loops[3].extent, halo: .none, haloByte: 0,
      pixelPitch: loops[2].destination, rowPitch: loops[1].destination,
      imagePitch: loops[0].destination, origin: place.layout.origin)
    let strides = ConversionKernel.Strides(
      origin: source.layout.origin, image: loops[0].source, row: loops[1].source,
      pixel: loops[2].source, channel: loops[3].source)
    return ConversionKernel(.copy(flip: 0), from: strides, source.element, to: output).call()
  }
}
