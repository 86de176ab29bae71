import Tensors

/// `resize`: linear interpolation of a u8 or i16 image along width and height, requantized to either.
///
/// `clamp(rne(v * multiplier) + zeroPoint)`, v being the interpolation of `float(q - inputZeroPoint)`:
/// `fma(f, d₁ − d₀, d₀)` along the row, then down. Buffers: input, rows, pixels, output. A tile is a
/// row of the result.
package struct ResizeKernel: Hashable, Sendable {
  /// Where the positions along one axis of the result come from.
  package struct Taps: Hashable, Sendable {
    /// Two source positions for each.
    package let positions: [Int]
    /// The factor of the second one.
    package let factors: [Float]

    package init(positions: [Int], factors: [Float]) {
      precondition(positions.count == 2 * factors.count, "two positions for each factor")
      self.positions = positions
      self.factors = factors
    }

    /// First position, second position and factor, each times `step`, as words.
    func words(step: Int) -> [UInt8] {
      littleEndianBytes(
        factors.indices.flatMap {
          [
            UInt32(positions[2 * $0] * step), UInt32(positions[2 * $0 + 1] * step),
            factors[$0].bitPattern,
          ]
        })
    }
  }

  package struct Scaling: Hashable, Sendable {
    package let inputZeroPoint: Int32
    package let zeroPoint: Int32
    package let bounds: ClosedRange<Int32>
    /// Input scale over result scale.
    package let multiplier: Float

    package init(
      inputZeroPoint: Int32, zeroPoint: Int32, bounds: ClosedRange<Int32> = 0...255,
      multiplier: Float
    ) {
      self.inputZeroPoint = inputZeroPoint
      self.zeroPoint = zeroPoint
      self.bounds = bounds
      self.multiplier = multiplier
    }
  }

  package let input: ImageGeometry
  package let output: ImageGeometry
  package let rows: Taps
  package let pixels: Taps
  package let scaling: Scaling

  package init(
    input: ImageGeometry, output: ImageGeometry, rows: Taps, pixels: Taps, scaling: Scaling
  ) {
    precondition(
      input.element.isStoredActivation && output.element.isStoredActivation, "resize of integers")
    precondition(input.channels == output.channels && input.batch == output.batch, "resize shapes")
    precondition(
      rows.factors.count == output.height && pixels.factors.count == output.width, "a tap each")
    precondition(
      rows.positions.allSatisfy { (0..<input.height).contains($0) }
        && pixels.positions.allSatisfy { (0..<input.width).contains($0) }, "a tap outside")
    self.input = input
    self.output = output
    self.rows = rows
    self.pixels = pixels
    self.scaling = scaling
  }

  package var spec: KernelSpec { KernelSpec(.resize, [input.element, output.element]) }

  package func call() -> KernelCall {
    let values: ArgumentLayout.Values = [
      "input_zero_point": .i32(scaling.inputZeroPoint), "zero_point": .i32(scaling.zeroPoint),
      "multiplier": .f32(scaling.multiplier), "qmin": .i32(scaling.bounds.lowerBound),
      "qmax": .i32(scaling.bounds.upperBound),
    ]
    return KernelCall(
      spec: spec,
      arguments: ResizeKernel.layout.record(
        output.extentArguments + input.arguments("input") + output.arguments("output")
          + output.haloArguments + values),
      operands: [
        .input(0), .frame(name: "rows", bytes: rows.words(step: input.rowPitch)),
        .frame(name: "pixels", bytes: pixels.words(step: input.pixelPitch)), .output,
      ],
      tileCount: output.batch * output.height, scratchBytes: 0,
      work: 8 * output.batch * output.height * output.width * output.channels)
  }

  package static let layout = ArgumentLayout(
    "qc_resize_args",
    ArgumentLayout.Field.extents + ArgumentLayout.Field.image("input")
      + ArgumentLayout.Field.image("output") + ArgumentLayout.Field.halo + [
        .init("input_zero_point", .i32, "subtracted from each stored value"),
        .init("zero_point", .i32, "of the result, added after rounding"),
        .init("multiplier", .f32, "input scale / result scale"),
        .init("qmin", .i32, "smallest stored result"),
        .init("qmax", .i32, "largest stored result"),
      ])
}

extension KernelFamily {
  package static let resize = KernelFamily("resize")
}
