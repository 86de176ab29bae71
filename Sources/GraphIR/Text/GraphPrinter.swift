import Diagnostics
import Tensors

/// Writes a graph as text that `Graph(parsing:)` reads back.
package struct GraphPrinter {
  /// Constants of more bytes are printed as `elided`, which cannot be parsed; `nil` prints all.
  package var constantByteLimit: Int?
  /// Remarks follow their node as `//` lines.
  package var showsRemarks = false

  package init(constantByteLimit: Int? = nil, showsRemarks: Bool = false) {
    self.constantByteLimit = constantByteLimit
    self.showsRemarks = showsRemarks
  }

  package func text(_ graph: Graph) -> String {
    var lines = ["graph \(quoted(graph.name)) \(graph.stage.rawValue)"]
    for id in graph.values where graph.resolve(id) == id {
      lines.append(line(id, graph))
      if showsRemarks {
        lines += graph.remarks(on: id).map { "  // \($0.kind.rawValue) \($0.pass): \($0.text)" }
      }
    }
    for output in graph.outputs {
      lines.append("output \(quoted(output.name)) = \(output.value)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func line(_ id: ValueID, _ graph: Graph) -> String {
    let node = graph[id]
    var text = "\(id) = \(node.op.mnemonic)"
    if case .constant(let tensor) = node.op {
      text += " \(payload(tensor))"
    } else if node.op != .input {
      text += "(\(graph.operands(of: id).map(\.description).joined(separator: ", ")))"
    }
    let attributes = node.op.attributes
    if !attributes.isEmpty {
      text += " {\(attributes.map { "\($0.name) = \($0.value.text)" }.joined(separator: ", "))}"
    }
    if !node.name.isEmpty { text += " \(quoted(node.name))" }
    if !node.source.isEmpty { text += " @\(quoted(node.source))" }
    return "\(text) : \(node.type)"
  }

  private func payload(_ tensor: Tensor) -> String {
    if let constantByteLimit, tensor.bytes.count > constantByteLimit { return "elided" }
    switch tensor.element {
    case .f32:
      return "[\(tensor.floats.map { "\($0)" }.joined(separator: ", "))]"
    case .i8, .u8, .i16, .u16, .i32, .u32, .i64, .bool, .i4, .u4:
      return "[\((tensor.integers ?? []).map(String.init).joined(separator: ", "))]"
    case .f64, .f16, .bf16, .u64, .f8e4m3, .f8e5m2:
      return Attribute.bytes(Array(tensor.bytes)).text
    }
  }
}

extension Attribute {
  var text: String {
    func list(_ items: [String]) -> String { "[\(items.joined(separator: ", "))]" }
    switch self {
    case .int(let value): return "\(value)"
    case .ints(let values): return list(values.map { "\($0)" })
    case .float(let value): return "\(value)"
    case .floats(let values): return list(values.map { "\($0)" })
    case .bool(let value): return value ? "true" : "false"
    case .word(let value): return quoted(value)
    case .bytes(let values): return "0x" + values.map(hexByte).joined()
    case .type(let value): return value.text
    }
  }
}

/// Two lower-case hexadecimal digits.
private func hexByte(_ byte: UInt8) -> String {
  let digits = String(byte, radix: 16)
  return digits.count == 1 ? "0" + digits : digits
}

/// The text in double quotes, with `\"`, `\\`, `\n` and `\u{…}` for what would break a line.
func quoted(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    default:
      if scalar.value < 32 || scalar.value == 127 {
        result += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
  }
  return result + "\""
}

extension Graph: CustomStringConvertible {
  package var description: String { GraphPrinter().text(self) }
}
