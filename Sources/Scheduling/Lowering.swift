import Diagnostics
import GraphIR
import KernelIR
import Targets
import Tensors

/// The state while a fused graph becomes steps: where each value is, and what runs so far.
struct Lowering {
  /// A block of bytes that steps read and write.
  struct Storage {
    enum Place: Hashable {
      case arena
      case input(Int)
      case output(Int)
      case constant
    }

    var place: Place
    let byteCount: Int
    /// The bytes of a constant.
    var bytes: [UInt8] = []
    let name: String
  }

  /// A kernel call whose buffers are storages still.
  struct PendingStep {
    let call: KernelCall
    let inputs: [Int]
    let output: Int
    /// Where the call's side output goes.
    let side: Int?
    let opName: String
    /// The value that is complete after the step.
    let value: ValueID?
    /// Where a tap reads ``value``; `nil`: where the value is.
    let shown: View?
  }

  let graph: Graph
  /// What predicts the times of kernels that do the same.
  let machine: MachineModel
  let demands: [Demand]
  let chains: MapChains
  let channels: ChannelRoutes
  /// What the kernels of normalizations take in.
  let normFusions: NormFusions
  /// The values that need a tap.
  let tapped: Set<ValueID>
  private(set) var storages: [Storage] = []
  private(set) var steps: [PendingStep] = []
  private(set) var views: [ValueID: View] = [:]

  init(_ graph: Graph, machine: MachineModel, tapping: Tapping = .stored) {
    self.graph = graph
    self.machine = machine
    tapped = tapping.values(of: graph)
    channels = ChannelRoutes(graph)
    demands = Demand.collect(graph, channels)
    normFusions = NormFusions(graph, keeping: tapped)
    chains = MapChains(graph, without: normFusions.absorbed, keeping: tapped)
  }

  // MARK: Views

  /// Where `id` is. A constant becomes a storage when it is first asked for.
  mutating func view(_ id: ValueID) throws(Diagnostic) -> View {
    if let view = views[id] { return view }
    guard let tensor = graph.constant(id) else {
      throw Diagnostic(.internalError, "\(id) is read before it is computed", at: location(id))
    }
    let storage = addStorage(
      Storage(
        place: .constant, byteCount: tensor.bytes.count, bytes: Array(tensor.bytes),
        name: graph[id].name))
    let view = View(
      storage: storage, element: tensor.element, shape: tensor.shape,
      layout: .rowMajor(tensor.shape, elementBytes: max(1, tensor.element.bitWidth / 8)))
    views[id] = view
    return view
  }

  mutating func setView(_ view: View, of id: ValueID) { views[id] = view }

  mutating func addStorage(_ storage: Storage) -> Int {
    storages.append(storage)
    return storages.count - 1
  }

  mutating func setPlace(_ place: Storage.Place, of storage: Int) {
    storages[storage].place = place
  }

  func location(_ id: ValueID) -> String {
    let node = graph[id]
    return "node '\(node.source.isEmpty ? node.name : node.source)' (\(node.op.mnemonic))"
  }

  // MARK: Results

  /// The element type that values of `id` are stored in.
  func storedElement(_ id: ValueID) -> ElementType { Lowering.stored(graph.type(of: id).element) }

  static func stored(_ element: ElementType) -> ElementType { element == .i8 ? .u8 : element }

  /// The zero point of an activation as it is stored: i8 is moved by 128.
  static func storedZeroPoint(_ type: TensorType) -> Int32 {
    (type.quantization?.zeroPoint ?? 0) + (type.element == .i8 ? 128 : 0)
  }

  /// A place for the image `id`, as its consumers want it; `roles` is the order to take when no
  /// consumer has a wish.
  ///
  /// Whoever writes the image fills its halo; `fillsHalo` is false for a kernel that cannot, and
  /// then there is none.
  mutating func allocateImage(
    _ id: ValueID, _ roles: ImageRoles, fillsHalo: Bool = true
  ) -> ImageGeometry {
    let demand = demands[id.index]
    if let part = demand.part, demand.roles == roles {
      let whole = allocateConcat(part.concat)
      let channels = graph.shape(of: id)[ImageRoles.nchw.channel]
      let geometry = whole.geometry.channels(part.firstChannel..<part.firstChannel + channels)
      views[id] = View(
        storage: whole.storage, shape: graph.shape(of: id), roles: roles, geometry: geometry)
      return geometry
    }
    let geometry = imageGeometry(id, roles, hasHalo: fillsHalo)
    let storage = addStorage(
      Storage(place: .arena, byteCount: geometry.byteCount, name: graph[id].name))
    views[id] = View(
      storage: storage, shape: graph.shape(of: id), roles: roles, geometry: geometry)
    return geometry
  }

  /// The whole image of a concatenation, which its parts write.
  private mutating func allocateConcat(
    _ id: ValueID
  ) -> (storage: Int, geometry: ImageGeometry) {
    if let view = views[id], let image = view.image { return (view.storage, image.geometry) }
    let geometry = allocateImage(id, .nchw)
    return (views[id]?.storage ?? 0, geometry)
  }

  private func imageGeometry(
    _ id: ValueID, _ roles: ImageRoles, hasHalo: Bool
  ) -> ImageGeometry {
    let type = graph.type(of: id)
    let demand = demands[id.index]
    let element = Lowering.stored(type.element)
    let halo = hasHalo && element.isStoredActivation && demand.roles == roles ? demand.halo : .none
    return ImageGeometry(
      element, batch: type.shape[roles.batch], height: type.shape[roles.height],
      width: type.shape[roles.width], channels: type.shape[roles.channel], halo: halo,
      haloByte: UInt8(clamping: Lowering.storedZeroPoint(type)))
  }

  /// A row-major place for `id` of any rank.
  mutating func allocateRowMajor(_ id: ValueID) -> Int {
    let type = graph.type(of: id)
    let element = Lowering.stored(type.element)
    let storage = addStorage(
      Storage(
        place: .arena, byteCount: element.byteCount(of: type.shape.elementCount),
        name: graph[id].name))
    views[id] = View(
      storage: storage, element: element, shape: type.shape,
      layout: .rowMajor(type.shape, elementBytes: element.bitWidth / 8))
    return storage
  }

  /// A row-major `[rows, columns]` place for `id`; columns are its last axis.
  mutating func allocateMatrix(_ id: ValueID) -> ImageGeometry {
    let shape = graph.shape(of: id)
    _ = allocateRowMajor(id)
    let columns = shape.dims.last ?? 1
    return .matrix(
      storedElement(id), rows: columns == 0 ? 0 : shape.elementCount / columns, columns: columns)
  }

  // MARK: Steps

  /// Appends a call that makes `id` from views.
  mutating func emit(_ call: KernelCall, _ inputs: [View], makes id: ValueID) throws(Diagnostic) {
    emit(call, inputs, into: try view(id), value: id, opName: opName(id))
  }

  /// Appends a call that makes an intermediate, or a part of a value.
  mutating func emit(
    _ call: KernelCall, _ inputs: [View], into output: View, side: View? = nil, value: ValueID?,
    shown: View? = nil, opName: String
  ) {
    steps.append(
      PendingStep(
        call: call, inputs: inputs.map(\.storage), output: output.storage,
        side: side?.storage, opName: opName, value: value, shown: shown))
  }

  func opName(_ id: ValueID) -> String {
    let node = graph[id]
    let name = [node.source, node.name, "\(id)"].first { !$0.isEmpty } ?? ""
    return "\(Lowering.shortened(name)) (\(node.op.mnemonic))"
  }

  /// Exporters join the names of all ops that they fused with `;`: the first one is enough.
  private static func shortened(_ name: String) -> Substring {
    (name.split(separator: ";").first ?? name[...]).suffix(80)
  }
}
