import Diagnostics
import GraphIR
import KernelIR
import Targets
import Tensors

/// Turns pending steps into a program: chains, arena offsets, weight frames, kernel table, taps.
struct ProgramAssembly {
  private let lowering: Lowering
  /// Those of the lowering; by rows in chains.
  private var pending: [Lowering.PendingStep]
  private var chains: [ChainChoice.Chain] = []
  private var frames: [Program.WeightFrame] = []
  private var frameByContent: [FrameContent: Int] = [:]
  private var kernels: [KernelSpec] = []
  private var kernelBySpec: [KernelSpec: Int] = [:]
  private var taps: [Program.Tap] = []

  init(_ lowering: Lowering) {
    self.lowering = lowering
    pending = lowering.steps
  }

  mutating func assemble(_ policy: ChainPolicy) throws(Diagnostic) -> ScheduledProgram {
    let graph = lowering.graph
    let costs = CostModel(lowering.machine, programWeightBytes: addFrames())
    chains =
      ChainChoice(
        policy, costs, steps: pending, work: pending.map { work(of: $0) },
        touches: lifetimes { $0 }, storages: lowering.storages
      ).chains
    for index in chains.flatMap(\.plan.steps) { pending[index] = pending[index].dividedByRows }
    let windows = planWindows()
    let (places, arenaBytes) = planBuffers(windows)
    let stepWork = pending.map { work(of: $0) }
    let steps = pending.indices.map { index in
      step(
        index, buffers(of: pending[index], places),
        threadLimit: costs.threadLimit(stepWork[index]), places)
    }
    let program = Program(
      inputs: graph.inputs.map { Program.Port(name: graph[$0].name, type: graph.type(of: $0)) },
      outputs: graph.outputs.map {
        Program.Port(name: $0.name, type: graph.type(of: $0.value))
      },
      kernels: kernels.map(\.symbol), steps: steps, frames: frames, taps: taps,
      windows: windows.records, chains: programChains(), arenaBytes: arenaBytes,
      scratchBytesPerThread: max(
        windows.scratchBytes, pending.map(\.call.scratchBytes).max() ?? 0))
    return ScheduledProgram(program: program, kernels: kernels, work: stepWork, costs: costs)
  }

  /// The first and the last time that steps touch each storage, `time` of a step never going back.
  private func lifetimes(_ time: (Int) -> Int) -> [ClosedRange<Int>?] {
    var lifetimes = [ClosedRange<Int>?](repeating: nil, count: lowering.storages.count)
    for (index, step) in pending.enumerated() {
      for storage in step.inputs + [step.output] + (step.side.map { [$0] } ?? []) {
        lifetimes[storage] = (lifetimes[storage]?.lowerBound ?? time(index))...time(index)
      }
    }
    return lifetimes
  }

  /// The windows of the chains, each after the scratch of the kernels of its chain.
  private func planWindows() -> WindowPlan {
    var plan = WindowPlan()
    for chain in chains {
      let kernelBytes = chain.plan.steps.map { pending[$0].call.scratchBytes }.max() ?? 0
      plan.add(chain, kernelScratch: kernelBytes) { lowering.storages[$0].byteCount }
    }
    plan.placeObserved(lifetimes: lifetimes { $0 })
    return plan
  }

  private func programChains() -> [Program.Chain] {
    var firstWindow = 0
    return chains.map { chain in
      let (plan, windows) = (chain.plan, firstWindow..<firstWindow + chain.plan.windows.count)
      firstWindow = windows.upperBound
      return Program.Chain(
        steps: plan.steps, windows: windows,
        tiles: (0..<plan.stripCount).map { strip in plan.tiles.map { $0[strip] } },
        spans: (0..<plan.stripCount).map { strip in plan.windows.map { $0.spans[strip] } },
        stripsPerPass: chain.stripsPerPass, threadLimit: chain.threadLimit)
    }
  }

  /// The buffer of every storage. The steps of a chain run at the same time.
  private mutating func planBuffers(
    _ windows: WindowPlan
  ) -> (places: [Program.Buffer], arenaBytes: Int) {
    var starts = Array(pending.indices)
    for chain in chains {
      for step in chain.plan.steps { starts[step] = chain.plan.steps.lowerBound }
    }
    let lifetimes = lifetimes { starts[$0] }
    let inArena = lowering.storages.indices.filter {
      lowering.storages[$0].place == .arena && windows.indices[$0] == nil
    }
    let plan = MemoryPlanner.plan(
      inArena.map {
        .init(byteCount: lowering.storages[$0].byteCount, lifetime: lifetimes[$0] ?? 0...0)
      })
    var places: [Program.Buffer] = []
    var offsets = plan.offsets.makeIterator()
    for (index, storage) in lowering.storages.enumerated() {
      switch storage.place {
      case .arena:
        if let window = windows.indices[index] {
          places.append(.window(window))
          continue
        }
        places.append(.arena(offset: offsets.next() ?? 0, size: storage.byteCount))
      case .input(let index): places.append(.input(index))
      case .output(let index): places.append(.output(index))
      case .constant:
        places.append(.weights(frame: frame(storage.name, storage.bytes), offset: 0))
      }
    }
    return (places, plan.arenaBytes)
  }

  /// Makes the frames of all constants, so that their size is known; in bytes.
  private mutating func addFrames() -> Int {
    for storage in lowering.storages where storage.place == .constant {
      _ = frame(storage.name, storage.bytes)
    }
    for step in pending {
      for case .frame(let name, let bytes) in step.call.operands {
        _ = frame("\(step.opName) \(name)", bytes)
      }
    }
    return frames.reduce(0) { $0 + $1.bytes.count }
  }

  private mutating func frame(_ name: String, _ bytes: [UInt8]) -> Int {
    let content = FrameContent(bytes)
    if let index = frameByContent[content] { return index }
    frames.append(Program.WeightFrame(name: name, bytes: bytes))
    frameByContent[content] = frames.count - 1
    return frames.count - 1
  }

  private mutating func buffers(
    of pending: Lowering.PendingStep, _ places: [Program.Buffer]
  ) -> [Program.Buffer] {
    pending.call.operands.map { operand in
      switch operand {
      case .input(let index): places[pending.inputs[index]]
      case .output: places[pending.output]
      case .sideOutput: places[pending.side ?? pending.output]
      case .frame(let name, let bytes):
        .weights(frame: frame("\(pending.opName) \(name)", bytes), offset: 0)
      }
    }
  }

  /// The work of a step with the sizes of its buffers.
  private func work(of pending: Lowering.PendingStep) -> StepWork {
    var weightBytes = 0
    for case .frame(_, let bytes) in pending.call.operands { weightBytes += bytes.count }
    var activationBytes = 0
    for storage in pending.inputs + [pending.output] {
      let bytes = lowering.storages[storage].byteCount
      if lowering.storages[storage].place == .constant {
        weightBytes += bytes
      } else {
        activationBytes += bytes
      }
    }
    return StepWork(
      kind: pending.call.spec.workKind, count: pending.call.work,
      activationBytes: activationBytes, weightBytes: weightBytes,
      tileCount: pending.call.tileCount)
  }

  private mutating func step(
    _ index: Int, _ buffers: [Program.Buffer], threadLimit: Int, _ places: [Program.Buffer]
  ) -> Program.Step {
    let pending = pending[index]
    let spec = pending.call.spec
    let kernel = kernelBySpec[spec] ?? kernels.count
    if kernel == kernels.count {
      kernels.append(spec)
      kernelBySpec[spec] = kernel
    }
    return Program.Step(
      kernel: kernel, arguments: pending.call.arguments, buffers: buffers,
      tileCount: pending.call.tileCount, threadLimit: threadLimit,
      opName: pending.opName, tap: tap(pending, places))
  }

  /// The tap of the value that the step completes, if it has a name and can be read in place.
  private mutating func tap(
    _ pending: Lowering.PendingStep, _ places: [Program.Buffer]
  ) -> Int? {
    guard let id = pending.value, let view = pending.shown ?? lowering.views[id],
      let strides = view.layout.strides, !lowering.graph[id].name.isEmpty,
      lowering.graph.type(of: id).element == view.element
    else { return nil }
    taps.append(
      Program.Tap(
        name: lowering.graph[id].name, type: lowering.graph.type(of: id),
        buffer: places[view.storage], origin: view.layout.origin, strides: strides))
    return taps.count - 1
  }
}
