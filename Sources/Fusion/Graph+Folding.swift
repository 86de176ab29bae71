import Diagnostics
import GraphIR
import Tensors

extension Graph {
  /// The activation, of 8 or 16 bits, that `id` is the `dequantize` of.
  func integers(_ id: ValueID) -> ValueID? {
    guard case .dequantize = op(id), case let source = operand(0, of: id),
      type(of: source).isActivation
    else { return nil }
    return source
  }

  /// The 8-bit activation that `id` is the `dequantize` of.
  func bytes(_ id: ValueID) -> ValueID? {
    guard let source = integers(id), type(of: source).isByteActivation else { return nil }
    return source
  }

  /// Notes on `kernel` that it took each `quantize` and `dequantize` of `pairs`, and lets it have
  /// the remarks of the `members` that it replaces, and the name of the last one.
  mutating func settle(_ kernel: ValueID, took pairs: [ValueID], members: [ValueID] = []) {
    for pair in pairs where !self[pair].name.isEmpty {
      remark(
        Remark(
          .applied, pass: "fold-qdq",
          QDQAccounting.tookText(op(pair).mnemonic, self[pair].name)),
        on: kernel)
    }
    for member in members {
      for note in remarks(on: member) { remark(note, on: kernel) }
    }
    if let last = members.last, hasOneUse(last), self[kernel].name.isEmpty {
      let name = self[last].name
      setName("", of: last)
      setName(name, of: kernel)
    }
  }

  /// Lets `heir` have the name of `id`, which it stands for.
  mutating func bequeathName(of id: ValueID, to heir: ValueID) {
    let name = self[id].name
    setName("", of: id)
    setName(name, of: heir)
  }
}
