import Diagnostics
import Foundation

/// Writing a file so that readers see all of it or nothing.
package enum AtomicFile {
  /// Writes `contents` beside `path`, makes them durable and renames. When anything fails, the
  /// folder is as it was before.
  ///
  /// - Throws: `QC7001` naming the file.
  package static func write(_ contents: Data, to path: String) throws(Diagnostic) {
    try write([(path: path, contents: contents)])
  }

  /// Writes all files beside their paths, and renames them when all of them are durable.
  ///
  /// - Throws: `QC7001` naming the file that cannot be written; no folder has changed then, unless
  ///   a rename itself fails after others were done.
  package static func write(_ files: [(path: String, contents: Data)]) throws(Diagnostic) {
    var staged: [(path: String, temporary: String)] = []
    do throws(Diagnostic) {
      for file in files {
        staged.append((file.path, try stage(file.contents, beside: file.path)))
      }
      for path in files.map(\.path) where isFolder(path) {
        errno = EISDIR
        throw failure(path)
      }
      while let next = staged.first {
        guard rename(next.temporary, next.path) == 0 else { throw failure(next.path) }
        staged.removeFirst()
      }
    } catch {
      for file in staged { unlink(file.temporary) }
      throw error
    }
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// - Returns: the path of a new, durable file that holds `contents`.
  private static func stage(
    _ contents: Data, beside path: String
  ) throws(Diagnostic) -> String {
    var descriptor: Int32 = -1
    var temporary = ""
    for attempt in 0..<100 where descriptor < 0 {
      temporary = "\(path).\(getpid()).\(attempt).tmp"
      descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      guard descriptor >= 0 || errno == EEXIST else { break }
    }
    guard descriptor >= 0 else { throw failure(path) }
    let isWritten = writeAll(contents, to: descriptor)
    let diagnostic = isWritten ? nil : failure(path)
    let isClosed = close(descriptor) == 0
    guard isWritten, isClosed else {
      let diagnostic = diagnostic ?? failure(path)
      unlink(temporary)
      throw diagnostic
    }
    return temporary
  }

  /// Writes everything and syncs it.
  private static func writeAll(_ contents: Data, to descriptor: Int32) -> Bool {
    let isComplete = contents.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        let part = UnsafeRawBufferPointer(rebasing: rest)
        let count = Foundation.write(descriptor, part.baseAddress, part.count)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return false }
        rest = rest.dropFirst(count)
      }
      return true
    }
    return isComplete && fsync(descriptor) == 0
  }

  /// The diagnostic for the current `errno`.
  private static func failure(_ path: String) -> Diagnostic {
    Diagnostic(
      .unwritableOutput, "cannot be written: \(String(cString: strerror(errno)))",
      hint: "check that the folder exists, is writable and has room", file: path)
  }
}
