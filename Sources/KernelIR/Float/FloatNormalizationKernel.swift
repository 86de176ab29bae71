import Tensors

/// `normf`: layer norm or RMS norm of contiguous f32 rows, sums in 16 lanes.
///
/// Buffers: input, scale (`count` values), bias if there is one, output. A tile is one row.
package struct FloatNormalizationKernel: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case layer(hasBias: Bool)
    case rms
  }

  package let kind: Kind
  package let rows: Int
  package let count: Int
  package let epsilon: Float
  package let inputPitch: Int
  package let outputPitch: Int

  package init(
    _ kind: Kind, rows: Int, count: Int, epsilon: Float, inputPitch: Int? = nil,
    outputPitch: Int? = nil
  ) {
    precondition(rows > 0 && count > 0, "an empty normalization")
    self.kind = kind
    self.rows = rows
    self.count = count
    self.epsilon = epsilon
    self.inputPitch = inputPitch ?? 4 * count
    self.outputPitch = outputPitch ?? 4 * count
  }

  private var hasBias: Bool { kind == .layer(hasBias: true) }

  package var spec: KernelSpec {
    KernelSpec(
      .floatNormalization, [.f32, .f32],
      [.init("rms", kind == .rms ? 1 : 0), .init("bias", hasBias ? 1 : 0)])
  }

  /// The call; `scale` says where the scale is, the op's operand 1 by default, or a frame, and
  /// `bias` likewise, operand 2.
  package func call(
    scale: KernelCall.Operand = .input(1), bias: KernelCall.Operand = .input(2)
  ) -> KernelCall {
    let values: ArgumentLayout.Values = [
      "rows": .u32(rows), "count": .u32(count), "epsilon": .f32(epsilon),
      "input_pitch": .u32(inputPitch), "output_pitch": .u32(outputPitch),
    ]
    return KernelCall(
      spec: spec, arguments: FloatNormalizationKernel.layout.record(values),
      operands: [.input(0), scale] + (hasBias ? [bias] : []) + [.output], tileCount: rows,
      scratchBytes: 0, work: rows * count * 4)
  }

  package static let layout = ArgumentLayout(
    "qc_normf_args",
    [
      .init("rows", .u32, "rows"), .init("count", .u32, "elements of a row"),
      .init("epsilon", .f32, "added to the variance"),
      .init("input_pitch", .u32, "input bytes from row to row"),
      .init("output_pitch", .u32, "result bytes from row to row"),
    ])
}

extension KernelCall.Operand {
  /// A frame of f32 values.
  package static func floats(_ values: [Float], named name: String) -> KernelCall.Operand {
    .frame(name: name, bytes: littleEndianBytes(values.map(\.bitPattern)))
  }
}

extension KernelFamily {
  package static let floatNormalization = KernelFamily("normf")
}
