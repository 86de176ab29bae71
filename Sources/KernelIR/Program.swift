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
  package var arenaBytes: Int
  /// Scratch that every thread gets for itself, in bytes.
  package var scratchBytesPerThread: Int

  package init(
    inputs: [Port], outputs: [Port], kernels: [String], steps: [Step], frames: [WeightFrame],
    taps: [Tap], arenaBytes: Int, scratchBytesPerThread: Int
  ) {
    self.inputs = inputs
    self.outputs = outputs
    self.kernels = kernels
    self.steps = steps
    self.frames = frames
    self.taps = taps
    self.arenaBytes = arenaBytes
    self.scratchBytesPerThread = scratchBytesPerThread
  }
}
