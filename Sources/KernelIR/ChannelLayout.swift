/// Where depthwise weights lie when packed: `[block][tap][16 channels]`, zeros filling the last
/// block; one layout for all CPU variants. Taps run over ky, then kx.
package struct ChannelLayout: Hashable, Sendable {
  package static let blockChannels = 16

  package let channels: Int
  package let taps: Int

  package init(channels: Int, taps: Int) {
    precondition(channels > 0 && taps > 0, "an empty window")
    self.channels = channels
    self.taps = taps
  }

  package var blockCount: Int { (channels + 15) / ChannelLayout.blockChannels }
  package var paddedChannels: Int { blockCount * ChannelLayout.blockChannels }
  package var byteCount: Int { paddedChannels * taps }

  /// The index map: the byte of weight (`channel`, `tap`).
  package func offset(channel: Int, tap: Int) -> Int {
    (channel / 16 * taps + tap) * 16 + channel % 16
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
