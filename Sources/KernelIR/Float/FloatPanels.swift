/// Where f32 weights lie when packed: `[group][panel][k][16 columns]`, zeros in the columns that
/// fill the last panel of a group. One layout for all CPU variants; k itself is never padded.
package struct FloatPanels: Hashable, Sendable {
  package static let panelColumns = 16

  package let groups: Int
  package let columnsPerGroup: Int
  package let depth: Int

  package init(groups: Int, columnsPerGroup: Int, depth: Int) {
    precondition(groups > 0 && columnsPerGroup > 0 && depth > 0, "an empty product")
    self.groups = groups
    self.columnsPerGroup = columnsPerGroup
    self.depth = depth
  }

  package var panelsPerGroup: Int { (columnsPerGroup + 15) / FloatPanels.panelColumns }
  package var panelCount: Int { groups * panelsPerGroup }
  package var paddedColumns: Int { panelCount * FloatPanels.panelColumns }
  package var panelBytes: Int { depth * FloatPanels.panelColumns * 4 }
  package var byteCount: Int { panelCount * panelBytes }

  /// The padded column that output channel `column` has become.
  package func paddedColumn(_ column: Int) -> Int {
    column / columnsPerGroup * panelsPerGroup * FloatPanels.panelColumns + column % columnsPerGroup
  }

  /// The index map, in elements.
  package func offset(column: Int, k: Int) -> Int {
    let padded = paddedColumn(column)
    return (padded / 16 * depth + k) * 16 + padded % 16
  }

  /// The packed bytes of weights, each given by its column and k.
  package func pack(_ weight: (_ column: Int, _ k: Int) -> Float) -> [UInt8] {
    var words = [UInt32](repeating: 0, count: byteCount / 4)
    for column in 0..<groups * columnsPerGroup {
      for k in 0..<depth { words[offset(column: column, k: k)] = weight(column, k).bitPattern }
    }
    return littleEndianBytes(words)
  }

  /// A vector with one value per column, padded like the panels, zeros in the padding.
  package func pack(columns: [Float]) -> [UInt8] {
    precondition(columns.count == groups * columnsPerGroup, "\(columns.count) values")
    var words = [UInt32](repeating: 0, count: paddedColumns)
    for (column, value) in columns.enumerated() { words[paddedColumn(column)] = value.bitPattern }
    return littleEndianBytes(words)
  }
}
