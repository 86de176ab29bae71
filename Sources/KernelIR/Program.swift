import Tensors

/// A whole model as steps over buffers: what the runtime executes.
///
/// The program is the same for every variant of an architecture; a variant differs only in the
/// code behind the kernel names.
package struct Program: Equatable, Sendable {
  /// A named array that the caller hands in or takes out: the logical tensor.
  package struct Port: Equatable, Sendable {
    package let name: String
    package let type: TensorType
    package init(name: String, type: TensorType) {
      self.name = name
      self.type = type
    }
  }

  /// A block of constant bytes (packed weights, per-column vectors, tables), 64-byte aligned.
  package struct WeightFrame: Equatable, Sendable {
    package let name: String
    package let bytes: [UInt8]
    package init(name: String, bytes: [UInt8]) {
      self.name = name
      self.bytes = bytes
    }
  }

  /// Where a buffer of a step lies; offsets and sizes in bytes.
  package enum Buffer: Hashable, Sendable {
    case input(Int)
    case output(Int)
    case arena(offset: Int, size: Int)
    case weights(frame: Int, offset: Int)
    /// Index into ``Program/windows``.
    case window(Int)
  }

  /// A buffer that only the steps of one chain touch: each thread holds the part that it works on in
  /// its scratch. Offsets are multiples of 64; all in bytes.
  package struct Window: Equatable, Sendable {
    package let scratchOffset: Int
    /// What a thread holds at once.
    package let capacity: Int
    /// Where the whole buffer lies when the steps run one by one, to be looked at.
    package let observedOffset: Int
    package let byteCount: Int

    package init(scratchOffset: Int, capacity: Int, observedOffset: Int, byteCount: Int) {
      self.scratchOffset = scratchOffset
      self.capacity = capacity
      self.observedOffset = observedOffset
      self.byteCount = byteCount
    }
  }

  /// Neighbouring steps that run strip by strip, without a barrier in between. A thread gets a
  /// contiguous run of strips.
  package struct Chain: Equatable, Sendable {
    /// Indices into ``Program/steps``.
    package let steps: Range<Int>
    /// Indices into ``Program/windows``.
    package let windows: Range<Int>
    /// For each strip and step the tiles that the strip needs; where they begin before those of the
    /// strip before end, threads that meet there compute them twice, into windows.
    package let tiles: [[Range<Int>]]
    /// For each strip and window the bytes of the buffer that the strip reads or writes.
    package let spans: [[Range<Int>]]
    /// Strips that a thread works on at once, at most.
    package let stripsPerPass: Int
    /// At most this many threads are worth waking for the chain.
    package let threadLimit: Int

    package init(
      steps: Range<Int>, windows: Range<Int>, tiles: [[Range<Int>]], spans: [[Range<Int>]],
      stripsPerPass: Int, threadLimit: Int
    ) {
      self.steps = steps
      self.windows = windows
      self.tiles = tiles
      self.spans = spans
      self.stripsPerPass = stripsPerPass
      self.threadLimit = threadLimit
    }
  }

  /// One call of one kernel.
  package struct Step: Equatable, Sendable {
    /// Index into ``Program/kernels``.
    package let kernel: Int
    /// The argument record, made by the kernel family's ``ArgumentLayout``.
    package let arguments: [UInt8]
    package let buffers: [Buffer]
    /// Tiles that can be computed independently; a thread gets a contiguous run of them.
    package let tileCount: Int
    /// At most this many threads are worth waking for the step.
    package let threadLimit: Int
    /// The fused op that the step computes or takes part in, for people.
    package let opName: String
    /// Index into ``Program/taps`` of the value that is complete after this step.
    package let tap: Int?

    package init(
      kernel: Int, arguments: [UInt8], buffers: [Buffer], tileCount: Int, threadLimit: Int,
      opName: String, tap: Int?
    ) {
      self.kernel = kernel
      self.arguments = arguments
      self.buffers = buffers
      self.tileCount = tileCount
      self.threadLimit = threadLimit
      self.opName = opName
      self.tap = tap
    }
  }

  /// How the logical elements of a value lie in its buffer: byte offset of element (i₀, i₁, …) is
  /// `origin + Σ iₐ * strides[a]`.
  package struct Tap: Equatable, Sendable {
    package let name: String
    package let type: TensorType
    package let buffer: Buffer
    package let origin: Int
    /// Bytes between neighbours, one per logical axis.
    package let strides: [Int]
    package init(name: String, type: TensorType, buffer: Buffer, origin: Int, strides: [Int]) {
      self.name = name
      self.type = type
      self.buffer = buffer
      self.origin = origin
      self.strides = strides
    }
  }

  package var inputs: [Port]
  package var outputs: [Port]
  /// The symbol of each kernel, in the order of the object's kernel table.
  package var kernels: [String]
  package var steps: [Step]
  package var frames: [WeightFrame]
  package var taps: [Tap]
  package var windows: [Window]
  /// In the order of their steps.
  package var chains: [Chain]
  package var arenaBytes: Int
  /// Scratch that every thread gets for itself, windows included, in bytes.
  package var scratchBytesPerThread: Int

  package init(
    inputs: [Port], outputs: [Port], kernels: [String], steps: [Step], frames: [WeightFrame],
    taps: [Tap], windows: [Window] = [], chains: [Chain] = [], arenaBytes: Int,
    scratchBytesPerThread: Int
  ) {
    self.inputs = inputs
    self.outputs = outputs
    self.kernels = kernels
    self.steps = steps
    self.frames = frames
    self.taps = taps
    self.windows = windows
    self.chains = chains
    self.arenaBytes = arenaBytes
    self.scratchBytesPerThread = scratchBytesPerThread
  }
}
