import KernelIR
import Targets
import Testing

@Suite("cost model")
struct CostModelTests {
  private static let targets = CPUTarget.all

  private static func work(
    _ kind: MachineModel.Work, _ count: Int, activations: Int = 4096, weights: Int = 4096,
    tiles: Int = 1000
  ) -> StepWork {
    StepWork(
      kind: kind, count: count, activationBytes: activations, weightBytes: weights,
      tileCount: tiles)
  }

  private static func model(_ target: CPUTarget, weights: Int = 4096) -> CostModel {
    CostModel(target.machine, programWeightBytes: weights)
  }

  @Test(arguments: targets, MachineModel.Work.allCases)
  func `more work takes longer, and more threads less`(
    _ target: CPUTarget, _ kind: MachineModel.Work
  ) {
    let model = Self.model(target)
    var last = 0.0
    for count in [0, 1000, 100_000, 10_000_000, 1_000_000_000] {
      let total = model.cost(Self.work(kind, count)).total
      #expect(total >= last)
      last = total
    }
    let large = Self.work(kind, 1_000_000_000)
    #expect(model.cost(large, parts: 2).total < 0.51 * model.cost(large).total)
    #expect(model.cost(large, parts: 4).total < 0.51 * model.cost(large, parts: 2).total)
  }

  @Test(arguments: targets)
  func `a step gets no thread that it is not worth`(_ target: CPUTarget) {
    let model = Self.model(target)
    for count in stride(from: 0, through: 4_000_000, by: 10_000) {
      let work = Self.work(.byteProducts, count, tiles: 64)
      let limit = model.threadLimit(work)
      #expect((1...64).contains(limit))
      if limit > 1 {
        #expect(model.cost(work, parts: limit).total < model.cost(work).total, "\(count)")
      }
    }
    #expect(model.threadLimit(Self.work(.byteProducts, 1 << 40, tiles: 3)) == 3)
    #expect(model.threadLimit(Self.work(.byteProducts, 1 << 40, tiles: 1)) == 1)
    #expect(model.threadLimit(Self.work(.byteProducts, 100)) == 1)
  }

  @Test func `the bound is named: compute, overhead, or the memory that the weights come from`() {
    let model = Self.model(.avx512vnni, weights: 1 << 28)
    #expect(model.cost(Self.work(.byteProducts, 1 << 30)).bound == "compute")
    #expect(model.cost(Self.work(.byteProducts, 10, weights: 10)).bound == "overhead")
    let streamed = Self.work(.byteProducts, 1 << 22, weights: 1 << 22)
    #expect(model.cost(streamed).bound == "DRAM")
    #expect(Self.model(.avx512vnni, weights: 1 << 22).cost(streamed).bound == "L3")
  }

  @Test func `tiles that do not divide cost the largest share`() {
    let model = Self.model(.avx2)
    let three = Self.work(.byteProducts, 30_000_000, tiles: 3)
    let even = Self.work(.byteProducts, 30_000_000, tiles: 300)
    #expect(model.cost(three, parts: 2).total > 1.3 * model.cost(even, parts: 2).total)
  }

  @Test func `a variant with wider instructions is not predicted to be slower`() {
    for kind in MachineModel.Work.allCases {
      let rates = Self.targets.map { $0.machine.perCycle(kind) }
      #expect(rates == rates.sorted(), "\(kind.rawValue): \(rates)")
    }
  }
}
