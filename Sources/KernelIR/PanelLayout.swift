/// Where the weights of a matrix product or convolution lie when packed:
/// `[group][panel][segment][quad][16 columns][4 k]`, one layout for all CPU variants.
///
/// A column is an output channel. The k of a column are cut into `segments` of `run` values that
/// meet contiguous input bytes; each segment is filled up to quads of four, each group to panels
/// of 16 columns, with zero weights.
package struct PanelLayout: Hashable, Sendable {
  package static let panelColumns = 16
  package static let quadDepth = 4

  package let groups: Int
  package let columnsPerGroup: Int
  package let segments: Int
  /// Values of k in one segment.
  package let run: Int

  package init(groups: Int, columnsPerGroup: Int, segments: Int, run: Int) {
    precondition(groups > 0 && columnsPerGroup > 0 && segments > 0 && run > 0, "an empty product")
    self.groups = groups
    self.columnsPerGroup = columnsPerGroup
    self.segments = segments
    self.run = run
  }

  package var panelsPerGroup: Int { (columnsPerGroup + 15) / PanelLayout.panelColumns }
  package var panelCount: Int { groups * panelsPerGroup }
  /// Columns with the filled-up ones; the length of each per-column vector.
  package var paddedColumns: Int { panelCount * PanelLayout.panelColumns }
  package var quadsPerSegment: Int { (run + 3) / PanelLayout.quadDepth }
  package var panelBytes: Int { segments * quadsPerSegment * 64 }
  package var byteCount: Int { panelCount * panelBytes }

  /// The padded column that output channel `column` has become.
  package func paddedColumn(_ column: Int) -> Int {
    let group = column / columnsPerGroup
    return group * panelsPerGroup * PanelLayout.panelColumns + column % columnsPerGroup
  }

  /// The index map: the byte of weight (`column`, `segment`, `k`).
  package func offset(column: Int, segment: Int, k: Int) -> Int {
    let padded = paddedColumn(column)
    return padded / 16 * panelBytes + (segment * quadsPerSegment + k / 4) * 64 + padded % 16 * 4
      + k % 4
  }

  /// The packed bytes of weights in the order `[column][segment][k]`.
  package func pack(_ weights: [Int8]) -> [UInt8] {
    precondition(weights.count == columnsPerGroup * groups * segments * run, "\(weights.count)")
    var packed = [UInt8](repeating: 0, count: byteCount)
    forEachIndex { index, offset in packed[offset] = UInt8(bitPattern: weights[index]) }
    return packed
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
          body(index, base + k / 4 * 64 + k % 4)
          index += 1
        }
      }
    }
  }
}
