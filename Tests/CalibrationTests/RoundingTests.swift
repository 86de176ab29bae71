import QuantMath
import Tensors
import TestSupport
import Testing

@testable import Calibration

@Suite("rounding of values to integers")
struct RoundingTests {
  @Test(arguments: 0..<8 as Range<UInt64>)
  func `a rounded tensor is what 8-bit integers over its range hold`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let shift: Float = [0, 1, -3, 0.2][Int(seed % 4)]
    let values = (0..<1003).map { _ in random.normal() + shift }
    let bounds = try #require(values.min())...(try #require(values.max()))
    let params = try QuantParams.covering((bounds.lowerBound, bounds.upperBound), bounds: 0...255)
    let expected = values.map { value in
      dequantize(
        quantize(value, scale: params.scale, zeroPoint: params.zeroPoint, bounds: 0...255),
        scale: params.scale, zeroPoint: params.zeroPoint)
    }
    let rounded = try #require(RoundedTensor(Tensor.floats(values, [17, 59])))
    #expect(rounded.tensor == (try Tensor.floats(expected, [17, 59])))
    let sum = zip(values, expected).reduce(0.0) { sum, pair in
      sum + (Double(pair.1) - Double(pair.0)) * (Double(pair.1) - Double(pair.0))
    }
    #expect(rounded.meanSquaredError == sum / 1003)
  }

  @Test(arguments: [[0, 0, 0], [1, .nan], [.infinity, 1], [0, 255, 7], []] as [[Float]])
  func `what is not finite or needs no rounding is left`(_ values: [Float]) throws {
    #expect(RoundedTensor(try Tensor.floats(values, [values.count])) == nil)
  }

  @Test(arguments: [(0.01, 8), (0.01, 16), (0.0001, 16), (0.3, 8)])
  func `values that spread evenly have a twelfth of a squared step`(
    _ grid: (scale: Double, bits: Int)
  ) throws {
    let values = (1...40_000).map { Float($0) / 40_000 }
    let statistics = try TensorStatistics.of([values])
    let error = statistics.meanSquaredError(
      scale: grid.scale, zeroPoint: 0, bounds: 0...(1 << grid.bits - 1))
    let expected = grid.scale * grid.scale / 12
    #expect(abs(error / expected - 1) < (grid.scale > 0.1 ? 0.2 : 0.01), "\(error) \(expected)")
  }

  @Test(arguments: [(0.02, 128), (0.004, 0), (0.05, 255), (1.5, 100)])
  func `the error is that of the values, the clipped ones too`(
    _ grid: (scale: Float, zeroPoint: Int32)
  ) throws {
    var random = SeededGenerator(seed: 5)
    let values = (0..<20_000).map { $0 % 3 == 0 ? 0 : random.normal() }
    let statistics = try TensorStatistics.of([values])
    let sum = values.reduce(0.0) { sum, value in
      let stored = quantize(
        value, scale: grid.scale, zeroPoint: grid.zeroPoint, bounds: 0...255)
      let held = dequantize(stored, scale: grid.scale, zeroPoint: grid.zeroPoint)
      return sum + (Double(held) - Double(value)) * (Double(held) - Double(value))
    }
    let error = statistics.meanSquaredError(
      scale: Double(grid.scale), zeroPoint: grid.zeroPoint, bounds: 0...255)
    #expect(abs(error / (sum / 20_000) - 1) < 0.02, "\(error) \(sum / 20_000)")
  }

  @Test func `a tensor without values has no error`() {
    #expect(TensorStatistics().meanSquaredError(scale: 1, zeroPoint: 0, bounds: 0...255) == 0)
  }
}
