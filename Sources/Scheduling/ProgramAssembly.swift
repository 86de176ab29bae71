import Diagnostics
import GraphIR
import KernelIR
import Targets
import Tensors

/// Turns pending steps into a program: arena offsets, weight frames, kernel table, taps.
struct ProgramAssembly {
  private let lowering: Lowering
  private var frames: [Program.WeightFrame] = []
  private var frameByContent: [FrameContent: Int] = [:]
  private var kernels: [KernelSpec] = []
  private var kernelBySpec: [KernelSpec: Int] = [:]
  private var taps: [Program.Tap] = []

  init(_ lowering: Lowering) { self.lowering = lowering }

  mutating func assemble() throws(Diagnostic) -> ScheduledProgram {
    let graph = lowering.graph
    let (places, arenaBytes) = planBuffers()
    let stepBuffers = lowering.steps.map { buffers(of: $0, places) }
    let costs = CostModel(
      CPUArchitecture.x86_64.fastest.machine,
      programWeightBytes: frames.reduce(0) { $0 + $1.bytes.count })
    let stepWork = lowering.steps.map { work(of: $0) }
    let steps = lowering.steps.indices.map { index in
      step(index, stepBuffers[index], threadLimit: costs.threadLimit(stepWork[index]), places)
    }
    let program = Program(
      inputs: graph.inputs.map { Program.Port(name: graph[$0].name, type: graph.type(of: $0)) },
      outputs: graph.outputs.map {
        Program.Port(name: $0.name, type: graph.type(of: $0.value))
      },
      kernels: kernels.map(\.symbol), steps: steps, frames: frames, taps: taps,
      arenaBytes: arenaBytes,
      scratchBytesPerThread: lowering.steps.map(\.call.scratchBytes).max() ?? 0)
    return ScheduledProgram(program: program, kernels: kernels, work: stepWork, costs: costs)
  }

  /// The buffer of every storage.
  private mutating func planBuffers() -> (places: [Program.Buffer], arenaBytes: Int) {
    var lifetimes = [ClosedRange<Int>?](repeating: nil, count: lowering.storages.count)
    for (index, step) in lowering.steps.enumerated() {
      for storage in step.inputs + [step.output] + (step.side.map { [$0] } ?? []) {
        lifetimes[storage] = (lifetimes[storage]?.lowerBound ?? index)...index
      }
    }
    let inArena = lowering.storages.indices.filter { lowering.storages[$0].place == .arena }
    let plan = MemoryPlanner.plan(
      inArena.map {
        .init(byteCount: lowering.storages[$0].byteCount, lifetime: lifetimes[$0] ?? 0...0)
      })
    var places: [Program.Buffer] = []
    var offsets = plan.offsets.makeIterator()
    for storage in lowering.storages {
      switch storage.place {
      case .arena:
        places.append(.arena(offset: offsets.next() ?? 0, size: storage.byteCount))
      case .input(let index): places.append(.input(index))
      case .output(let index): places.append(.output(index))
      case .constant:
        places.append(.weights(frame: frame(storage.name, storage.bytes), offset: 0))
      }
    }
    return (places, plan.arenaBytes)
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
    let pending = lowering.steps[index]
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
