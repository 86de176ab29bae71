import Foundation
import TestSupport

/// The executables under test, as they lie beside the test bundle.
enum Quantc {
  /// What one command left behind.
  struct Outcome {
    let status: Int32
    let output: Data
    let messages: String

    var text: String { String(decoding: output, as: UTF8.self) }
  }

  static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The folder that the build writes executables and test bundles to.
  private static let products: URL = {
    let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") }
    return URL(fileURLWithPath: bundle ?? CommandLine.arguments[0]).deletingLastPathComponent()
  }()

  static func executable(_ name: String) -> URL { products.appendingPathComponent(name) }

  /// Runs one of the executables to its end in `folder`.
  static func run(
    _ arguments: [String], in folder: String, executable name: String = "quantc"
  ) throws -> Outcome {
    try run(at: executable(name), arguments, in: folder)
  }

  /// Runs any program to its end in `folder`.
  static func run(
    at program: URL, _ arguments: [String], in folder: String, environment: [String: String] = [:]
  ) throws -> Outcome {
    let scratch = try TemporaryFolder()
    let outputPath = scratch.url.appendingPathComponent("out")
    let messagesPath = scratch.url.appendingPathComponent("err")
    try Data().write(to: outputPath)
    try Data().write(to: messagesPath)

    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: outputPath)
    process.standardError = try FileHandle(forWritingTo: messagesPath)
    try process.run()
    process.waitUntilExit()
    let messages = try Data(contentsOf: messagesPath)
    return Outcome(
      status: process.terminationReason == .exit
        ? process.terminationStatus : -process.terminationStatus,
      output: try Data(contentsOf: outputPath), messages: String(decoding: messages, as: UTF8.self))
  }
}
