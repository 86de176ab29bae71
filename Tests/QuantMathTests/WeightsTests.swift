import Diagnostics
import QuantMath
import Tensors
import TestSupport
import Testing

@Suite("weights, biases and their sums")
struct WeightsTests {
  @Test(arguments: 0..<32 as Range<UInt64>)
  func `each channel uses its whole range within half a step`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let (channels, depth) = (5, 27)
    let sizes = (0..<channels).map { _ in random.logarithmic(-10...2).magnitude }
    for axis in [0, 1] {
      let layout = ChannelLayout(
        try Shape(axis == 0 ? [channels, depth] : [depth, channels]), axis: axis)
      let weights = (0..<channels * depth).map { index in
        sizes[layout.channel(of: index)] * Float.random(in: -1...1, using: &random)
      }
      let quantized = try QuantizedWeights(
        weights, shape: Shape(axis == 0 ? [channels, depth] : [depth, channels]), axis: axis)
      var largest = [Int8](repeating: 0, count: channels)
      for (index, weight) in weights.enumerated() {
        let channel = layout.channel(of: index)
        let (value, scale) = (quantized.values[index], quantized.scales[channel])
        #expect(value != -128)
        #expect(abs(Float(value) * scale - weight) <= 0.501 * scale)
        largest[channel] = max(largest[channel], abs(value))
      }
      #expect(largest.allSatisfy { $0 == 127 })
    }
  }

  @Test func `a dead channel becomes zeros with the median scale`() throws {
    let weights: [Float] = [1e-20, 0, 127, 1, 254, 2, 508, 4]
    let quantized = try QuantizedWeights(weights, shape: Shape([4, 2]), axis: 0)
    #expect(quantized.scales == [2, 1, 2, 4])
    #expect(quantized.values == [0, 0, 127, 1, 127, 1, 127, 1])
    let zero = try QuantizedWeights([0, 0], shape: Shape([2, 1]), axis: 0)
    #expect(zero.scales == [1, 1])
  }

  @Test func `weights that are not finite are refused`() {
    for bad in [Float.nan, .infinity] {
      #expect {
        try QuantizedWeights([1, bad], shape: Shape([2, 1]), axis: 0)
      } throws: { ($0 as? Diagnostic)?.code == .nonFiniteWeights }
    }
  }

  @Test func `a bias that overflows enlarges its channel's weight scale alone`() throws {
    let floatWeights: [Float] = [1, -0.5, 1e-6, 1e-6]
    var weights = try QuantizedWeights(floatWeights, shape: Shape([2, 2]), axis: 0)
    let before = weights
    let bias: [Float] = [0.25, 40]
    let quantized = try QuantizedBias(
      bias, inputScale: 0.01, weights: &weights, floatWeights: floatWeights)
    #expect(quantized.rescaledChannels == [1])
    #expect(weights.scales[0] == before.scales[0])
    #expect(weights.scales[1] > before.scales[1])
    for channel in 0..<2 {
      #expect(Double(quantized.values[channel].magnitude) <= QuantizedBias.limit)
      let real = Double(quantized.values[channel]) * 0.01 * Double(weights.scales[channel])
      #expect(abs(real - Double(bias[channel])) <= 1e-4 * Double(bias[channel]))
    }
  }

  @Test func `the proof is exact about the worst column`() throws {
    let columns: [[Int8]] = [[1, -1], [127, 127], [-127, 0]]
    let proof = AccumulatorProof(
      columns: columns, bias: [0, 10, 0], activations: .bytes(zeroPoint: 3))
    #expect(proof.column == 1)
    // As u8: the activations reach 255, the start value is 10 − 3 · 254.
    #expect(proof.largestMagnitude == 255 * 254 + 3 * 254 - 10)
    // As s8 the start value is 10 + 128 · 254, and the activations reach 128.
    let shifted = AccumulatorProof(
      columns: columns, bias: [0, 10, 0], activations: .bytes(zeroPoint: 0))
    #expect(shifted.largestMagnitude == 128 * 254 + 10 + 128 * 254)
    #expect(proof.holds)
    try proof.require(at: "conv")
  }

  @Test func `the proof fails where a sum can overflow, and says where`() {
    let long = [[Int8](repeating: 127, count: 40_000), [1]]
    let proof = AccumulatorProof(columns: long, bias: [], activations: .bytes(zeroPoint: 255))
    #expect(!proof.holds)
    #expect {
      try proof.require(at: "fc")
    } throws: { error in
      let diagnostic = error as? Diagnostic
      return diagnostic?.code == .accumulatorOverflow && diagnostic?.location == "fc"
    }
    let bounded = AccumulatorProof(
      columns: long, bias: [], activations: .bytes(zeroPoint: 0, bounds: 0...10))
    #expect(bounded.largestMagnitude < proof.largestMagnitude)
  }

  @Test(arguments: 0..<32 as Range<UInt64>)
  func `no sum of 16-bit activations passes the proven bound, and one reaches it`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let weights = (0..<40).map { _ in Int8.random(in: -127...127, using: &random) }
    let bias = Int32.random(in: -100_000_000...100_000_000, using: &random)
    let proof = AccumulatorProof(columns: [weights], bias: [bias], activations: .words)
    for _ in 0..<50 {
      let sum = weights.reduce(Int64(bias)) {
        $0 + Int64($1) * Int64.random(in: -32768...32767, using: &random)
      }
      #expect(abs(sum) <= proof.largestMagnitude)
    }
    let worst = weights.reduce(abs(Int64(bias))) { $0 + 32768 * Int64($1.magnitude) }
    #expect(proof.largestMagnitude == worst)
  }

  @Test(arguments: 0..<32 as Range<UInt64>)
  func `no sum of allowed activations passes the proven bound`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let weights = (0..<40).map { _ in Int8.random(in: -127...127, using: &random) }
    let zeroPoint = Int32.random(in: 0...255, using: &random)
    let bias = Int32.random(in: -100_000...100_000, using: &random)
    let proof = AccumulatorProof(
      columns: [weights], bias: [bias], activations: .bytes(zeroPoint: zeroPoint))
    for _ in 0..<50 {
      var sum = Int64(bias)
      var peak = abs(sum)
      for weight in weights {
        sum += Int64(weight) * Int64(Int32.random(in: 0...255, using: &random) - zeroPoint)
        peak = max(peak, abs(sum))
      }
      #expect(peak <= proof.largestMagnitude)
    }
  }
}
