import Tensors

/// `channels`: every channel of an image is some channel of one of several images of the same
/// height, width and batch: a channel shuffle, or a concatenation and a shuffle at once.
///
/// Images of wider elements are images of bytes, each byte a channel (``ImageGeometry/asBytes``).
/// A result pixel is made in blocks of 16 channels, each the union of *takes*: 16 neighbouring bytes
/// of one source, from which the block's channels are picked. Buffers: the sources, blocks, takes,
/// output. A tile is a row.
package struct ChannelGatherKernel: Hashable, Sendable {
  /// Where a channel of the result comes from.
  package struct Origin: Hashable, Sendable {
    package let source: Int
    package let channel: Int

    package init(source: Int, channel: Int) {
      self.source = source
      self.channel = channel
    }
  }

  package static let sourceLimit = 8
  package static let blockChannels = 16

  package let sources: [ImageGeometry]
  package let output: ImageGeometry
  /// One for each channel of ``output``.
  package let origins: [Origin]

  package init(sources: [ImageGeometry], output: ImageGeometry, origins: [Origin]) {
    precondition((1...ChannelGatherKernel.sourceLimit).contains(sources.count), "\(sources.count)")
    precondition(origins.count == output.channels, "an origin for every channel")
    let bytes = output.elementBytes
    precondition(
      (sources + [output]).allSatisfy {
        $0.elementBytes == bytes && $0.batch == output.batch && $0.height == output.height
          && $0.width == output.width
      }, "images of one size and type")
    precondition(
      origins.allSatisfy {
        sources.indices.contains($0.source)
          && (0..<sources[$0.source].channels).contains($0.channel)
      }, "an origin outside of its source")
    self.sources = sources.map(\.asBytes)
    self.output = output.asBytes
    self.origins = origins.flatMap { origin in
      (0..<bytes).map { Origin(source: origin.source, channel: origin.channel * bytes + $0) }
    }
  }

  package var spec: KernelSpec {
    KernelSpec(.channels, [.u8, .u8], [.init("sources", sources.count)])
  }

  package func call() -> KernelCall {
    let (blocks, takes) = plan()
    let operands: [KernelCall.Operand] =
      sources.indices.map { .input($0) } + [
        .frame(name: "blocks", bytes: blocks), .frame(name: "takes", bytes: takes), .output,
      ]
    return KernelCall(
      spec: spec, arguments: ChannelGatherKernel.layout.record(arguments(blocks.count / 12)),
      operands: operands, tileCount: output.batch * output.height, scratchBytes: 0,
      work: output.batch * output.height * output.width * output.channels,
      reaches: sources.map { $0.reach(reading: .rows, of: output) } + [nil, nil]
        + [output.reach(writing: .rows)])
  }

  private func arguments(_ blockCount: Int) -> ArgumentLayout.Values {
    var values: ArgumentLayout.Values = ["blocks": .u32(blockCount)]
    for index in 0..<ChannelGatherKernel.sourceLimit {
      let source = index < sources.count ? sources[index] : sources[0]
      values = values + source.arguments("source\(index)")
    }
    return output.extentArguments + output.arguments("output") + output.haloArguments + values
  }

  /// The blocks as words (first channel, first take, takes), and the takes as 16 bytes that say which
  /// of the read bytes stands at each place (0x80 for none), source, byte offset, and 8 unused bytes.
  ///
  /// The last block of a pixel ends with its last channel and may overlap the one before it.
  private func plan() -> (blocks: [UInt8], takes: [UInt8]) {
    let width = ChannelGatherKernel.blockChannels
    var (blocks, takes): ([UInt32], [UInt8]) = ([], [])
    for nominal in stride(from: 0, to: output.channels, by: width) {
      let first = max(0, min(nominal, output.channels - width))
      let range = first..<min(first + width, output.channels)
      let start = takes.count / 32
      var left = Set(range)
      while let lowest = left.min(by: { isBefore(origins[$0], origins[$1]) }) {
        let base = origins[lowest]
        let taken = range.filter {
          left.contains($0) && origins[$0].source == base.source
            && origins[$0].channel - base.channel < width
        }
        left.subtract(taken)
        var picks = [UInt8](repeating: 0x80, count: width)
        for channel in taken {
          picks[channel - first] = UInt8(origins[channel].channel - base.channel)
        }
        takes += picks
        takes += littleEndianBytes([UInt32(base.source), UInt32(base.channel), 0, 0])
      }
      blocks += [UInt32(first), UInt32(start), UInt32(takes.count / 32 - start)]
    }
    return (littleEndianBytes(blocks), takes)
  }

  private func isBefore(_ a: Origin, _ b: Origin) -> Bool {
    (a.source, a.channel) < (b.source, b.channel)
  }

  package static let layout = ArgumentLayout(
    "qc_channels_args",
    ArgumentLayout.Field.extents + ArgumentLayout.Field.image("output") + ArgumentLayout.Field.halo
      + (0..<sourceLimit).flatMap { ArgumentLayout.Field.image("source\($0)") } + [
        .init("blocks", .u32, "blocks of up to 16 channels of a pixel")
      ])
}

extension KernelFamily {
  package static let channels = KernelFamily("channels")
}
