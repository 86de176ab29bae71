import Diagnostics
import GraphIR
import KernelIR
import Tensors

/// The values that a program shows to a caller's tap.
package enum Tapping: Hashable, Sendable {
  /// Those that a step completes in any case: nothing is computed or stored for their sake.
  case stored
  /// All float32 values with a name but inputs and constants: none of them is fused away, and one
  /// that is a view of another is copied.
  case allFloats

  /// The values that the program must show.
  func values(of graph: Graph) -> Set<ValueID> {
    switch self {
    case .stored: []
    case .allFloats: Set(graph.tappedFloats)
    }
  }
}

extension Graph {
  /// The float32 values with a name but inputs and constants: what ``Tapping/allFloats`` shows.
  package var tappedFloats: [ValueID] {
    values.filter { id in
      guard resolve(id) == id, type(of: id).element == .f32, !self[id].name.isEmpty else {
        return false
      }
      switch op(id) {
      case .input, .constant: return false
      default: return true
      }
    }
  }
}

extension Lowering {
  /// A copy of a tapped value that no step completes as it is; does nothing for any other value.
  mutating func showTapped(_ id: ValueID) throws(Diagnostic) {
    guard tapped.contains(id), graph.shape(of: id).elementCount > 0 else { return }
    let source = try view(id)
    if source.layout.strides != nil, steps.contains(where: { $0.value == id }) { return }
    let storage = addStorage(
      Storage(
        place: .arena, byteCount: source.element.byteCount(of: source.shape.elementCount),
        name: "\(graph[id].name) shown"))
    let copy = View(
      storage: storage, element: source.element, shape: source.shape,
      layout: .rowMajor(source.shape, elementBytes: source.elementBytes))
    try emitCopy(from: source, to: copy, named: id, shows: id)
  }
}
