import Diagnostics

/// How one ONNX op becomes GraphIR ops.
///
/// The rule reads the operands and takes every attribute of the node that ``Importer`` holds, and
/// sets the value of each output that it supports.
struct ImportRule: Sendable {
  let op: String
  /// The opsets that have the op.
  let opsets: ClosedRange<Int>
  let run: @Sendable (inout Importer) throws(Diagnostic) -> Void

  init(
    _ op: String, since: Int = 1, through: Int = Int.max,
    run: @escaping @Sendable (inout Importer) throws(Diagnostic) -> Void
  ) {
    self.op = op
    opsets = since...through
    self.run = run
  }
}

/// All import rules.
enum ImportRules {
  private static let all: [ImportRule] =
    elementwiseRules + activationRules + logicRules + matrixRules + convolutionRules
    + transposedConvolutionRules + poolingRules
    + normalizationRules + reductionRules + shapeRules + sliceRules + rearrangementRules
    + constantRules + padAndResizeRules + attentionRules + groupNormalizationRules
    + einsumRules + gatherElementsRules + quantizationRules + quantizedOperatorRules

  private static let byName: [String: ImportRule] = Dictionary(
    all.map { ($0.op, $0) }, uniquingKeysWith: { first, _ in first })

  /// The names of the supported ops, sorted.
  static let names: [String] = byName.keys.sorted()

  static func rule(_ op: String) -> ImportRule? { byName[op] }
}
