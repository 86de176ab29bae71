extension MachineModel {
  /// Source: measured on the machine that the name says, one core. The rates of work are what the
  /// generated kernels reach where their arrays lie near.
  private static func zen4(_ rates: [Work: Double]) -> MachineModel {
    MachineModel(
      name: "AMD Zen 4 at 3.7 GHz", cyclesPerSecond: 3.7e9,
      memories: [
        Memory(name: "L1", byteCount: 32 << 10, bytesPerCycle: 59),
        Memory(name: "L2", byteCount: 1 << 20, bytesPerCycle: 31),
        Memory(name: "L3", byteCount: 32 << 20, bytesPerCycle: 25),
        Memory(name: "DRAM", byteCount: .max, bytesPerCycle: 9.5),
      ],
      forkCycles: 450, callCycles: 100, takenBytesPerCycle: 8, rates: rates)
  }

  /// SSE2 by the compiler, without fused multiply-add.
  static let portable = zen4([
    .byteProducts: 0.3, .wordProducts: 2.7, .channelProducts: 2.7, .floatProducts: 0.16,
    .bytes: 0.8, .maxima: 8, .conversions: 0.4, .floats: 0.35, .moves: 0.6,
  ])

  /// The peak of `vpmaddwd` on widened bytes is 32 multiply-adds.
  static let avx2 = zen4([
    .byteProducts: 19, .wordProducts: 24, .channelProducts: 7, .floatProducts: 11,
    .bytes: 1.2, .maxima: 25, .conversions: 1, .floats: 3, .moves: 0.9,
  ])

  /// What `vnni256` reaches with half of the registers; the machine itself has no AVX-VNNI.
  static let avxvnni = zen4([
    .byteProducts: 40, .wordProducts: 24, .channelProducts: 9, .floatProducts: 11,
    .bytes: 1.2, .maxima: 25, .conversions: 1, .floats: 3, .moves: 0.9,
  ])

  /// The peak of `vpdpbusd` is 64 multiply-adds.
  static let vnni256 = zen4([
    .byteProducts: 48, .wordProducts: 24, .channelProducts: 9, .floatProducts: 11,
    .bytes: 1.2, .maxima: 25, .conversions: 1, .floats: 3, .moves: 0.9,
  ])

  /// The peak of `vpdpbusd` is 64 multiply-adds.
  static let avx512vnni = zen4([
    .byteProducts: 59, .wordProducts: 32, .channelProducts: 20, .floatProducts: 11,
    .bytes: 4, .maxima: 40, .conversions: 2.6, .floats: 5.5, .moves: 2.6,
  ])
}
