import Diagnostics
import KernelIR
import QuantcRuntime
import Tensors

/// Turns a program into the bytes of a plan section.
struct PlanEncoder {
  private let program: Program
  private let frames: FramePool
  private var tables = PlanTables()
  private var buffers: [qc_plan_buffer] = []
  private var arguments = ByteWriter()

  private init(_ program: Program, _ frames: FramePool) {
    self.program = program
    self.frames = frames
  }

  /// The plan of `program`, whose weights are those of `frames`.
  ///
  /// - Throws: `QC9001` when steps disagree about a kernel's argument record.
  static func encode(_ program: Program, _ frames: FramePool) throws(Diagnostic) -> [UInt8] {
    var encoder = PlanEncoder(program, frames)
    return try encoder.encode()
  }

  private mutating func encode() throws(Diagnostic) -> [UInt8] {
    let ports = (program.inputs + program.outputs).map { tables.type($0.name, $0.type) }
    let kernels = try kernels()
    let steps = program.steps.map { step($0) }
    let taps = program.taps.map { tap($0) }
    let frameRecords = frames.frames.enumerated().map { index, frame in
      qc_plan_frame(weight_frame: UInt32(index), name: tables.text(frame.name))
    }
    let chains = chains()
    // A plan without any name still ends its texts.
    _ = tables.text("")

    var header = qc_plan_header()
    header.version = UInt32(QC_PLAN_VERSION)
    header.input_count = UInt32(program.inputs.count)
    header.output_count = UInt32(program.outputs.count)
    header.tap_count = UInt32(taps.count)
    header.buffer_count = UInt32(buffers.count)
    header.number_count = UInt32(tables.numbers.count)
    header.quant_count = UInt32(tables.quants.count)
    header.kernel_count = UInt32(kernels.count)
    header.step_count = UInt32(steps.count)
    header.frame_count = UInt32(frameRecords.count)
    header.argument_bytes = UInt32(arguments.bytes.count)
    header.text_bytes = UInt32(tables.texts.bytes.count)
    header.arena_bytes = UInt64(program.arenaBytes)
    header.scratch_bytes = UInt64(program.scratchBytesPerThread)
    header.chain_count = UInt32(chains.records.count)
    header.window_count = UInt32(program.windows.count)

    var plan = ByteWriter()
    plan.append(header)
    for port in ports { plan.append(port) }
    for tap in taps { plan.append(tap) }
    for buffer in buffers { plan.append(buffer) }
    for number in tables.numbers { plan.append(number) }
    for quant in tables.quants { plan.append(quant) }
    for kernel in kernels { plan.append(kernel) }
    for step in steps { plan.append(step) }
    for frame in frameRecords { plan.append(frame) }
    for window in program.windows {
      plan.append(
        qc_plan_window(
          scratch_offset: UInt64(window.scratchOffset), capacity: UInt64(window.capacity),
          observed_offset: UInt64(window.observedOffset), byte_count: UInt64(window.byteCount)))
    }
    for chain in chains.records { plan.append(chain) }
    for tiles in chains.tiles { plan.append(tiles) }
    for span in chains.spans { plan.append(span) }
    plan.pad(to: 64)
    plan.append(arguments.bytes)
    plan.append(tables.texts.bytes)
    return plan.bytes
  }

  /// The kernels with the size of their argument record, which all of their steps must share.
  private mutating func kernels() throws(Diagnostic) -> [qc_plan_kernel] {
    var sizes = [Int?](repeating: nil, count: program.kernels.count)
    for step in program.steps {
      let size = step.arguments.count
      guard sizes[step.kernel] == nil || sizes[step.kernel] == size, size % 4 == 0 else {
        throw Diagnostic(
          .internalError, "the argument records of \(program.kernels[step.kernel]) differ in size",
          at: step.opName)
      }
      sizes[step.kernel] = size
    }
    return zip(program.kernels, sizes).map { name, size in
      qc_plan_kernel(name: tables.text(name), argument_bytes: UInt32(size ?? 0))
    }
  }

  private mutating func step(_ step: Program.Step) -> qc_plan_step {
    var record = qc_plan_step()
    record.kernel = UInt32(step.kernel)
    record.argument_offset = UInt32(arguments.bytes.count)
    record.argument_bytes = UInt32(step.arguments.count)
    record.first_buffer = UInt32(buffers.count)
    record.buffer_count = UInt32(step.buffers.count)
    record.tile_count = UInt32(step.tileCount)
    record.thread_limit = UInt32(step.threadLimit)
    record.tap = step.tap.map { UInt32($0) } ?? UInt32.max
    record.op_name = tables.text(step.opName)
    arguments.append(step.arguments)
    buffers += step.buffers.map { buffer($0) }
    return record
  }

  /// The chains with the tables that they take their strips from.
  private func chains() -> (
    records: [qc_plan_chain], tiles: [qc_plan_tiles], spans: [qc_plan_span]
  ) {
    var (records, tiles, spans): ([qc_plan_chain], [qc_plan_tiles], [qc_plan_span]) = ([], [], [])
    for chain in program.chains {
      var record = qc_plan_chain()
      record.first_step = UInt32(chain.steps.lowerBound)
      record.step_count = UInt32(chain.steps.count)
      record.strip_count = UInt32(chain.tiles.count)
      record.pass_strips = UInt32(chain.stripsPerPass)
      record.thread_limit = UInt32(chain.threadLimit)
      record.first_window = UInt32(chain.windows.lowerBound)
      record.window_count = UInt32(chain.windows.count)
      record.first_tiles = UInt32(tiles.count)
      record.first_span = UInt32(spans.count)
      records.append(record)
      tiles += chain.tiles.joined().map {
        qc_plan_tiles(first: UInt32($0.lowerBound), end: UInt32($0.upperBound))
      }
      spans += chain.spans.joined().map {
        qc_plan_span(low: UInt64($0.lowerBound), high: UInt64($0.upperBound))
      }
    }
    return (records, tiles, spans)
  }

  private func buffer(_ buffer: Program.Buffer) -> qc_plan_buffer {
    var record = qc_plan_buffer()
    switch buffer {
    case .input(let index):
      record.kind = QC_BUFFER_INPUT.rawValue
      record.index = UInt32(index)
      record.byte_count = UInt64(program.inputs[index].type.byteCount)
    case .output(let index):
      record.kind = QC_BUFFER_OUTPUT.rawValue
      record.index = UInt32(index)
      record.byte_count = UInt64(program.outputs[index].type.byteCount)
    case .arena(let offset, let size):
      record.kind = QC_BUFFER_ARENA.rawValue
      record.offset = UInt64(offset)
      record.byte_count = UInt64(size)
    case .weights(let frame, let offset):
      record.kind = QC_BUFFER_WEIGHTS.rawValue
      record.index = UInt32(frames.indices[frame])
      record.offset = UInt64(offset)
      record.byte_count = UInt64(program.frames[frame].bytes.count - offset)
    case .window(let index):
      record.kind = QC_BUFFER_WINDOW.rawValue
      record.index = UInt32(index)
      record.byte_count = UInt64(program.windows[index].byteCount)
    }
    return record
  }

  private mutating func tap(_ tap: Program.Tap) -> qc_plan_tap {
    var record = qc_plan_tap()
    record.type = tables.type(tap.name, tap.type)
    record.buffer = UInt32(buffers.count)
    record.first_stride = tables.numbers(tap.strides)
    record.origin = Int64(tap.origin)
    buffers.append(buffer(tap.buffer))
    return record
  }
}
