import CodegenCPU
import Diagnostics
import Foundation
import KernelIR
import Targets
import Testing
import Toolchain

/// A variant as a test runs it: natively, or with its instructions emulated on this machine.
struct Variant: Hashable, Sendable, CustomStringConvertible {
  let target: CPUTarget
  let isEmulated: Bool

  var description: String { target.name + (isEmulated ? " (emulated)" : "") }

  /// The variants to compare: ``every`` one, or that of the current ``Mutant``.
  static var all: [Variant] { Mutant.current.map { [$0.variant] } ?? every }

  /// Every variant; the ones that this machine lacks are emulated, the one of 512 bits in any case.
  static let every: [Variant] = CPUTarget.all.flatMap { target -> [Variant] in
    let native = Variant(target: target, isEmulated: false)
    let emulated = Variant(target: target, isEmulated: true)
    guard target.integerDot == .bytes else { return [native] }
    guard hostHas(target) else { return [emulated] }
    return target.vectorBytes == 64 ? [native, emulated] : [native]
  }

  private static func hostHas(_ target: CPUTarget) -> Bool {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("flags") } ?? ""
    let flags = Set(line.split(separator: " ").map(String.init))
    return target.features.allSatisfy { feature in
      switch feature {
      case .avx512vnni: flags.contains("avx512_vnni")
      case .avxvnni: flags.contains("avx_vnni")
      default: flags.contains(feature.rawValue)
      }
    }
  }
}

/// Kernels that are compiled and mapped into the test's process.
///
/// Sound because `handle` stays open for the process's life, so entries never dangle.
struct LoadedKernels {
  typealias Entry =
    @convention(c) (
      UnsafeRawPointer?, UnsafePointer<UnsafeMutableRawPointer?>?, UnsafeMutableRawPointer?, UInt32,
      UInt32
    ) -> Void

  private let entries: [KernelSpec: Entry]

  init(_ specs: [KernelSpec], _ variant: Variant) throws {
    var unique: [KernelSpec] = []
    for spec in specs where !unique.contains(spec) { unique.append(spec) }
    let toolchain = try CToolchain.find()
    let bytes: [UInt8]
    if let mutant = Mutant.current {
      bytes = try toolchain.compile(
        mutant.changed(KernelSource.text(unique, variant.target)),
        triple: variant.target.architecture.triple,
        flags: variant.target.compilerFlags + ["-O1"])
    } else if variant.isEmulated {
      // The real thing must compile and pass the lint all the same.
      try LoadedKernels.expectPlanned(KernelObject(unique, variant.target, toolchain), unique)
      bytes = try toolchain.compile(
        AVX512Emulation.header + KernelSource.text(unique, variant.target),
        triple: variant.target.architecture.triple,
        flags: CPUTarget.avx2.compilerFlags + ["-Wno-psabi", "-O0", "-Wl,-z,undefs"])
    } else {
      let object = try KernelObject(unique, variant.target, toolchain)
      try LoadedKernels.expectPlanned(object, unique)
      bytes = object.bytes
    }
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).so")
    try Data(bytes).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    guard let handle = dlopen(file.path, RTLD_NOW) else {
      throw Diagnostic(.toolchainFailed, String(cString: dlerror()))
    }
    var entries: [KernelSpec: Entry] = [:]
    for spec in unique {
      guard let symbol = dlsym(handle, spec.symbol) else {
        throw Diagnostic(.objectLint, "no symbol", at: spec.symbol)
      }
      entries[spec] = unsafeBitCast(symbol, to: Entry.self)
    }
    self.entries = entries
  }

  /// Expects every reduction loop to be what the generator planned.
  private static func expectPlanned(_ object: KernelObject, _ specs: [KernelSpec]) throws {
    let findings = try object.instructionFindings(specs, CToolchain.find())
    #expect(findings.isEmpty, "\(object.target.name): \(findings.joined(separator: "; "))")
  }

  /// What `call` makes of `inputs`, its tiles cut at `cuts`; the bytes of the side output follow.
  ///
  /// Every buffer has 64 readable bytes behind it; `nil` when one of them, or an input, was written.
  func run(
    _ call: KernelCall, inputs: [[UInt8]], output: [UInt8], side: [UInt8] = [], cuts: [Int]
  ) -> [UInt8]? {
    guard let entry = entries[call.spec] else { return nil }
    var buffers: [GuardedBuffer] = call.operands.map { operand in
      switch operand {
      case .input(let index): GuardedBuffer(inputs[index])
      case .frame(_, let bytes): GuardedBuffer(bytes)
      case .output: GuardedBuffer(output)
      case .sideOutput: GuardedBuffer(side)
      }
    }
    let scratch = GuardedBuffer([UInt8](repeating: 0x5a, count: call.scratchBytes))
    let pointers = buffers.map { Optional($0.base) }
    let edges = [0] + cuts.filter { $0 > 0 && $0 < call.tileCount } + [call.tileCount]
    call.arguments.withUnsafeBytes { arguments in
      for (begin, end) in zip(edges, edges.dropFirst()) {
        entry(arguments.baseAddress, pointers, scratch.base, UInt32(begin), UInt32(end))
      }
    }
    let result = buffers.removeLast()
    let second = zip(buffers, call.operands).filter { $0.1 == .sideOutput }.flatMap(\.0.bytes)
    let isIntact =
      result.guardIsIntact && scratch.guardIsIntact
      && zip(buffers, call.operands).allSatisfy { buffer, operand in
        guard buffer.guardIsIntact else { return false }
        switch operand {
        case .input(let index): return buffer.bytes == inputs[index]
        case .frame(_, let bytes): return buffer.bytes == bytes
        case .output, .sideOutput: return true
        }
      }
    return isIntact ? result.bytes + second : nil
  }
}

/// The same kernels in every variant.
struct AllVariants {
  private let loaded: [(variant: Variant, kernels: LoadedKernels)]

  init(_ specs: [KernelSpec]) throws {
    loaded = try Variant.all.map { ($0, try LoadedKernels(specs, $0)) }
  }

  /// Expects the same bytes of every variant, for one slice of tiles, two and one per tile.
  func expect(
    _ call: KernelCall, inputs: [[UInt8]], _ blank: [UInt8], gives expected: [UInt8],
    _ name: String
  ) {
    for (variant, kernels) in loaded {
      if let mutant = Mutant.current {
        if kernels.run(call, inputs: inputs, output: blank, cuts: []) != expected {
          mutant.noteDifference()
        }
        continue
      }
      for cuts in [[], [1], Array(0..<call.tileCount)] {
        let result = kernels.run(call, inputs: inputs, output: blank, cuts: cuts)
        let first = zip(result ?? [], expected).enumerated().first { $1.0 != $1.1 }
        #expect(
          result == expected,
          """
          \(name) on \(variant), cut at \(cuts.count) tiles: \(call.spec.symbol) differs at \
          \(first.map { "\($0.offset): \($0.element.0) for \($0.element.1)" } ?? "a guard")
          """)
      }
    }
  }
}

/// Bytes at a 64-byte aligned address with guard bytes behind them, and behind what the runtime
/// promises to be readable a page that is not.
final class GuardedBuffer {
  let base: UnsafeMutableRawPointer
  private let count: Int
  private let region: UnsafeMutableRawPointer
  private let regionBytes: Int

  init(_ bytes: [UInt8]) {
    count = bytes.count
    let page = Int(getpagesize())
    let readable = (bytes.count + 63) / 64 * 64 + 64
    let pages = (readable + page - 1) / page * page
    regionBytes = pages + page
    region = mmap(
      nil, regionBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    mprotect(region + pages, page, PROT_NONE)
    base = region + (pages - readable)
    base.initializeMemory(as: UInt8.self, repeating: 0xc3, count: readable)
    base.copyMemory(from: bytes, byteCount: bytes.count)
  }

  var bytes: [UInt8] { [UInt8](UnsafeRawBufferPointer(start: base, count: count)) }
  var guardIsIntact: Bool {
    UnsafeRawBufferPointer(start: base + count, count: 64).allSatisfy { $0 == 0xc3 }
  }

  deinit { munmap(region, regionBytes) }
}
