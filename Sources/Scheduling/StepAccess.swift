import KernelIR

/// What a step does to one storage.
struct StepAccess: Hashable {
  let storage: Int
  let isWrite: Bool
  /// The bytes that a tile touches; `nil` when any of them.
  let reach: TileReach?
}

extension Lowering.PendingStep {
  /// The step with a row of an image as its tile.
  var dividedByRows: Lowering.PendingStep {
    Lowering.PendingStep(
      call: call.dividedByRows, inputs: inputs, output: output, side: side, opName: opName,
      value: value, shown: shown)
  }

  /// The storages that the step reads and writes, in the order of its operands.
  var accesses: [StepAccess] {
    zip(call.operands, call.reaches).compactMap { operand, reach in
      switch operand {
      case .input(let index):
        StepAccess(storage: inputs[index], isWrite: false, reach: reach)
      case .output: StepAccess(storage: output, isWrite: true, reach: reach)
      case .sideOutput: StepAccess(storage: side ?? output, isWrite: true, reach: reach)
      case .frame: nil
      }
    }
  }
}
