import Foundation

/// A folder that is removed with its last owner.
package final class TemporaryFolder: Sendable {
  package let url: URL

  package init() throws {
    url = FileManager.default.temporaryDirectory
      .appendingPathComponent("quantc-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  package var root: String { url.path }

  package func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  package func write(_ name: String, _ text: String) throws -> String {
    try Data(text.utf8).write(to: url.appendingPathComponent(name))
    return path(name)
  }

  deinit { try? FileManager.default.removeItem(at: url) }
}
