import Diagnostics
import GraphIR

/// Gives every computed value without a name one, after the nearest named value that uses it.
///
/// Calibration tables, taps and reports speak of values by name.
package let nameValues = Pass("name-values") { graph throws(Diagnostic) in
  try graph.compact()
  var taken = Set(graph.nodes.map(\.name))
  let uses = graph.uses()
  // The name that the model gave to the value, or to the nearest one that is made of it.
  var stems = graph.nodes.map(\.name)
  for id in graph.values.reversed() where graph[id].name.isEmpty {
    if let user = uses[id.index].first?.user { stems[id.index] = stems[user.index] }
    if graph.constant(id) != nil { continue }
    let output = graph.outputs.first { $0.value == id }?.name
    let base = output ?? "\(stems[id.index])/\(graph.op(id).mnemonic)"
    var name = base
    var count = 2
    while !taken.insert(name).inserted {
      name = "\(base)_\(count)"
      count += 1
    }
    graph.setName(name, of: id)
  }
}
