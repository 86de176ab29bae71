import Diagnostics
import GraphIR
import Tensors

/// `x · cos + rotated(x) · sin` to one rotation, rotated making `(-b, a)` of each pair `(a, b)`, or
/// `(b, a)` where sin has the sign.
///
/// - Applies: both elements of every pair have the same cosine, and the same sine but for that sign.
/// - Numerics: none.
let recognizeRotatedSum = RewriteRule("recognize-rotated-sum") { (id, graph) throws(Diagnostic) in
  guard graph.op(id) == .binary(.add), graph.type(of: id).element == .f32 else { return nil }
  for (kept, moved) in [(0, 1), (1, 0)] {
    let (plain, turned) = (graph.operand(kept, of: id), graph.operand(moved, of: id))
    guard graph.op(plain) == .binary(.mul), graph.op(turned) == .binary(.mul) else { return nil }
    for (value, angle) in [(0, 1), (1, 0)] {
      guard
        let (elements, isSwapped) = graph.rotatedElements(graph.operand(value, of: turned)),
        elements.shape == graph.shape(of: id), let x = graph.rotated(elements),
        let place = graph.operands(of: plain).firstIndex(of: x),
        let cosines = try graph.anglesOfPairs(
          graph.operand(1 - place, of: plain), RotarySpread(pairing: elements.pairing)),
        let sines = try graph.anglesOfPairs(
          graph.operand(angle, of: turned),
          RotarySpread(pairing: elements.pairing, isSigned: isSwapped))
      else { continue }
      return try graph.appendRotation(elements, x, cosines, sines)
    }
  }
  return nil
}

/// `concat(a · cos - b · sin, b · cos + a · sin)` to one rotation, a and b being the first and the
/// second elements of the pairs: halves joined behind each other, with others behind them or not,
/// halves joined as rows, or pairs joined in columns.
///
/// - Numerics: none.
let recognizeTurnedPairs = RewriteRule("recognize-turned-pairs") {
  (id, graph) throws(Diagnostic) in
  guard case .concat(let concat) = graph.op(id), case let parts = graph.operands(of: id),
    parts.count >= 2, case let shape = graph.shape(of: id), concat.axis >= shape.rank - 2,
    let (elements, cosines, sines) = try graph.turnedPairs(parts[0], parts[1])
  else { return nil }
  let (last, columns) = (shape.rank - 1, elements.columns)
  let isBehind = elements.pairing == .halves && concat.axis == last
  switch elements.pairing {
  case .halves where isBehind:
    guard graph.shape(of: parts[0]).dims == columns else { return nil }
  case .halves:
    guard shape.dims == columns.dropLast() + [2] + columns.suffix(1) else { return nil }
  case .interleaved:
    guard concat.axis == last, shape.dims == columns + [2] else { return nil }
  }
  let x = try graph.rotaryOperand(elements)
  guard let turned = try graph.appendRotation(elements, x, cosines, sines) else { return nil }
  guard isBehind else { return try graph.append(.reshape(Reshape(shape)), [turned]) }
  return parts.count == 2
    ? turned : try graph.append(graph.op(id), [turned] + parts.dropFirst(2))
}

/// `concat(rotation of the first elements of x, the others)` to a rotation of x.
///
/// - Numerics: none.
let recognizePartialRotation = RewriteRule("recognize-partial-rotation") {
  (id, graph) throws(Diagnostic) in
  guard case .concat(let concat) = graph.op(id), case let parts = graph.operands(of: id),
    parts.count == 2, case let shape = graph.shape(of: id), concat.axis == shape.rank - 1,
    let turned = graph.rotation(parts[0]), case .rotaryEmbedding = graph.op(turned),
    case let part = graph.operand(0, of: turned), case .slice(let head) = graph.op(part),
    case .slice(let tail) = graph.op(parts[1]), case let x = graph.operand(0, of: part),
    x == graph.operand(0, of: parts[1]), shape == graph.shape(of: x),
    case let size = graph.shape(of: part)[shape.rank - 1],
    head.starts.allSatisfy({ $0 == 0 }), head.steps.allSatisfy({ $0 == 1 }),
    tail.steps.allSatisfy({ $0 == 1 }),
    tail.starts == [Int](repeating: 0, count: shape.rank - 1) + [size],
    head.sizes.dropLast() == shape.dims.dropLast(), tail.sizes.dropLast() == shape.dims.dropLast()
  else { return nil }
  return try graph.append(graph.op(turned), [x] + graph.operands(of: turned).dropFirst())
}

extension Graph {
  /// `(-b, a)` of each pair `(a, b)`, or `(b, a)`, which is swapped, in the shape of the rotation's
  /// operand: its first elements.
  fileprivate func rotatedElements(_ id: ValueID) -> (RotaryElements, isSwapped: Bool)? {
    let joined = withoutReshapes(id)
    guard case .concat(let concat) = op(joined), case let parts = operands(of: joined),
      parts.count == 2, concat.axis == shape(of: joined).rank - 1,
      case let negated = operand(of: withoutReshapes(parts[0]), where: { $0 == .neg }),
      let second = rotaryElements(negated ?? parts[0]), second.isSecond,
      let first = rotaryElements(parts[1]), first.isPartner(of: second),
      shape(of: id) == first.shape
    else { return nil }
    let dims = shape(of: joined).dims
    switch first.pairing {
    case .halves: guard dims == first.shape.dims else { return nil }
    case .interleaved: guard dims == first.columns + [2] else { return nil }
    }
    return (first, negated == nil)
  }

  /// The rotation that `id` is, or is a reshape of that has the same shape.
  fileprivate func rotation(_ id: ValueID) -> ValueID? {
    let base = withoutReshapes(id)
    return shape(of: base) == shape(of: id) ? base : nil
  }

  fileprivate mutating func appendRotation(
    _ elements: RotaryElements, _ x: ValueID, _ cosines: ValueID, _ sines: ValueID
  ) throws(Diagnostic) -> ValueID? {
    let rotary = try RotaryEmbedding(
      elements.pairing, size: elements.shape[elements.shape.rank - 1])
    guard rotary.takes(x: shape(of: x), angles: [shape(of: cosines), shape(of: sines)]) else {
      return nil
    }
    return try append(.rotaryEmbedding(rotary), [x, cosines, sines])
  }

  /// `first = a · cos - b · sin` and `second = b · cos + a · sin`, for the first elements a.
  fileprivate mutating func turnedPairs(
    _ first: ValueID, _ second: ValueID
  ) throws(Diagnostic) -> (RotaryElements, cosines: ValueID, sines: ValueID)? {
    for (a, b) in rotaryTerms(first) {
      guard !a.isNegative, b.isNegative, !a.elements.isSecond, a.elements.isPartner(of: b.elements)
      else { continue }
      for (c, d) in rotaryTerms(second) {
        guard !c.isNegative, !d.isNegative, c.elements == b.elements, d.elements == a.elements,
          c.angle == a.angle, d.angle == b.angle,
          let cosines = try anglesBeside(a, a.angle), let sines = try anglesBeside(a, b.angle)
        else { continue }
        return (a.elements, cosines, sines)
      }
    }
    return nil
  }

  /// The two products of a sum or a difference, in both orders and for every choice of what is the
  /// angle.
  private func rotaryTerms(_ id: ValueID) -> [(RotaryTerm, RotaryTerm)] {
    let sum = withoutReshapes(id)
    let isDifference = op(sum) == .binary(.sub)
    let dims = shape(of: sum).dims
    guard isDifference || op(sum) == .binary(.add), !dims.isEmpty,
      [dims, dims + [1], dims.dropLast() + [1] + dims.suffix(1)].contains(shape(of: id).dims)
    else { return [] }
    let lhs = rotaryProducts(operand(0, of: sum), isNegative: false)
    let rhs = rotaryProducts(operand(1, of: sum), isNegative: isDifference)
    return lhs.flatMap { a in rhs.flatMap { b in [(a, b), (b, a)] } }
  }

  private func rotaryProducts(_ id: ValueID, isNegative: Bool) -> [RotaryTerm] {
    if let inner = operand(of: id, where: { $0 == .neg }) {
      return rotaryProducts(inner, isNegative: !isNegative)
    }
    guard op(id) == .binary(.mul) else { return [] }
    return [(0, 1), (1, 0)].compactMap { value, angle in
      let factor = operand(value, of: id)
      let inner = operand(of: factor, where: { $0 == .neg })
      guard let elements = rotaryElements(inner ?? factor), shape(of: factor) == shape(of: id)
      else { return nil }
      return RotaryTerm(
        isNegative: isNegative != (inner != nil), elements: elements,
        angle: operand(angle, of: id),
        isColumn: shape(of: factor).dims == elements.columns + [1])
    }
  }

  /// The angles as they stand beside `[…, n / 2]`, when the product has an axis of one element more.
  private mutating func anglesBeside(
    _ term: RotaryTerm, _ angle: ValueID
  ) throws(Diagnostic) -> ValueID? {
    guard term.isColumn else { return angle }
    let dims = shape(of: angle).dims
    guard dims.last == 1 else { return nil }
    return try append(.reshape(Reshape(try Shape(dims.dropLast()))), [angle])
  }
}

/// A product of elements of pairs with the cosines or sines of their angles.
private struct RotaryTerm {
  let isNegative: Bool
  let elements: RotaryElements
  let angle: ValueID
  /// The product has an axis of one element behind the pairs.
  let isColumn: Bool
}
