import Diagnostics
import Foundation
import Tensors

/// A `.npz` archive as `numpy.savez` writes it: named arrays, stored without compression.
package struct NPZArchive: Sendable {
  private let directory: ZipDirectory
  private let file: String?
  /// The names of the arrays, without `.npy`, in the order of the archive.
  package let names: [String]

  /// Maps `path` and reads its directory.
  ///
  /// - Throws: `QC4001` for a malformed archive, `QC4004` for a file that cannot be opened.
  package init(path: String) throws(Diagnostic) {
    try self.init(mappedFile(path), file: path)
  }

  /// - Throws: `QC4001` for a malformed archive.
  package init(_ bytes: Data, file: String? = nil) throws(Diagnostic) {
    do throws(Diagnostic) {
      directory = try ZipDirectory(parsing: bytes)
      var names: [String] = []
      for entry in directory.entries {
        guard entry.name.hasSuffix(".npy") else {
          throw Diagnostic(
            .malformedArray, "the entry is not a .npy array", at: entry.name,
            hint: "write the archive with numpy.savez")
        }
        names.append(String(entry.name.dropLast(4)))
      }
      self.names = names
    } catch {
      throw file.map { error.inFile($0) } ?? error
    }
    self.file = file
  }

  /// The array called `name`.
  ///
  /// - Throws: `QC4001` when it is damaged or compressed, `QC4002` when there is none.
  package func array(_ name: String) throws(Diagnostic) -> Tensor {
    do throws(Diagnostic) {
      guard let index = names.firstIndex(of: name) else {
        throw Diagnostic(
          .wrongArray, "the archive has no array '\(name)'",
          hint: "it has: \(names.joined(separator: ", "))")
      }
      return try NPY.decode(directory.contents(of: directory.entries[index]))
    } catch {
      throw file.map { error.inFile($0) } ?? error
    }
  }
}
