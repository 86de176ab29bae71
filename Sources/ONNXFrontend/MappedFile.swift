// Unsafe pointers: a mapping is created here, handed to `Data` as its only owner, and unmapped by
// that owner's deallocator; its length is the size that `fstat` gave for the same descriptor.
import Diagnostics
import Foundation

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Regular files, mapped read-only.
enum MappedFile {
  /// - Throws: `QC4004` when the file cannot be opened or is a folder, a pipe or a device.
  static func contents(of path: String) throws(Diagnostic) -> Data {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw unreadable(path, systemError(errno)) }
    defer { close(descriptor) }
    switch map(descriptor, refusesHardLinks: false) {
    case .success(let data): return data
    case .failure(let reason): throw unreadable(path, reason.text)
    }
  }

  /// The file at `components` below `folder`: no component may be a symbolic link, and the file has
  /// one name only, so that nothing outside of the folder can be reached.
  ///
  /// - Throws: `QC1014` when the file cannot be opened or is not such a file.
  static func contents(of components: [String], below folder: String) throws(Diagnostic) -> Data {
    let name = components.joined(separator: "/")
    var current = open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard current >= 0 else { throw inaccessible(name, systemError(errno)) }
    for (index, component) in components.enumerated() {
      let isLast = index == components.count - 1
      let kind = isLast ? O_NONBLOCK : O_DIRECTORY
      let next = openat(current, component, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | kind)
      let code = errno
      close(current)
      guard next >= 0 else {
        let isLink = code == ELOOP || code == ENOTDIR
        throw inaccessible(name, isLink ? "a symbolic link or no folder" : systemError(code))
      }
      current = next
    }
    defer { close(current) }
    switch map(current, refusesHardLinks: true) {
    case .success(let data): return data
    case .failure(let reason): throw inaccessible(name, reason.text)
    }
  }

  private struct Reason: Error { let text: String }

  private static func map(
    _ descriptor: Int32, refusesHardLinks: Bool
  ) -> Result<Data, Reason> {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return .failure(Reason(text: systemError(errno))) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      return .failure(Reason(text: "not a regular file"))
    }
    guard !refusesHardLinks || status.st_nlink == 1 else {
      return .failure(Reason(text: "the file has several hard links"))
    }
    let byteCount = Int(status.st_size)
    guard byteCount > 0 else { return .success(Data()) }
    let base = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let base, base != MAP_FAILED else { return .failure(Reason(text: systemError(errno))) }
    return .success(
      Data(
        bytesNoCopy: base, count: byteCount,
        deallocator: .custom { pointer, count in munmap(pointer, count) }))
  }

  private static func systemError(_ code: Int32) -> String { String(cString: strerror(code)) }

  private static func unreadable(_ path: String, _ reason: String) -> Diagnostic {
    Diagnostic(.unreadableFile, reason, hint: "check the path and its permissions", file: path)
  }

  private static func inaccessible(_ name: String, _ reason: String) -> Diagnostic {
    Diagnostic(
      .externalData, "external data '\(name)': \(reason)",
      hint: "external data must be a regular file beside the model, not a link")
  }
}
