import Foundation

/// The checksum of zip entries.
///
/// Source: PKWARE APPNOTE.TXT, section 4.4.7: polynomial 0xEDB88320, reflected, start and end
/// inverted.
enum CRC32 {
  static func checksum(_ data: Data) -> UInt32 {
    var crc = UInt32.max
    table.withUnsafeBufferPointer { table in
      data.withUnsafeBytes { bytes in
        for byte in bytes {
          crc = table[Int((crc ^ UInt32(byte)) & 255)] ^ (crc >> 8)
        }
      }
    }
    return ~crc
  }

  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in
      value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1
    }
  }
}
