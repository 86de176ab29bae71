import Diagnostics
import Foundation

/// Resolves the file names of a `dataset.json`.
struct DatasetFolder: Sendable {
  private let home: String
  private let root: String
  private let environment: [String: String]

  /// - Parameters:
  ///   - path: the `dataset.json`.
  ///   - root: where relative names start; relative to the folder of `path` unless absolute.
  ///   - environment: replaces `${NAME}`.
  /// - Throws: `QC4003` when `root` names an environment variable that is not set.
  init(of path: String, root: String?, environment: [String: String]) throws(Diagnostic) {
    home = URL(fileURLWithPath: path).deletingLastPathComponent().path
    self.environment = environment
    guard let root else {
      self.root = home
      return
    }
    self.root = DatasetFolder.join(home, try DatasetFolder.expanded(root, environment))
  }

  /// The path of the file called `name`.
  ///
  /// - Throws: `QC4003` when it names an environment variable that is not set.
  func path(_ name: String) throws(Diagnostic) -> String {
    let name = try DatasetFolder.expanded(name, environment)
    if name.hasPrefix("./") { return DatasetFolder.join(home, String(name.dropFirst(2))) }
    return DatasetFolder.join(root, name)
  }

  private static func join(_ folder: String, _ name: String) -> String {
    name.hasPrefix("/") ? name : "\(folder)/\(name)"
  }

  /// `text` with each `${NAME}` replaced by that environment variable.
  private static func expanded(
    _ text: String, _ environment: [String: String]
  ) throws(Diagnostic) -> String {
    var result = ""
    var rest = text[...]
    while let open = rest.range(of: "${") {
      guard let close = rest.range(of: "}", range: open.upperBound..<rest.endIndex) else {
        throw Diagnostic(.malformedDataset, "'\(text)' has a ${ without its }")
      }
      let name = String(rest[open.upperBound..<close.lowerBound])
      guard let value = environment[name], !value.isEmpty else {
        throw Diagnostic(
          .malformedDataset, "the environment variable \(name) is not set",
          hint: "export \(name)=<the folder that '\(text)' starts from>")
      }
      result += rest[..<open.lowerBound] + value
      rest = rest[close.upperBound...]
    }
    return result + rest
  }
}
