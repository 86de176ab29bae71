// Unsafe pointers: the mapping is created here, handed to `Data` as its only owner, and unmapped by
// that owner's deallocator; its length is the size that `fstat` gave for the same descriptor.
import Diagnostics
import Foundation

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The bytes of a regular file, mapped read-only.
///
/// - Throws: `QC4004` when the file cannot be opened or is a folder, a pipe or a device.
package func mappedFile(_ path: String) throws(Diagnostic) -> Data {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard descriptor >= 0 else { throw unreadable(path, systemError(errno)) }
  defer { close(descriptor) }
  var status = stat()
  guard fstat(descriptor, &status) == 0 else { throw unreadable(path, systemError(errno)) }
  guard status.st_mode & S_IFMT == S_IFREG else { throw unreadable(path, "not a regular file") }
  let byteCount = Int(status.st_size)
  guard byteCount > 0 else { return Data() }
  let base = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0)
  guard let base, base != MAP_FAILED else { throw unreadable(path, systemError(errno)) }
  return Data(
    bytesNoCopy: base, count: byteCount,
    deallocator: .custom { pointer, count in munmap(pointer, count) })
}

/// The system's words for an `errno`.
func systemError(_ code: Int32) -> String { String(cString: strerror(code)) }

private func unreadable(_ path: String, _ reason: String) -> Diagnostic {
  Diagnostic(
    .unreadableFile, reason, hint: "check the path and its permissions", file: path)
}
