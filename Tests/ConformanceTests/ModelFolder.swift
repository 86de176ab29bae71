import Foundation

/// Where the shared models lie.
enum ModelFolder {
  private static var environment: [String: String] { ProcessInfo.processInfo.environment }

  /// `QUANTC_MODELS`, or `../shared/models` beside the repository; `nil` when there is none.
  static var url: URL? {
    let repository = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let path =
      environment["QUANTC_MODELS"]
      ?? repository.appendingPathComponent("../shared/models").standardizedFileURL.path
    return FileManager.default.fileExists(atPath: path) ? URL(fileURLWithPath: path) : nil
  }

  static var isRequired: Bool { environment["QUANTC_REQUIRE_MODELS"] == "1" }
}
