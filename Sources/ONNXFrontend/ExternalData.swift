import Diagnostics
import Foundation
import Tensors

/// The external files of one model, each mapped once.
///
/// The only way from a model to another file. A location is relative to the model's folder and stays
/// inside of it; see ``MappedFile/contents(of:below:)``.
struct ExternalData {
  /// The model's folder; `nil` for a model that did not come from a file.
  let folder: String?
  private(set) var files: [(location: String, contents: Data)] = []

  init(folder: String?) { self.folder = folder }

  /// The bytes that `tensor` refers to: a slice of the mapping.
  ///
  /// - Throws: `QC1014` for a location that leaves the folder or a range outside of the file.
  mutating func bytes(
    of tensor: Onnx_TensorProto, byteCount: Int
  ) throws(Diagnostic) -> Data {
    let (location, offset, length) = try parse(tensor.externalData)
    guard length == nil || length == byteCount else {
      throw problem("length \(length ?? 0), but the shape asks for \(byteCount) bytes")
    }
    let contents = try file(at: location)
    guard offset <= contents.count, byteCount <= contents.count - offset else {
      throw problem(
        "'\(location)' has \(contents.count) bytes; \(byteCount) at offset \(offset) lie outside")
    }
    let start = contents.startIndex + offset
    return contents[start..<start + byteCount]
  }

  private func parse(
    _ entries: [Onnx_StringStringEntryProto]
  ) throws(Diagnostic) -> (location: String, offset: Int, length: Int?) {
    var values: [String: String] = [:]
    for entry in entries {
      guard ["location", "offset", "length", "checksum", "basepath"].contains(entry.key) else {
        throw problem("unknown key '\(entry.key)'")
      }
      guard values.updateValue(entry.value, forKey: entry.key) == nil else {
        throw problem("the key '\(entry.key)' stands twice")
      }
    }
    guard let location = values["location"] else { throw problem("no location") }
    return (
      location, try number(values["offset"], "offset") ?? 0, try number(values["length"], "length")
    )
  }

  private func number(_ text: String?, _ name: String) throws(Diagnostic) -> Int? {
    guard let text else { return nil }
    guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }), let value = Int(text)
    else { throw problem("\(name) '\(text)' is not a number of bytes") }
    return value
  }

  private mutating func file(at location: String) throws(Diagnostic) -> Data {
    if let known = files.first(where: { $0.location == location }) { return known.contents }
    guard let folder else {
      throw problem("the model was not read from a file, so there is no folder to look in")
    }
    let components = location.split(separator: "/", omittingEmptySubsequences: false)
      .map(String.init)
    guard !location.isEmpty, location.utf8.count <= 4096, !location.utf8.contains(0),
      components.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." })
    else {
      throw problem("the location '\(location.prefix(200))' is not a path below the model's folder")
    }
    let contents = try MappedFile.contents(of: components, below: folder)
    files.append((location, contents))
    return contents
  }

  private func problem(_ message: String) -> Diagnostic {
    Diagnostic(
      .externalData, "external data: \(message)",
      hint: "keep the data files beside the model, as they were exported")
  }
}
