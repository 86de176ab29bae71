import Diagnostics

/// `mse`, `relative_squared_error`, `cosine` and `snr`: the distance to the float model's output.
struct DistanceScore: MetricScore {
  let output: String
  let measure: @Sendable (OutputDistance) -> Double
  private(set) var scoredCount = 0
  private var distance = OutputDistance()

  init(output: String, measure: @escaping @Sendable (OutputDistance) -> Double) {
    self.output = output
    self.measure = measure
  }

  mutating func add(_ answer: Answer, reference: Answer?) throws(Diagnostic) {
    guard let reference else { return }
    let (values, expected) = (try answer.values(output), try reference.values(output))
    guard values.elements.count == expected.elements.count else {
      throw Diagnostic(
        .wrongArray, "shapes \(values.dims) and \(expected.dims) of one output", at: output)
    }
    scoredCount += 1
    distance.add(values.elements, reference: expected.elements)
  }

  var value: Double? { scoredCount == 0 ? nil : measure(distance) }
}
