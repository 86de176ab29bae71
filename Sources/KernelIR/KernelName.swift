import Tensors

/// The symbol of a kernel: `qc_<family>_<operand>…_<parameter><value>…`, as in
/// `qc_conv_u8_i8_u8_px16_step64`. Symbols are printed and read here and nowhere else.
package enum KernelName {
  package static func print(_ spec: KernelSpec) -> String {
    let operands = spec.operands.map(\.rawValue)
    let parameters = spec.parameters.map { "\($0.name)\($0.value)" }
    return (["qc", spec.family.name] + operands + parameters).joined(separator: "_")
  }

  /// The spec that `symbol` was printed from; `nil` when it is not the symbol of a kernel.
  package static func parse(_ symbol: String) -> KernelSpec? {
    let words = symbol.split(separator: "_", omittingEmptySubsequences: false).map(String.init)
    guard words.count >= 2, words[0] == "qc", isWord(words[1]) else { return nil }
    let operands = words[2...].prefix { ElementType(rawValue: $0) != nil }
    var parameters: [KernelSpec.Parameter] = []
    for word in words[(2 + operands.count)...] {
      let name = word.prefix { $0.isLowercase }
      guard isWord(String(name)), let value = Int(word.dropFirst(name.count)), value >= 0 else {
        return nil
      }
      parameters.append(KernelSpec.Parameter(String(name), value))
    }
    return KernelSpec(
      KernelFamily(words[1]), operands.compactMap(ElementType.init(rawValue:)), parameters)
  }

  private static func isWord(_ text: String) -> Bool {
    !text.isEmpty && text.allSatisfy { $0.isASCII && $0.isLowercase }
  }
}
