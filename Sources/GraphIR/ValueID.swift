/// One value of a graph, and the one node that makes it; printed `%7`.
package struct ValueID: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let index: Int

  package init(_ index: Int) { self.index = index }

  package static func < (lhs: ValueID, rhs: ValueID) -> Bool { lhs.index < rhs.index }
  package var description: String { "%\(index)" }
}
