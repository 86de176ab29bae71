import Diagnostics
import Foundation

/// Reads little-endian numbers of a file at any offset, each checked against its end.
struct LittleEndianReader: Sendable {
  private let data: Data

  init(_ data: Data) { self.data = data }

  var count: Int { data.count }

  func u16(_ offset: Int) throws(Diagnostic) -> UInt64 { try number(offset, 2) }
  func u32(_ offset: Int) throws(Diagnostic) -> UInt64 { try number(offset, 4) }

  /// A 64-bit number that is an offset or a size.
  func u64(_ offset: Int) throws(Diagnostic) -> Int {
    let value = try number(offset, 8)
    guard value <= UInt64(count) else { throw outside(offset) }
    return Int(value)
  }

  func slice(_ offset: Int, _ length: Int) throws(Diagnostic) -> Data {
    guard offset >= 0, length >= 0, offset <= count, length <= count - offset else {
      throw outside(offset)
    }
    let start = data.startIndex + offset
    return data[start..<start + length]
  }

  private func number(_ offset: Int, _ width: Int) throws(Diagnostic) -> UInt64 {
    try slice(offset, width).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private func outside(_ offset: Int) -> Diagnostic {
    Diagnostic(
      .malformedArray, "the archive points outside of itself, at byte \(offset)",
      hint: "was the copy or download interrupted?")
  }
}
