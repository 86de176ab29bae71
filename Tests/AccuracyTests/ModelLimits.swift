/// What a model has to reach after calibration and build with the default recipe: its accuracy on
/// all dev samples, and counts that are the same at every build.
struct ModelLimits: Sendable, CustomStringConvertible {
  /// Folder under `calibration/`, and of the shared models.
  let name: String
  /// The float model's metric as its `SOURCE.md` has it; `nil` where the metric is a distance.
  var floatMetric: Double?
  /// Least share of right answers of the package.
  var leastMetric: Double?
  /// Least share of samples with the float model's answer.
  var leastAgreement: Double?
  /// Greatest relative squared error to the float outputs of another runtime.
  var greatestError: Double?
  let steps: Int
  let kernels: Int
  let floatOps: Int
  /// Quantize and dequantize that no kernel took in.
  let unfoldedPairs: Int
  let arenaBytes: Int
  /// With every variant of x86-64.
  let packageBytes: Int

  var description: String { name }

  /// The table. Counts are upper limits: a change that lowers one lowers it here.
  static let all = [carried] + shared

  static let carried = ModelLimits(
    name: "digits", floatMetric: 0.99, leastMetric: 0.985, leastAgreement: 0.99, steps: 9,
    kernels: 9, floatOps: 1, unfoldedPairs: 1, arenaBytes: 4096, packageBytes: 102_000)

  static let shared = [
    ModelLimits(
      name: "mnist-cnn", floatMetric: 0.981, leastMetric: 0.978, leastAgreement: 0.99, steps: 6,
      kernels: 5, floatOps: 0, unfoldedPairs: 1, arenaBytes: 9216, packageBytes: 58_000),
    ModelLimits(
      name: "resnet8-cifar10", floatMetric: 0.751, leastMetric: 0.744, leastAgreement: 0.95,
      steps: 13, kernels: 13, floatOps: 1, unfoldedPairs: 1, arenaBytes: 55_296,
      packageBytes: 150_000),
    ModelLimits(
      name: "dscnn-kws", floatMetric: 0.904, leastMetric: 0.898, leastAgreement: 0.95, steps: 14,
      kernels: 9, floatOps: 1, unfoldedPairs: 1, arenaBytes: 20_480, packageBytes: 98_000),
    ModelLimits(
      name: "autoencoder-ad", greatestError: 0.01, steps: 11, kernels: 6, floatOps: 0,
      unfoldedPairs: 1, arenaBytes: 1024, packageBytes: 283_000),
  ]
}
