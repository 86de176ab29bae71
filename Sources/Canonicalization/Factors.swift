import GraphIR

/// A product taken apart: `scale · values[0] · values[1] · …`.
struct Factors {
  private(set) var scale = 1.0
  private(set) var values: [ValueID] = []
  /// Products nested deeper are taken as one factor.
  private static let depthLimit = 8

  /// The factors of `id`. Products and quotients by a number that nothing else uses are opened.
  init(of id: ValueID, _ graph: Graph) {
    open(id, graph, depth: 0)
  }

  private mutating func open(_ id: ValueID, _ graph: Graph, depth: Int) {
    if let number = graph.scalar(id) {
      scale *= Double(number)
      return
    }
    guard case .binary(let function) = graph.op(id), depth < Factors.depthLimit,
      depth == 0 || graph.hasOneUse(id)
    else {
      values.append(id)
      return
    }
    let (lhs, rhs) = (graph.operand(0, of: id), graph.operand(1, of: id))
    switch function {
    case .mul:
      open(lhs, graph, depth: depth + 1)
      open(rhs, graph, depth: depth + 1)
    case .div:
      guard let divisor = graph.scalar(rhs) else {
        values.append(id)
        return
      }
      open(lhs, graph, depth: depth + 1)
      scale /= Double(divisor)
    default:
      values.append(id)
    }
  }

  /// Whether the product is `number · values`, in any order, the number to four digits.
  func match(_ number: Double, _ expected: [ValueID]) -> Bool {
    abs(scale - number) <= 1e-4 * abs(number) && values.sorted() == expected.sorted()
  }

  /// The values without one occurrence of `value`.
  func without(_ value: ValueID) -> [ValueID] {
    var rest = values
    if let index = rest.firstIndex(of: value) { rest.remove(at: index) }
    return rest
  }
}
