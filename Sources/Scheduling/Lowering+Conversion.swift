import Diagnostics
import GraphIR
import KernelIR
import QuantMath
import Tensors

extension Lowering {
  /// The value as an image in `roles` with at least `halo`; copied when it does not lie so.
  mutating func image(
    _ id: ValueID, _ roles: ImageRoles = .nchw, halo: ImageGeometry.Halo = .none
  ) throws(Diagnostic) -> (view: View, geometry: ImageGeometry) {
    let view = try view(id)
    if let geometry = view.geometry(roles), geometry.halo.union(halo) == geometry.halo,
      !isInput(view)
    {
      return (view, geometry)
    }
    let type = graph.type(of: id)
    let geometry = ImageGeometry(
      view.element, batch: type.shape[roles.batch], height: type.shape[roles.height],
      width: type.shape[roles.width], channels: type.shape[roles.channel], halo: halo,
      haloByte: UInt8(clamping: Lowering.storedZeroPoint(type)))
    let storage = addStorage(
      Storage(place: .arena, byteCount: geometry.byteCount, name: "\(graph[id].name) as an image"))
    let copy = View(storage: storage, shape: type.shape, roles: roles, geometry: geometry)
    return (try self.copy(id, view, to: copy, roles, geometry), geometry)
  }

  /// Copies `source`, the value `id`, to an image, and fills the image's halo.
  mutating func copy(
    _ id: ValueID, _ source: View, to place: View, _ roles: ImageRoles, _ geometry: ImageGeometry
  ) throws(Diagnostic) -> View {
    var source = source
    if conversionStrides(source, roles) == nil {
      if geometry.halo.isEmpty {
        try emitCopy(from: source, to: place, named: id)
        return place
      }
      source = try packedImage(source, roles, named: id)
    }
    guard let strides = conversionStrides(source, roles) else {
      throw Diagnostic(.internalError, "no layout change for \(id)", at: location(id))
    }
    let kernel = ConversionKernel(.copy(flip: 0), from: strides, source.element, to: geometry)
    emit(kernel.call(), [source], into: place, value: nil, opName: "layout of \(opName(id))")
    return place
  }

  /// A whole copy into the arena in the order of an image, without a halo.
  private mutating func packedImage(
    _ view: View, _ roles: ImageRoles, named id: ValueID
  ) throws(Diagnostic) -> View {
    let geometry = ImageGeometry(
      view.element, batch: view.shape[roles.batch], height: view.shape[roles.height],
      width: view.shape[roles.width], channels: view.shape[roles.channel])
    let storage = addStorage(
      Storage(place: .arena, byteCount: geometry.byteCount, name: "\(graph[id].name) packed"))
    let result = View(storage: storage, shape: view.shape, roles: roles, geometry: geometry)
    try emitCopy(from: view, to: result, named: id)
    return result
  }

  /// Whether the storage is a caller's array, which has no readable bytes behind its end.
  func isInput(_ view: View) -> Bool {
    if case .input = storages[view.storage].place { return true }
    return false
  }

  /// The strides of a rank-4 view under roles; `nil` when an axis has no single stride.
  func conversionStrides(_ view: View, _ roles: ImageRoles) -> ConversionKernel.Strides? {
    guard view.shape.rank == 4, let strides = view.layout.strides else { return nil }
    return ConversionKernel.Strides(
      origin: view.layout.origin, image: strides[roles.batch], row: strides[roles.height],
      pixel: strides[roles.width], channel: strides[roles.channel])
  }

  /// The view as a row-major array from the first byte of its storage on.
  mutating func rowMajor(_ view: View, named id: ValueID) throws(Diagnostic) -> View {
    if view.isWholeRowMajor { return view }
    let storage = addStorage(
      Storage(
        place: .arena, byteCount: view.element.byteCount(of: view.shape.elementCount),
        name: "\(graph[id].name) row-major"))
    let result = View(
      storage: storage, element: view.element, shape: view.shape,
      layout: .rowMajor(view.shape, elementBytes: view.elementBytes))
    try emitCopy(from: view, to: result, named: id)
    return result
  }
}
