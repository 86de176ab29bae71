/// The bytes of a weight frame as a key: hashed by their ends, compared whole.
package struct FrameContent: Hashable, Sendable {
  package let bytes: [UInt8]

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  private static let hashedBytes = 256

  package func hash(into hasher: inout Hasher) {
    hasher.combine(bytes.count)
    for byte in bytes.prefix(FrameContent.hashedBytes) { hasher.combine(byte) }
    for byte in bytes.suffix(FrameContent.hashedBytes) { hasher.combine(byte) }
  }
}
