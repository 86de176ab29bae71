import Diagnostics
import GraphIR
import QuantMath
import Tensors

/// Which stored values have 16 bits instead of 8.
///
/// Rounding to 8 bits costs each class of values some of the outputs' precision, as calibration
/// measured; 16 bits cost the ops that read and write it time. Classes are taken in the order of the
/// error that each part of the time buys, while the predicted error of the outputs is above
/// ``target`` and the price is below ``price``.
struct WideValues {
  /// The stored values with 16 bits.
  private(set) var values: Set<ValueID> = []
  /// The predicted error of the outputs that each class spares that was taken, by its first member.
  private(set) var savedError: [ValueID: Double] = [:]

  /// Relative squared error of the outputs by the rounding of activations, at which no more time is
  /// spent.
  static let target = 0.003
  /// The least relative squared error that the whole time of a run has to buy.
  static let price = 0.015
  /// The symmetric integers of a 16-bit value.
  static let bounds: ClosedRange<Int32> = -32767...32767

  private let graph: Graph
  private let placement: QDQPlacement
  private let sensitivities: SensitivityTable
  private let exponents: [ValueID: [Int]]
  private let uses: [[Use]]

  init(
    _ placement: QDQPlacement, _ graph: Graph, _ recipe: Recipe,
    _ sensitivities: @escaping SensitivityTable, exponents: [ValueID: [Int]]
  ) {
    self.graph = graph
    self.placement = placement
    self.sensitivities = sensitivities
    self.exponents = exponents
    uses = graph.uses()
    guard recipe.activations != .int8 else { return }
    let classes = Dictionary(grouping: placement.stored.sorted()) {
      placement.classes.sources(of: $0).first ?? $0
    }
    let keepsInterface = recipe.interface != .float
    let able = classes.keys.sorted().compactMap { key in
      Candidate(classes[key] ?? [], self, keepsInterface: keepsInterface)
    }
    switch recipe.activations {
    case .int8: break
    case .int16: for candidate in able { take(candidate) }
    case .mixed:
      var total = classes.values.reduce(0) { $0 + (error(of: $1) ?? 0) }
      let time = graph.values.reduce(0) { $0 + StorageWork.time(of: $1, in: graph) }
      for candidate in able.sorted(by: { $0.isBefore($1) }) {
        guard total > WideValues.target,
          candidate.error * time >= WideValues.price * candidate.time
        else { break }
        take(candidate)
        total -= candidate.error
      }
    }
  }

  private mutating func take(_ candidate: Candidate) {
    values.formUnion(candidate.members)
    if let first = candidate.members.first { savedError[first] = candidate.error }
  }

  /// Scale of a 16-bit value: the largest magnitude that was seen takes half of the integers, the
  /// other half is for what was not seen.
  func params(of id: ValueID) throws(Diagnostic) -> QuantParams {
    let range = extremes(of: id) ?? 0...0
    return try QuantParams.covering(
      (2 * range.lowerBound, 2 * range.upperBound), bounds: WideValues.bounds, isSymmetric: true)
  }

  /// What 16 bits spare, for the report.
  func note(on id: ValueID) -> Remark? {
    guard let error = savedError[id], error > 0 else { return nil }
    let rounded = (error * 1e5).rounded() / 1e5
    return Remark(
      .applied, pass: "insert-qdq",
      "16 bits: rounding to 8 would cost the outputs a relative squared error of about \(rounded)")
  }

  private func extremes(of id: ValueID) -> ClosedRange<Float>? {
    var result: ClosedRange<Float> = 0...0
    for source in placement.classes.sources(of: id) {
      guard
        let own = sensitivities(graph[source].name)?.extremes
          ?? placement.classes.range(of: source)
      else { return nil }
      result = min(result.lowerBound, own.lowerBound)...max(result.upperBound, own.upperBound)
    }
    return result.upperBound.magnitude < .greatestFiniteMagnitude / 4
      && result.lowerBound.magnitude < .greatestFiniteMagnitude / 4 ? result : nil
  }

  /// The predicted error of the outputs by rounding the members of a class to 8 bits.
  private func error(of members: [ValueID]) -> Double? {
    guard let first = members.first, let range = placement.classes.range(of: first),
      let params = try? QuantParams.covering(
        (range.lowerBound, range.upperBound), bounds: 0...255)
    else { return nil }
    var sum = 0.0
    for source in placement.classes.sources(of: first) {
      guard let sensitivity = sensitivities(graph[source].name), let gain = sensitivity.gain else {
        continue
      }
      sum += gain * sensitivity.error(params, 0...255) * share(exponents[source])
    }
    return sum
  }

  /// The part of an error that is left when channels are multiplied by these powers of two, which make
  /// them alike: each matters as much as any other by its own size.
  private func share(_ exponents: [Int]?) -> Double {
    guard let exponents, !exponents.isEmpty else { return 1 }
    let parts = exponents.map { Double(sign: .plus, exponent: 2 * $0, significand: 1) }
    return Double(parts.count) / parts.reduce(0, +)
  }

  // MARK: What can have 16 bits

  /// A class that all of its ops take with 16 bits.
  private struct Candidate {
    let members: [ValueID]
    /// Of the outputs, that 16 bits spare.
    let error: Double
    /// What 16 bits take in addition.
    let time: Double

    init?(_ members: [ValueID], _ wide: WideValues, keepsInterface: Bool) {
      guard let first = members.first, let params = try? wide.params(of: first),
        wide.extremes(of: first) != nil,
        members.allSatisfy({ wide.isAble($0, scale: params.scale, keepsInterface: keepsInterface) })
      else { return nil }
      self.members = members
      error = wide.error(of: members) ?? 0
      time = members.reduce(0) { $0 + StorageWork.addedTime(of: $1, wide.uses, in: wide.graph) }
    }

    func isBefore(_ other: Candidate) -> Bool {
      let (mine, others) = (error * other.time, other.error * time)
      return mine == others ? members[0] < other.members[0] : mine > others
    }
  }

  /// Whether the op that makes a stored value, and all that read it, take 16 bits.
  private func isAble(_ id: ValueID, scale: Float, keepsInterface: Bool) -> Bool {
    if placement.storedSymmetric.contains(id) || placement.tables[id] != nil { return false }
    if keepsInterface, graph.isOutput(id) || graph.inputs.contains(id) { return false }
    if placement.integerResults.contains(id) {
      switch graph.op(id) {
      case .attention, .rotaryEmbedding: return false
      default: break
      }
    }
    return uses[id.index].allSatisfy { use in
      guard placement.readers.contains(use.user) else { return true }
      return placement.tables[use.user] == nil && reads(use, id, scale: scale)
    }
  }

  private func reads(_ use: Use, _ id: ValueID, scale: Float) -> Bool {
    switch graph.op(use.user) {
    case .conv, .matMul:
      use.operandIndex == 0 && graph.fitsWideSums(use.user, scale: scale, uses)
    case .binary, .resize: true
    case .pool(let pool) where pool.kind == .average: true
    case let op where op.movesElements:
      placement.classes.sources(of: use.user) == placement.classes.sources(of: id)
    default: false
    }
  }
}
