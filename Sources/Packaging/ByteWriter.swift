/// Bytes under construction, little-endian.
struct ByteWriter {
  private(set) var bytes: [UInt8] = []

  /// Appends the memory of a padding-free value: a number or a struct of the package format.
  mutating func append<Value: BitwiseCopyable>(_ value: Value) {
    withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
  }

  mutating func append(_ more: [UInt8]) { bytes.append(contentsOf: more) }

  /// Appends zero bytes until the count is a multiple of `alignment`, a power of two.
  mutating func pad(to alignment: Int) {
    let missing = (alignment - bytes.count % alignment) % alignment
    bytes.append(contentsOf: repeatElement(0, count: missing))
  }
}
