import Diagnostics
import Foundation
import KernelIR
import Packaging
import Targets
import Tensors

/// A program of three steps over the test kernels: `sum = x * 2.5 + weights`, `third = 1 / 3`.
enum TestProgram {
  static let count = 24
  static let factor: Float = 2.5
  static let weights = (0..<count).map { Float($0) * 0.125 - 1 }
  static let input = (0..<count).map { Float($0) - 7.5 }
  static let expected = zip(input, weights).map { $0 * factor + $1 }

  static func make() throws(Diagnostic) -> Program {
    let vector = TensorType(.f32, try Shape([1, count]))
    let bytes = count * 4
    let scaled = Program.Buffer.arena(offset: 0, size: bytes)
    let sums = Program.Buffer.arena(offset: 128, size: bytes)
    // Frames 0 and 2 are equal, so that the package keeps one of them.
    let frame = Program.WeightFrame(name: "weights", bytes: raw(weights))
    let other = Program.WeightFrame(name: "unused", bytes: [1, 2, 3])
    let again = Program.WeightFrame(name: "again", bytes: raw(weights))
    return Program(
      inputs: [Program.Port(name: "x", type: vector)],
      outputs: [
        Program.Port(name: "sum", type: vector),
        Program.Port(name: "third", type: TensorType(.f32, .scalar)),
      ],
      kernels: TestKernels.names,
      steps: [
        Program.Step(
          kernel: 0, arguments: raw([factor]), buffers: [.input(0), scaled], tileCount: count / 4,
          threadLimit: 8, opName: "scale", tap: 0),
        Program.Step(
          kernel: 1, arguments: [], buffers: [scaled, .weights(frame: 2, offset: 0), sums],
          tileCount: count / 4, threadLimit: 2, opName: "add", tap: nil),
        Program.Step(
          kernel: 2, arguments: [], buffers: [sums, .output(0), .output(1)],
          tileCount: count / 4, threadLimit: 1, opName: "copy", tap: 1),
      ],
      frames: [frame, other, again],
      taps: [
        Program.Tap(
          name: "scaled", type: vector, buffer: scaled, origin: 0, strides: [bytes, 4]),
        // The transpose of the value as 4 columns: element (i, j) is number j * 4 + i.
        Program.Tap(
          name: "transposed",
          type: TensorType(
            .f32, try Shape([4, count / 4]), try QuantParams(scale: 0.5, zeroPoint: 3)),
          buffer: sums, origin: 0, strides: [4, 16]),
      ], arenaBytes: 128 + bytes, scratchBytesPerThread: 16)
  }

  /// The same results by a chain of the first two steps, strip by strip, the scaled values in a
  /// window. Each strip computes the last tile of the one before again.
  static func chained() throws(Diagnostic) -> Program {
    var program = try make()
    let window = Program.Buffer.window(0)
    let bytes = count * 4
    program.steps = program.steps.enumerated().map { index, step in
      Program.Step(
        kernel: step.kernel, arguments: step.arguments,
        buffers: step.buffers.map { $0 == .arena(offset: 0, size: bytes) ? window : $0 },
        tileCount: step.tileCount, threadLimit: step.threadLimit, opName: step.opName,
        tap: step.tap)
    }
    program.taps = program.taps.map { tap in
      tap.buffer == .arena(offset: 0, size: bytes)
        ? Program.Tap(
          name: tap.name, type: tap.type, buffer: window, origin: tap.origin, strides: tap.strides)
        : tap
    }
    let tiles = (0..<count / 4).map { max(0, $0 - 1)..<$0 + 1 }
    program.windows = [
      Program.Window(scratchOffset: 64, capacity: 112, observedOffset: 64, byteCount: bytes)
    ]
    program.chains = [
      Program.Chain(
        steps: 0..<2, windows: 0..<1,
        tiles: tiles.map { [$0, $0.upperBound - 1..<$0.upperBound] },
        spans: tiles.map { [$0.lowerBound * 16 / 64 * 64..<$0.upperBound * 16] },
        stripsPerPass: 2, threadLimit: 8)
    ]
    program.scratchBytesPerThread = 64 + 112
    return program
  }

  static func raw(_ values: [Float]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

  static func tensor() throws(Diagnostic) -> Tensor { try .floats(input, [1, count]) }

  /// A writer for the program with a portable and an AVX2 variant of the same code.
  static func writer(_ program: Program) throws(Diagnostic) -> PackageWriter {
    let object = try TestKernels.object()
    return PackageWriter(
      program: program, architecture: .x86_64,
      variants: [
        PackageWriter.Variant(name: "portable", rank: 2, object: object),
        PackageWriter.Variant(name: "avx2", rank: 1, object: object),
        PackageWriter.Variant(name: "imaginary", rank: 0, object: object),
      ],
      manifest: Data(#"{"schema_version":1}"#.utf8),
      documents: [
        PackageWriter.Document(.recipe, json: Data("{}".utf8)),
        PackageWriter.Document(.extra(name: "notes.json"), json: Data("[1]".utf8)),
      ])
  }

  static func package() throws(Diagnostic) -> Data { try writer(make()).bytes() }

  static func chainedPackage() throws(Diagnostic) -> Data { try writer(chained()).bytes() }

  /// The program with the portable variant and nothing else: the smallest package that runs.
  static func smallPackage() throws(Diagnostic) -> Data {
    let object = try TestKernels.object()
    return try PackageWriter(
      program: make(), architecture: .x86_64,
      variants: [PackageWriter.Variant(name: "portable", rank: 0, object: object)],
      manifest: Data("{}".utf8)
    ).bytes()
  }
}
