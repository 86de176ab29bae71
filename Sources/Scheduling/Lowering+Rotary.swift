import Diagnostics
import GraphIR
import KernelIR
import Tensors

extension Lowering {
  /// A rotation of heads that lie in any order; its result lies in the same one.
  mutating func lower(
    _ rotary: RotaryEmbedding, _ result: QuantizedResult, _ id: ValueID
  ) throws(Diagnostic) {
    let operands = graph.operands(of: id)
    try requireF32(Array(operands.dropFirst()), for: id)
    var views: [View] = []
    for operand in operands { views.append(try rowOperand(operand)) }
    let input: RotaryKernel.Store
    if let params = graph.quantization(of: operands[0]) {
      let stored = storedParams(graph.type(of: operands[0]).element, params)
      input = .bytes(scale: stored.scale, zeroPoint: stored.zeroPoint)
    } else {
      input = .float
    }
    guard views[0].element == input.element else {
      throw Diagnostic(
        .unsupportedKernel, "\(graph.op(id).mnemonic) of \(views[0].element.rawValue)",
        at: location(id))
    }
    var output = RotaryKernel.Store.float
    if case .quantized(let element, let params) = result {
      let stored = storedParams(element, params)
      output = .bytes(scale: stored.scale, zeroPoint: stored.zeroPoint)
    }
    let place = allocateLike(views[0], id)
    let dims = graph.shape(of: id).dims
    let all = views + [place]
    do throws(Diagnostic) {
      let kernel = try RotaryKernel(
        isInterleaved: rotary.pairing == .interleaved, size: rotary.size, width: dims.last ?? 0,
        input: input, output: output,
        heads: .init(
          extents: dims.dropLast(), strides: all.map { broadcastStrides($0, to: dims).dropLast() },
          origins: all.map(\.layout.origin)))
      try emit(kernel.call(), views, makes: id)
    } catch {
      throw Diagnostic(error.code, error.message, at: location(id), hint: error.hint)
    }
  }

  /// The operand with one stride per axis and contiguous elements along the last one.
  private mutating func rowOperand(_ id: ValueID) throws(Diagnostic) -> View {
    let view = try view(id)
    if let last = view.shape.dims.last, let strides = view.layout.strides,
      last == 1 || strides[strides.count - 1] == view.elementBytes
    {
      return view
    }
    return try rowMajor(view, named: id)
  }

  /// A place for `id` without gaps, whose axes follow each other in memory as those of `source` do;
  /// the last one is innermost.
  private mutating func allocateLike(_ source: View, _ id: ValueID) -> View {
    let shape = graph.shape(of: id)
    let element = storedElement(id)
    let own = source.layout.strides ?? shape.strides
    let leading = (0..<shape.rank - 1).filter { shape[$0] > 1 }
    let order = leading.sorted { (-own[$0], $0) < (-own[$1], $1) }
    var strides = shape.dims.map { _ in 0 }
    var pitch = element.bitWidth / 8
    for axis in [shape.rank - 1] + order.reversed() {
      strides[axis] = pitch
      pitch *= shape[axis]
    }
    let storage = addStorage(
      Storage(
        place: .arena, byteCount: element.byteCount(of: shape.elementCount), name: graph[id].name))
    let view = View(
      storage: storage, element: element, shape: shape,
      layout: StridedLayout(extents: shape.dims, strides: strides))
    setView(view, of: id)
    return view
  }
}
