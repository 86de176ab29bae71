import Diagnostics
import Foundation
import KernelIR
import ModelRunner
import QuantcRuntime
import Tensors
import TestSupport
import Testing

@testable import Packaging

/// Frames of more bytes than the runtime reads at a time.
@Suite("large weight frames")
struct LargeFrameTests {
  private static let byteCount = 3 << 20

  /// The test program, its weights at the end of a large frame between two others.
  private static func program(compressible: Bool) throws -> Program {
    let program = try TestProgram.make()
    let weights = TestProgram.raw(TestProgram.weights)
    var state: UInt64 = 1
    let filling = (0..<byteCount).map { index -> UInt8 in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return compressible ? UInt8(state >> 62) : UInt8(state >> 56)
    }
    let padding = [UInt8](repeating: 0, count: 128 - weights.count)
    let frames = [
      Program.WeightFrame(name: "first", bytes: Array(filling.prefix(700_000))),
      Program.WeightFrame(name: "large", bytes: filling + weights + padding),
      Program.WeightFrame(name: "last", bytes: Array(filling.suffix(1000))),
    ]
    let add = program.steps[1]
    let buffers: [Program.Buffer] = [
      add.buffers[0], .weights(frame: 1, offset: byteCount), add.buffers[2],
    ]
    let step = Program.Step(
      kernel: add.kernel, arguments: add.arguments, buffers: buffers, tileCount: add.tileCount,
      threadLimit: add.threadLimit, opName: add.opName, tap: add.tap)
    return Program(
      inputs: program.inputs, outputs: program.outputs, kernels: program.kernels,
      steps: [program.steps[0], step, program.steps[2]], frames: frames, taps: program.taps,
      arenaBytes: program.arenaBytes, scratchBytesPerThread: program.scratchBytesPerThread)
  }

  @Test(arguments: [true, false])
  func `are in place from a file and from memory`(compressible: Bool) throws {
    let bytes = try TestProgram.writer(LargeFrameTests.program(compressible: compressible)).bytes()
    #expect((bytes.count < LargeFrameTests.byteCount) == compressible)
    let folder = try TemporaryFolder()
    let path = folder.path("model.qpk")
    try AtomicFile.write(bytes, to: path)
    let fromFile = try LoadedModel(path: path).makeContext()
    #expect(try fromFile.run([TestProgram.tensor()])[0].floats == TestProgram.expected)
    let fromMemory = try LoadedModel(bytes: bytes).makeContext()
    #expect(try fromMemory.run([TestProgram.tensor()])[0].floats == TestProgram.expected)
  }

  @Test(arguments: [true, false])
  func `are read with every byte hashed`(compressible: Bool) throws {
    var bytes = try TestProgram.writer(LargeFrameTests.program(compressible: compressible)).bytes()
    for place in [bytes.count / 4, bytes.count / 2, bytes.count - 3000, bytes.count - 1] {
      bytes[place] ^= 4
      #expect(HostilePackage.failure(bytes)?.code == .damagedSection, "byte \(place)")
      bytes[place] ^= 4
    }
  }

  @Test func `that are no whole frame of the stated size are malformed`() throws {
    let program = try LargeFrameTests.program(compressible: true)
    let raw = program.frames[1].bytes
    let good = try Compressor().store(raw).bytes
    let shorter = try Compressor().store(Array(raw.dropLast(64))).bytes
    let skippable: [UInt8] = [0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]
    #expect(try LargeFrameTests.failure(program, stored: good) == nil)
    for (name, stored) in [
      ("cut", Array(good.dropLast(5))), ("followed", good + skippable), ("doubled", good + good),
      ("led", skippable + good), ("shorter", shorter), ("raw", raw),
    ] {
      #expect(
        try LargeFrameTests.failure(program, stored: stored)?.code == .malformedPackage, "\(name)")
    }
  }

  /// What opening gives when the large frame is stored as `stored`, sealed with right hashes.
  private static func failure(_ program: Program, stored: [UInt8]) throws -> Diagnostic? {
    var index = ByteWriter()
    var contents = ByteWriter()
    var header = qc_weights_header()
    header.frame_count = UInt32(program.frames.count)
    index.append(header)
    for (number, frame) in program.frames.enumerated() {
      let content = number == 1 ? stored : frame.bytes
      var entry = qc_weight_entry()
      entry.stored_bytes = UInt64(content.count)
      entry.raw_bytes = UInt64(frame.bytes.count)
      entry.codec = number == 1 ? QC_CODEC_ZSTD.rawValue : QC_CODEC_NONE.rawValue
      index.append(entry)
      contents.append(content)
    }
    var sections = try HostilePackage.sections()
    let plan = try PlanEncoder.encode(program, FramePool(program))
    sections[1] = HostilePackage.raw(QC_SECTION_PLAN, "plan", plan) {
      $0.architecture = QC_ARCHITECTURE_X86_64
    }
    sections[3] = HostilePackage.raw(QC_SECTION_WEIGHTS, "weights", index.bytes + contents.bytes) {
      $0.alignment = 64
    }
    return HostilePackage.failure(Data(PackageLayout.file(sections)))
  }
}
