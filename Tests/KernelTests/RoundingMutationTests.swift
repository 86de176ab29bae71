import Targets
import Testing

/// A rounding that is changed in a generator must fail the suite of its kernels: here it is changed
/// in the generated text, and the comparisons of that suite have to tell it from the definition.
@Suite("mutated roundings")
struct RoundingMutationTests {
  /// One change of one arithmetic, as the text of each variant has it, and whose suite must see it.
  struct Mutation: Sendable, CustomTestStringConvertible {
    let name: String
    let suite: String
    let variant: Variant
    let change: Mutant.Change
    let compare: @Sendable () throws -> Void

    var testDescription: String { "\(suite): \(name) on \(variant)" }
  }

  private typealias Site = (name: String, change: @Sendable (CPUTarget) -> Mutant.Change)

  /// Names an intrinsic anew, behind the header.
  private static func redefine(_ intrinsic: String, _ definition: String) -> Mutant.Change {
    let header = "#include <immintrin.h>\n"
    return [(header, header + "#define \(intrinsic) \(definition)\n")]
  }

  private static func vector(_ target: CPUTarget) -> String {
    target.vectorBytes == 64 ? "_mm512" : "_mm256"
  }

  private static let truncation: Site = (
    "truncation instead of halves to even",
    { target in
      guard target.integerDot != .none else {
        return [
          (
            "return (vi)(a + 12582912.0f) - 0x4b400000;",
            "return __builtin_convertvector(a, vi);"
          )
        ]
      }
      let vector = vector(target)
      return redefine("\(vector)_cvtps_epi32(a)", "\(vector)_cvttps_epi32(a)")
    }
  )

  private static let halvesUp: Site = (
    "halves up",
    { target in
      guard target.integerDot != .none else {
        return [
          (
            "return (vi)(a + 12582912.0f) - 0x4b400000;",
            """
            const vf h = a + 0.5f;
            const vi t = __builtin_convertvector(h, vi);
            return t + (vi)(__builtin_convertvector(t, vf) > h);
            """
          )
        ]
      }
      let vector = vector(target)
      return redefine(
        "\(vector)_cvtps_epi32(a)",
        "\(vector)_cvttps_epi32(\(vector)_floor_ps(\(vector)_add_ps(a, \(vector)_set1_ps(0.5f))))")
    }
  )

  private static let twoRoundings: Site = (
    "product and sum rounded apart",
    { target in
      guard target.hasFMA else {
        return [
          (
            "static inline vf vf_fma(vf a, vf b, vf c) {",
            """
            static inline vf vf_fma(vf a, vf b, vf c) { return a * b + c; }
            static inline vf vf_exact(vf a, vf b, vf c) {
            """
          )
        ]
      }
      let vector = vector(target)
      return redefine("\(vector)_fmadd_ps(a, b, c)", "\(vector)_add_ps(\(vector)_mul_ps(a, b), c)")
    }
  )

  private static let twoFloatRoundings: Site = (
    "product and sum rounded apart",
    { target in
      let name = "qf qf_fma(qf a, qf b, qf c) {"
      return [
        ("QF \(name)", "QF \(name) return a * b + c; }\nQF qf qf_exact(qf a, qf b, qf c) {"),
        (
          "static __attribute__((noinline)) \(name)",
          "QF \(name) return a * b + c; }\nstatic qf qf_exact(qf a, qf b, qf c) {"
        ),
      ]
    }
  )

  private static let earlyZeroPoint: Site = (
    "zero point added before rounding",
    { _ in
      [
        (
          "vi_add(vi_round(vf_max(vf_min(v, high), low)), zero)",
          "vi_round(vf_add(vf_max(vf_min(v, high), low), vf_from_vi(zero)))"
        ),
        (
          "vi_add(vi_round(quotient), zero)", "vi_round(vf_add(quotient, vf_from_vi(zero)))"
        ),
      ]
    }
  )

  private static let reciprocal: Site = (
    "product with the reciprocal",
    { target in
      target.hasFMA
        ? [("vf_fma(error, inverse, t)", "vf_add(vf_mul(error, vf_set1(0)), t)")]
        : [("vf_div(x, scale)", "vf_mul(x, inverse)")]
    }
  )

  private static func mutations(
    _ suite: String, _ sites: [Site], _ compare: @escaping @Sendable () throws -> Void
  ) -> [Mutation] {
    Variant.every.filter { !$0.isEmulated }.flatMap { variant in
      sites.map { site in
        Mutation(
          name: site.name, suite: suite, variant: variant, change: site.change(variant.target),
          compare: compare)
      }
    }
  }

  private static let all: [Mutation] =
    mutations("convolution", [truncation, halvesUp]) {
      try ConvolutionKernelTests().compare(ConvolutionCase.all.filter { $0.name == "ties" })
    }
    + mutations("residual", [twoRoundings]) {
      try ConvolutionKernelTests()
        .`a residual joins in one rounding, also where two would meet a tie`()
    }
    + mutations("depthwise", [truncation]) {
      try DepthwiseKernelTests()
        .`equal the definition at every awkward shape, on every variant, however cut`()
    }
    + mutations("elementwise", [truncation, halvesUp, twoRoundings, earlyZeroPoint]) {
      try ElementwiseKernelTests()
        .`equal the definition for each broadcast, on every variant, however cut`()
    }
    + mutations("pooling", [truncation, halvesUp]) {
      try PoolKernelTests()
        .`equal the definition, clipped at the edges, on every variant, however cut`()
    }
    + mutations("quantize", [truncation, halvesUp, earlyZeroPoint, reciprocal]) {
      try ConversionKernelTests()
        .`quantize divides as IEEE does, from either layout into an image with halo`(0.0371)
    }
    + mutations("float product", [twoFloatRoundings]) {
      try FloatMatMulTests().`equal the reference for every view of the operands`()
    }
    + mutations("norms", [twoFloatRoundings]) {
      try FloatRowTests().`norms equal the reference`()
    }

  @Test(arguments: all)
  func `fail the suite of their kernels`(_ mutation: Mutation) throws {
    let mutant = Mutant(mutation.change, on: mutation.variant)
    try Mutant.$current.withValue(mutant) { try mutation.compare() }
    #expect(mutant.isApplied, "the generated text has no such place")
    #expect(mutant.isSeen, "no comparison tells it from the definition")
  }
}
