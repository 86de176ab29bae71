import Tensors

/// Where the weights of a matrix product or convolution lie when packed:
/// `[group][panel][segment][quad][16 columns][k of a quad]`, one layout for all CPU variants.
///
/// A column is an output channel. The k of a column are cut into `segments` of `run` values that
/// meet contiguous input bytes. A quad is the weights that meet four of these: four, or two where the
/// input has 16 bits. Each segment is filled up to quads, each group to panels of 16 columns, with
/// zero weights.
package struct PanelLayout: Hashable, Sendable {
  package static let panelColumns = 16

  package let groups: Int
  package let columnsPerGroup: Int
  package let segments: Int
  /// Values of k in one segment.
  package let run: Int
  /// Values of k in one quad.
  package let quadDepth: Int

  package init(
    groups: Int, columnsPerGroup: Int, segments: Int, run: Int, element: ElementType = .u8
  ) {
    precondition(groups > 0 && columnsPerGroup > 0 && segments > 0 && run > 0, "an empty product")
    quadDepth = PanelLayout.quadDepth(element)
    self.groups = groups
    self.columnsPerGroup = columnsPerGroup
    self.segments = segments
    self.run = run
  }

  /// Values of k that meet four bytes of an input of this type.
  package static func quadDepth(_ element: ElementType) -> Int { element == .i16 ? 2 : 4 }

  package var panelsPerGroup: Int { (columnsPerGroup + 15) / PanelLayout.panelColumns }
  package var panelCount: Int { groups * panelsPerGroup }
  /// Columns with the filled-up ones; the length of each per-column vector.
  package var paddedColumns: Int { panelCount * PanelLayout.panelColumns }
  package var quadsPerSegment: Int { (run + quadDepth - 1) / quadDepth }
  private var quadBytes: Int { PanelLayout.panelColumns * quadDepth }
  package var panelBytes: Int { segments * quadsPerSegment * quadBytes }
  package var byteCount: Int { panelCount * panelBytes }

  /// The padded column that output channel `column` has become.
  package func paddedColumn(_ column: Int) -> Int {
    let group = column / columnsPerGroup
    return group * panelsPerGroup * PanelLayout.panelColumns + column % columnsPerGroup
  }

  /// The index map: the byte of weight (`column`, `segment`, `k`).
  package func offset(column: Int, segment: Int, k: Int) -> Int {
    let padded = paddedColumn(column)
    return padded / 16 * panelBytes + (segment * quadsPerSegment + k / quadDepth) * quadBytes
      + padded % 16 * quadDepth + k % quadDepth
  }

  /// The packed bytes of weights in the order `[column][segment][k]`.
  package func pack(_ weights: [Int8]) -> [UInt8] {
    precondition(weights.count == columnsPerGroup * groups * segments * run, "\(weights.count)")
    var packed = [UInt8](repeating: 0, count: byteCount)
    forEachIndex { index, offset in packed[offset] = UInt8(bitPattern: weights[index]) }
    return packed
  }

  /// Start values, then factors, both as long as the padded columns and 0 in the padding.
  package func columnVectors(start: [Int32], factors: [Float]) -> [UInt8] {
    let count = groups * columnsPerGroup
    precondition(start.count == count && factors.count == count, "one value per output channel")
    var words = [UInt32](repeating: 0, count: 2 * paddedColumns)
    for column in 0..<count {
      words[paddedColumn(column)] = UInt32(bitPattern: start[column])
      words[paddedColumns + paddedColumn(column)] = factors[column].bitPattern
    }
    return littleEndianBytes(words)
  }

  /// The inverse of ``pack(_:)``.
  package func unpack(_ packed: [UInt8]) -> [Int8] {
    precondition(packed.count == byteCount, "\(packed.count) bytes for \(self)")
    var weights = [Int8](repeating: 0, count: columnsPerGroup * groups * segments * run)
    forEachIndex { index, offset in weights[index] = Int8(bitPattern: packed[offset]) }
    return weights
  }

  private func forEachIndex(_ body: (_ index: Int, _ offset: Int) -> Void) {
    var index = 0
    for column in 0..<groups * columnsPerGroup {
      for segment in 0..<segments {
        let base = offset(column: column, segment: segment, k: 0)
        for k in 0..<run {
          body(index, base + k / quadDepth * quadBytes + k % quadDepth)
          index += 1
        }
      }
    }
  }
}
