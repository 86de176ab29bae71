import Calibration
import Diagnostics
import Foundation

/// What a calibration that takes long keeps beside its output, in case that it is interrupted.
struct CalibrationCheckpoint: Sendable {
  private let output: String

  /// - Parameter output: the table that the run is to write; it is not touched.
  init(output: String) { self.output = output }

  private var path: String { output + ".partial" }

  /// The table to go on with: that of an interrupted run, else that of a finished one.
  ///
  /// - Throws: `QC3006` for a file that is no sound table.
  func table() throws(Diagnostic) -> CalibrationTable? {
    for candidate in [path, output] where FileManager.default.fileExists(atPath: candidate) {
      return try CalibrationTable(path: candidate)
    }
    return nil
  }

  /// - Throws: `QC7001` when the folder cannot be written.
  func save(_ table: CalibrationTable) throws(Diagnostic) { try table.write(to: path) }

  /// Nothing is left to go on with.
  func remove() { try? FileManager.default.removeItem(atPath: path) }
}
