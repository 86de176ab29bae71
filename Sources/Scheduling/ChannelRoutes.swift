import GraphIR
import KernelIR
import Tensors

/// The images of integers whose channels are those of other images in another order, and the ops on the
/// way to them, which need neither steps nor storage.
///
/// A channel shuffle is a reshape that splits the channels, a transpose of the parts and a reshape
/// back. A concatenation that nothing but a shuffle reads is part of it.
struct ChannelRoutes {
  struct Route {
    /// Images of the result's batch, height and width.
    let sources: [ValueID]
    /// The source, and the channel of it, of each channel of the result.
    let origins: [(source: Int, channel: Int)]
  }

  /// By the value that they make.
  private(set) var routes: [ValueID: Route] = [:]
  /// What stands between sources and results.
  private(set) var passed: Set<ValueID> = []

  /// A value on the way: the axes that the channels of `base` are split into, between batch and image.
  fileprivate struct Form {
    let base: ValueID
    let parts: [Int]
    /// The channel of `base` at each place of the parts.
    let order: [Int]
    /// The values from behind the base to this one.
    let path: [ValueID]
  }

  init(_ graph: Graph) {
    let uses = graph.uses()
    func isPassing(_ id: ValueID) -> Bool { uses[id.index].count == 1 && !graph.isOutput(id) }
    var forms: [ValueID: Form] = [:]
    for id in graph.values {
      guard let form = ChannelRoutes.form(of: id, forms, graph) else { continue }
      guard graph.shape(of: id).rank == 4, form.parts.count == 1 else {
        if isPassing(id) { forms[id] = form }
        continue
      }
      guard form.order != Array(form.order.indices) else { continue }
      let route = ChannelRoutes.route(form, graph, joins: isPassing(form.base))
      guard let route else { continue }
      routes[id] = route
      passed.formUnion(form.path.dropLast())
      if route.sources != [form.base] { passed.insert(form.base) }
    }
  }

  /// How `id` shows the channels of an image, by a reshape or transpose of what does.
  private static func form(of id: ValueID, _ forms: [ValueID: Form], _ graph: Graph) -> Form? {
    guard Lowering.stored(graph.type(of: id).element).isStoredActivation,
      let operand = graph.operands(of: id).first
    else {
      return nil
    }
    let dims = graph.shape(of: operand).dims
    guard let form = forms[operand] ?? Form(image: operand, dims) else { return nil }
    let image = Array(graph.shape(of: form.base).dims.dropFirst(2))
    switch graph.op(id) {
    case .reshape(let reshape):
      let result = reshape.shape.dims
      guard result.first == dims[0], result.count > 3, Array(result.suffix(2)) == image else {
        return nil
      }
      return form.with(parts: Array(result[1..<result.count - 2]), order: form.order, id)
    case .transpose(let transpose):
      let permutation = transpose.permutation
      let last = permutation.count - 2
      guard last > 0, permutation[0] == 0, permutation[last] == last,
        permutation[last + 1] == last + 1
      else { return nil }
      return form.transposed(permutation[1..<last].map { $0 - 1 }, id)
    default:
      return nil
    }
  }

  /// From a form to images that stand: a concatenation is taken apart when it `joins`.
  private static func route(_ form: Form, _ graph: Graph, joins: Bool) -> Route? {
    guard joins, case .concat(let concat) = graph.op(form.base), concat.axis == 1,
      case let sources = graph.operands(of: form.base),
      sources.count <= ChannelGatherKernel.sourceLimit
    else { return Route(sources: [form.base], origins: form.order.map { (0, $0) }) }
    let channels = sources.enumerated().flatMap { index, source in
      (0..<graph.shape(of: source)[1]).map { (source: index, channel: $0) }
    }
    return Route(sources: sources, origins: form.order.map { channels[$0] })
  }
}

extension ChannelRoutes.Form {
  /// A rank-4 value as it is.
  fileprivate init?(image: ValueID, _ dims: [Int]) {
    guard dims.count == 4, dims.allSatisfy({ $0 > 0 }) else { return nil }
    self.init(base: image, parts: [dims[1]], order: Array(0..<dims[1]), path: [])
  }

  fileprivate func with(parts: [Int], order: [Int], _ id: ValueID) -> Self {
    Self(base: base, parts: parts, order: order, path: path + [id])
  }

  fileprivate func transposed(_ permutation: [Int], _ id: ValueID) -> Self {
    var steps = [Int](repeating: 1, count: parts.count)
    for axis in parts.indices.dropLast().reversed() {
      steps[axis] = steps[axis + 1] * parts[axis + 1]
    }
    var places = [0]
    for axis in permutation {
      places = places.flatMap { place in (0..<parts[axis]).map { place + $0 * steps[axis] } }
    }
    return with(parts: permutation.map { parts[$0] }, order: places.map { order[$0] }, id)
  }
}
