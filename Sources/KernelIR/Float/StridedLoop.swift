import Diagnostics

/// A loop nest over the elements of one result, with a byte stride per axis for each operand.
///
/// Axes of one element are dropped and axes that every operand walks through in one stride are
/// joined, so that a contiguous operation has one axis. There is always at least one axis.
package struct StridedLoop: Hashable, Sendable {
  package static let axisLimit = 8

  /// Outermost first.
  package let extents: [Int]
  /// `strides[operand][axis]`, in bytes; 0 where the operand is broadcast, negative when reversed.
  package let strides: [[Int]]
  /// The byte of each operand's first element.
  package let origins: [Int]

  /// - Throws: `QC2005` when more than `axisLimit` axes remain.
  package init(
    extents: [Int], strides: [[Int]], origins: [Int], axisLimit: Int = StridedLoop.axisLimit
  ) throws(Diagnostic) {
    precondition(strides.count == origins.count, "an origin per operand")
    precondition(strides.allSatisfy { $0.count == extents.count }, "a stride per axis")
    precondition(extents.allSatisfy { $0 > 0 }, "an empty loop")
    var joined: [(extent: Int, strides: [Int])] = []
    for axis in extents.indices where extents[axis] > 1 {
      let steps = strides.map { $0[axis] }
      if let last = joined.last,
        last.strides == steps.map({ $0 * extents[axis] })
      {
        joined[joined.count - 1] = (last.extent * extents[axis], steps)
      } else {
        joined.append((extents[axis], steps))
      }
    }
    if joined.isEmpty { joined = [(1, strides.map { _ in 0 })] }
    guard joined.count <= axisLimit else {
      throw Diagnostic(
        .unsupportedKernel,
        "a kernel over \(joined.count) axes that cannot be joined; the limit is \(axisLimit)")
    }
    self.extents = joined.map(\.extent)
    self.strides = strides.indices.map { operand in joined.map { $0.strides[operand] } }
    self.origins = origins
  }

  private init(extents: [Int], strides: [[Int]], origins: [Int]) {
    self.extents = extents
    self.strides = strides
    self.origins = origins
  }

  /// Row-major elements of `extents` with `elementBytes` each.
  package static func rowMajor(_ extents: [Int], elementBytes: Int) -> [Int] {
    var stride = elementBytes
    var result = [Int](repeating: 0, count: extents.count)
    for axis in extents.indices.reversed() {
      result[axis] = stride
      stride *= extents[axis]
    }
    return result
  }

  /// Row-major strides of an operand with `shape`, seen through numpy broadcasting to `extents`.
  package static func broadcast(
    _ shape: [Int], to extents: [Int], elementBytes: Int
  ) -> [Int] {
    let own = rowMajor(shape, elementBytes: elementBytes)
    let missing = extents.count - shape.count
    precondition(missing >= 0, "\(shape) does not broadcast to \(extents)")
    return extents.indices.map { axis in
      guard axis >= missing, shape[axis - missing] != 1 || extents[axis] == 1 else { return 0 }
      precondition(shape[axis - missing] == extents[axis], "\(shape) against \(extents)")
      return own[axis - missing]
    }
  }

  package var elementCount: Int { extents.reduce(1, *) }
  package var inner: Int { extents[extents.count - 1] }
  package var outer: Int { elementCount / inner }
  /// The innermost stride of an operand.
  package func innerStride(_ operand: Int) -> Int { strides[operand][extents.count - 1] }

  /// The same loop with its axes in another order: `axes[i]` becomes axis `i`.
  func reordered(_ axes: [Int]) -> StridedLoop {
    StridedLoop(
      extents: axes.map { extents[$0] }, strides: strides.map { own in axes.map { own[$0] } },
      origins: origins)
  }
}

extension StridedLoop {
  /// The fields of a loop over `operands`: the extents, then origin and strides of each operand.
  /// Unused axes are the outer ones, with one element.
  static func fields(_ operands: [String]) -> [ArgumentLayout.Field] {
    let extents: [ArgumentLayout.Field] =
      [.init("axes", .u32, "axes in use, the last ones")]
      + (0..<axisLimit).map { .init("extent\($0)", .u32, "elements along axis \($0)") }
    let own = operands.flatMap { name -> [ArgumentLayout.Field] in
      [.init("\(name)_origin", .u32, "byte of the first element of \(name)")]
        + (0..<axisLimit).map { .init("\(name)_stride\($0)", .i32, "bytes along axis \($0)") }
    }
    let tiles: [ArgumentLayout.Field] = [
      .init("rows_per_tile", .u32, "inner loops of one tile"),
      .init("tiles_per_row", .u32, "tiles that one inner loop is cut into"),
      .init("tile_elements", .u32, "elements of such a cut"),
    ]
    return extents + own + tiles
  }

  /// The values of ``fields(_:)``; an operand that a call lacks is at 0.
  func arguments(_ operands: [String]) -> ArgumentLayout.Values {
    let first = StridedLoop.axisLimit - extents.count
    var values: ArgumentLayout.Values = [
      "axes": .u32(extents.count), "rows_per_tile": .u32(rowsPerTile),
      "tiles_per_row": .u32(tilesPerRow), "tile_elements": .u32(StridedLoop.tileElements),
    ]
    for axis in 0..<StridedLoop.axisLimit {
      values["extent\(axis)"] = .u32(axis < first ? 1 : extents[axis - first])
    }
    for (index, name) in operands.enumerated() {
      let isUsed = index < strides.count
      values["\(name)_origin"] = .u32(isUsed ? origins[index] : 0)
      for axis in 0..<StridedLoop.axisLimit {
        let stride = isUsed && axis >= first ? strides[index][axis - first] : 0
        values["\(name)_stride\(axis)"] = .i32(Int32(stride))
      }
    }
    return values
  }

  /// Elements that a tile has at least, where the loop has as many; a multiple of every vector.
  static let tileElements = 2048

  var rowsPerTile: Int { max(1, StridedLoop.tileElements / inner) }
  var tilesPerRow: Int { ceilDivide(inner, StridedLoop.tileElements) }
  var tileCount: Int { ceilDivide(outer, rowsPerTile) * tilesPerRow }
}
