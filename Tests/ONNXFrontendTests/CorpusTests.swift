import Diagnostics
import Foundation
import GraphIR
import Testing

@testable import ONNXFrontend

@Suite("fuzz corpus")
struct CorpusTests {
  /// The models that the fuzzer starts from, and what it found since.
  static var files: [URL] {
    let folder = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fuzz/Corpus/onnx")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().map { folder.appendingPathComponent($0) }
  }

  @Test func `there is a corpus`() {
    #expect(!Self.files.isEmpty)
  }

  @Test(arguments: files)
  func `an input of the fuzzer is read or refused`(file: URL) throws {
    do throws(Diagnostic) {
      let model = try ONNXModel(contentsOf: file.path)
      let symbols = Dictionary(uniqueKeysWithValues: model.symbols.map { ($0, 1) })
      _ = try model.graph(symbols: symbols)
    } catch {
      #expect(!error.message.isEmpty)
      #expect(error.code != .internalError)
    }
  }
}
