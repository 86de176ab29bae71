import CodegenCPU
import Diagnostics
import KernelIR
import Targets
import Testing
import Toolchain

@Suite("kernel objects")
struct ObjectTests {
  private static func linted(_ source: String) throws -> Diagnostic? {
    let toolchain = try CToolchain.find()
    let bytes = try toolchain.compile(
      source, triple: CPUArchitecture.x86_64.triple, flags: CPUTarget.avx2.compilerFlags)
    do {
      try ObjectLint.check(ELFFile(bytes), .avx2, symbols: ["qc_lut"])
      return nil
    } catch {
      return error
    }
  }

  private static let entry = "__attribute__((visibility(\"default\"))) void qc_lut(void) {"

  @Test func `an object with a writable variable is refused`() throws {
    let error = try Self.linted("static volatile int counter; \(Self.entry) ++counter; }")
    #expect(error?.code == .objectLint)
    #expect(error?.message.contains("writable") == true)
  }

  @Test func `an object that lacks a kernel is refused`() throws {
    let error = try Self.linted(
      "__attribute__((visibility(\"default\"))) int other(void) { return 1; }")
    #expect(error?.location == "qc_lut")
  }

  @Test func `a file that is no object is refused`() {
    #expect(throws: Diagnostic.self) { try ELFFile([UInt8](repeating: 0x7f, count: 80)) }
  }

  @Test func `a library call is refused by the linker`() throws {
    let toolchain = try CToolchain.find()
    let error = #expect(throws: Diagnostic.self) {
      try toolchain.compile(
        "float sinf(float); float f(float x) { return sinf(x); }\n",
        triple: CPUArchitecture.x86_64.triple, flags: [])
    }
    #expect(error?.code == .toolchainFailed)
  }

  @Test func `a missing clang is named with its remedy`() {
    let error = #expect(throws: Diagnostic.self) {
      try CToolchain.find(environment: ["QUANTC_CLANG": "/nowhere/clang"])
    }
    #expect(error?.code == .toolchainMissing)
    #expect(error?.message.contains("QUANTC_CLANG") == true)
    #expect(
      throws: Diagnostic.self,
      performing: { try CToolchain.find(environment: ["PATH": "/nowhere"]) })
  }

  @Test func `a spill and an unplanned loop are found`() {
    let text = """
      0000000000001000 <qc_conv>:
          1000:      \tvpmaddwd\t%ymm0, %ymm1, %ymm2
          1004:      \tvmovdqu\t%ymm2, 0x40(%rsp)
          1008:      \tjne\t0x1000 <qc_conv>
          100c:      \tretq
      """
    #expect(InstructionLint.findings(text, dotCounts: [1]).count == 1)
    #expect(InstructionLint.findings(text, dotCounts: [8]).count == 2)
  }
}
