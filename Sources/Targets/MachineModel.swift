/// What a machine of a variant does in a cycle, for predictions of time: facts, never policy.
package struct MachineModel: Hashable, Sendable {
  /// A kind of work that a machine does at one rate.
  package enum Work: String, CaseIterable, Codable, Hashable, Sendable {
    /// Multiply-adds of bytes whose sums run over channels: convolutions and matrix products.
    case byteProducts = "byte_products"
    /// Multiply-adds of 16-bit words whose sums run over channels.
    case wordProducts = "word_products"
    /// Multiply-adds of bytes within one channel.
    case channelProducts = "channel_products"
    /// Multiply-adds of f32.
    case floatProducts = "float_products"
    /// Bytes that go through a vector loop: tables, sums.
    case bytes
    /// Bytes that are compared for the largest.
    case maxima
    /// Elements that change between f32 and a byte.
    case conversions
    /// Elements that go through a chain of f32 operations, times its length.
    case floats
    /// Elements that are copied from one order to another.
    case moves
  }

  /// A level of memory.
  package struct Memory: Hashable, Sendable {
    package let name: String
    /// What one core finds there; the last level holds everything.
    package let byteCount: Int
    /// Bytes that one core reads in a cycle.
    package let bytesPerCycle: Double
  }

  /// The machine that the facts were taken from.
  package let name: String
  package let cyclesPerSecond: Double
  /// The levels of memory, nearest first.
  package let memories: [Memory]
  /// Cycles until another thread has begun its part of a step and its end is seen.
  package let forkCycles: Double
  /// Cycles of a call that do not depend on its size.
  package let callCycles: Double
  /// Bytes in a cycle that a core writes where another core wrote last.
  package let takenBytesPerCycle: Double
  private let rates: [Work: Double]

  init(
    name: String, cyclesPerSecond: Double, memories: [Memory], forkCycles: Double,
    callCycles: Double, takenBytesPerCycle: Double, rates: [Work: Double]
  ) {
    precondition(!memories.isEmpty && Work.allCases.allSatisfy { (rates[$0] ?? 0) > 0 }, name)
    self.name = name
    self.cyclesPerSecond = cyclesPerSecond
    self.memories = memories
    self.forkCycles = forkCycles
    self.callCycles = callCycles
    self.takenBytesPerCycle = takenBytesPerCycle
    self.rates = rates
  }

  /// Units of the work that one core does in a cycle.
  package func perCycle(_ work: Work) -> Double { rates[work] ?? 1 }

  /// The nearest memory that holds `byteCount` bytes.
  package func memory(holding byteCount: Int) -> Memory {
    memories.first { byteCount <= $0.byteCount } ?? memories[memories.count - 1]
  }
}
