import Tensors

/// `attention`: integer attention of all heads, `softmax(q · kᵀ · factor + mask) · v`.
///
/// q, k and v are u8, k and v around 128; the mask is f32. A tile is ``blockRows`` queries of one head.
/// Buffers: q, k, v, the mask if there is one, output. A thread packs k and v of a head into its
/// scratch as panels of 16 columns by 4 rows, and keeps scores and probabilities of a few queries there.
package struct AttentionKernel: Hashable, Sendable {
  package static let blockRows = 32
  /// Queries that are computed together, at most.
  package static let strip = 8

  /// Where the matrices of one operand lie, in bytes; 0 along an axis that is broadcast.
  package struct Operand: Hashable, Sendable {
    package let origin: Int
    package let batch: Int
    package let head: Int
    package let row: Int

    package init(origin: Int = 0, batch: Int, head: Int, row: Int) {
      self.origin = origin
      self.batch = batch
      self.head = head
      self.row = row
    }
  }

  package enum Result: Hashable, Sendable {
    case float
    case requantize(zeroPoint: Int32, bounds: ClosedRange<Int32>)
  }

  package let batch: Int
  package let heads: Int
  package let groups: Int
  package let queries: Int
  package let keys: Int
  package let depth: Int
  package let columns: Int
  package let q: Operand
  package let k: Operand
  package let v: Operand
  package let mask: Operand?
  package let output: Operand
  package let qZeroPoint: Int32
  /// From integer scores to the softmax's operand.
  package let scoreMultiplier: Float
  /// From the integer sum of the values to the result; divided by the sum of the weights when they
  /// are not normalized.
  package let multiplier: Float
  package let isNormalized: Bool
  package let result: Result

  package init(
    batch: Int, heads: Int, groups: Int, queries: Int, keys: Int, depth: Int, columns: Int,
    q: Operand, k: Operand, v: Operand, mask: Operand?, output: Operand, qZeroPoint: Int32,
    scoreMultiplier: Float, multiplier: Float, isNormalized: Bool, result: Result
  ) {
    precondition(heads % groups == 0, "\(heads) heads in \(groups) groups")
    (self.batch, self.heads, self.groups) = (batch, heads, groups)
    (self.queries, self.keys, self.depth, self.columns) = (queries, keys, depth, columns)
    (self.q, self.k, self.v, self.mask, self.output) = (q, k, v, mask, output)
    self.qZeroPoint = qZeroPoint
    self.scoreMultiplier = scoreMultiplier
    self.multiplier = multiplier
    self.isNormalized = isNormalized
    self.result = result
  }

  package var spec: KernelSpec {
    let isFloat = result == .float
    return KernelSpec(
      .attention, [.u8, .u8, .u8, isFloat ? .f32 : .u8],
      [
        .init("mask", mask == nil ? 0 : 1), .init("normalized", isNormalized ? 1 : 0),
        .init("quads", depthQuads),
      ])
  }

  private var depthQuads: Int { ceilDivide(depth, 4) }
  private var keyPanels: Int { ceilDivide(keys, 16) }
  private var columnPanels: Int { ceilDivide(columns, 16) }
  private var rowBlocks: Int { ceilDivide(queries, AttentionKernel.blockRows) }

  /// Scratch of one thread: packed keys, their start values, packed values, queries, masks, scores
  /// and probabilities.
  private var scratchBytes: Int {
    let (strip, padded) = (AttentionKernel.strip, 16 * keyPanels)
    return padded * depthQuads * 4 + padded * 4 + padded * 16 * columnPanels
      + strip * depthQuads * 4 + strip * padded * (4 + 4 + 1) + 64
  }

  package func call() -> KernelCall {
    KernelCall(
      spec: spec, arguments: AttentionKernel.layout.record(arguments),
      operands: [.input(0), .input(1), .input(2)] + (mask == nil ? [] : [.input(3)]) + [.output],
      tileCount: batch * heads * rowBlocks, scratchBytes: scratchBytes,
      work: batch * heads * queries * keys * (16 + (depth + columns) / 8))
  }

  private static func fields(_ name: String) -> [ArgumentLayout.Field] {
    [
      .init("\(name)_origin", .u32, "byte of the first element of \(name)"),
      .init("\(name)_batch", .i32, "bytes from image to image"),
      .init("\(name)_head", .i32, "bytes from head to head"),
      .init("\(name)_row", .i32, "bytes from row to row"),
    ]
  }

  package static let layout = ArgumentLayout(
    "qc_attention_args",
    [
      .init("heads", .u32, "heads of q"), .init("group", .u32, "heads that read the same k and v"),
      .init("queries", .u32, "rows of q"), .init("keys", .u32, "rows of k and v"),
      .init("depth", .u32, "columns of q and k"), .init("columns", .u32, "columns of v"),
      .init("row_blocks", .u32, "tiles of one head"),
      .init("key_panels", .u32, "16 keys each"), .init("column_panels", .u32, "16 columns each"),
      .init("q_zero_point", .i32, "the stored byte of q that stands for 0"),
      .init("score_multiplier", .f32, "from the integer score to the real one"),
      .init("multiplier", .f32, "from the integer sum to steps of the result"),
      .init("zero_point", .i32, "of the result"), .init("qmin", .i32, "smallest stored result"),
      .init("qmax", .i32, "largest stored result"),
    ] + fields("q") + fields("k") + fields("v") + fields("mask") + fields("output"))

  private var arguments: ArgumentLayout.Values {
    var (zeroPoint, bounds) = (Int32(0), Int32(0)...255)
    if case .requantize(let zero, let range) = result { (zeroPoint, bounds) = (zero, range) }
    var values: ArgumentLayout.Values = [
      "heads": .u32(heads), "group": .u32(heads / groups), "queries": .u32(queries),
      "keys": .u32(keys), "depth": .u32(depth), "columns": .u32(columns),
      "row_blocks": .u32(rowBlocks), "key_panels": .u32(keyPanels),
      "column_panels": .u32(columnPanels), "q_zero_point": .i32(qZeroPoint),
      "score_multiplier": .f32(scoreMultiplier), "multiplier": .f32(multiplier),
      "zero_point": .i32(zeroPoint), "qmin": .i32(bounds.lowerBound),
      "qmax": .i32(bounds.upperBound),
    ]
    let none = Operand(batch: 0, head: 0, row: 0)
    for (name, operand) in [
      ("q", q), ("k", k), ("v", v), ("mask", mask ?? none), ("output", output),
    ] {
      values["\(name)_origin"] = .u32(operand.origin)
      values["\(name)_batch"] = .i32(Int32(operand.batch))
      values["\(name)_head"] = .i32(Int32(operand.head))
      values["\(name)_row"] = .i32(Int32(operand.row))
    }
    return values
  }
}

extension KernelFamily {
  package static let attention = KernelFamily("attention")
}
