import Foundation

/// Where the larger models lie that the README goes through.
enum SharedModels {
  /// `QUANTC_MODELS`, or `../shared/models` beside the repository; `nil` when there is none.
  static var folder: String? {
    let beside = Quantc.repository.appendingPathComponent("../shared/models")
    let path =
      ProcessInfo.processInfo.environment["QUANTC_MODELS"] ?? beside.standardizedFileURL.path
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }

  /// A test that needs the models runs where they are, and fails where they are required.
  static var areThere: Bool {
    folder != nil || ProcessInfo.processInfo.environment["QUANTC_REQUIRE_MODELS"] == "1"
  }
}
