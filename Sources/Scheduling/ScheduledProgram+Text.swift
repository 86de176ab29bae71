import KernelIR
import Targets

extension ScheduledProgram {
  /// For each kernel the ops that use it, as the comment above its code says.
  package var kernelNotes: [KernelSpec: String] {
    var notes: [KernelSpec: [String]] = [:]
    for step in program.steps {
      notes[kernels[step.kernel], default: []].append(step.opName)
    }
    return notes.mapValues { $0.joined(separator: ", ") }
  }
}

extension ScheduledProgram: CustomStringConvertible {
  /// The steps with their kernels, buffers and tiles, one a line.
  package var description: String {
    var lines = [
      "program: arena \(program.arenaBytes) bytes, scratch \(program.scratchBytesPerThread) a thread"
    ]
    for (index, step) in program.steps.enumerated() {
      let buffers = step.buffers.map(text).joined(separator: ", ")
      lines.append(
        "step \(index): \(program.kernels[step.kernel])(\(buffers)) tiles \(step.tileCount), "
          + "threads \(step.threadLimit), \(text(work[index])) // \(step.opName)")
    }
    for chain in program.chains { lines.append(text(chain)) }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The steps that run strip by strip, the tiles that threads compute twice where two of them
  /// meet, and the windows.
  private func text(_ chain: Program.Chain) -> String {
    let shared = chain.steps.indices.map { step -> String in
      let member = step - chain.steps.lowerBound
      let most = (1..<chain.tiles.count).map {
        chain.tiles[$0 - 1][member].upperBound - chain.tiles[$0][member].lowerBound
      }.max()
      return "\(most ?? 0)"
    }
    let windows = chain.windows.map { index in
      let window = program.windows[index]
      return "\(window.scratchOffset)+\(window.capacity) of \(window.byteCount)"
    }
    return "chain: steps \(chain.steps.lowerBound) to \(chain.steps.upperBound - 1), strips "
      + "\(chain.tiles.count), at once \(chain.stripsPerPass), threads \(chain.threadLimit), tiles "
      + "twice \(shared.joined(separator: " ")), windows \(windows.joined(separator: ", "))"
  }

  /// The work, and its predicted time on one thread.
  private func text(_ work: StepWork) -> String {
    let cost = costs.cost(work)
    let nanoseconds = Int((cost.total * 1e9).rounded())
    return "\(work.count) \(work.kind.rawValue), "
      + "\(work.activationBytes)+\(work.weightBytes) bytes, \(nanoseconds) ns by \(cost.bound)"
  }

  private func text(_ buffer: Program.Buffer) -> String {
    switch buffer {
    case .input(let index): "input \(program.inputs[index].name)"
    case .output(let index): "output \(program.outputs[index].name)"
    case .arena(let offset, let size): "arena \(offset)+\(size)"
    case .window(let index): "window \(index) of \(program.windows[index].byteCount)"
    case .weights(let frame, let offset):
      "weights \(frame)+\(offset) of \(program.frames[frame].bytes.count)"
    }
  }
}
