import Diagnostics
import GraphIR
import Tensors

/// Sums of products by index.
let einsumRules: [ImportRule] = [ImportRule("Einsum", since: 12, run: importEinsum)]

/// Each pair of operands from the left becomes one matrix product, or a product of elements where
/// nothing is summed.
private func importEinsum(_ importer: inout Importer) throws(Diagnostic) {
  let text = try importer.attributes.string("equation", default: "")
  var operands: [ValueID] = []
  for index in 0..<importer.operandCount { operands.append(try importer.operand(index)) }
  let equation = try EinsumEquation(text, ranks: operands.map { importer.shape($0).rank })
  let terms = try zip(operands, equation.terms).map { (id, labels) throws(Diagnostic) in
    IndexedValue(id: id, labels: labels)
  }
  guard var value = terms.first else {
    throw Diagnostic(.invalidGraph, "Einsum needs operands")
  }
  for (index, next) in terms.enumerated().dropFirst() {
    let later = equation.terms[(index + 1)...].flatMap { $0 }
    value = try importer.emitContraction(value, next, keeping: Set(later + equation.result))
  }
  value = try importer.emitSum(value, keeping: Set(equation.result))
  let permutation = equation.result.compactMap { value.labels.firstIndex(of: $0) }
  try importer.emitResult(.transpose(try Transpose(permutation)), [value.id])
}

/// The indices of each operand and of the result.
private struct EinsumEquation {
  /// The index of an axis: a letter's code, or, of the axes of an ellipsis, -1 for the last, -2 for
  /// the one before it, and so on.
  typealias Label = Int

  let terms: [[Label]]
  let result: [Label]

  init(_ text: String, ranks: [Int]) throws(Diagnostic) {
    let sides = text.filter { $0 != " " }.split(
      separator: "->", maxSplits: 1, omittingEmptySubsequences: false)
    let parts = (sides.first ?? "").split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count == ranks.count else {
      throw EinsumEquation.refusal(text, "for \(ranks.count) operands")
    }
    var terms: [[Label]] = []
    for (part, rank) in zip(parts, ranks) {
      terms.append(try EinsumEquation.labels(part, hidden: { rank - $0 }, text))
    }
    let hidden = terms.map { labels in labels.count { $0 < 0 } }.max() ?? 0
    let all = terms.flatMap { $0 }
    if sides.count == 2 {
      result = try EinsumEquation.labels(sides[1], hidden: { _ in hidden }, text)
    } else {
      let single = Set(all).filter { label in label >= 0 && all.count { $0 == label } == 1 }
      result = (0..<hidden).reversed().map { -1 - $0 } + single.sorted()
    }
    guard zip(terms, ranks).allSatisfy({ $0.count == $1 }), Set(result).isSubset(of: all) else {
      throw EinsumEquation.refusal(text, "for operands of \(ranks) axes")
    }
    self.terms = terms
  }

  /// The labels of one term, whose ellipsis stands for as many axes as `hidden` says beside a
  /// number of letters.
  private static func labels(
    _ term: Substring, hidden: (Int) -> Int, _ text: String
  ) throws(Diagnostic) -> [Label] {
    let parts = term.split(separator: "...", maxSplits: 1, omittingEmptySubsequences: false)
    let letters = parts.joined()
    guard letters.unicodeScalars.allSatisfy({ $0.isASCII && $0.properties.isAlphabetic }) else {
      throw refusal(text, "with something but letters")
    }
    guard Set(letters).count == letters.count else {
      throw Diagnostic(
        .unsupportedAttribute, "Einsum '\(text)' with an index twice in a term is not supported")
    }
    let codes = parts.map { part in part.unicodeScalars.map { Int($0.value) } }
    guard codes.count == 2 else { return codes.first ?? [] }
    let count = hidden(letters.count)
    guard (0...Shape.rankLimit).contains(count) else { throw refusal(text, "with an ellipsis") }
    return codes[0] + (0..<count).reversed().map { -1 - $0 } + codes[1]
  }

  private static func refusal(_ text: String, _ reason: String) -> Diagnostic {
    Diagnostic(.invalidAttribute, "Einsum '\(text)' \(reason)")
  }
}

/// A value and the index of each of its axes.
private struct IndexedValue {
  var id: ValueID
  var labels: [Int]

  func axes(_ kept: [Int]) -> [Int] { kept.compactMap { labels.firstIndex(of: $0) } }
}

extension Importer {
  /// The sum over the axes whose index is not kept.
  fileprivate mutating func emitSum(
    _ value: IndexedValue, keeping kept: Set<Int>
  ) throws(Diagnostic) -> IndexedValue {
    let summed = value.labels.indices.filter { !kept.contains(value.labels[$0]) }
    guard !summed.isEmpty else { return value }
    let sum = try emit(.reduce(Reduction(.sum, axes: summed, keepsAxes: false)), [value.id])
    return IndexedValue(id: sum, labels: value.labels.filter { kept.contains($0) })
  }

  /// The product of two values, summed over the indices that are not kept.
  fileprivate mutating func emitContraction(
    _ lhs: IndexedValue, _ rhs: IndexedValue, keeping kept: Set<Int>
  ) throws(Diagnostic) -> IndexedValue {
    let left = try emitSum(lhs, keeping: kept.union(rhs.labels))
    let right = try emitSum(rhs, keeping: kept.union(lhs.labels))
    let common = left.labels.filter { right.labels.contains($0) }
    let batch = common.filter { kept.contains($0) }
    let inner = common.filter { !kept.contains($0) }
    let rows = left.labels.filter { !right.labels.contains($0) }
    let columns = right.labels.filter { !left.labels.contains($0) }
    for label in common {
      let extents = [left.axes([label]), right.axes([label])].compactMap(\.first)
      let (a, b) = (shape(left.id)[extents[0]], shape(right.id)[extents[1]])
      guard a == b || (batch.contains(label) && (a == 1 || b == 1)) else {
        throw Diagnostic(.shapeMismatch, "\(node.opType) of the extents \(a) and \(b) for an index")
      }
    }
    let labels = batch + rows + columns
    guard !inner.isEmpty else {
      let a = try emitGrouped(
        left, batch.map { [$0] } + rows.map { [$0] } + columns.map { _ in [] })
      let b = try emitGrouped(
        right, batch.map { [$0] } + rows.map { _ in [] } + columns.map { [$0] })
      return IndexedValue(id: try emit(.binary(.mul), [a, b]), labels: labels)
    }
    let a = try emitGrouped(left, batch.map { [$0] } + [rows, inner])
    let b = try emitGrouped(right, batch.map { [$0] } + [inner, columns])
    let product = try emit(.matMul, [a, b])
    let extents = shape(product).dims.prefix(batch.count)
    let dims =
      extents + left.axes(rows).map { shape(left.id)[$0] }
      + right.axes(columns).map { shape(right.id)[$0] }
    return IndexedValue(id: try emitReshape(product, Array(dims)), labels: labels)
  }

  /// The value with one axis for each group of indices, in that order.
  private mutating func emitGrouped(
    _ value: IndexedValue, _ groups: [[Int]]
  ) throws(Diagnostic) -> ValueID {
    let dims = shape(value.id).dims
    let transpose = try Transpose(value.axes(groups.flatMap { $0 }))
    let turned = transpose.isIdentity ? value.id : try emit(.transpose(transpose), [value.id])
    return try emitReshape(
      turned, groups.map { group in value.axes(group).reduce(1) { $0 * dims[$1] } })
  }
}
