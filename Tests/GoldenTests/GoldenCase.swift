import Canonicalization
import Diagnostics
import Foundation
import Fusion
import GraphIR
import Quantization
import Testing

/// A file of `Cases/<pass>/`: a graph, a line `// --- <pass>`, and the graph after that pass.
///
/// Lines `// range <name> <lower> <upper>` in front give the calibration table, and lines
/// `// channels <name>` with the lower and upper bound of each channel the statistics of channels,
/// whose means lie in the middle. A line `// io <type>` is the recipe's type of inputs and outputs.
struct GoldenCase: CustomTestStringConvertible, Sendable {
  let path: String
  let before: String
  let after: String
  let pass: Pass

  var testDescription: String { path }

  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Cases")

  static func all() throws -> [GoldenCase] {
    let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    return try paths.filter { $0.hasSuffix(".qir") }.sorted().map { try GoldenCase(path: $0) }
  }

  init(path: String) throws {
    let text = try String(contentsOf: GoldenCase.folder.appending(path: path), encoding: .utf8)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let marker = "// --- "
    let middle = try #require(
      lines.firstIndex { $0.hasPrefix(marker) }, "\(path) has no '\(marker)'")
    let name = String(lines[middle].dropFirst(marker.count))
    self.path = path
    before = lines[..<middle].joined(separator: "\n") + "\n"
    after = lines[(middle + 1)...].joined(separator: "\n")
    let ranges = GoldenCase.ranges(lines[..<middle])
    let channels = GoldenCase.channels(lines[..<middle])
    var recipe = Recipe()
    if let line = lines[..<middle].first(where: { $0.hasPrefix("// io ") }) {
      recipe.interface = try #require(Recipe.Interface(rawValue: String(line.dropFirst(6))))
    }
    let passes =
      canonicalizationPasses
      + quantizationPasses(
        recipe: recipe, ranges: { ranges[$0] }, channels: { channels[$0] }) + fusionPasses
    pass = try #require(passes.first { $0.name == name }, "\(path): no pass '\(name)'")
  }

  private static func ranges(_ lines: ArraySlice<Substring>) -> [String: ClosedRange<Float>] {
    var result: [String: ClosedRange<Float>] = [:]
    for line in lines where line.hasPrefix("// range ") {
      let words = line.split(separator: " ").dropFirst(2).map(String.init)
      if words.count == 3, let lower = Float(words[1]), let upper = Float(words[2]) {
        result[words[0]] = lower...upper
      }
    }
    return result
  }

  private static func channels(_ lines: ArraySlice<Substring>) -> [String: ChannelRanges] {
    var result: [String: ChannelRanges] = [:]
    for line in lines where line.hasPrefix("// channels ") {
      let words = line.split(separator: " ").dropFirst(2).map(String.init)
      let bounds = words.dropFirst().compactMap { Float($0) }
      let minima = stride(from: 0, to: bounds.count - 1, by: 2).map { bounds[$0] }
      let maxima = stride(from: 1, to: bounds.count, by: 2).map { bounds[$0] }
      result[words[0]] = ChannelRanges(
        minima: minima, maxima: maxima, means: zip(minima, maxima).map { Double($0 + $1) / 2 })
    }
    return result
  }

  /// Compares, or, with `QUANTC_UPDATE_GOLDEN=1`, writes what came out.
  func expect(_ text: String) throws {
    guard ProcessInfo.processInfo.environment["QUANTC_UPDATE_GOLDEN"] == "1" else {
      #expect(text == after, "QUANTC_UPDATE_GOLDEN=1 accepts the new text")
      return
    }
    try "\(before)// --- \(pass.name)\n\(text)".write(
      to: GoldenCase.folder.appending(path: path), atomically: true, encoding: .utf8)
  }
}
