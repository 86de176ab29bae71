import Diagnostics
import Foundation
import KernelIR
import ModelRunner
import Packaging
import Tensors
import TestSupport
import Testing

@Suite("running packages")
struct RunTests {
  @Test(arguments: [1, 2, 3, 9])
  func `gives the same results on any number of threads`(threads: Int) throws {
    let model = try LoadedModel(bytes: TestProgram.package())
    let context = try model.makeContext(threads: threads)
    for _ in 0..<200 {
      let outputs = try context.run([TestProgram.tensor()])
      #expect(outputs[0].floats == TestProgram.expected)
      #expect(outputs[1].floats == [1 / 3])
    }
  }

  @Test func `workers that slept between runs give the same results`() throws {
    let context = try LoadedModel(bytes: TestProgram.package()).makeContext(threads: 3)
    for pause in stride(from: UInt32(0), through: 100, by: 1) {
      usleep(pause)
      #expect(try context.run([TestProgram.tensor()])[0].floats == TestProgram.expected)
    }
  }

  @Test func `opens a file and describes its ports, steps and memory`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("model.qpk")
    try AtomicFile.write(TestProgram.package(), to: path)
    let model = try LoadedModel(path: path)
    let program = try TestProgram.make()
    #expect(model.inputs.map(\.name) == ["x"])
    #expect(model.inputs.map(\.type) == program.inputs.map(\.type))
    #expect(model.outputs.map(\.type) == program.outputs.map(\.type))
    #expect(model.taps.map(\.type) == program.taps.map(\.type))
    #expect(model.steps.map(\.opName) == ["scale", "add", "copy"])
    #expect(model.steps.map(\.kernel) == TestKernels.names)
    #expect(model.memory.arena == program.arenaBytes)
    #expect(model.memory.weights == 128 + 64 + 64 + 64)
  }

  @Test func `a context outlives its model`() throws {
    func make() throws -> ModelContext {
      try LoadedModel(bytes: TestProgram.package()).makeContext(threads: 2)
    }
    let context = try make()
    #expect(try context.run([TestProgram.tensor()])[0].floats == TestProgram.expected)
  }

  @Test func `models run at once on several threads`() async throws {
    let bytes = try TestProgram.package()
    let results = try await withThrowingTaskGroup(of: [Float].self) { group in
      for _ in 0..<3 {
        group.addTask {
          let context = try LoadedModel(bytes: bytes).makeContext(threads: 2)
          var last: [Float] = []
          for _ in 0..<100 { last = try context.run([TestProgram.tensor()])[0].floats }
          return last
        }
      }
      return try await group.reduce(into: [[Float]]()) { $0.append($1) }
    }
    #expect(results == [[Float]](repeating: TestProgram.expected, count: 3))
  }

  @Test func `kernels round to nearest whatever the caller does, who gets his mode back`() throws {
    let model = try LoadedModel(bytes: TestProgram.package())
    let context = try model.makeContext()
    let tensor = try TestProgram.tensor()
    let before = fegetround()
    fesetround(FE_UPWARD)
    let outputs = Result { try context.run([tensor]) }
    let after = fegetround()
    fesetround(before)
    #expect(after == FE_UPWARD)
    #expect(try outputs.get()[1].floats == [Float(0x1.555556p-2)])
  }

  @Test(arguments: [1, 2])
  func `taps show logical values in the order of the steps`(threads: Int) throws {
    let model = try LoadedModel(bytes: TestProgram.package())
    let context = try model.makeContext(threads: threads)
    var seen: [Int: Tensor] = [:]
    let outputs = try context.run([TestProgram.tensor()]) { index, tensor in
      seen[index] = tensor
    }
    #expect(outputs[0].floats == TestProgram.expected)
    #expect(seen[0]?.floats == TestProgram.input.map { $0 * TestProgram.factor })
    let columns = TestProgram.count / 4
    let transposed = (0..<4).flatMap { row in
      (0..<columns).map { TestProgram.expected[$0 * 4 + row] }
    }
    #expect(seen[1]?.floats == transposed)
    #expect(seen[1]?.shape.dims == [4, columns])
  }

  @Test func `a tap visitor that throws ends in its diagnostic, and the context goes on`() throws {
    let context = try LoadedModel(bytes: TestProgram.package()).makeContext()
    let tensor = try TestProgram.tensor()
    var visits = 0
    let failure = #expect(throws: Diagnostic.self) {
      _ = try context.run([tensor]) { (_, _) throws(Diagnostic) in
        visits += 1
        throw Diagnostic(.checkFailed, "enough")
      }
    }
    #expect(failure?.code == .checkFailed)
    #expect(visits == 1)
    #expect(try context.run([tensor])[0].floats == TestProgram.expected)
  }

  @Test func `an input of another shape, type or number is refused`() throws {
    let context = try LoadedModel(bytes: TestProgram.package()).makeContext()
    let wrong: [[Tensor]] = [
      [], [try .floats(TestProgram.input, [TestProgram.count])],
      [try Tensor(.i32, Shape([1, TestProgram.count]), [Int32](repeating: 0, count: 24))],
    ]
    for tensors in wrong {
      let failure = #expect(throws: Diagnostic.self) { _ = try context.run(tensors) }
      #expect(failure?.code == .wrongArray)
    }
  }

  @Test func `benchmark and profile measure every run and every step`() throws {
    let context = try LoadedModel(bytes: TestProgram.package()).makeContext()
    let durations = try context.benchmark([TestProgram.tensor()], runs: 50)
    #expect(durations.count == 50 && durations.allSatisfy { $0 > 0 })
    let steps = try context.profile([TestProgram.tensor()], runs: 5)
    #expect(steps.count == 3 && steps.allSatisfy { $0 < 1_000_000_000 })
  }

  @Test(arguments: [0, -1, 100_000])
  func `a context has 1 to 256 threads`(threads: Int) throws {
    let model = try LoadedModel(bytes: TestProgram.package())
    let failure = #expect(throws: Diagnostic.self) {
      _ = try model.makeContext(threads: threads).inputs
    }
    #expect(failure?.code == .runtimeFailure)
  }
}
