import Diagnostics
import Foundation
import KernelIR
import ModelRunner
import QuantcRuntime
import Tensors
import Testing

@testable import Packaging

@Suite("running chains")
struct ChainRunTests {
  @Test(arguments: [1, 2, 3, 5, 9])
  func `a chain gives the same results on any number of threads`(threads: Int) throws {
    let context = try LoadedModel(bytes: TestProgram.chainedPackage()).makeContext(threads: threads)
    for _ in 0..<200 {
      let outputs = try context.run([TestProgram.tensor()])
      #expect(outputs[0].floats == TestProgram.expected)
      #expect(outputs[1].floats == [1 / 3])
    }
  }

  @Test(arguments: [1, 3])
  func `values in windows can be looked at, and the results stay`(threads: Int) throws {
    let model = try LoadedModel(bytes: TestProgram.chainedPackage())
    let context = try model.makeContext(threads: threads)
    for _ in 0..<3 {
      var seen: [[Float]] = []
      let outputs = try context.run([TestProgram.tensor()]) { (_, tensor) throws(Diagnostic) in
        seen.append(tensor.floats)
      }
      #expect(seen.first == TestProgram.input.map { $0 * TestProgram.factor })
      #expect(seen.count == 2)
      #expect(outputs[0].floats == TestProgram.expected)
      #expect(try context.run([TestProgram.tensor()])[0].floats == TestProgram.expected)
    }
  }

  @Test func `a profile has every step of a chain`() throws {
    let model = try LoadedModel(bytes: TestProgram.chainedPackage())
    let context = try model.makeContext(threads: 2)
    #expect(try context.profile([TestProgram.tensor()], runs: 2).count == 3)
    #expect(try context.run([TestProgram.tensor()])[0].floats == TestProgram.expected)
  }
}

/// Chains that contradict their steps, windows or memory.
@Suite("hostile chains")
struct HostileChainTests {
  struct Fault: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let change: @Sendable (inout Program) -> Void

    init(_ name: String, _ change: @escaping @Sendable (inout Program) -> Void) {
      testDescription = name
      self.change = change
    }

    /// Changes the only chain.
    init(
      chain name: String, steps: Range<Int> = 0..<2, windows: Range<Int> = 0..<1,
      stripsPerPass: Int = 2, threadLimit: Int = 8,
      tiles: @escaping @Sendable (inout [[Range<Int>]]) -> Void = { _ in },
      spans: @escaping @Sendable (inout [[Range<Int>]]) -> Void = { _ in }
    ) {
      self.init(name) { program in
        var (rows, reaches) = (program.chains[0].tiles, program.chains[0].spans)
        tiles(&rows)
        spans(&reaches)
        program.chains = [
          Program.Chain(
            steps: steps, windows: windows, tiles: rows, spans: reaches,
            stripsPerPass: stripsPerPass, threadLimit: threadLimit)
        ]
      }
    }

    /// Changes the only window.
    init(
      window name: String, scratch: Int = 64, capacity: Int = 112, observed: Int = 64,
      bytes: Int = 96
    ) {
      self.init(name) { program in
        program.windows = [
          Program.Window(
            scratchOffset: scratch, capacity: capacity, observedOffset: observed, byteCount: bytes)
        ]
      }
    }

    static let all = [
      Fault(chain: "steps beyond the last", steps: 2..<4),
      Fault(chain: "steps without their window", steps: 1..<3),
      Fault(chain: "no strips at once", stripsPerPass: 0),
      Fault(chain: "no threads", threadLimit: 0),
      Fault(chain: "a window that is not there", windows: 1..<2),
      Fault(chain: "no window", windows: 0..<0, spans: { $0 = $0.map { _ in [] } }),
      Fault(chain: "no strips", tiles: { $0 = [] }, spans: { $0 = [] }),
      Fault(chain: "tiles beyond the last", tiles: { $0[5][0] = 4..<7 }),
      Fault(chain: "tiles that are left out at the end", tiles: { $0[5][0] = 4..<5 }),
      Fault(chain: "tiles that are left out between", tiles: { $0[3][1] = 4..<4 }),
      Fault(chain: "tiles that begin late", tiles: { $0[0][0] = 1..<1 }),
      Fault(chain: "tiles that go back", tiles: { $0[4][0] = 1..<2 }),
      Fault(chain: "a span beyond the buffer", spans: { $0[5][0] = 64..<97 }),
      Fault(chain: "a span that is not aligned", spans: { $0[5][0] = 65..<96 }),
      Fault(chain: "a span that goes back", spans: { $0[4][0] = 0..<16 }),
      Fault(chain: "a span of half the address space", spans: { $0[5][0] = 64..<Int.max }),
      Fault(window: "a window beyond the scratch", scratch: 128),
      Fault(window: "a window that is not aligned", scratch: 32),
      Fault(window: "a window too small for a pass", capacity: 64),
      Fault(window: "a buffer beyond what can be observed", observed: 1 << 45),
      Fault(window: "a buffer that is not aligned", observed: 8),
      Fault(window: "a window of another size than its tap", bytes: 64),
      Fault("two chains of the same steps") { $0.chains += $0.chains },
      Fault("a window of no chain") { $0.chains = [] },
      Fault("less scratch than windows") { $0.scratchBytesPerThread = 128 },
    ]
  }

  @Test func `the chain that the others are made from opens`() throws {
    #expect(HostilePackage.failure(try HostileChainTests.package { _ in }) == nil)
  }

  @Test(arguments: Fault.all)
  func `a chain that contradicts itself is malformed`(fault: Fault) throws {
    let failure = HostilePackage.failure(try HostileChainTests.package(fault.change))
    #expect(failure?.code == .malformedPackage, "\(failure?.message ?? "opens")")
  }

  @Test func `no word of a plan with a chain can make opening crash`() throws {
    let program = try TestProgram.chained()
    let plan = try HostilePackage.sections(of: program)[1].stored.bytes
    for word in 0..<plan.count / 4 {
      for value in [0, 1, 5, 0x7fff_ffff, UInt32.max] {
        let bytes = try HostilePackage.package(of: program, changing: 1) { bytes in
          withUnsafeBytes(of: value) { bytes.replaceSubrange(word * 4..<word * 4 + 4, with: $0) }
        }
        guard let failure = HostilePackage.failure(bytes) else { continue }
        #expect(
          [.malformedPackage, .unsupportedPackageVersion, .runtimeFailure].contains(failure.code),
          "word \(word) = \(value): \(failure)")
      }
    }
  }

  private static func package(_ change: (inout Program) -> Void) throws -> Data {
    var program = try TestProgram.chained()
    change(&program)
    return Data(PackageLayout.file(try HostilePackage.sections(of: program)))
  }
}
