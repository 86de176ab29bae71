extension CPUTarget {
  /// Any x86-64 machine: plain C, vectorized by the compiler for SSE2.
  package static let portable = CPUTarget(
    name: "portable", architecture: .x86_64, features: [], compilerFlags: ["-march=x86-64"],
    vectorBytes: 16, vectorRegisters: 16, integerDot: .none, hasFMA: false,
    machine: .portable)

  /// x86-64-v3. Source: x86-64 psABI, section 3.1.1, table of micro-architecture levels.
  package static let avx2 = CPUTarget(
    name: "avx2", architecture: .x86_64, features: [.avx2, .fma, .f16c, .bmi2],
    compilerFlags: ["-march=x86-64-v3"],
    vectorBytes: 32, vectorRegisters: 16, integerDot: .words, hasFMA: true,
    machine: .avx2)

  /// x86-64-v3 with `vpdpbusd` in its VEX encoding. Source: Intel SDM volume 2, VPDPBUSD.
  package static let avxvnni = CPUTarget(
    name: "avxvnni", architecture: .x86_64, features: [.avx2, .fma, .f16c, .bmi2, .avxvnni],
    compilerFlags: ["-march=x86-64-v3", "-mavxvnni"] + keepsDotProducts,
    vectorBytes: 32, vectorRegisters: 16, integerDot: .bytes, hasFMA: true,
    machine: .avxvnni)

  /// x86-64-v4 with `vpdpbusd` on 256-bit vectors: machines with AVX-512 VNNI, whatever else of AVX-512
  /// they lack. Source: Intel SDM volume 2, VPDPBUSD.
  package static let vnni256 = CPUTarget(
    name: "vnni256", architecture: .x86_64,
    features: [
      .avx2, .fma, .f16c, .bmi2, .avx512f, .avx512bw, .avx512dq, .avx512vl, .avx512vnni,
    ],
    compilerFlags: ["-march=x86-64-v4", "-mavx512vnni", "-mprefer-vector-width=256"]
      + keepsDotProducts,
    vectorBytes: 32, vectorRegisters: 32, integerDot: .bytes, hasFMA: true,
    machine: .vnni256)

  /// x86-64-v4 with `vpdpbusd` and `vpermi2b` on 512-bit vectors. Source: Intel SDM volume 2,
  /// VPDPBUSD, VPERMI2B.
  package static let avx512vnni = CPUTarget(
    name: "avx512vnni", architecture: .x86_64,
    features: [
      .avx2, .fma, .f16c, .bmi2, .avx512f, .avx512bw, .avx512dq, .avx512vl, .avx512vbmi,
      .avx512vnni,
    ],
    compilerFlags: [
      "-march=x86-64-v4", "-mavx512vbmi", "-mavx512vnni", "-mprefer-vector-width=512",
    ] + keepsDotProducts,
    vectorBytes: 64, vectorRegisters: 32, integerDot: .bytes, hasFMA: true,
    machine: .avx512vnni)

  /// `vpdpwssd` stays one instruction: a chain of them is not made shorter by a product and a sum.
  private static let keepsDotProducts = ["-Xclang", "-target-feature", "-Xclang", "+fast-dpwssd"]

  /// All variants, from the one that runs everywhere to the fastest.
  package static let all: [CPUTarget] = [.portable, .avx2, .avxvnni, .vnni256, .avx512vnni]

  /// The variants of one architecture, in the order of ``all``.
  package static func variants(of architecture: CPUArchitecture) -> [CPUTarget] {
    all.filter { $0.architecture == architecture }
  }

  package static func named(_ name: String) -> CPUTarget? { all.first { $0.name == name } }

  /// The fastest of some variants.
  package static func fastest(of targets: [CPUTarget]) -> CPUTarget? {
    all.last { targets.contains($0) }
  }

  /// The fastest variant that a machine with `features` can run.
  package static func best(
    of architecture: CPUArchitecture, with features: Set<CPUFeature>
  ) -> CPUTarget? {
    variants(of: architecture).last { features.isSuperset(of: $0.features) }
  }
}

extension CPUArchitecture {
  /// The variant with the highest rates.
  package var fastest: CPUTarget {
    switch self {
    case .x86_64: .avx512vnni
    }
  }
}
