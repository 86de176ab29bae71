import Diagnostics
import Tensors

/// One op of a graph together with the value that it makes.
package struct Node: Hashable, Sendable {
  package var op: Op
  package var operands: [ValueID]
  package var type: TensorType
  /// The name of the value, as the model or a pass gave it; unique in the graph when not empty.
  package var name: String
  /// The model's node that this op comes from; empty when a pass made it.
  package var source: String

  package init(
    _ op: Op, _ operands: [ValueID], type: TensorType, name: String = "", source: String = ""
  ) {
    self.op = op
    self.operands = operands
    self.type = type
    self.name = name
    self.source = source
  }
}
