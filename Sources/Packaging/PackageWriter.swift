import Diagnostics
import Foundation
import KernelIR
import QuantcRuntime
import Targets

/// All that goes into a package. The same values give the same bytes.
package struct PackageWriter: Sendable {
  /// The kernels of one variant of the architecture.
  package struct Variant: Sendable {
    /// As in ``CPUTarget/name``; the runtime looks in it for the features it needs.
    package let name: String
    /// Order of preference, lowest first, among the variants that a processor can run.
    package let rank: Int
    /// A freestanding ELF shared object that exports every kernel of the program.
    package let object: [UInt8]

    package init(name: String, rank: Int, object: [UInt8]) {
      self.name = name
      self.rank = rank
      self.object = object
    }
  }

  /// A JSON document of the package beside the manifest.
  package struct Document: Sendable {
    package enum Kind: Sendable {
      case calibration, recipe, explain
      /// Of any other subject: a name of at most 31 letters, digits, `.`, `_` and `-`.
      case extra(name: String)
    }

    package let kind: Kind
    package let json: Data

    package init(_ kind: Kind, json: Data) {
      self.kind = kind
      self.json = json
    }
  }

  private let program: Program
  private let architecture: CPUArchitecture
  private let variants: [Variant]
  private let manifest: Data
  private let documents: [Document]
  private let compresses: Bool

  /// - Parameters:
  ///   - program: the steps, for every variant.
  ///   - architecture: of the variants.
  ///   - variants: the kernels, one object for each instruction set.
  ///   - manifest: the package's own description, JSON.
  ///   - documents: what else it holds.
  ///   - compresses: whether sections may be compressed; one that is opened at once in the same
  ///     process need not be.
  package init(
    program: Program, architecture: CPUArchitecture, variants: [Variant], manifest: Data,
    documents: [Document] = [], compresses: Bool = true
  ) {
    self.program = program
    self.architecture = architecture
    self.variants = variants
    self.manifest = manifest
    self.documents = documents
    self.compresses = compresses
  }

  /// The package.
  ///
  /// - Throws: `QC9001` when the program contradicts itself or a name does not fit the format.
  package func bytes() throws(Diagnostic) -> Data {
    let compressor = try Compressor(isActive: compresses)
    let frames = FramePool(program)
    let target = architecture.formatNumber
    var sections = [
      try PackageWriter.section(QC_SECTION_MANIFEST, "manifest", Array(manifest), compressor)
    ]
    let plan = try PlanEncoder.encode(program, frames)
    sections.append(
      try PackageWriter.section(QC_SECTION_PLAN, "plan", plan, compressor) {
        $0.architecture = target
      })
    for variant in variants.sorted(by: { ($0.rank, $0.name) < ($1.rank, $1.name) }) {
      try PackageWriter.check(name: variant.name, limit: Int(QC_VARIANT_BYTES))
      sections.append(
        try PackageWriter.section(QC_SECTION_KERNELS, "kernels", variant.object, compressor) {
          $0.architecture = target
          $0.variant = variant.name
          $0.rank = variant.rank
        })
    }
    for document in documents {
      let (kind, name) = document.kind.section
      try PackageWriter.check(name: name, limit: Int(QC_NAME_BYTES))
      sections.append(try PackageWriter.section(kind, name, Array(document.json), compressor))
    }
    if !frames.frames.isEmpty {
      let weights = try frames.section(compresses: compresses)
      sections.append(
        PackageSection(
          kind: QC_SECTION_WEIGHTS, name: "weights", alignment: 64, rawBytes: weights.count,
          stored: Compressor.Stored(codec: QC_CODEC_NONE, bytes: weights)))
    }
    return Data(PackageLayout.file(sections))
  }

  private static func section(
    _ kind: qc_section_kind, _ name: String, _ raw: [UInt8],
    _ compressor: borrowing Compressor, _ adjust: (inout PackageSection) -> Void = { _ in }
  ) throws(Diagnostic) -> PackageSection {
    var section = PackageSection(
      kind: kind, name: name, rawBytes: raw.count, stored: try compressor.store(raw))
    adjust(&section)
    return section
  }

  /// Section and variant names are short and plain, so that every tool can print them.
  private static func check(name: String, limit: Int) throws(Diagnostic) {
    let isPlain = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "-"):
        true
      default: false
      }
    }
    guard isPlain, !name.isEmpty, name.utf8.count < limit else {
      throw Diagnostic(.internalError, "'\(name)' cannot name a section of a package")
    }
  }
}

extension PackageWriter.Document.Kind {
  fileprivate var section: (qc_section_kind, String) {
    switch self {
    case .calibration: (QC_SECTION_CALIBRATION, "calibration")
    case .recipe: (QC_SECTION_RECIPE, "recipe")
    case .explain: (QC_SECTION_EXPLAIN, "explain")
    case .extra(let name): (QC_SECTION_EXTRA, name)
    }
  }
}

extension CPUArchitecture {
  /// The architecture's number in the package format.
  fileprivate var formatNumber: qc_architecture {
    switch self {
    case .x86_64: QC_ARCHITECTURE_X86_64
    }
  }
}
