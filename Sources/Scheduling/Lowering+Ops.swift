import Diagnostics
import GraphIR
import KernelIR
import Tensors

extension Lowering {
  mutating func lowerInput(_ id: ValueID, _ index: Int) {
    let type = graph.type(of: id)
    let storage = addStorage(
      Storage(place: .input(index), byteCount: type.byteCount, name: graph[id].name))
    setView(
      View(
        storage: storage, element: type.element, shape: type.shape,
        layout: .rowMajor(type.shape, elementBytes: max(1, type.element.bitWidth / 8))), of: id)
  }

  /// Makes the steps and views of one value.
  mutating func lower(_ id: ValueID) throws(Diagnostic) {
    if channels.passed.contains(id) { return }
    if let route = channels.routes[id] { return try lower(route, id) }
    if normFusions.absorbed.contains(id) { return }
    switch graph.op(id) {
    case .input:
      try lowerSignedInput(id)
    case .constant:
      break
    case .reshape:
      try lowerReshape(id)
    case .transpose(let transpose):
      try lower(transpose, id)
    case .slice(let slice):
      try lower(slice, id)
    case .concat(let concat):
      try lower(concat, id)
    case .quantize(let quantize):
      try lower(quantize, id)
    case .dequantize:
      try lowerDequantize(id)
    case .quantizedConv(let conv):
      try lower(conv, id)
    case .quantizedMatMul(let matMul):
      try lower(matMul, id)
    case .quantizedBinary(let binary):
      try lower(binary, id)
    case .quantizedPool(let pool):
      try lower(pool, id)
    case .quantizedResize(let resize):
      try lower(resize, id)
    case .quantizedAttention(let attention):
      try lower(attention, id)
    case .rotaryEmbedding(let rotary):
      try lower(rotary, .float, id)
    case .quantizedRotaryEmbedding(let quantized):
      try lower(quantized.rotary, quantized.result, id)
    case .lookup(let lookup):
      try lower(lookup, id)
    case .embedding:
      try lowerEmbedding(id)
    case .pool(let pooling):
      try lower(pooling, id)
    case .conv, .matMul, .unary, .binary, .select, .cast, .softmax, .attention, .layerNorm,
      .rmsNorm,
      .batchNorm, .reduce, .gather, .pad, .expand, .resize:
      try lowerFloat(id)
    }
  }

  /// An i8 activation that the caller hands in is stored as u8.
  private mutating func lowerSignedInput(_ id: ValueID) throws(Diagnostic) {
    let type = graph.type(of: id)
    guard type.element == .i8, type.quantization != nil else { return }
    try moveSign(of: id, from: try view(id))
  }

  private mutating func moveSign(of id: ValueID, from source: View) throws(Diagnostic) {
    let count = source.shape.elementCount
    _ = allocateRowMajor(id)
    let kernel = ConversionKernel(
      .copy(flip: 0x80), from: ConversionKernel.Strides(.matrix(.u8, rows: 1, columns: count)), .u8,
      to: .matrix(.u8, rows: 1, columns: count))
    try emit(kernel.call(), [source], makes: id)
  }

  // MARK: Outputs

  /// Brings every output into the caller's array: the step that makes it writes there when nothing
  /// else reads it, else a copy does.
  mutating func lowerOutputs() throws(Diagnostic) {
    for (index, output) in graph.outputs.enumerated() {
      let type = graph.type(of: output.value)
      let source = try view(output.value)
      let isRead = steps.contains { $0.inputs.contains(source.storage) }
      if storages[source.storage].place == .arena, source.isWholeRowMajor, !isRead,
        storages[source.storage].byteCount == type.byteCount, type.element == source.element
      {
        setPlace(.output(index), of: source.storage)
        continue
      }
      let storage = addStorage(
        Storage(place: .output(index), byteCount: type.byteCount, name: output.name))
      let place = View(
        storage: storage, element: source.element, shape: type.shape,
        layout: .rowMajor(type.shape, elementBytes: source.elementBytes))
      if type.element == .i8, source.element == .u8 {
        let flat = try rowMajor(source, named: output.value)
        let count = type.shape.elementCount
        let kernel = ConversionKernel(
          .copy(flip: 0x80),
          from: ConversionKernel.Strides(.matrix(.u8, rows: 1, columns: count)), .u8,
          to: .matrix(.u8, rows: 1, columns: count))
        emit(
          kernel.call(), [flat], into: place, value: nil, opName: "output \(output.name)")
      } else {
        try emitCopy(from: source, to: place, named: output.value)
      }
    }
  }
}
