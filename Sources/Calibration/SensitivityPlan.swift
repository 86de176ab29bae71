import GraphIR

/// Of which values of a graph, and with how many samples, calibration measures what their rounding
/// costs at the outputs. It follows from the graph alone.
package struct SensitivityPlan: Hashable, Sendable {
  /// The names of the values, in the order of the graph.
  package let values: [String]
  /// What measuring them with one sample takes: products, and 8 for each element.
  let work: Double

  /// Most work of a sweep over several samples, and of one sample.
  private static let limit = (sweep: 1e12, sample: 4e12)

  package init(_ graph: Graph) {
    let measured = graph.measuredValues
    self.init(
      values: measured.map { graph[$0].name }, work: graph.work * Double(measured.count))
  }

  init(values: [String], work: Double) {
    self.values = values
    self.work = work
  }

  /// The samples to measure with, from the first on: `requested`, halved until the sweep is within its
  /// limit, or 1, or none where a single sample would take too much.
  package func sampleCount(requested: Int) -> Int {
    guard requested > 0, !values.isEmpty, work <= SensitivityPlan.limit.sample else { return 0 }
    var count = requested
    while count > 1, Double(count) * work > SensitivityPlan.limit.sweep { count /= 2 }
    return count
  }
}
