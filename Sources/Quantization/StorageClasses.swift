import GraphIR

/// Values that are stored with the same scale, because one is made of the others' elements.
///
/// The range of a class is that of its sources: the members that are not made by moving elements
/// of other members.
struct StorageClasses {
  private var parent: [Int]
  private var sources: [[ValueID]]
  private let range: (ValueID) -> ClosedRange<Float>?

  /// A source whose range is narrower than this part of the class's would lose two bits and more.
  static let smallestShare: Float = 0.25

  init(count: Int, range: @escaping (ValueID) -> ClosedRange<Float>?) {
    parent = Array(0..<count)
    sources = (0..<count).map { [ValueID($0)] }
    self.range = range
  }

  private func root(_ id: ValueID) -> Int {
    var index = id.index
    while parent[index] != index { index = parent[index] }
    return index
  }

  /// The sources of the class that `id` is in, ascending.
  func sources(of id: ValueID) -> [ValueID] { sources[root(id)] }

  /// The range that all sources of the class fit in, 0 included; `nil` when one has no range.
  func range(of id: ValueID) -> ClosedRange<Float>? { union(sources(of: id)) }

  /// Lets `result`, a source until now, share the scale of the operands that it is made of.
  ///
  /// Does so only where every source still fills at least ``smallestShare`` of the range.
  mutating func join(_ result: ValueID, operands: [ValueID]) -> Bool {
    let roots = Set(([result] + operands).map(root)).sorted()
    let joined = Set(roots.flatMap { sources[$0] }).subtracting([result]).sorted()
    guard let whole = union(joined) else { return false }
    let width = whole.upperBound - whole.lowerBound
    for source in joined {
      guard let part = union([source]), case let own = part.upperBound - part.lowerBound,
        joined.count == 1 || own >= StorageClasses.smallestShare * width
      else { return false }
    }
    for other in roots { parent[other] = roots[0] }
    sources[roots[0]] = joined
    return true
  }

  private func union(_ members: [ValueID]) -> ClosedRange<Float>? {
    var result: ClosedRange<Float> = 0...0
    for member in members {
      guard let own = range(member) else { return nil }
      result = min(result.lowerBound, own.lowerBound)...max(result.upperBound, own.upperBound)
    }
    return result
  }
}
