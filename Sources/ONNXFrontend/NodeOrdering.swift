import Diagnostics

/// Sorts nodes so that every operand is made before it is read; a sorted model keeps its order.
enum NodeOrdering {
  /// The nodes in such an order, where `given` are the names of inputs and initializers, and
  /// `outputs` those that the model must make.
  ///
  /// - Throws: `QC1009` for a value that is made twice, `QC1010` for one that nothing makes,
  ///   `QC1008` for a cycle, `QC1004` for a node without outputs.
  static func sorted(
    _ nodes: [Onnx_NodeProto], given: Set<String>, outputs: [String]
  ) throws(Diagnostic) -> [Onnx_NodeProto] {
    let producers = try producers(nodes, given: given)
    for output in outputs where producers[output] == nil && !given.contains(output) {
      throw Diagnostic(
        .missingInput, "the output '\(output)' is made by no node", at: "output '\(output)'",
        hint: "was the model cut by a tool?")
    }
    var order: [Onnx_NodeProto] = []
    order.reserveCapacity(nodes.count)
    var states = [State](repeating: .unseen, count: nodes.count)
    for root in nodes.indices where states[root] == .unseen {
      states[root] = .open
      var stack = [(node: root, next: 0)]
      while let (index, next) = stack.popLast() {
        let node = nodes[index]
        guard next < node.input.count else {
          states[index] = .done
          order.append(node)
          continue
        }
        stack.append((index, next + 1))
        let name = node.input[next]
        guard !name.isEmpty, !given.contains(name) else { continue }
        guard let producer = producers[name] else {
          throw Diagnostic(
            .missingInput, "it reads '\(name)', which nothing makes", at: "node '\(node.label)'",
            hint: "was the model cut by a tool?")
        }
        if states[producer] == .open {
          throw Diagnostic(
            .cyclicGraph, "it reads '\(name)', which depends on the node itself",
            at: "node '\(node.label)'", hint: "export the model again")
        }
        if states[producer] == .unseen {
          states[producer] = .open
          stack.append((producer, 0))
        }
      }
    }
    return order
  }

  private enum State { case unseen, open, done }

  private static func producers(
    _ nodes: [Onnx_NodeProto], given: Set<String>
  ) throws(Diagnostic) -> [String: Int] {
    var producers: [String: Int] = [:]
    for (index, node) in nodes.enumerated() {
      guard node.output.contains(where: { !$0.isEmpty }) else {
        throw Diagnostic(.invalidGraph, "the node has no outputs", at: "node '\(node.label)'")
      }
      for name in node.output where !name.isEmpty {
        guard !given.contains(name), producers.updateValue(index, forKey: name) == nil else {
          throw Diagnostic(
            .duplicateName, "the value '\(name)' is made twice", at: "node '\(node.label)'",
            hint: "every value of a model has one name of its own")
        }
      }
    }
    return producers
  }
}
