import Diagnostics

/// A topological order of the nodes that the outputs need, and of all inputs.
///
/// Depth first, with a stack of its own, so that a long chain of nodes cannot overflow the stack.
struct Ordering {
  private(set) var order: [ValueID] = []

  /// - Throws: `QC1008` for a cycle.
  init(_ graph: Graph) throws(Diagnostic) {
    var states = [State](repeating: .unseen, count: graph.nodes.count)
    let roots = graph.inputs + graph.outputs.map { graph.resolve($0.value) }
    for root in roots {
      var stack = [(value: root, next: 0)]
      while let (value, next) = stack.popLast() {
        if next == 0 {
          guard states[value.index] == .unseen else {
            if states[value.index] == .open {
              throw Diagnostic(.cyclicGraph, "the graph depends on itself", at: "\(value)")
            }
            continue
          }
          states[value.index] = .open
        }
        let operands = graph.operands(of: value)
        if next < operands.count {
          stack.append((value, next + 1))
          if states[operands[next].index] == .open {
            throw Diagnostic(
              .cyclicGraph, "the graph depends on itself",
              at: "node '\(graph[value].source)'")
          }
          if states[operands[next].index] == .unseen { stack.append((operands[next], 0)) }
        } else {
          states[value.index] = .done
          order.append(value)
        }
      }
    }
  }

  private enum State { case unseen, open, done }
}
