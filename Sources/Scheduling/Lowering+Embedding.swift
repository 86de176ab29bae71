import Diagnostics
import GraphIR
import KernelIR
import Tensors

extension Lowering {
  /// The table stays as it is: bytes row after row, which equal tables share.
  mutating func lowerEmbedding(_ id: ValueID) throws(Diagnostic) {
    let operands = graph.operands(of: id)
    guard graph.constant(operands[0]) != nil,
      let params = graph.quantization(of: operands[0]), case let type = graph.type(of: operands[0])
    else {
      throw Diagnostic(
        .unsupportedKernel, "an embedding whose table is computed", at: location(id))
    }
    let table = try view(operands[0])
    let indices = try wholeRowMajor(operands[1])
    let rows = type.shape[0]
    _ = allocateRowMajor(id)
    let kernel = EmbeddingKernel(
      type.element, indices: graph.type(of: operands[1]).element,
      width: type.shape.dims.dropFirst().reduce(1, *), indexCount: indices.shape.elementCount,
      scales: params.isPerTensor ? [Float](repeating: params.scale, count: rows) : params.scales,
      zeroPoints: params.isPerTensor
        ? [Int32](repeating: params.zeroPoint, count: rows) : params.zeroPoints)
    try emit(kernel.call(), [table, indices], makes: id)
  }
}
