import Diagnostics
import Foundation
import Tensors

/// The header of a `.npy` file: what its elements are and where they start.
///
/// Source: NumPy `numpy/lib/format.py`, format versions 1.0, 2.0 and 3.0.
struct NPYHeader: Hashable, Sendable {
  let element: ElementType
  let shape: Shape
  /// Offset of the first element from the start of the file.
  let dataOffset: Int

  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// Longest header text that is read; NumPy's own limit is 10,000.
  static let byteLimit = 65_536
  /// Highest rank that is read; NumPy's own limit is 64.
  static let rankLimit = 32

  /// - Throws: `QC4001` when the header is truncated, malformed, or of a kind that is not read.
  init(parsing file: Data) throws(Diagnostic) {
    let prefix = [UInt8](file.prefix(12))
    guard prefix.starts(with: NPYHeader.magic) else {
      throw Diagnostic(
        .malformedArray, "no .npy file: the first six bytes are not its signature",
        hint: "write it with numpy.save(path, array)")
    }
    guard prefix.count >= 8 else { throw NPYHeader.truncated(file.count) }
    let lengthBytes = prefix[6] == 1 ? 2 : 4
    guard (1...3).contains(prefix[6]), prefix[7] == 0 else {
      throw Diagnostic(
        .malformedArray, "unknown .npy format version \(prefix[6]).\(prefix[7])",
        hint: "versions 1.0, 2.0 and 3.0 are read")
    }
    guard prefix.count >= 8 + lengthBytes else { throw NPYHeader.truncated(file.count) }
    var length = 0
    for index in (0..<lengthBytes).reversed() { length = length << 8 | Int(prefix[8 + index]) }
    guard length <= NPYHeader.byteLimit else {
      throw Diagnostic(.malformedArray, "a header of \(length) bytes is too long")
    }
    let dataOffset = 8 + lengthBytes + length
    guard file.count >= dataOffset else { throw NPYHeader.truncated(file.count) }

    let start = file.startIndex + 8 + lengthBytes
    var literal = PythonLiteral([UInt8](file[start..<start + length]))
    let fields = try literal.header()
    guard !fields.fortranOrder || fields.dims.count < 2 else {
      throw Diagnostic(
        .malformedArray, "the array is in Fortran order",
        hint: "save numpy.ascontiguousarray(x) instead")
    }
    guard fields.dims.count <= NPYHeader.rankLimit else {
      throw Diagnostic(.malformedArray, "an array of rank \(fields.dims.count)")
    }
    element = try NPYHeader.element(of: fields.descr)
    do {
      shape = try Shape(fields.dims)
    } catch {
      throw Diagnostic(.malformedArray, error.message)
    }
    self.dataOffset = dataOffset
  }

  private static func truncated(_ byteCount: Int) -> Diagnostic {
    Diagnostic(
      .malformedArray, "the file ends inside the header, after \(byteCount) bytes",
      hint: "was the copy or download interrupted?")
  }

  private static func element(of descr: String) throws(Diagnostic) -> ElementType {
    if let known = elements.first(where: { $0.descr == descr }) { return known.element }
    if descr.hasPrefix(">") {
      throw Diagnostic(
        .malformedArray, "the elements '\(descr)' are big-endian",
        hint: "save x.astype(x.dtype.newbyteorder('<')) instead")
    }
    throw Diagnostic(
      .malformedArray, "elements of type '\(descr)' are not read",
      hint: "integers, booleans and float16, float32, float64 are")
  }

  /// The type descriptions that are read; the first of an element type is the one that is written.
  static let elements: [(descr: String, element: ElementType)] = [
    ("<f4", .f32), ("<f8", .f64), ("<f2", .f16),
    ("|i1", .i8), ("<i1", .i8), ("|u1", .u8), ("<u1", .u8),
    ("<i2", .i16), ("<u2", .u16), ("<i4", .i32), ("<u4", .u32), ("<i8", .i64), ("<u8", .u64),
    ("|b1", .bool), ("<b1", .bool),
  ]
}
