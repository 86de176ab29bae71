import Diagnostics
import Foundation

/// The attributes of one node; each must be taken by the rule that imports it.
struct NodeAttributes {
  private var attributes: [String: Onnx_AttributeProto] = [:]

  init() {}

  /// - Throws: `QC1007` when a name stands twice.
  init(_ node: Onnx_NodeProto) throws(Diagnostic) {
    for attribute in node.attribute {
      guard attributes.updateValue(attribute, forKey: attribute.name) == nil else {
        throw Diagnostic(.invalidAttribute, "the attribute '\(attribute.name)' stands twice")
      }
    }
  }

  mutating func optionalInt(_ name: String) throws(Diagnostic) -> Int? {
    try take(name, .int).map { Int($0.i) }
  }

  mutating func int(_ name: String, default standard: Int) throws(Diagnostic) -> Int {
    try optionalInt(name) ?? standard
  }

  mutating func bool(_ name: String, default standard: Bool) throws(Diagnostic) -> Bool {
    try optionalInt(name).map { $0 != 0 } ?? standard
  }

  mutating func ints(_ name: String) throws(Diagnostic) -> [Int]? {
    try take(name, .ints).map { $0.ints.map { Int($0) } }
  }

  mutating func optionalFloat(_ name: String) throws(Diagnostic) -> Float? {
    try take(name, .float)?.f
  }

  mutating func float(_ name: String, default standard: Float) throws(Diagnostic) -> Float {
    try optionalFloat(name) ?? standard
  }

  mutating func floats(_ name: String) throws(Diagnostic) -> [Float]? {
    try take(name, .floats)?.floats
  }

  mutating func string(_ name: String, default standard: String) throws(Diagnostic) -> String {
    try take(name, .string).map { String(decoding: $0.s, as: UTF8.self) } ?? standard
  }

  mutating func tensor(_ name: String) throws(Diagnostic) -> Onnx_TensorProto? {
    try take(name, .tensor)?.t
  }

  /// Takes attributes that have no meaning for inference.
  mutating func ignore(_ names: String...) {
    for name in names { attributes[name] = nil }
  }

  /// - Throws: `QC1007` when an attribute was left over.
  func finish() throws(Diagnostic) {
    guard let extra = attributes.keys.sorted().first else { return }
    throw Diagnostic(
      .invalidAttribute, "the op has no attribute '\(extra)'",
      hint: "was the model exported for another opset than it declares?")
  }

  private mutating func take(
    _ name: String, _ type: Onnx_AttributeProto.AttributeType
  ) throws(Diagnostic) -> Onnx_AttributeProto? {
    guard let attribute = attributes.removeValue(forKey: name) else { return nil }
    guard attribute.refAttrName.isEmpty else {
      throw Diagnostic(
        .invalidAttribute, "the attribute '\(name)' refers to '\(attribute.refAttrName)'")
    }
    guard attribute.type == type else {
      throw Diagnostic(
        .invalidAttribute, "the attribute '\(name)' is of the type \(attribute.type), not \(type)")
    }
    return attribute
  }
}
