/// Softmax of rows of a few elements: 16 rows at a time, lane r being row r.
///
/// Lanes of the definition that have no element hold what joins without effect, so the tree is that
/// of the elements alone.
struct ShortSoftmax {
  let count: Int
  let hasLanes: Bool
  let result: SoftmaxResult

  private var elements: Range<Int> { 0..<count }

  /// The body of a tile.
  func emit(into out: inout CSource) {
    out.line(
      """
      const uint32_t first = tile * 16;
      const uint32_t elements = (g->outer - first < 16 ? g->outer - first : 16) * \(count);
      const char *in = input + (size_t)first * \(4 * count);
      char *to = output + (size_t)first * \(4 * count);
      """)
    for k in elements {
      out.line(
        "const qf x\(k) = qf_load_n(in + \(64 * k), \(left(k)), 0);")
    }
    // Column j: lane r is element r * count + j.
    emitShuffles(from: "x", to: "v", into: &out) { lane, j in
      let element = lane * count + j
      return (element / 16, element % 16)
    }
    out.line("const qf lowest = qf_set(-__builtin_inff());")
    for j in elements {
      out.line("qf h\(j) = qf_select(v\(j) > lowest, v\(j), lowest);")
    }
    emitJoins(into: &out) { "h\($0) = qf_select(h\($1) > h\($0), h\($1), h\($0));" }
    for j in elements { out.line("const qf e\(j) = qf_exp(v\(j) - h0);") }
    for j in elements { out.line("qf s\(j) = e\(j);") }
    emitJoins(into: &out) { "s\($0) += s\($1);" }
    out.line(result.factor(sum: "s0"))
    for j in elements {
      let value = result.value(x: "v\(j)", exponential: "e\(j)", maximum: "h0")
      out.line("const qf y\(j) = \(value);")
    }
    // Back to rows: lane t of vector k is element 16 k + t.
    emitShuffles(from: "y", to: "z", into: &out) { lane, k in
      let element = 16 * k + lane
      return (element % count, element / count)
    }
    for k in elements { out.line("qf_store_n(to + \(64 * k), z\(k), \(left(k)));") }
  }

  /// How many elements vector `k` holds, as C.
  private func left(_ k: Int) -> String {
    k == 0 ? "elements" : "(elements > \(16 * k) ? elements - \(16 * k) : 0)"
  }

  /// All into element 0: by the tree of the lanes, or in a chain.
  private func emitJoins(into out: inout CSource, _ join: (Int, Int) -> String) {
    guard hasLanes else {
      for j in elements.dropFirst() { out.line(join(0, j)) }
      return
    }
    for step in [8, 4, 2, 1] {
      for lane in 0..<step where lane + step < count { out.line(join(lane, lane + step)) }
    }
  }

  /// Vectors `to` of the lanes that `source` names: the number of the vector `from`, and its lane.
  private func emitShuffles(
    from: String, to: String, into out: inout CSource, source: (Int, Int) -> (Int, Int)
  ) {
    for j in elements {
      let sources = (0..<16).map { source($0, j) }
      var value = "\(from)0"
      for k in elements.dropFirst() {
        let indices = sources.enumerated().map { lane, place -> String in
          if place.0 == k { return String(16 + place.1) }
          if place.0 > k { return "-1" }
          return String(k == 1 ? place.1 : lane)
        }
        value =
          "__builtin_shufflevector(\(value), \(from)\(k),\n    \(indices.joined(separator: ", ")))"
      }
      out.line("const qf \(to)\(j) = \(value);")
    }
  }
}
