import Diagnostics
import Foundation
import Samples
import Tensors
import TestSupport
import Testing

/// A folder with the carried model and its samples, in which commands run; removed with its owner.
final class WorkFolder: Sendable {
  private let folder: TemporaryFolder

  var root: String { folder.root }

  /// The model, its samples and `dataset.json`, and what `files` names of ``Built``.
  init(_ files: Built.File...) throws {
    folder = try TemporaryFolder()
    let carried = Quantc.repository.appendingPathComponent("calibration/digits")
    for name in ["model.onnx", "calib_x.npy", "dev_x.npy", "dev_y.npy", "dataset.json"] {
      try write(name, try Data(contentsOf: carried.appendingPathComponent(name)))
    }
    for file in files { try write(file.rawValue, try Built.digits.get().contents(file)) }
  }

  func path(_ name: String) -> String { folder.path(name) }

  func write(_ name: String, _ contents: Data) throws {
    try contents.write(to: URL(fileURLWithPath: path(name)))
  }

  func write(_ name: String, _ contents: Tensor) throws {
    try write(name, try NPY.encode(contents))
  }

  func contents(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: path(name)))
  }

  /// Changes the bytes of a file.
  func edit(_ name: String, _ change: (inout Data) -> Void) throws {
    var data = try contents(name)
    change(&data)
    try write(name, data)
  }

  func quantc(_ arguments: String...) throws -> Quantc.Outcome {
    try Quantc.run(arguments, in: root)
  }

  /// Runs a command that has to succeed.
  @discardableResult
  func succeed(
    _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Quantc.Outcome {
    let outcome = try Quantc.run(arguments, in: root)
    #expect(outcome.status == 0, "\(outcome.messages)", sourceLocation: sourceLocation)
    return outcome
  }

  /// Runs a command that has to be refused: with the status that the table has for `code`, an
  /// error that names the code and all of `mentions`, nothing on standard output, and no file of
  /// the folder new or changed.
  func refuse(
    _ arguments: [String], _ code: DiagnosticCode, mentions: [String] = [],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let before = try snapshot()
    let outcome = try Quantc.run(arguments, in: root)
    let command = arguments.joined(separator: " ")
    #expect(
      outcome.status == code.exitStatus.rawValue, "\(command): \(outcome.messages)",
      sourceLocation: sourceLocation)
    let message = "error \(code.rawValue): "
    for text in [message] + mentions {
      #expect(
        outcome.messages.contains(text), "\(command): \(outcome.messages)",
        sourceLocation: sourceLocation)
    }
    #expect(outcome.output.isEmpty, "\(command)", sourceLocation: sourceLocation)
    #expect(try snapshot() == before, "\(command)", sourceLocation: sourceLocation)
  }

  /// The contents of all files, by path.
  func snapshot() throws -> [String: Data] {
    var files: [String: Data] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: root) {
      files[name] = FileManager.default.contents(atPath: path(name)) ?? Data()
    }
    return files
  }
}
