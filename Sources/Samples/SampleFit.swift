import Diagnostics

/// How the samples of one column become a model's input: the shape that one run takes.
struct SampleFit: Hashable {
  /// Samples that go into one run, along axis 0.
  let batch: Int
  /// Whether axis 0 of the model's input counts samples; otherwise a run takes one sample whole.
  let hasBatchAxis: Bool

  /// The fit of samples of shape `dims` (without the sample axis) to a model's input; `nil` when
  /// they differ in more than axes of extent 1.
  ///
  /// An open axis 0 of the model's input counts samples, `batch` a run.
  init?(_ dims: [Int], _ input: ModelInput, batch: Int) {
    if let axis = input.dims.first,
      SampleFit.bind(dims, Array(input.dims.dropFirst())) != nil
    {
      self.batch = axis ?? batch
      hasBatchAxis = true
    } else if input.dims.first != .some(nil), SampleFit.bind(dims, input.dims) != nil {
      self.batch = 1
      hasBatchAxis = false
    } else {
      return nil
    }
  }

  /// The extents of one run's array; `nil` when a sample of shape `dims` does not fit.
  func bound(_ dims: [Int], _ input: ModelInput) -> [Int]? {
    guard hasBatchAxis else { return SampleFit.bind(dims, input.dims) }
    return SampleFit.bind(dims, Array(input.dims.dropFirst())).map { [batch] + $0 }
  }

  /// `pattern` with its open extents taken from `dims`; `nil` when the two differ in more than
  /// axes of extent 1.
  static func bind(_ dims: [Int], _ pattern: [Int?]) -> [Int]? {
    if dims.count == pattern.count,
      zip(dims, pattern).allSatisfy({ extent, wanted in wanted == nil || wanted == extent })
    {
      return dims
    }
    var real = dims.filter { $0 != 1 }[...]
    guard pattern.count(where: { $0 != 1 }) == real.count else { return nil }
    var result: [Int] = []
    for wanted in pattern {
      if wanted == 1 {
        result.append(1)
      } else if let extent = real.popFirst(), wanted == nil || wanted == extent {
        result.append(extent)
      } else {
        return nil
      }
    }
    return result
  }
}
