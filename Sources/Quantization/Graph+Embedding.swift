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

  /// Whether each value is needed for the angles of a rotation, which stay as precise as they are.
  /// The graph is sorted.
  var areForAngles: [Bool] {
    var marks = [Bool](repeating: false, count: nodes.count)
    for id in values.reversed() {
      for (index, operand) in operands(of: id).enumerated() {
        if case .rotaryEmbedding = op(id), index > 0 { marks[operand.index] = true }
        if marks[id.index] { marks[operand.index] = true }
      }
    }
    return marks
  }
}
