/// Where depthwise weights lie when packed: `[tap][channel]`, zeros filling the channels up to a
/// multiple of 16; one layout for all CPU variants. Taps run over ky, then kx.
package struct ChannelLayout: Hashable, Sendable {
  /// What the number of channels is rounded up to.
  package static let blockChannels = 16

  package let channels: Int
  package let taps: Int

  package init(channels: Int, taps: Int) {
    precondition(channels > 0 && taps > 0, "an empty window")
    self.channels = channels
    self.taps = taps
  }

  /// Also the bytes from a tap to the next.
  package var paddedChannels: Int { (channels + 15) / 16 * ChannelLayout.blockChannels }
  package var byteCount: Int { paddedChannels * taps }

  /// The index map: the byte of weight (`channel`, `tap`).
  package func offset(channel: Int, tap: Int) -> Int {
    tap * paddedChannels + channel
  }

  /// The packed bytes of weights in the order `[channel][tap]`.
  package func pack(_ weights: [Int8]) -> [UInt8] {
    precondition(weights.count == channels * taps, "\(weights.count) weights")
    var packed = [UInt8](repeating: 0, count: byteCount)
    for channel in 0..<channels {
      for tap in 0..<taps {
        packed[offset(channel: channel, tap: tap)] =
          UInt8(bitPattern: weights[channel * taps + tap])
      }
    }
    return packed
  }

  /// The inverse of ``pack(_:)``.
  package func unpack(_ packed: [UInt8]) -> [Int8] {
    precondition(packed.count == byteCount, "\(packed.count) bytes for \(self)")
    return (0..<channels).flatMap { channel in
      (0..<taps).map { Int8(bitPattern: packed[offset(channel: channel, tap: $0)]) }
    }
  }
}
