import Diagnostics
import GraphIR
import Tensors

/// `rotary_embedding` of the tokens, whose angles are looked up by position where positions are
/// given.
func importRotaryEmbedding(_ importer: inout Importer) throws(Diagnostic) {
  try importer.requireOperands(atMost: 4)
  let turn = try RotaryTurn(&importer)
  let x = try importer.operand(0)
  let tokens = try importer.emitReshape(x, turn.tokens.dims)
  let cosines = try importer.angles(1, "cos_cache", turn)
  let sines = try importer.angles(2, "sin_cache", turn)
  let rotary = Op.rotaryEmbedding(try RotaryEmbedding(turn.pairing, size: turn.size))
  guard importer.shape(x) != turn.tokens else {
    return try importer.emitResult(rotary, [tokens, cosines, sines])
  }
  let turned = try importer.emit(rotary, [tokens, cosines, sines])
  try importer.emitResult(.reshape(Reshape(importer.shape(x))), [turned])
}

/// What turns, and how.
private struct RotaryTurn {
  /// `[b, heads, s, elements]`, or `[b, s, heads, elements]` of an operand with three axes.
  let tokens: Shape
  /// Where the heads are in `tokens`.
  let headAxis: Int
  /// How many elements of each head turn: even.
  let size: Int
  let pairing: RotaryEmbedding.Pairing

  var batch: Int { tokens[0] }
  var length: Int { tokens[3 - headAxis] }

  init(_ importer: inout Importer) throws(Diagnostic) {
    let isInterleaved = try importer.attributes.bool("interleaved", default: false)
    pairing = isInterleaved ? .interleaved : .halves
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
  /// The cosine or sine of each pair that turns, to broadcast beside the tokens.
  fileprivate mutating func angles(
    _ index: Int, _ role: String, _ turn: RotaryTurn
  ) throws(Diagnostic) -> ValueID {
    var angles = try operand(index)
    let (batch, length) = (turn.batch, turn.length)
    let dims = shape(angles).dims
    let positions = try optionalOperand(3)
    let fits =
      positions == nil
      ? dims == [batch, length, turn.size / 2] || dims == [1, length, turn.size / 2]
      : dims.count == 2 && dims[1] == turn.size / 2
    guard fits, type(angles).element == type(try operand(0)).element else {
      throw Diagnostic(
        .shapeMismatch,
        "\(role) of [\(shape(angles))] \(type(angles).element.rawValue) for [\(turn.tokens)]")
    }
    if let positions {
      guard shape(positions).dims == [batch, length] else {
        throw Diagnostic(
          .shapeMismatch, "position_ids of [\(shape(positions))] for [\(turn.tokens)]")
      }
      try requireIndices(positions, axis: 0, of: shape(angles))
      angles = try emit(.gather(Gather(axis: 0)), [angles, positions])
    }
    var result = [shape(angles)[0], length, turn.size / 2]
    result.insert(1, at: turn.headAxis)
    return try emitReshape(angles, result)
  }
}
