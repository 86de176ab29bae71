/// What one tile of a call is, and so what can be divided among threads.
///
/// A kernel joins the tiles of its slice into one piece again, so tiles are small: a slice costs
/// what its piece costs, however many tiles it has.
package enum TileSplit: Int, Hashable, Sendable {
  /// One row of one image; the halo left and right of it belongs to it, and the rows of halo above
  /// and below to the first and the last row.
  case rows = 0
  /// ``pixelBlock`` pixels of the only row of the only image.
  case pixels = 1
  /// One panel of 16 columns, for all pixels of one row.
  case panels = 2

  /// A multiple of every tile's pixel count that a generator chooses for long rows.
  package static let pixelBlock = 48

  /// Whether ``best(for:panels:)`` divides rows, whatever the panels.
  static func isRows(_ result: ImageGeometry) -> Bool {
    result.batch > 1 || result.height > 1 || !result.halo.isEmpty
  }

  /// The split that keeps two and three threads busy.
  package static func best(for result: ImageGeometry, panels: Int) -> TileSplit {
    if isRows(result) { return .rows }
    return result.width >= 4 * pixelBlock || panels == 1 ? .pixels : .panels
  }

  /// Tiles of a result with `panels` panels of columns.
  package func tileCount(for result: ImageGeometry, panels: Int) -> Int {
    switch self {
    case .rows: result.batch * result.height
    case .pixels: (result.width + TileSplit.pixelBlock - 1) / TileSplit.pixelBlock
    case .panels: panels
    }
  }

  /// What a generator may know of a row's length: exact up to a block, else the rest after whole
  /// blocks plus one block, so that long rows share code.
  package static func pixelClass(_ pixels: Int) -> Int {
    pixels < pixelBlock ? pixels : pixelBlock + pixels % pixelBlock
  }
}
