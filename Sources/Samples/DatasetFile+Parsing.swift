import Diagnostics
import Foundation

extension DatasetFile {
  /// Longest `dataset.json` that is read, in bytes.
  static let byteLimit = 1 << 20
  /// Largest extent, offset or count that is read.
  private static let extentLimit = 1 << 31

  /// - Throws: `QC4003` for text that is no JSON, an unknown or missing key, or a wrong value.
  init(parsing text: Data) throws(Diagnostic) {
    guard text.count <= DatasetFile.byteLimit else {
      throw Diagnostic(.malformedDataset, "a data set description of \(text.count) bytes")
    }
    let document: JSONField
    do {
      document = JSONField(value: try JSONDecoder().decode(JSONValue.self, from: text), path: "")
    } catch {
      throw Diagnostic(
        .malformedDataset, "the text is not JSON", hint: "check it with: python3 -m json.tool")
    }
    let top = try document.object(["schema_version", "name", "root", "splits"])
    let version = try top.required("schema_version").integer(in: 0...Int.max)
    guard version == 1 else {
      throw Diagnostic(
        .malformedDataset, "schema version \(version) is not known", at: "schema_version",
        hint: "this program reads version 1")
    }
    name = try top.required("name").string()
    root = try top["root"]?.string()
    let splits = try top.required("splits").object(["calibration", "dev"])
    var parsed: [String: DatasetSplit] = [:]
    for key in splits.keys { parsed[key] = try DatasetSplit(splits.required(key)) }
    guard !parsed.isEmpty else {
      throw Diagnostic(.malformedDataset, "there is no split", at: "splits")
    }
    self.splits = parsed
  }

  static var counts: ClosedRange<Int> { 0...extentLimit }
  static var extents: ClosedRange<Int> { 1...extentLimit }
}

extension DatasetSplit {
  fileprivate init(_ field: JSONField) throws(Diagnostic) {
    let split = try field.object(["inputs", "samples", "labels", "metric", "expected"])
    let inputs = try split.required("inputs").object()
    var parsed: [String: DatasetInput] = [:]
    for name in inputs.keys { parsed[name] = try DatasetInput(inputs.required(name)) }
    guard !parsed.isEmpty else { throw field.malformed("the split has no input") }
    self.inputs = parsed
    if let samples = try split["samples"]?.object(["first", "count"]) {
      let first = try samples.required("first").integer(in: DatasetFile.counts)
      let count = try samples.required("count").integer(in: DatasetFile.extents)
      self.samples = first..<first + count
    } else {
      samples = nil
    }
    if let labels = try split["labels"]?.object(["file", "offset"]) {
      let limit = DatasetFile.counts.upperBound
      let offset = try labels["offset"]?.integer(in: -limit...limit)
      self.labels = LabelFile(
        file: try labels.required("file").string(), offset: offset ?? 0)
    } else {
      labels = nil
    }
    metric = try split["metric"].map { field throws(Diagnostic) in try MetricDescription(field) }
    var expected: [String: String] = [:]
    if let files = try split["expected"]?.object() {
      for output in files.keys { expected[output] = try files.required(output).string() }
    }
    self.expected = expected
  }
}

extension DatasetInput {
  fileprivate init(_ field: JSONField) throws(Diagnostic) {
    let input = try field.object([
      "file", "fill", "like", "shape", "convert", "windows", "lengths", "feedback",
    ])
    let hasFile = input["file"] != nil
    guard hasFile != (input["fill"] != nil) else {
      throw field.malformed("exactly one of 'file' and 'fill' must be there")
    }
    let foreign = hasFile ? ["like", "shape", "feedback"] : ["convert", "windows", "lengths"]
    for key in foreign where input[key] != nil {
      throw field.malformed("'\(key)' does not go with '\(hasFile ? "file" : "fill")'")
    }
    if hasFile {
      source = .files(try DatasetInput.files(input.required("file")))
    } else {
      source = .fill(
        try input.required("fill").number(), shape: try DatasetInput.fillShape(field, input))
    }
    convert =
      try input["convert"].map { field throws(Diagnostic) in try Preprocessing(field) }
      ?? Preprocessing()
    if let windows = try input["windows"]?.object(["length", "before"]) {
      self.windows = Windows(
        length: try windows.required("length").integer(in: DatasetFile.extents),
        before: try windows["before"]?.integer(in: DatasetFile.counts) ?? 0)
    } else {
      windows = nil
    }
    if let lengths = try input["lengths"]?.object(["file", "cut"]) {
      self.lengths = Lengths(
        file: try lengths.required("file").string(), cut: try lengths["cut"]?.boolean() ?? false)
    } else {
      lengths = nil
    }
    feedback = try input["feedback"]?.string()
  }

  private static func files(_ field: JSONField) throws(Diagnostic) -> [String] {
    guard field.isArray else { return [try field.string()] }
    let names = try field.array().map { name throws(Diagnostic) in try name.string() }
    guard !names.isEmpty else { throw field.malformed("the list of files is empty") }
    return names
  }

  private static func fillShape(
    _ field: JSONField, _ input: JSONObject
  ) throws(Diagnostic) -> FillShape {
    switch (input["like"], input["shape"]) {
    case (let like?, nil): return .like(try like.string())
    case (nil, let shape?):
      return .dims(
        try shape.array().map { extent throws(Diagnostic) in
          try extent.integer(in: DatasetFile.extents)
        })
    case (nil, nil), (.some, .some):
      throw field.malformed("'fill' needs one of 'like' and 'shape'")
    }
  }
}
