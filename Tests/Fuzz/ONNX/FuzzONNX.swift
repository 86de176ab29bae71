import Diagnostics
import Foundation
import GraphIR
import ONNXFrontend

/// Reads bytes as an ONNX model and makes a graph of it. Every outcome but a graph or a
/// ``Diagnostic`` ends the process, which is what the fuzzer looks for.
///
/// Built in two ways: by `scripts/fuzz.sh` with `-DQUANTC_FUZZ` and libFuzzer, which then drives
/// ``LLVMFuzzerTestOneInput``; else as a program that reads the files it is given.
@main
struct FuzzONNX {
  static func main() throws {
    #if QUANTC_FUZZ
    exit(runFuzzer())
    #else
    for path in CommandLine.arguments.dropFirst() {
      readModel(try Data(contentsOf: URL(fileURLWithPath: path)))
    }
    #endif
  }
}

/// One input: open extents are taken as 1, so that shape inference runs as well.
private func readModel(_ bytes: Data) {
  do throws(Diagnostic) {
    let model = try ONNXModel(data: bytes)
    let symbols = Dictionary(uniqueKeysWithValues: model.symbols.map { ($0, 1) })
    _ = try model.graph(symbols: symbols)
  } catch {
    precondition(!error.message.isEmpty, "a refusal says why")
  }
}

#if QUANTC_FUZZ
/// libFuzzer's entry: the input is `count` bytes at `bytes`, valid during the call.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  readModel(Data(UnsafeBufferPointer(start: bytes, count: count)))
  return 0
}

private typealias Input = @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
private typealias Arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

/// libFuzzer's loop. It has no header for Swift; the declaration is that of `FuzzerInterface.h`.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<Arguments>,
  _ input: Input
) -> CInt

private func runFuzzer() -> CInt {
  var count = CommandLine.argc
  var arguments = CommandLine.unsafeArgv
  return runDriver(&count, &arguments, fuzzOneInput)
}
#endif
