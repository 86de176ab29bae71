import GraphIR
import Tensors

extension Graph {
  /// The values of which calibration measures what their rounding costs at the outputs, in order: those
  /// that an integer program may store. The graph is sorted.
  ///
  /// Convolutions, pools and matrix products ask for their operands, and attention for its first three;
  /// an elementwise op, a pool, a resize and an op that moves elements ask for theirs where their result
  /// is asked for. Of these values all are measured but constants, values without a name or an element,
  /// values that are elements of other ones, and what an integer kernel or a table keeps inside.
  package var measuredValues: [ValueID] {
    guard outputs.contains(where: { type(of: $0.value).element == .f32 }) else { return [] }
    var isAsked = [Bool](repeating: false, count: nodes.count)
    for id in values.reversed() where resolve(id) == id {
      let operands = operands(of: id)
      for operand in operands.prefix(askedOperandCount(of: id, isAsked: isAsked[id.index]))
      where isComputedFloat(operand) { isAsked[operand.index] = true }
    }
    let asked = values.filter { resolve($0) == $0 && isAsked[$0.index] }
    let inside = Set(asked.flatMap(innerValues))
    return asked.filter { id in
      !self[id].name.isEmpty && shape(of: id).elementCount > 0 && !inside.contains(id)
        && !isMadeOfElements(id)
    }
  }

  /// How many of the first operands may be stored for the sake of an op.
  private func askedOperandCount(of id: ValueID, isAsked: Bool) -> Int {
    let (op, count) = (op(id), operands(of: id).count)
    switch op {
    case .conv, .pool: return 1
    case .matMul: return 2
    case .attention: return 3
    case .unary, .binary: return isAsked ? count : 0
    case .resize: return isAsked ? 1 : 0
    default: return isAsked && op.movesElements ? op.movedOperandCount(count) : 0
    }
  }

  private func isComputedFloat(_ id: ValueID) -> Bool {
    type(of: id).element == .f32 && constant(id) == nil
  }

  /// Whether a value is nothing but elements of computed ones, so that it is rounded where they are.
  private func isMadeOfElements(_ id: ValueID) -> Bool {
    let (op, operands) = (op(id), operands(of: id))
    return op.movesElements
      && operands.prefix(op.movedOperandCount(operands.count)).contains(where: isComputedFloat)
  }

  /// The values that are never stored where one kernel or table makes `last`.
  private func innerValues(of last: ValueID) -> [ValueID] {
    if let chain = kernelChain(endingAt: last, accepting: { _ in true }) {
      switch op(chain.anchor) {
      case .conv, .matMul: return chain.members.dropLast()
      default: break
      }
    }
    return tableChain(endingAt: last) { _ in true }?.members.dropLast() ?? []
  }
}
