// Unsafe pointers: the digest buffer has the 32 bytes that `qc_sha256` writes, and the input is
// only lent for the call.
import Foundation
import QuantcRuntime

/// SHA-256 as 64 hexadecimal digits.
package enum SHA256Digest {
  package static func hex(of data: Data) -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    data.withUnsafeBytes { bytes in
      digest.withUnsafeMutableBufferPointer { digest in
        qc_sha256(bytes.baseAddress, bytes.count, digest.baseAddress)
      }
    }
    return String(
      decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
      as: UTF8.self)
  }

  package static func hex(of text: String) -> String { hex(of: Data(text.utf8)) }

  private static let digits = Array("0123456789abcdef".utf8)

  /// Whether `text` has the form of a digest.
  static func isWellFormed(_ text: String) -> Bool {
    text.utf8.count == 64 && text.utf8.allSatisfy { digits.contains($0) }
  }
}
