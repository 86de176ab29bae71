import Diagnostics
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Calibration

@Suite("ranges")
struct RangeChoiceTests {
  static let methods: [CalibrationMethod] = [
    .minMax, .movingAverage, .percentile(99.999), .percentile(99), .entropy, .squaredError,
  ]
  static let grids = [
    StorageGrid(), StorageGrid(isSymmetric: true), StorageGrid(levelCount: 16),
  ]

  static func laplace(_ count: Int, seed: UInt64 = 7, outlier: Float? = nil) -> [Float] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in generator.laplace() } + (outlier.map { [$0] } ?? [])
  }

  @Test(arguments: methods, grids)
  func `every range contains 0 and lies in the data's`(
    _ method: CalibrationMethod, _ grid: StorageGrid
  ) throws {
    for (low, high) in [(-1, 1), (0, 6), (-5, 0), (2, 3), (-3, -2), (-1e-30, 1e30)]
      as [(Float, Float)]
    {
      var generator = SeededGenerator(seed: 3)
      let values = (0..<500).map { _ in Float.random(in: low...high, using: &generator) }
      let range = try TensorStatistics.of([values]).range(method, for: grid)
      #expect(range.contains(0))
      #expect(range.lowerBound >= min(low, 0) && range.upperBound <= max(high, 0))
      #expect(range.upperBound > range.lowerBound)
    }
  }

  @Test(arguments: methods)
  func `degenerate tensors have a range`(_ method: CalibrationMethod) throws {
    #expect(try TensorStatistics.of([[0, 0, 0]]).range(method) == 0...0)
    #expect(try TensorStatistics.of([[]]).range(method) == 0...0)
    let constant = try TensorStatistics.of([[3.7, 3.7, 3.7]]).range(method)
    #expect(constant.lowerBound == 0 && constant.upperBound <= 3.7)
    let single = try TensorStatistics.of([[-2]]).range(method)
    #expect(single.upperBound == 0 && single.lowerBound >= -2)
    let tiny = Float.leastNonzeroMagnitude
    #expect(try TensorStatistics.of([[tiny, 0]]).range(method).upperBound <= tiny)
  }

  @Test(arguments: methods)
  func `a tensor that was never finite is refused`(_ method: CalibrationMethod) throws {
    let statistics = try TensorStatistics.of([[.nan, .infinity]])
    let error = #expect(throws: Diagnostic.self) { try statistics.range(method) }
    #expect(error?.code == .nonFiniteSamples)
  }

  @Test func `min-max is the extremes`() throws {
    #expect(try TensorStatistics.of([[1, 5], [-2, 3]]).range(.minMax) == -2...5)
  }

  @Test func `the moving average is the mean of few samples, in sample order`() throws {
    let statistics = try TensorStatistics.of([[-1, 4], [-3, 2], [-2, 9]])
    #expect(try statistics.range(.movingAverage) == -2...5)
    // From the 100th sample on a new one weighs 1/100.
    let many = (0..<300).map { index -> [Float] in [0, index < 200 ? 1 : 2] }
    let range = try TensorStatistics.of(many).range(.movingAverage)
    let expected = 2 - pow(0.99 as Double, 100 as Double)
    #expect(abs(Double(range.upperBound) - expected) < 1e-6)
  }

  @Test func `a percentile interpolates within a bin`() throws {
    let values = (1...1000).map { Float($0) / 1000 }
    let range = try TensorStatistics.of([values]).range(.percentile(98))
    #expect(abs(range.upperBound - 0.99) < 0.001)
    #expect(range.lowerBound == 0)
    let symmetric = try TensorStatistics.of([values + values.map { -$0 }]).range(
      .percentile(90), for: StorageGrid(isSymmetric: true))
    #expect(abs(symmetric.upperBound - 0.9) < 0.001)
    #expect(symmetric.lowerBound == -symmetric.upperBound)
  }

  @Test func `zeros of a ReLU count in a percentile`() throws {
    let values = [Float](repeating: 0, count: 900) + (1...100).map { Float($0) }
    let range = try TensorStatistics.of([values]).range(.percentile(90))
    #expect(abs(range.upperBound - 50) < 1.1)
    #expect(range.lowerBound == 0)
  }

  @Test func `the whole percentage is min-max`() throws {
    let values = Self.laplace(1000)
    let statistics = try TensorStatistics.of([values])
    #expect(try statistics.range(.percentile(100)) == statistics.range(.minMax))
  }

  @Test(arguments: [50, 100, 400] as [Float])
  func `entropy clips an outlier over a Laplace distribution`(_ outlier: Float) throws {
    let statistics = try TensorStatistics.of([Self.laplace(100_000, outlier: outlier)])
    let range = try statistics.range(.entropy)
    #expect(range.upperBound < outlier / 2, "\(range)")
    #expect(range.upperBound > 4)
    let relu = try TensorStatistics.of([Self.laplace(100_000, outlier: outlier).map { max($0, 0) }])
    let oneSided = try relu.range(.entropy)
    #expect(oneSided.lowerBound == 0)
    #expect(oneSided.upperBound < outlier / 2 && oneSided.upperBound > 4, "\(oneSided)")
  }

  @Test func `entropy keeps a uniform distribution whole`() throws {
    let values = (0..<20_000).map { Float($0) / 20_000 }
    let range = try TensorStatistics.of([values]).range(.entropy)
    #expect(range.upperBound > 0.95)
  }

  @Test func `the spike of a ReLU's zeros does not move entropy`() throws {
    let values = Self.laplace(20_000, outlier: 60).map { max($0, 0) }
    let sparse = values + [Float](repeating: 0, count: 500_000)
    #expect(
      try TensorStatistics.of([values]).range(.entropy)
        == TensorStatistics.of([sparse]).range(.entropy))
  }

  /// Mean squared error of asymmetric 8-bit quantization over a range.
  static func error(_ values: [Float], _ range: ClosedRange<Float>) -> Double {
    let scale = Double(range.upperBound - range.lowerBound) / 255
    let zero = (-Double(range.lowerBound) / scale).rounded(.toNearestOrEven)
    return values.reduce(0) { sum, value in
      let integer = min(max((Double(value) / scale).rounded(.toNearestOrEven) + zero, 0), 255)
      let difference = Double(value) - (integer - zero) * scale
      return sum + difference * difference
    }
  }

  @Test(arguments: 0..<6 as Range<UInt64>)
  func `least squared error is no worse than min-max`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let values = (0..<5000).map { _ in generator.normal() * generator.normal() * 3 + 1 }
    let statistics = try TensorStatistics.of([values])
    let least = Self.error(values, try statistics.range(.squaredError))
    #expect(least <= Self.error(values, try statistics.range(.minMax)) * 1.01)
  }

  @Test(arguments: [20, 40, 80] as [Float])
  func `least squared error is no worse than a hundred shares of the range`(
    _ outlier: Float
  ) throws {
    let values = Self.laplace(20_000, outlier: outlier).map { max($0, -3) }
    let statistics = try TensorStatistics.of([values])
    let least = Self.error(values, try statistics.range(.squaredError))
    for share in 1...100 {
      let high = outlier * Float(share) / 100
      #expect(least <= Self.error(values, -3...high) * 1.02)
    }
  }

  @Test func `least squared error clips where the tail is thin`() throws {
    let values = Self.laplace(200_000) + [40]
    let range = try TensorStatistics.of([values]).range(.squaredError)
    #expect(range.upperBound < 36 && range.upperBound > 8, "\(range)")
  }
}
