import CReference
import QuantMath
import Testing

/// A rounding that is changed in the interpreter's C loops must fail: here it is changed in the C, and
/// the vectors that the interpreter is compared on have to tell it from QuantMath.
@Suite("mutated roundings of the interpreter")
struct ReferenceMutationTests {
  private typealias Change = MutatedReference.Change

  private static let roundings: [Change] = [
    ("truncation", "__builtin_truncf(t)"), ("halves away from zero", "__builtin_roundf(t)"),
    ("halves up", "__builtin_floorf(t + 0.5f)"),
  ].map {
    Change(name: $0.0, file: "clones.h", find: "__builtin_roundevenf(t)", replacement: $0.1)
  }

  private static let earlyZeroPoint = Change(
    name: "zero point added before rounding", file: "epilogues.c",
    find: "return (int32_t)qr_rne(t) + store.zero_point;",
    replacement: "return (int32_t)qr_rne(t + (float)store.zero_point);")

  private static let ofEpilogues: [Change] =
    roundings + [
      earlyZeroPoint,
      Change(
        name: "product and sum rounded apart", file: "clones.h",
        find: "__builtin_fmaf(a, b, c)", replacement: "a * b + c"),
      Change(
        name: "product in fp64", file: "epilogues.c",
        find: "(float)acc * multiplier", replacement: "(float)((double)acc * (double)multiplier)"),
    ]

  @Test(arguments: ofEpilogues.map(\.name))
  func `of epilogues differ from the definition`(_ name: String) throws {
    let change = try #require(Self.ofEpilogues.first { $0.name == name })
    let mutated = try MutatedReference(compiling: "epilogues.c", change)
    var differing = 0
    for seed: UInt64 in 0..<4 {
      let vectors = RoundingVectorsTests.Vectors(seed: seed)
      let results = try mutated.requantized(
        vectors.acc, vectors.multipliers, residual: vectors.residual, zeroPoint: 100,
        multiplier: vectors.residualScale,
        store: qr_store(zero_point: vectors.zeroPoint, low: 0, high: 255))
      differing += zip(results, vectors.reference).count { $0 != $1 }
    }
    #expect(differing > 0, "\(name) passes for the interpreter")
  }

  private static let ofQuotients: [Change] =
    roundings + [
      earlyZeroPoint,
      Change(
        name: "product with the reciprocal", file: "epilogues.c",
        find: "store_steps(x[i] / scale, store)",
        replacement: "store_steps(x[i] * (1.0f / scale), store)"),
    ]

  @Test(arguments: ofQuotients.map(\.name))
  func `of quotients differ from the definition`(_ name: String) throws {
    let change = try #require(Self.ofQuotients.first { $0.name == name })
    let mutated = try MutatedReference(compiling: "epilogues.c", change)
    var differing = 0
    for (scale, x) in RoundingVectorsTests.quotients {
      let results = try mutated.quantized(
        x, scale: scale, store: qr_store(zero_point: 101, low: 0, high: 255))
      let reference = x.map { quantize($0, scale: scale, zeroPoint: 101, bounds: 0...255) }
      differing += zip(results, reference).count { $0 != $1 }
    }
    #expect(differing > 0, "\(name) passes for the interpreter")
  }

  @Test func `the unchanged C equals the definition on the same vectors`() throws {
    let unchanged = MutatedReference.Change(
      name: "none", file: "epilogues.c", find: "qr_rne(t)", replacement: "qr_rne(t)")
    let reference = try MutatedReference(compiling: "epilogues.c", unchanged)
    for seed: UInt64 in 0..<4 {
      let vectors = RoundingVectorsTests.Vectors(seed: seed)
      let results = try reference.requantized(
        vectors.acc, vectors.multipliers, residual: vectors.residual, zeroPoint: 100,
        multiplier: vectors.residualScale,
        store: qr_store(zero_point: vectors.zeroPoint, low: 0, high: 255))
      #expect(results == vectors.reference)
    }
  }
}
