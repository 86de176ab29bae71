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
        _ = allocateImage(id, roles, fillsHalo: concat.axis == roles.channel)
      } else {
        _ = allocateRowMajor(id)
      }
    }
    let whole = try view(id)
    if let image = whole.image, !image.geometry.halo.isEmpty, concat.axis == image.roles.channel {
      return try writeParts(of: id, whole, image)
    }
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

  /// Copies the parts that were not written in place, each with the halo of its channels.
  private mutating func writeParts(
    of id: ValueID, _ whole: View, _ image: View.StoredImage
  ) throws(Diagnostic) {
    var channel = 0
    for operand in graph.operands(of: id) {
      let shape = graph.shape(of: operand)
      let geometry = image.geometry.channels(channel..<channel + shape[image.roles.channel])
      channel += shape[image.roles.channel]
      let place = View(
        storage: whole.storage, shape: shape, roles: image.roles, geometry: geometry)
      let part = try view(operand)
      if part.storage == place.storage, part.layout == place.layout { continue }
      _ = try copy(operand, part, to: place, image.roles, geometry)
    }
  }

  /// Copies elements between two views of one shape; the copy is what a tap of `shown` reads.
  mutating func emitCopy(
    from source: View, to place: View, named id: ValueID, shows shown: ValueID? = nil
  ) throws(Diagnostic) {
    guard let plan = CopyPlan(from: source.layout, to: place.layout) else {
      throw Diagnostic(.internalError, "no order for a copy", at: location(id))
    }
    if source.shape.elementCount == 0 { return }
    let call = try copyCall(plan, from: source, to: place, named: id)
    emit(
      call, [source], into: place, value: shown, shown: shown == nil ? nil : place,
      opName: "layout of \(opName(id))")
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
    let loops = plan.loops.isEmpty ? [.init(extent: 1, source: 0, destination: 0)] : plan.loops
    do throws(Diagnostic) {
      return try MoveKernel(
        elementBytes: source.elementBytes, extents: loops.map(\.extent),
        input: loops.map(\.source), output: loops.map(\.destination),
        inputOrigin: source.layout.origin, outputOrigin: place.layout.origin
      ).call()
    } catch {
      throw Diagnostic(error.code, error.message, at: location(id), hint: error.hint)
    }
  }
}
