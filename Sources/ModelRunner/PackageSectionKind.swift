import QuantcRuntime

/// What a section of a package holds.
package enum PackageSectionKind: String, CaseIterable, Codable, Hashable, Sendable {
  case manifest, plan, kernels, weights, calibration, recipe, explain, extra

  init?(_ kind: qc_section_kind) {
    switch kind {
    case QC_SECTION_MANIFEST: self = .manifest
    case QC_SECTION_PLAN: self = .plan
    case QC_SECTION_KERNELS: self = .kernels
    case QC_SECTION_WEIGHTS: self = .weights
    case QC_SECTION_CALIBRATION: self = .calibration
    case QC_SECTION_RECIPE: self = .recipe
    case QC_SECTION_EXPLAIN: self = .explain
    case QC_SECTION_EXTRA: self = .extra
    default: return nil
    }
  }
}
