import CReference
import KernelIR
import QuantMath
import TestSupport
import Testing

/// Float kernels in every variant, held against the reference bit for bit, two NaNs being equal.
struct FloatVariants {
  private let loaded: [(variant: Variant, kernels: LoadedKernels)]

  init(_ calls: [KernelCall]) throws {
    loaded = try Variant.all.map { ($0, try LoadedKernels(calls.map(\.spec), $0)) }
  }

  /// Expects `expected` of every variant, for one slice of tiles, two and one per tile. With
  /// `isFloat` the result holds f32, and two NaNs are equal.
  func expect(
    _ call: KernelCall, inputs: [[UInt8]], blank: [UInt8], gives expected: [UInt8], _ name: String,
    isFloat: Bool = true
  ) {
    for (variant, kernels) in loaded {
      if let mutant = Mutant.current {
        let result = kernels.run(call, inputs: inputs, output: blank, cuts: [])
        if result.map(canonicalWords) != canonicalWords(expected) { mutant.noteDifference() }
        continue
      }
      for cuts in [[], [1], Array(0..<call.tileCount)] {
        let result = kernels.run(call, inputs: inputs, output: blank, cuts: cuts)
        let words = isFloat ? result.map(canonicalWords) : result.map { $0.map(UInt32.init) }
        let wanted = isFloat ? canonicalWords(expected) : expected.map(UInt32.init)
        let first = zip(words ?? [], wanted).enumerated().first { $1.0 != $1.1 }
        #expect(
          words == wanted,
          """
          \(name) on \(variant), cut at \(cuts.count) tiles: \(call.spec.symbol) differs at \
          \(first.map { difference($0.offset, $0.element, isFloat) } ?? "a guard")
          """)
      }
    }
  }

  /// A result that fills its buffer.
  func expect(
    _ call: KernelCall, inputs: [[Float]], gives expected: [Float], _ name: String
  ) {
    expect(
      call, inputs: inputs.map(littleEndian),
      blank: [UInt8](repeating: 0xa5, count: expected.count * 4), gives: littleEndian(expected),
      name)
  }

  private func difference(_ at: Int, _ pair: (UInt32, UInt32), _ isFloat: Bool) -> String {
    guard isFloat else { return "\(at): \(pair.0) for \(pair.1)" }
    return "\(at): \(Float(bitPattern: pair.0)) for \(Float(bitPattern: pair.1))"
  }
}

/// The 32-bit words of `bytes`, every NaN being the same one.
private func canonicalWords(_ bytes: [UInt8]) -> [UInt32] {
  stride(from: 0, to: bytes.count, by: 4).map { at in
    let word = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[at + $1]) << UInt32(8 * $1) }
    return Float(bitPattern: word).isNaN ? 0x7fc0_0000 : word
  }
}

func littleEndian(_ values: [Float]) -> [UInt8] { littleEndianBytes(values.map(\.bitPattern)) }

func littleEndian<Integer: FixedWidthInteger>(_ values: [Integer]) -> [UInt8] {
  values.flatMap { value in withUnsafeBytes(of: value.littleEndian) { Array($0) } }
}

extension SeededGenerator {
  /// Values of both signs over twelve binary orders of magnitude.
  mutating func floats(_ count: Int) -> [Float] {
    (0..<count).map { _ in
      Float.random(in: -1...1, using: &self) * Float(1 << Int.random(in: 0...12, using: &self)) / 64
    }
  }

  /// Numbers that arithmetic likes to get wrong, among ordinary ones.
  mutating func awkwardFloats(_ count: Int) -> [Float] {
    let special: [Float] = [
      0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, .infinity, -.infinity, .nan,
      .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .leastNormalMagnitude,
      .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 88.7, -87.4, 89, -104, 8_388_607.5,
      8_388_609, -8_388_608.5, 1e-20, 100_000, 131_073, 3, -3, 64, 65, -64, 7, 1e10,
    ]
    return (0..<count).map { index in
      index < special.count || next() % 8 == 0
        ? special[index < special.count ? index : Int(next() % UInt64(special.count))]
        : Float.random(in: -12...12, using: &self)
    }
  }

  mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
}

/// The reference's constants, from where the generators have theirs.
let referenceConstants: qr_constants = {
  typealias C = PolynomialCoefficients
  var c = qr_constants()
  (c.exp_lower, c.exp_upper, c.log2e) = (C.Exp.lowerBound, C.Exp.upperBound, C.Exp.log2e)
  (c.magic, c.ln2_high, c.ln2_low) = (C.Exp.roundingMagic, C.Exp.ln2High, C.Exp.ln2Low)
  (c.tanh_bound, c.erf_bound) = (C.Tanh.bound, C.Erf.bound)
  (c.circle_bound, c.two_over_pi) = (C.SinCos.bound, C.SinCos.twoOverPi)
  (c.sqrt_half, c.gelu_linear) = (C.Gelu.sqrtHalf, C.Gelu.tanhLinear)
  c.gelu_cubic = C.Gelu.tanhCubic
  withUnsafeMutableBytes(of: &c.exp_polynomial) { $0.copyFloats(C.Exp.polynomial) }
  withUnsafeMutableBytes(of: &c.log_polynomial) { $0.copyFloats(C.Log.polynomial) }
  withUnsafeMutableBytes(of: &c.tanh_numerator) { $0.copyFloats(C.Tanh.numerator) }
  withUnsafeMutableBytes(of: &c.tanh_denominator) { $0.copyFloats(C.Tanh.denominator) }
  withUnsafeMutableBytes(of: &c.erf_numerator) { $0.copyFloats(C.Erf.numerator) }
  withUnsafeMutableBytes(of: &c.erf_denominator) { $0.copyFloats(C.Erf.denominator) }
  withUnsafeMutableBytes(of: &c.half_pi) { $0.copyFloats(C.SinCos.halfPi) }
  withUnsafeMutableBytes(of: &c.sin_polynomial) { $0.copyFloats(C.SinCos.sin) }
  withUnsafeMutableBytes(of: &c.cos_polynomial) { $0.copyFloats(C.SinCos.cos) }
  return c
}()

extension UnsafeMutableRawBufferPointer {
  fileprivate func copyFloats(_ values: [Float]) {
    values.withUnsafeBytes { copyMemory(from: $0) }
  }
}
