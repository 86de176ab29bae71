import Diagnostics
import Foundation
import KernelIR
import ModelRunner
import QuantcRuntime
import Testing

@testable import Packaging

/// Packages that contradict themselves, sealed with right hashes, and what opening them gives.
enum HostilePackage {
  /// The sections of the test package, uncompressed where the format allows it.
  static func sections(of given: Program? = nil) throws(Diagnostic) -> [PackageSection] {
    let program = if let given { given } else { try TestProgram.make() }
    let frames = FramePool(program)
    let object = try TestKernels.object()
    return [
      raw(QC_SECTION_MANIFEST, "manifest", Array("{}".utf8)),
      raw(QC_SECTION_PLAN, "plan", try PlanEncoder.encode(program, frames)) {
        $0.architecture = QC_ARCHITECTURE_X86_64
      },
      raw(QC_SECTION_KERNELS, "kernels", object) {
        $0.architecture = QC_ARCHITECTURE_X86_64
        $0.variant = "portable"
      },
      raw(QC_SECTION_WEIGHTS, "weights", try frames.section()) { $0.alignment = 64 },
    ]
  }

  /// A section stored as it is.
  static func raw(
    _ kind: qc_section_kind, _ name: String, _ bytes: [UInt8],
    _ adjust: (inout PackageSection) -> Void = { _ in }
  ) -> PackageSection {
    var section = PackageSection(
      kind: kind, name: name, rawBytes: bytes.count,
      stored: Compressor.Stored(codec: QC_CODEC_NONE, bytes: bytes))
    adjust(&section)
    return section
  }

  /// The package with the contents of section `index` changed.
  static func package(
    of program: Program? = nil, changing index: Int, _ change: (inout [UInt8]) -> Void
  ) throws(Diagnostic) -> Data {
    var sections = try sections(of: program)
    let old = sections[index]
    var bytes = old.stored.bytes
    change(&bytes)
    sections[index] = raw(old.kind, old.name, bytes) {
      $0.architecture = old.architecture
      $0.variant = old.variant
      $0.rank = old.rank
      $0.alignment = old.alignment
    }
    return Data(PackageLayout.file(sections))
  }

  /// The file with its header and table changed and sealed anew.
  static func file(
    _ change: (inout qc_file_header, inout [qc_section_entry]) -> Void
  ) throws(Diagnostic) -> [UInt8] {
    reseal(PackageLayout.file(try sections()), change)
  }

  static func reseal(
    _ file: [UInt8], _ change: (inout qc_file_header, inout [qc_section_entry]) -> Void
  ) -> [UInt8] {
    let headSize = MemoryLayout<qc_file_header>.size
    let entrySize = MemoryLayout<qc_section_entry>.size
    var header = file.withUnsafeBytes { $0.loadUnaligned(as: qc_file_header.self) }
    let count = Int(header.section_count)
    var entries = (0..<count).map { index in
      file.withUnsafeBytes {
        $0.loadUnaligned(fromByteOffset: headSize + index * entrySize, as: qc_section_entry.self)
      }
    }
    change(&header, &entries)
    var table = ByteWriter()
    for entry in entries { table.append(entry) }
    var head = ByteWriter()
    head.append(header)
    let hashed = head.bytes.prefix(headSize - Int(QC_SHA256_BYTES))
    let contents = file.dropFirst(headSize + count * entrySize)
    return hashed + PackageLayout.sha256(hashed + table.bytes) + table.bytes + contents
  }

  /// The diagnostic of opening `bytes`; `nil` when they open.
  static func failure(_ bytes: Data) -> Diagnostic? {
    do throws(Diagnostic) {
      _ = try LoadedModel(bytes: bytes).variant
      return nil
    } catch {
      return error
    }
  }

  static func failure(_ bytes: [UInt8]) -> Diagnostic? { failure(Data(bytes)) }
}
