import GraphIR
import Tensors

extension Graph {
  /// A row of the table has at least this many elements, so that a scale of its own costs little.
  static let smallestEmbeddingWidth = 16

  /// Whether `id` takes rows of a constant f32 table.
  func isEmbedding(_ id: ValueID) -> Bool {
    guard case .gather(let gather) = op(id), gather.axis == 0,
      let table = constant(operand(0, of: id)), table.element == .f32
    else { return false }
    return table.shape.dims.dropFirst().reduce(1, *) >= Graph.smallestEmbeddingWidth
      && table.shape.rank > 1 && table.shape[0] > 0
  }
}
