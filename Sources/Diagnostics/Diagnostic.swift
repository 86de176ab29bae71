/// A problem that ends a command: what is wrong, where, and what to do next.
///
/// The code is stable; `Documentation/Diagnostics.md` has a section for each one. The code's class
/// decides the exit status of the command (see ``ExitStatus``).
package struct Diagnostic: Error, Hashable, Sendable {
  package let code: DiagnosticCode
  package let message: String
  /// What the message is about: a node, a tensor, a file, an op.
  package var location: String?
  /// What the user can do about it.
  package let hint: String?
  /// The file that was being read or written.
  package var file: String?

  package init(
    _ code: DiagnosticCode, _ message: String, at location: String? = nil, hint: String? = nil,
    file: String? = nil
  ) {
    self.code = code
    self.message = message
    self.location = location
    self.hint = hint
    self.file = file
  }

  /// The same diagnostic, said of `file` when it does not name one yet.
  package func inFile(_ file: String) -> Diagnostic {
    var copy = self
    if copy.file == nil { copy.file = file }
    return copy
  }
}

extension Diagnostic: CustomStringConvertible {
  /// `error QC1001: model.onnx: node 'conv1': message` and, on a second line, the hint.
  package var description: String {
    var text = "error \(code.rawValue): "
    if let file { text += "\(file): " }
    if let location { text += "\(location): " }
    text += message
    if let hint { text += "\n  hint: \(hint)" }
    return text
  }
}
