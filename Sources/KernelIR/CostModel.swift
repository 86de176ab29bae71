import Targets

extension KernelSpec {
  /// The kind of work that ``KernelCall/work`` counts.
  package var workKind: MachineModel.Work {
    switch family {
    case .convolution: .byteProducts
    case .winograd: .wordProducts
    case .depthwise, .averagePool: .channelProducts
    case .floatConvolution, .floatDepthwise, .floatMatMul: .floatProducts
    case .maxPool: .maxima
    case .add, .multiply, .table, .channels: .bytes
    case .quantize, .dequantize, .embedding: .conversions
    case .copy, .move, .gather, .remap, .interpolation: .moves
    default: .floats
    }
  }
}

/// How much a step is to do, whatever the machine.
package struct StepWork: Codable, Hashable, Sendable {
  package let kind: MachineModel.Work
  /// Units of `kind`.
  package let count: Int
  /// Bytes of the arrays that the step reads and writes, without the constant ones.
  package let activationBytes: Int
  /// Bytes of the constants that it reads.
  package let weightBytes: Int
  package let tileCount: Int

  package init(
    kind: MachineModel.Work, count: Int, activationBytes: Int, weightBytes: Int, tileCount: Int
  ) {
    self.kind = kind
    self.count = count
    self.activationBytes = activationBytes
    self.weightBytes = weightBytes
    self.tileCount = tileCount
  }
}

/// Predicts the time of steps: `max(work / rate, Σ bytes / bandwidth) / threads + fork`.
package struct CostModel: Hashable, Sendable {
  /// What a step's time is made of, in seconds.
  package struct Cost: Hashable, Sendable {
    /// The work at the machine's rate, on all threads.
    package let compute: Double
    /// Reading and writing memory, on all threads.
    package let memory: Double
    /// What the call costs whatever its size, and the other threads' start and end.
    package let overhead: Double
    /// The level of memory that the step's arrays lie in.
    package let level: String

    package var total: Double { max(compute, memory) + overhead }

    /// The largest part: `compute`, `overhead`, or the name of a level of memory.
    package var bound: String {
      if overhead > max(compute, memory) { return "overhead" }
      return compute >= memory ? "compute" : level
    }
  }

  package let machine: MachineModel
  /// Bytes of all constants of the program: what is read once a run must come from memory that
  /// holds the whole.
  package let programWeightBytes: Int

  package init(_ machine: MachineModel, programWeightBytes: Int) {
    self.machine = machine
    self.programWeightBytes = programWeightBytes
  }

  /// The cost on `parts` threads, 1 or more and no more than tiles.
  package func cost(_ work: StepWork, parts: Int = 1) -> Cost {
    // The part with the most tiles is the last to be complete.
    let tiles = max(1, work.tileCount)
    let share = Double((tiles + parts - 1) / parts) / Double(tiles)
    let near = machine.memory(holding: work.activationBytes + work.weightBytes)
    let far = machine.memory(holding: work.activationBytes + programWeightBytes)
    let memoryCycles =
      Double(work.activationBytes) / near.bytesPerCycle
      + Double(work.weightBytes) / far.bytesPerCycle
    let computeCycles = Double(work.count) / machine.perCycle(work.kind)
    let overheadCycles = machine.callCycles + (parts > 1 ? machine.forkCycles : 0)
    let second = 1 / machine.cyclesPerSecond
    return Cost(
      compute: computeCycles * share * second, memory: memoryCycles * share * second,
      overhead: overheadCycles * second,
      level: work.weightBytes > work.activationBytes ? far.name : near.name)
  }

  /// Threads that are worth asking for help: each must have work for three times the cost of
  /// asking it, so that two threads gain as soon as half the time is more than that.
  package func threadLimit(_ work: StepWork) -> Int {
    min(work.tileCount, threadLimit([work]))
  }

  /// Threads that are worth asking for help with several steps in a row.
  package func threadLimit(_ work: [StepWork]) -> Int {
    let alone = work.map { cost($0) }.reduce(0.0) { $0 + max($1.compute, $1.memory) }
    return max(1, Int(min(alone / (CostModel.leastGain * fork), 1e6)))
  }

  /// Seconds of a call, whatever its size, and of the other threads' start and end.
  package var call: Double { machine.callCycles / machine.cyclesPerSecond }
  package var fork: Double { machine.forkCycles / machine.cyclesPerSecond }

  /// Seconds that a thread loses where it writes bytes that another one wrote last.
  package func takeover(of bytes: Int) -> Double {
    Double(bytes) / machine.takenBytesPerCycle / machine.cyclesPerSecond
  }

  private static let leastGain = 3.0
}
