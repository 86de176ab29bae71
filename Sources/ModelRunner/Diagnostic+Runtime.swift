import Diagnostics
import QuantcRuntime

extension Diagnostic {
  /// What the runtime reported, as a diagnostic.
  init(_ error: qc_error, file: String? = nil) {
    let message = String(zeroTerminated: error.message)
    let section = String(zeroTerminated: error.section)
    let subject = section.isEmpty ? message : "section '\(section)': \(message)"
    self.init(
      Diagnostic.code(error.status), subject, hint: Diagnostic.hint(error.status), file: file)
  }

  private static func code(_ status: qc_status) -> DiagnosticCode {
    switch status {
    case QC_UNREADABLE_FILE: .unreadableFile
    case QC_MALFORMED_PACKAGE: .malformedPackage
    case QC_DAMAGED_SECTION: .damagedSection
    case QC_FOREIGN_ARCHITECTURE, QC_UNSUPPORTED_CPU: .foreignArchitecture
    case QC_UNSUPPORTED_VERSION: .unsupportedPackageVersion
    default: .runtimeFailure
    }
  }

  private static func hint(_ status: qc_status) -> String? {
    switch status {
    case QC_UNREADABLE_FILE: "check the path and its permissions"
    case QC_MALFORMED_PACKAGE: "build the package again with quantc build"
    case QC_DAMAGED_SECTION: "copy the package again from where it was built"
    case QC_FOREIGN_ARCHITECTURE: "build it for this machine: quantc build --target host"
    case QC_UNSUPPORTED_CPU: "quantc inspect lists the variants of a package"
    case QC_UNSUPPORTED_VERSION: "update quantc, or build the package with this version"
    default: nil
    }
  }
}

extension String {
  /// The text in a C character array, up to its first zero or its end.
  init<Characters>(zeroTerminated characters: Characters) {
    self = withUnsafeBytes(of: characters) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
