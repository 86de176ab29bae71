import KernelIR
import Targets

/// The last part of a micro-tile: the sums `accM_Z` of pixel M and vector Z, neighbouring columns,
/// through the epilogue to memory.
///
/// In the tile's scope are `e`, `scaleZ`, and `residual` and `out` of the first pixel and column,
/// `residual_pitch` and `pitch` bytes from pixel to pixel.
struct TileStores {
  let epilogue: EpilogueEmitter
  let pixels: Int
  /// Columns of each vector that are stored; only the last vector may store a part of its own.
  let columns: [Int]

  private var symbol: String { epilogue.spec.symbol }
  private var lanes: Int { epilogue.target.lanes }

  /// The columns of `vectors` vectors when `tail` columns of the last panel of 16 are stored, all of
  /// them if 0; vectors without any are left out.
  static func columns(vectors: Int, lanes: Int, tail: Int) -> [Int] {
    let missing = tail > 0 ? 16 - tail : 0
    return (0..<vectors).map { min(lanes, (vectors - $0) * lanes - missing) }.filter { $0 > 0 }
  }

  func emit(into out: inout CSource) {
    guard epilogue.narrows else {
      for m in 0..<pixels {
        for z in columns.indices { emitStore(Vector(m: m, z: z), into: &out) }
      }
      return
    }
    let vectors = (0..<pixels).flatMap { m in columns.indices.map { Vector(m: m, z: $0) } }
    for first in stride(from: 0, to: vectors.count, by: 4) {
      emitGroup(Array(vectors[first..<min(first + 4, vectors.count)]), into: &out)
    }
  }

  private struct Vector {
    let m: Int
    let z: Int
  }

  private func count(_ vector: Vector) -> Int? {
    columns[vector.z] < lanes ? columns[vector.z] : nil
  }

  /// The C expression of a vector's values.
  private func value(_ vector: Vector) -> String {
    let residual = epilogue.residual(
      "residual + \(vector.m) * residual_pitch + \(lanes * vector.z * epilogue.residualBytes)",
      count: count(vector).map(String.init))
    return "\(symbol)_value(e, acc\(vector.m)_\(vector.z), scale\(vector.z), \(residual))"
  }

  private func emitStore(_ vector: Vector, into out: inout CSource) {
    let to = "out + \(vector.m) * pitch + \(lanes * vector.z * epilogue.columnBytes)"
    let (suffix, last) = count(vector).map { ("_n", ", \($0)") } ?? ("", "")
    out.line("\(symbol)_store\(suffix)(e, \(value(vector)), \(to)\(last));")
  }

  /// Narrows up to four vectors at once.
  private func emitGroup(_ group: [Vector], into out: inout CSource) {
    let values = group.map(value) + [String](repeating: "vf_set1(0)", count: 4 - group.count)
    out.block("") { out in
      out.line("const vi b = \(symbol)_narrow(e, \(values.joined(separator: ",\n    ")));")
      if joinsPixels, group.count == 4 {
        out.line(
          """
          if (pitch == \(lanes * columns.count)) {
            vi_store(out + \(group[0].m) * pitch, b);
          } else
          """)
        out.block("") { out in emitPieces(group, into: &out) }
      } else {
        emitPieces(group, into: &out)
      }
    }
  }

  /// Whether four vectors are whole pixels, which may follow each other in memory.
  private var joinsPixels: Bool {
    columns.count <= 2 && columns.allSatisfy { $0 == lanes }
  }

  private func emitPieces(_ group: [Vector], into out: inout CSource) {
    var piece = 0
    while piece < group.count { piece += emitPieces(group, from: piece, into: &out) }
  }

  /// Stores what lies in one row from quarter `piece` of the bytes on; returns how many quarters.
  private func emitPieces(_ group: [Vector], from piece: Int, into out: inout CSource) -> Int {
    let first = group[piece]
    let whole = group[piece...].prefix { $0.m == first.m && count($0) == nil }.count
    let to = "out + \(first.m) * pitch + \(lanes * first.z)"
    if whole == 4 {
      out.line("vi_store(\(to), b);")
      return 4
    }
    if whole >= 2, piece % 2 == 0 {
      out.line("vi_store_half(\(to), b, \(piece / 2));")
      return 2
    }
    if let count = count(first) {
      out.line("vi_store_quarter_n(\(to), b, \(piece), \(count));")
    } else {
      out.line("vi_store_quarter(\(to), b, \(piece));")
    }
    return 1
  }
}
