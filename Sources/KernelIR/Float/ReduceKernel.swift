import Diagnostics
import Tensors

/// `reduce`: an f32 reduction, by the table of section 4 of `Documentation/Quantization.md`.
///
/// The result has up to three outer axes and one inner axis that is contiguous on both sides; for
/// each of its elements up to three axes are reduced, counted row-major as given. With
/// ``Order/lanes`` and no inner axis the one reduced axis must be contiguous. Buffers: input,
/// output.
package struct ReduceKernel: Hashable, Sendable {
  package enum Kind: String, CaseIterable, Hashable, Sendable {
    case sum, mean, max, min, prod
    case sumOfSquares
    case l1, l2
  }

  package enum Order: Int, Hashable, Sendable {
    /// One ascending chain.
    case chain = 0
    /// Sixteen interleaved partial results, then the tree: when the last logical axes are reduced.
    case lanes = 1
  }

  package let kind: Kind
  package let order: Order
  /// Operands: input, result.
  package let outer: StridedLoop
  /// The reduced axes; one operand, the input.
  package let reduced: StridedLoop
  /// Elements of the contiguous inner axis; 1 if there is none.
  package let inner: Int

  /// `outer` has extents, and byte strides in the input and in the result; `reduced` extents in
  /// logical order, and byte strides in the input.
  ///
  /// - Throws: `QC2005` when more than three outer or reduced axes remain.
  package init(
    _ kind: Kind, order: Order, outer: (extents: [Int], input: [Int], output: [Int]),
    reduced: (extents: [Int], input: [Int]), inner: Int, inputOrigin: Int = 0,
    outputOrigin: Int = 0
  ) throws(Diagnostic) {
    self.kind = kind
    self.order = order
    self.inner = inner
    self.outer = try StridedLoop(
      extents: outer.extents, strides: [outer.input, outer.output],
      origins: [inputOrigin, outputOrigin], axisLimit: 3)
    self.reduced = try StridedLoop(
      extents: reduced.extents, strides: [reduced.input], origins: [0], axisLimit: 3)
  }

  /// Whether the reduced axis itself is walked in vectors.
  package var isAlongRows: Bool {
    inner == 1 && order == .lanes && reduced.extents.count == 1
      && (reduced.innerStride(0) == 4 || reduced.inner == 1)
  }

  package var spec: KernelSpec {
    KernelSpec(
      .reduce, [.f32, .f32],
      [
        .init(kind.symbol, 0), .init("lanes", order.rawValue), .init("rows", isAlongRows ? 1 : 0),
      ])
  }

  package func call() -> KernelCall {
    var values: ArgumentLayout.Values = [
      "inner": .u32(inner), "input_origin": .u32(outer.origins[0]),
      "output_origin": .u32(outer.origins[1]), "inner_tiles": .u32(innerTiles),
      "count": .u32(reduced.elementCount),
    ]
    for axis in 0..<3 {
      let o = axis - (3 - outer.extents.count)
      let r = axis - (3 - reduced.extents.count)
      values["outer\(axis)"] = .u32(o < 0 ? 1 : outer.extents[o])
      values["input_outer\(axis)"] = .i32(o < 0 ? 0 : Int32(outer.strides[0][o]))
      values["output_outer\(axis)"] = .i32(o < 0 ? 0 : Int32(outer.strides[1][o]))
      values["reduced\(axis)"] = .u32(r < 0 ? 1 : reduced.extents[r])
      values["input_reduced\(axis)"] = .i32(r < 0 ? 0 : Int32(reduced.strides[0][r]))
    }
    return KernelCall(
      spec: spec, arguments: ReduceKernel.layout.record(values), operands: [.input(0), .output],
      tileCount: outer.elementCount * innerTiles, scratchBytes: 0,
      work: outer.elementCount * reduced.elementCount * inner)
  }

  /// Elements of the inner axis that one tile has.
  package static let tileElements = 64
  private var innerTiles: Int { ceilDivide(inner, ReduceKernel.tileElements) }

  package static let layout = ArgumentLayout(
    "qc_reduce_args",
    [
      .init("inner", .u32, "elements of the contiguous inner axis"),
      .init("inner_tiles", .u32, "tiles that the inner axis is cut into"),
      .init("count", .u32, "elements that are reduced to one"),
      .init("input_origin", .u32, "byte of the first element of the input"),
      .init("output_origin", .u32, "byte of the first element of the result"),
    ]
      + (0..<3).flatMap { axis -> [ArgumentLayout.Field] in
        [
          .init("outer\(axis)", .u32, "extent of outer axis \(axis)"),
          .init("input_outer\(axis)", .i32, "input bytes along outer axis \(axis)"),
          .init("output_outer\(axis)", .i32, "result bytes along outer axis \(axis)"),
          .init("reduced\(axis)", .u32, "extent of reduced axis \(axis)"),
          .init("input_reduced\(axis)", .i32, "input bytes along reduced axis \(axis)"),
        ]
      })
}

extension ReduceKernel.Kind {
  /// Letters only, as symbols have them.
  var symbol: String {
    switch self {
    case .sum, .mean, .max, .min, .prod: rawValue
    case .sumOfSquares: "sumsq"
    case .l1: "lone"
    case .l2: "ltwo"
    }
  }

  package init?(symbol: String) {
    guard let kind = ReduceKernel.Kind.allCases.first(where: { $0.symbol == symbol }) else {
      return nil
    }
    self = kind
  }
}

extension KernelFamily {
  package static let reduce = KernelFamily("reduce")
}
