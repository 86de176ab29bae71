/// The exit status of every command: the one table.
package enum ExitStatus: Int32, CaseIterable, Sendable {
  case success = 0
  /// A requested check (an accuracy limit, a regression bound) did not hold.
  case checkFailed = 1
  /// The command line itself was wrong.
  case usage = 2
  /// The model is malformed.
  case invalidModel = 3
  /// The model is sound but uses something that is not supported.
  case unsupported = 4
  /// Calibration table, recipe or quantization.
  case quantization = 5
  /// Sample arrays or data sets.
  case samples = 6
  /// A package could not be read or run.
  case package = 7
  /// An unknown target, or clang or lld missing or failing.
  case toolchain = 8
  /// An output could not be written.
  case output = 9
  /// A contradiction inside the compiler.
  case internalError = 70
}
