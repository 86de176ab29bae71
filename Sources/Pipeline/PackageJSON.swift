import Calibration
import Diagnostics
import Foundation
import KernelIR
import Quantization
import Targets
import Tensors

/// How the documents in a package are encoded: equal values give equal bytes.
enum PackageJSON {
  static func data(_ value: some Encodable) throws(Diagnostic) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    do {
      return try encoder.encode(value)
    } catch {
      throw Diagnostic(.internalError, "a document cannot be encoded: \(error)")
    }
  }
}

/// The package's own description, for people and tools.
struct Manifest: Encodable {
  struct Port: Encodable {
    let name: String
    let element: String
    let shape: [Int]
    let scale: Float?
    let zeroPoint: Int32?
  }

  var schemaVersion = 1
  let modelSha256: String
  let precision: String
  let targets: [String]
  let inputs: [Port]
  let outputs: [Port]
  let arenaBytes: Int
  let stepCount: Int
  let kernelCount: Int
  let floatIslandCount: Int

  init(
    source: SourceModel, options: BuildOptions, program: Program, report: ExplainReport
  ) {
    func port(_ port: Program.Port) -> Port {
      Port(
        name: port.name, element: port.type.element.rawValue, shape: port.type.shape.dims,
        scale: port.type.quantization?.scale, zeroPoint: port.type.quantization?.zeroPoint)
    }
    modelSha256 = source.hash
    precision = options.recipe.precision.rawValue
    targets = options.targets.map(\.name)
    inputs = program.inputs.map(port)
    outputs = program.outputs.map(port)
    arenaBytes = program.arenaBytes
    stepCount = program.steps.count
    kernelCount = program.kernels.count
    floatIslandCount = report.floatOps.count
  }
}

/// What a package keeps of the calibration: which data it was, and the ranges.
struct CalibrationSummary: Encodable {
  struct Range: Encodable {
    let name: String
    let min: Float
    let max: Float
  }

  var schemaVersion = 1
  let modelSha256: String
  let dataSha256: String
  let sampleCount: Int
  let ranges: [Range]

  init(_ table: CalibrationTable) throws(Diagnostic) {
    modelSha256 = table.modelHash
    dataSha256 = table.dataHash
    sampleCount = table.usedSampleCount
    let all = try table.ranges(.minMax)
    ranges = all.keys.sorted().compactMap { name in
      all[name].map { Range(name: name, min: $0.lowerBound, max: $0.upperBound) }
    }
  }

  func encoded() throws(Diagnostic) -> Data { try PackageJSON.data(self) }
}

extension Recipe {
  /// The calibrator in the terms of the table.
  var calibrationMethod: CalibrationMethod {
    switch calibrator {
    case .minMax: .minMax
    case .movingAverage: .movingAverage
    case .percentile: .percentile(percentile)
    case .entropy: .entropy
    case .mse: .squaredError
    }
  }
}
