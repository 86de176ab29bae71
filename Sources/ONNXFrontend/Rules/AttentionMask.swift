import Diagnostics
import GraphIR
import Tensors

/// Which keys a query reads: from `before` keys before its own position to `after` keys behind it;
/// `nil` leaves that side open.
struct KeyReach {
  let before: Int?
  let after: Int?

  var isOpen: Bool { before == nil && after == nil }

  func contains(_ distance: Int) -> Bool {
    (before.map { -distance <= $0 } ?? true) && (after.map { distance <= $0 } ?? true)
  }
}

/// What is added to the scores of an attention.
struct AttentionMask {
  /// Broadcasts to `[b, h, s, t]`, the last axis whole: a float, or −∞ for a key that is hidden.
  var bias: ValueID?
  /// Whether a query's keys are all hidden, with one element along the last axis; `nil` where no
  /// query's are.
  var hidden: ValueID?

  /// A mask that import makes has at most this many elements.
  static let elementLimit = 1 << 24
}

extension Importer {
  /// The mask of operands 3 and 6, and of `reach`, with the element type of `q`. `shape` has past
  /// keys too; the first query stands at `past`, where operand 6 does not say its position.
  mutating func attentionMask(
    _ shape: AttentionShape, like q: ValueID, reach: KeyReach, past: Int
  ) throws(Diagnostic) -> AttentionMask {
    var conditions = try reachedKeys(shape, reach, past: past)
    var added: ValueID?
    if let mask = try optionalOperand(3) {
      let element = type(mask).element
      guard element == .bool || element == type(q).element else {
        throw Diagnostic(.elementTypeMismatch, "Attention with a mask of \(element.rawValue)")
      }
      let whole = try wholeMask(mask, shape)
      if element == .bool { conditions.append(whole) } else { added = whole }
    }
    var allowed: ValueID?
    for condition in conditions {
      guard let known = allowed else {
        allowed = condition
        continue
      }
      allowed = try emit(.binary(.and), [known, condition])
    }
    let infinity = try scalar(-.infinity, like: q)
    var bias = added
    if let allowed {
      let zero = try scalar(0, like: q)
      bias = try emit(.select, [allowed, added ?? zero, infinity])
    }
    guard let bias, mayHideAll(allowed, added) else { return AttentionMask(bias: bias) }
    let last = self.shape(bias).rank - 1
    let largest = try emit(
      .reduce(Reduction(.max, axes: [last], keepsAxes: true)), [bias])
    return AttentionMask(
      bias: bias, hidden: try emit(.binary(.equal), [largest, infinity]))
  }

  /// The mask with as many keys as there are; those that it lacks are hidden.
  private mutating func wholeMask(
    _ mask: ValueID, _ attention: AttentionShape
  ) throws(Diagnostic) -> ValueID {
    let full = try Shape(checked: [
      attention.batch, attention.heads, attention.queries, attention.keys,
    ])
    let dims = shape(mask).dims
    guard let given = dims.last, given <= attention.keys,
      case let wide = try Shape(dims.dropLast() + [attention.keys]),
      wide.broadcast(with: full) == full
    else {
      throw Diagnostic(.shapeMismatch, "a mask of [\(shape(mask))] for scores of [\(full)]")
    }
    guard given < attention.keys else { return mask }
    let hiding =
      type(mask).element == .bool
      ? emitConstant(try Tensor.integers(.bool, .scalar, [0])) : try scalar(-.infinity, like: mask)
    let missing = try Shape(dims.dropLast() + [attention.keys - given])
    let filler = try emit(.expand(Reshape(missing)), [hiding])
    return try emit(.concat(Concatenation(axis: dims.count - 1)), [mask, filler])
  }

  /// Conditions that all hold where a query may read a key.
  private mutating func reachedKeys(
    _ attention: AttentionShape, _ reach: KeyReach, past: Int
  ) throws(Diagnostic) -> [ValueID] {
    let (queries, keys) = (attention.queries, attention.keys)
    let lengths = try optionalOperand(6)
    if reach.isOpen, lengths == nil { return [] }
    guard queries <= AttentionMask.elementLimit / keys else {
      throw Diagnostic(.shapeOverflow, "a mask of \(queries) queries and \(keys) keys")
    }
    let shape = try Shape([queries, keys])
    /// The distance from a query to a key, were the first query at the position 0.
    let distances = (0..<queries).flatMap { query in (0..<keys).map { $0 - query } }
    guard let lengths else {
      let flags = distances.map { reach.contains($0 - past) ? UInt8(1) : 0 }
      return flags.contains(0) ? [emitConstant(try Tensor(.bool, shape, flags))] : []
    }
    guard type(lengths).element == .i64, self.shape(lengths).dims == [attention.batch],
      try optionalOperand(4) == nil
    else {
      throw Diagnostic(
        .shapeMismatch,
        "Attention takes nonpad_kv_seqlen as i64 of [\(attention.batch)], without past keys")
    }
    // The last query is at the end of the keys that count: query i at length - queries + i.
    let length = try emitReshape(lengths, [attention.batch, 1, 1, 1])
    var conditions: [ValueID] = []
    if reach.after != 0 {
      let positions = emitConstant(try Tensor.int64s((0..<keys).map { Int64($0) }, [keys]))
      conditions.append(try emit(.binary(.less), [positions, length]))
    }
    /// From where on, or up to where, keys are within reach: positions counted from the end.
    let limit = 1 << 40
    let bounds: [(BinaryFunction, Int?)] = [
      (.lessOrEqual, reach.after.map { queries - min($0, limit) }),
      (.greaterOrEqual, reach.before.map { queries + min($0, limit) }),
    ]
    for case (let function, let shift?) in bounds {
      let positions = emitConstant(
        try Tensor(.i64, shape, distances.map { Int64($0 + shift) }))
      conditions.append(try emit(.binary(function), [positions, length]))
    }
    return conditions
  }

  /// Whether a mask of constants hides all keys of a query; of others it might.
  private func mayHideAll(_ allowed: ValueID?, _ added: ValueID?) -> Bool {
    let parts = [allowed, added].compactMap { $0 }
    let tensors = parts.compactMap { graph.constant($0) }
    guard tensors.count == parts.count, let first = tensors.first,
      let shape = tensors.dropFirst().reduce(
        first.shape, { $0?.broadcast(with: $1.shape) }),
      let keys = shape.dims.last, keys > 0, shape.elementCount <= AttentionMask.elementLimit
    else { return true }
    var isOpen = [Bool](repeating: true, count: shape.elementCount)
    for tensor in tensors {
      guard let values = tensor.realValues else { return true }
      let hides = tensor.element == .bool ? Float(0) : -.infinity
      for (index, offset) in BroadcastIndex(tensor.shape, to: shape).offsets.enumerated()
      where values[offset] == hides {
        isOpen[index] = false
      }
    }
    return stride(from: 0, to: isOpen.count, by: keys).contains { start in
      !isOpen[start..<start + keys].contains(true)
    }
  }
}
