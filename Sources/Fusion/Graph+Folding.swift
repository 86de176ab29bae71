import Diagnostics
import GraphIR
import Tensors

extension Graph {
  /// The 8-bit integers, with one scale, that `id` is the `dequantize` of.
  func integers(_ id: ValueID) -> ValueID? {
    guard case .dequantize = op(id), case let source = operand(0, of: id) else { return nil }
    let type = type(of: source)
    guard type.element == .u8 || type.element == .i8, type.quantization?.isPerTensor == true
    else { return nil }
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
