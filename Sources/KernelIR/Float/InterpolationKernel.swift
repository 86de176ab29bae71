import Tensors

/// `interp`: f32 interpolation along one axis of `[outer][extent][inner]`, one axis of a resize.
///
/// Two taps: `fma(f, x₁ − x₀, x₀)`. Four taps: a chain of fma from +0. Buffers: input, positions
/// (i32, per result position and tap), weights (f32; one per position for two taps, four for four),
/// output. A tile is one result position of one outer position, or, without
/// inner elements, one outer position.
package struct InterpolationKernel: Hashable, Sendable {
  /// Where result positions come from.
  package struct Taps: Hashable, Sendable {
    /// Source positions per result position: 2 or 4.
    package let count: Int
    /// `count` per result position.
    package let positions: [Int]
    /// The factor of the second tap per result position, or four weights.
    package let weights: [Float]

    package static func linear(positions: [Int], factors: [Float]) -> Taps {
      precondition(positions.count == 2 * factors.count, "two taps and a factor per position")
      return Taps(count: 2, positions: positions, weights: factors)
    }

    package static func cubic(positions: [Int], weights: [Float]) -> Taps {
      precondition(positions.count == weights.count && weights.count % 4 == 0, "four taps each")
      return Taps(count: 4, positions: positions, weights: weights)
    }

    private init(count: Int, positions: [Int], weights: [Float]) {
      self.count = count
      self.positions = positions
      self.weights = weights
    }

    /// Result positions.
    var resultExtent: Int { positions.count / count }
  }

  package let taps: Taps
  package let outer: Int
  package let extent: Int
  package let inner: Int

  package init(_ taps: Taps, outer: Int, extent: Int, inner: Int) {
    precondition(taps.positions.allSatisfy { (0..<extent).contains($0) }, "a tap outside")
    precondition(outer > 0 && inner > 0 && !taps.positions.isEmpty, "an empty resize")
    self.taps = taps
    self.outer = outer
    self.extent = extent
    self.inner = inner
  }

  package var spec: KernelSpec {
    KernelSpec(
      .interpolation, [.f32, .f32], [.init("taps", taps.count), .init("inner", inner == 1 ? 1 : 0)])
  }

  package func call() -> KernelCall {
    let values: ArgumentLayout.Values = [
      "extent": .u32(extent), "result_extent": .u32(taps.resultExtent), "inner": .u32(inner),
    ]
    let positions = littleEndianBytes(taps.positions.map { UInt32($0) })
    return KernelCall(
      spec: spec, arguments: InterpolationKernel.layout.record(values),
      operands: [
        .input(0), .frame(name: "positions", bytes: positions),
        .floats(taps.weights, named: "weights"), .output,
      ],
      tileCount: inner == 1 ? outer : outer * taps.resultExtent, scratchBytes: 0,
      work: outer * taps.resultExtent * inner * taps.count)
  }

  package static let layout = ArgumentLayout(
    "qc_interp_args",
    [
      .init("extent", .u32, "input positions along the axis"),
      .init("result_extent", .u32, "result positions along the axis"),
      .init("inner", .u32, "contiguous elements after the axis"),
    ])
}

extension KernelFamily {
  package static let interpolation = KernelFamily("interp")
}
