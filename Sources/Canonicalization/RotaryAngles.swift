import Diagnostics
import GraphIR
import Tensors

/// How the cosines or sines of elements are those of their pairs.
struct RotarySpread {
  let pairing: RotaryEmbedding.Pairing
  /// The first element of each pair has the negative of what the second one has.
  var isSigned = false
}

extension Graph {
  /// The cosines or sines that `id` has for each element, `[…, n]`, as one for each pair,
  /// `[…, n / 2]`: that of the second elements. `nil` unless the first ones have the same, or its
  /// negative, for certain.
  mutating func anglesOfPairs(
    _ id: ValueID, _ spread: RotarySpread
  ) throws(Diagnostic) -> ValueID? {
    let dims = shape(of: id).dims
    guard type(of: id).element == .f32, let n = dims.last, n > 0, n.isMultiple(of: 2) else {
      return nil
    }
    let half = try Shape(dims.dropLast() + [n / 2])
    let first = operands(of: id).first
    switch op(id) {
    case .constant(let tensor):
      return try tensor.oneOfEachPair(spread).map { appendConstant($0) }
    case .unary, .cast:
      guard !spread.isSigned else { return nil }
      return try first.flatMap { x throws(Diagnostic) in try anglesOfPairs(x, spread) }
        .map { x throws(Diagnostic) in try append(op(id), [x]) }
    case .binary:
      return try scaledAngles(id, spread)
    case .concat(let concat):
      let parts = operands(of: id)
      guard spread.pairing == .halves, parts.count == 2, concat.axis == dims.count - 1,
        isFirst(parts[0], beside: parts[1], spread)
      else { return nil }
      return parts[1]
    case .reshape:
      if let single = repeatedAngles(id, spread) {
        return try append(.reshape(Reshape(half)), [single])
      }
      guard let first, shape(of: first).dims.last == n else { return nil }
      return try anglesOfPairs(first, spread)
        .map { x throws(Diagnostic) in try append(.reshape(Reshape(half)), [x]) }
    case .expand:
      guard let first, shape(of: first).dims.last == n else { return nil }
      return try anglesOfPairs(first, spread)
        .map { x throws(Diagnostic) in try append(.expand(Reshape(half)), [x]) }
    default:
      return try movedAngles(id, spread)
    }
  }

  /// Whether `first` is what stands for the first elements of pairs when `second` does for the others.
  private func isFirst(_ first: ValueID, beside second: ValueID, _ spread: RotarySpread) -> Bool {
    spread.isSigned
      ? operand(of: withoutReshapes(first), where: { $0 == .neg }) == withoutReshapes(second)
      : first == second
  }

  /// Angles that are moved along other axes than the last one.
  private mutating func movedAngles(
    _ id: ValueID, _ spread: RotarySpread
  ) throws(Diagnostic) -> ValueID? {
    guard let data = operands(of: id).first, case let last = shape(of: data).rank - 1, last >= 0,
      case let n = shape(of: data)[last]
    else { return nil }
    let moved: Op
    switch op(id) {
    case .gather(let gather) where gather.axis < last:
      moved = op(id)
    case .transpose(let transpose) where transpose.permutation.last == last:
      moved = op(id)
    case .slice(let slice) where slice.sizes[last] == n && slice.steps[last] == 1:
      moved = .slice(
        Slice(starts: slice.starts, steps: slice.steps, sizes: slice.sizes.dropLast() + [n / 2]))
    default:
      return nil
    }
    guard let halved = try anglesOfPairs(data, spread) else { return nil }
    return try append(moved, [halved] + operands(of: id).dropFirst())
  }

  /// Angles that are all multiplied, or otherwise combined, with one number.
  private mutating func scaledAngles(
    _ id: ValueID, _ spread: RotarySpread
  ) throws(Diagnostic) -> ValueID? {
    guard !spread.isSigned || op(id) == .binary(.mul) else { return nil }
    for (value, number) in [(0, 1), (1, 0)] {
      guard shape(of: operand(number, of: id)).elementCount == 1,
        let angles = try anglesOfPairs(operand(value, of: id), spread)
      else { continue }
      let other = operand(number, of: id)
      return try append(op(id), value == 0 ? [angles, other] : [other, angles])
    }
    return nil
  }

  /// What a reshape of an expansion, or of two equal columns, has twice: a value with the elements
  /// of `[…, n / 2]`.
  private func repeatedAngles(_ id: ValueID, _ spread: RotarySpread) -> ValueID? {
    let pairing = spread.pairing
    var repeated = operand(0, of: id)
    while case .reshape = op(repeated) { repeated = operand(0, of: repeated) }
    let dims = shape(of: repeated).dims
    switch op(repeated) {
    case .concat(let concat):
      let parts = operands(of: repeated)
      guard pairing == .interleaved, parts.count == 2, concat.axis == dims.count - 1,
        dims.last == 2, isFirst(parts[0], beside: parts[1], spread)
      else { return nil }
      return parts[1]
    case .expand where !spread.isSigned:
      let single = operand(0, of: repeated)
      let own =
        [Int](repeating: 1, count: dims.count - shape(of: single).rank) + shape(of: single).dims
      let axes = dims.indices.filter { dims[$0] != 1 }
      let grown = axes.filter { own[$0] == 1 }
      guard grown.count == 1, dims[grown[0]] == 2, case let place = pairing == .interleaved ? 1 : 2,
        axes.count >= place, axes[axes.count - place] == grown[0],
        let n = shape(of: id).dims.last,
        pairing == .interleaved
          ? axes.dropLast().last.map({ dims[$0] == n / 2 }) ?? false
          : dims[axes[axes.count - 1]] == n / 2
      else { return nil }
      return single
    default:
      return nil
    }
  }
}

extension Tensor {
  /// The elements of an f32 tensor that stand second in their pairs along the last axis; `nil` when
  /// the first ones are not the same, or their negatives.
  fileprivate func oneOfEachPair(_ spread: RotarySpread) throws(Diagnostic) -> Tensor? {
    guard let n = shape.dims.last else { return nil }
    let rotary = try RotaryEmbedding(spread.pairing, size: n)
    let values = floats
    var kept: [Float] = []
    for row in stride(from: 0, to: values.count, by: n) {
      for pair in 0..<n / 2 {
        let first = row + rotary.first(of: pair)
        let second = values[first + rotary.partnerDistance]
        guard values[first] == (spread.isSigned ? -second : second) else { return nil }
        kept.append(second)
      }
    }
    return try Tensor(.f32, try Shape(shape.dims.dropLast() + [n / 2]), kept)
  }
}
