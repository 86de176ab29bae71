/// The stable codes of all diagnostics; never reused. The thousands digit is the class.
package enum DiagnosticCode: String, CaseIterable, Hashable, Sendable {
  // 0: the command line.
  case usage = "QC0001"

  // 1: a model, graph or IR text that is malformed.
  case shapeMismatch = "QC1001"
  case malformedModel = "QC1002"
  case malformedText = "QC1003"
  case invalidGraph = "QC1004"
  case stageViolation = "QC1005"
  case elementTypeMismatch = "QC1006"
  case invalidAttribute = "QC1007"
  case cyclicGraph = "QC1008"
  case duplicateName = "QC1009"
  case missingInput = "QC1010"
  case shapeOverflow = "QC1011"
  case unboundDimension = "QC1012"
  case nonFiniteWeights = "QC1013"
  case externalData = "QC1014"

  // 2: a well-formed model that uses something that is not supported.
  case unsupportedOp = "QC2001"
  case unsupportedOpset = "QC2002"
  case unsupportedAttribute = "QC2003"
  case unsupportedElementType = "QC2004"
  case unsupportedKernel = "QC2005"

  // 3: calibration and quantization.
  case missingCalibration = "QC3001"
  case asymmetricWeights = "QC3002"
  case invalidQuantization = "QC3003"
  case emptyCalibration = "QC3004"
  case foreignCalibration = "QC3005"
  case malformedCalibration = "QC3006"
  case accumulatorOverflow = "QC3007"
  case malformedRecipe = "QC3008"
  case nonFiniteSamples = "QC3009"

  // 4: samples and data sets.
  case malformedArray = "QC4001"
  case wrongArray = "QC4002"
  case malformedDataset = "QC4003"
  case unreadableFile = "QC4004"

  // 5: packages.
  case malformedPackage = "QC5001"
  case damagedSection = "QC5002"
  case foreignArchitecture = "QC5003"
  case unsupportedPackageVersion = "QC5004"
  case runtimeFailure = "QC5005"

  // 6: targets and the toolchain.
  case unknownTarget = "QC6001"
  case toolchainMissing = "QC6002"
  case toolchainFailed = "QC6003"
  case objectLint = "QC6004"

  // 7: output.
  case unwritableOutput = "QC7001"

  // 8: a check that the user asked for did not hold.
  case checkFailed = "QC8001"

  // 9: a contradiction inside the compiler.
  case internalError = "QC9001"

  /// The exit status of a command that ends with this diagnostic.
  package var exitStatus: ExitStatus {
    switch rawValue.dropFirst(2).first {
    case "0": .usage
    case "1": .invalidModel
    case "2": .unsupported
    case "3": .quantization
    case "4": .samples
    case "5": .package
    case "6": .toolchain
    case "7": .output
    case "8": .checkFailed
    default: .internalError
    }
  }
}
