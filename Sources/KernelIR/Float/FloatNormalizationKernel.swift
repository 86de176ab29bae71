import Tensors

/// `normf`: layer norm or RMS norm of contiguous f32 rows, sums in 16 lanes.
///
/// The input may be the sum of two; the result may be stored as f32, as u8, or as both, the bytes
/// being those of the result times one factor for each column. Buffers: input, addend if there is
/// one, scale (`count` values), bias and factors if there are any, the bytes where both are stored,
/// output. A tile is one row; ``block`` rows are worked on together.
package struct FloatNormalizationKernel: Hashable, Sendable {
  /// Rows whose sums are joined at once.
  package static let block = 4

  package enum Kind: Hashable, Sendable {
    case layer(hasBias: Bool)
    case rms
  }

  /// What is stored.
  package enum Store: Hashable, Sendable {
    case float
    /// Bytes in steps of `scale` around `zeroPoint`.
    case bytes(scale: Float, zeroPoint: Int32)
    /// f32, and the bytes as the side output.
    case both(scale: Float, zeroPoint: Int32)

    fileprivate var code: Int {
      switch self {
      case .float: 0
      case .bytes: 1
      case .both: 2
      }
    }
  }

  package let kind: Kind
  /// The input is the sum of two operands.
  package let hasAddend: Bool
  /// The bytes are of the result times factors.
  package let hasFactors: Bool
  package let store: Store
  package let rows: Int
  package let count: Int
  package let epsilon: Float
  package let inputPitch: Int
  package let outputPitch: Int

  package init(
    _ kind: Kind, rows: Int, count: Int, epsilon: Float, hasAddend: Bool = false,
    hasFactors: Bool = false, store: Store = .float, inputPitch: Int? = nil, outputPitch: Int? = nil
  ) {
    precondition(rows > 0 && count > 0, "an empty normalization")
    precondition(!hasFactors || store.code != 0, "factors of bytes that are not stored")
    self.kind = kind
    self.hasAddend = hasAddend
    self.hasFactors = hasFactors
    self.store = store
    self.rows = rows
    self.count = count
    self.epsilon = epsilon
    self.inputPitch = inputPitch ?? 4 * count
    self.outputPitch = outputPitch ?? (store.code == 1 ? count : 4 * count)
  }

  private var padded: Int { (count + 15) / 16 * 16 }
  private var hasBias: Bool { kind == .layer(hasBias: true) }

  package var spec: KernelSpec {
    KernelSpec(
      .floatNormalization, [.f32, store.code == 1 ? .u8 : .f32],
      [
        .init("rms", kind == .rms ? 1 : 0), .init("bias", hasBias ? 1 : 0),
        .init("sum", hasAddend ? 1 : 0), .init("factor", hasFactors ? 1 : 0),
        .init("store", store.code),
      ])
  }

  /// The call; its operands are the input, the addend, the scale, the bias and the factors, each if
  /// there is one.
  package func call() -> KernelCall {
    let (scale, zeroPoint): (Float, Int32) =
      switch store {
      case .float: (1, 0)
      case .bytes(let scale, let zeroPoint), .both(let scale, let zeroPoint): (scale, zeroPoint)
      }
    let inputCount = 2 + [hasAddend, hasBias, hasFactors].count { $0 }
    let values: ArgumentLayout.Values = [
      "rows": .u32(rows), "count": .u32(count), "epsilon": .f32(epsilon),
      "input_pitch": .u32(inputPitch), "output_pitch": .u32(outputPitch),
      "step": .f32(scale), "inverse_step": .f32(1 / scale), "zero_point": .i32(zeroPoint),
    ]
    return KernelCall(
      spec: spec, arguments: FloatNormalizationKernel.layout.record(values),
      operands: (0..<inputCount).map { .input($0) } + (store.code == 2 ? [.sideOutput] : [])
        + [.output], tileCount: rows,
      scratchBytes: hasAddend ? FloatNormalizationKernel.block * 4 * padded : 0,
      work: rows * count * 4)
  }

  package static let layout = ArgumentLayout(
    "qc_normf_args",
    [
      .init("rows", .u32, "rows"), .init("count", .u32, "elements of a row"),
      .init("epsilon", .f32, "added to the variance"),
      .init("input_pitch", .u32, "input bytes from row to row"),
      .init("output_pitch", .u32, "result bytes from row to row"),
      .init("step", .f32, "of stored bytes"), .init("inverse_step", .f32, "1 / step"),
      .init("zero_point", .i32, "of stored bytes"),
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
