import Diagnostics
import GraphIR
import Tensors

/// `x · cos + rotated(x) · sin` over the first elements of each head, the others as they are.
///
/// Of a pair `(a, b)`, `rotated` makes `(-b, a)`. A pair is elements `i` and `i + n/2` of the n
/// elements that turn, or, interleaved, `2i` and `2i + 1`.
func importRotaryEmbedding(_ importer: inout Importer) throws(Diagnostic) {
  try importer.requireOperands(atMost: 4)
  let turn = try RotaryTurn(&importer)
  let x = try importer.operand(0)
  let tokens = try importer.emitReshape(x, turn.tokens.dims)
  let cosines = try importer.angles(1, "cos_cache", turn)
  let sines = try importer.angles(2, "sin_cache", turn)

  let size = turn.tokens[3]
  let part = try importer.emitPart(of: tokens, axis: 3, 0..<turn.size)
  let kept = try importer.emit(.binary(.mul), [part, cosines])
  let rotated = try importer.emitRotated(part, turn)
  var last: (op: Op, operands: [ValueID]) = (
    .binary(.add), [kept, try importer.emit(.binary(.mul), [rotated, sines])]
  )
  if turn.size < size {
    let rest = try importer.emitPart(of: tokens, axis: 3, turn.size..<size)
    let turned = try importer.emit(last.op, last.operands)
    last = (.concat(Concatenation(axis: 3)), [turned, rest])
  }
  if importer.shape(x) != turn.tokens {
    let result = try importer.emit(last.op, last.operands)
    last = (.reshape(Reshape(importer.shape(x))), [result])
  }
  try importer.emitResult(last.op, last.operands)
}

/// What turns, and how.
private struct RotaryTurn {
  /// `[b, heads, s, elements]`, or `[b, s, heads, elements]` of an operand with three axes.
  let tokens: Shape
  /// Where the heads are in `tokens`.
  let headAxis: Int
  /// How many elements of each head turn: even.
  let size: Int
  let isInterleaved: Bool

  var batch: Int { tokens[0] }
  var length: Int { tokens[3 - headAxis] }

  init(_ importer: inout Importer) throws(Diagnostic) {
    isInterleaved = try importer.attributes.bool("interleaved", default: false)
    let given = try importer.attributes.int("rotary_embedding_dim", default: 0)
    let heads = try importer.attributes.int("num_heads", default: 0)
    let x = try importer.operand(0)
    try importer.requireFloat(x)
    let dims = importer.shape(x).dims
    if dims.count == 3, heads > 0, dims[2] % heads == 0 {
      tokens = try Shape(checked: [dims[0], dims[1], heads, dims[2] / heads])
    } else {
      tokens = importer.shape(x)
    }
    headAxis = dims.count == 3 ? 2 : 1
    guard tokens.rank == 4 else {
      throw Diagnostic(.shapeMismatch, "RotaryEmbedding of [\(tokens)] with \(heads) heads")
    }
    size = given == 0 ? tokens[3] : given
    guard size > 0, size <= tokens[3], size % 2 == 0 else {
      throw Diagnostic(
        .shapeMismatch, "RotaryEmbedding of \(size) of the \(tokens[3]) elements of a head")
    }
  }
}

extension Importer {
  /// The cosine or sine of each element that turns, to broadcast beside the tokens.
  fileprivate mutating func angles(
    _ index: Int, _ role: String, _ turn: RotaryTurn
  ) throws(Diagnostic) -> ValueID {
    let cache = try operand(index)
    let (batch, length) = (turn.batch, turn.length)
    let dims = shape(cache).dims
    let positions = try optionalOperand(3)
    let fits =
      positions == nil
      ? dims == [batch, length, turn.size / 2] || dims == [1, length, turn.size / 2]
      : dims.count == 2 && dims[1] == turn.size / 2
    guard fits, type(cache).element == type(try operand(0)).element else {
      throw Diagnostic(
        .shapeMismatch,
        "\(role) of [\(shape(cache))] \(type(cache).element.rawValue) for [\(turn.tokens)]")
    }
    var angles = try doubled(cache, turn)
    if let positions {
      guard shape(positions).dims == [batch, length] else {
        throw Diagnostic(
          .shapeMismatch, "position_ids of [\(shape(positions))] for [\(turn.tokens)]")
      }
      try requireIndices(positions, axis: 0, of: shape(cache))
      angles = try emit(.gather(Gather(axis: 0)), [angles, positions])
    }
    var result = [shape(angles)[0], length, turn.size]
    result.insert(1, at: turn.headAxis)
    return try emitReshape(angles, result)
  }

  /// One angle of each pair as one of each element.
  private mutating func doubled(_ cache: ValueID, _ turn: RotaryTurn) throws(Diagnostic) -> ValueID
  {
    let dims = shape(cache).dims
    guard turn.isInterleaved else {
      return try emit(.concat(Concatenation(axis: dims.count - 1)), [cache, cache])
    }
    let single = try emitReshape(cache, dims + [1])
    let pairs = try emit(.expand(Reshape(try Shape(checked: dims + [2]))), [single])
    return try emitReshape(pairs, dims.dropLast() + [turn.size])
  }

  /// `(-b, a)` of each pair.
  fileprivate mutating func emitRotated(
    _ part: ValueID, _ turn: RotaryTurn
  ) throws(Diagnostic) -> ValueID {
    let dims = shape(part).dims
    let (pairs, axis, half) =
      turn.isInterleaved
      ? (try emitReshape(part, dims.dropLast() + [turn.size / 2, 2]), 4, 1)
      : (part, 3, turn.size / 2)
    let first = try emitPart(of: pairs, axis: axis, 0..<half)
    let second = try emitPart(of: pairs, axis: axis, half..<2 * half)
    let turned = try emit(
      .concat(Concatenation(axis: axis)), [try emit(.unary(.neg), [second]), first])
    return try emitReshape(turned, dims)
  }

  /// Elements `range` along one axis.
  fileprivate mutating func emitPart(
    of id: ValueID, axis: Int, _ range: Range<Int>
  ) throws(Diagnostic) -> ValueID {
    var sizes = shape(id).dims
    guard range.count < sizes[axis] else { return id }
    var starts = [Int](repeating: 0, count: sizes.count)
    let steps = [Int](repeating: 1, count: sizes.count)
    starts[axis] = range.lowerBound
    sizes[axis] = range.count
    return try emit(.slice(Slice(starts: starts, steps: steps, sizes: sizes)), [id])
  }
}
