import Diagnostics
import Foundation
import Tensors

/// The `.npy` format: one array, little-endian, C order.
package enum NPY {
  /// The array in a `.npy` file, which is mapped, not read.
  ///
  /// - Throws: `QC4001` for a malformed file, `QC4004` for one that cannot be opened.
  package static func read(_ path: String) throws(Diagnostic) -> Tensor {
    let file = try mappedFile(path)
    do throws(Diagnostic) {
      return try decode(file)
    } catch {
      throw error.inFile(path)
    }
  }

  /// The array in the bytes of a `.npy` file; its elements are a slice of `file`.
  ///
  /// - Throws: `QC4001` when bytes are missing, left over or malformed.
  package static func decode(_ file: Data) throws(Diagnostic) -> Tensor {
    let header = try NPYHeader(parsing: file)
    let expected = header.element.byteCount(of: header.shape.elementCount)
    let actual = file.count - header.dataOffset
    guard actual == expected else {
      throw Diagnostic(
        .malformedArray,
        "shape \(header.shape) of \(header.element.rawValue) needs \(expected) bytes, "
          + "the file has \(actual)",
        hint: actual < expected ? "was the copy or download interrupted?" : nil)
    }
    let bytes = file[(file.startIndex + header.dataOffset)...]
    if header.element == .bool, let wrong = bytes.first(where: { $0 > 1 }) {
      throw Diagnostic(.malformedArray, "a boolean of value \(wrong)")
    }
    return try Tensor(header.element, header.shape, bytes: bytes)
  }

  /// The bytes of a `.npy` file holding `tensor`, as `numpy.save` writes them.
  ///
  /// - Throws: `QC2004` when NumPy has no such element type.
  package static func encode(_ tensor: Tensor) throws(Diagnostic) -> Data {
    var file = try header(tensor.element, tensor.shape)
    file.append(tensor.bytes)
    return file
  }

  /// Writes `tensor` to `path`: beside it first, then renamed onto it.
  ///
  /// - Throws: `QC2004` when NumPy has no such element type, `QC7001` when `path` cannot be written.
  package static func write(_ tensor: Tensor, to path: String) throws(Diagnostic) {
    do throws(Diagnostic) {
      try writeFile([header(tensor.element, tensor.shape), tensor.bytes], to: path)
    } catch {
      throw error.inFile(path)
    }
  }

  /// The header, filled with blanks so that the elements start at a multiple of 64 bytes.
  private static func header(_ element: ElementType, _ shape: Shape) throws(Diagnostic) -> Data {
    guard let descr = NPYHeader.elements.first(where: { $0.element == element })?.descr else {
      throw Diagnostic(
        .unsupportedElementType, "NumPy has no element type for \(element.rawValue)",
        hint: "ask for float32 or integer outputs")
    }
    let dims = shape.dims.map(String.init).joined(separator: ", ")
    let tuple = shape.rank == 1 ? "(\(dims),)" : "(\(dims))"
    var text = "{'descr': '\(descr)', 'fortran_order': False, 'shape': \(tuple), }"
    let prefixBytes = NPYHeader.magic.count + 4
    let padding = (64 - (prefixBytes + text.utf8.count + 1) % 64) % 64
    text += String(repeating: " ", count: padding) + "\n"
    let length = text.utf8.count
    precondition(length <= Int(UInt16.max), "a shape of rank \(shape.rank)")
    return Data(
      NPYHeader.magic + [1, 0, UInt8(length & 255), UInt8(length >> 8)] + Array(text.utf8))
  }
}
