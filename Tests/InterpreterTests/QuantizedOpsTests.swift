import Diagnostics
import GraphIR
import Interpreter
import QuantMath
import Tensors
import TestSupport
import Testing

@Suite("ops on quantized integers")
struct QuantizedOpsTests {
  @Test(arguments: [(1, 1, 1), (3, 5, 15), (4, 64, 16), (5, 33, 17), (16, 7, 10)])
  func `q.matmul: exact sums, one multiplier for each column`(
    _ m: Int, _ k: Int, _ n: Int
  ) throws {
    var random = SeededGenerator(seed: 3)
    let (x, w) = (random.bytes(m * k), random.weights(k * n))
    let bias = (0..<n).map { _ in Int32.random(in: -500...500, using: &random) }
    let scales = (0..<n).map { _ in Float.random(in: 0.001...0.01, using: &random) }
    let input = try QuantParams(scale: 0.02, zeroPoint: 77)
    let output = try QuantParams(scale: 0.05, zeroPoint: 130)
    let epilogue = Epilogue(hasResidual: false, clamp: .none, result: .quantized(.u8, output))
    let y = try evaluate(
      .quantizedMatMul(QuantizedMatMul(hasBias: true, epilogue: epilogue)),
      [
        try .u8(x, [m, k], input),
        try .i8(
          w, [k, n],
          QuantParams(
            .perChannel(axis: 1), scales: scales, zeroPoints: [Int32](repeating: 0, count: n))),
        try .i32(bias, [n]),
      ])
    for row in 0..<m {
      for column in 0..<n {
        let acc = (0..<k).reduce(bias[column]) {
          $0 + (Int32(x[row * k + $1]) - 77) * Int32(w[$1 * n + column])
        }
        let multiplier = try Multiplier.product(
          lhsScale: 0.02, rhsScale: scales[column], outputScale: 0.05)
        let q = requantize(acc, multiplier: multiplier, zeroPoint: 130, bounds: 0...255)
        #expect(Int32(y.elements(UInt8.self)[row * n + column]) == q)
      }
    }
  }

  @Test(arguments: [
    UnaryFunction.leakyRelu(alpha: 0.1), .hardSwish, .hardSigmoid(alpha: 0.3, beta: 0.4),
  ])
  func `an activation is computed on the real value and rounded once`(
    _ function: UnaryFunction
  ) throws {
    var random = SeededGenerator(seed: 4)
    let (m, k, n) = (6, 21, 9)
    let (x, w, r) = (random.bytes(m * k), random.weights(k * n), random.bytes(m * n))
    let input = try QuantParams(scale: 0.02, zeroPoint: 77)
    let output = try QuantParams(scale: 0.03, zeroPoint: 60)
    let weights = try QuantParams(scale: 0.004, zeroPoint: 0)
    for result in [QuantizedResult.quantized(.u8, output), .float] {
      let epilogue = Epilogue(
        hasResidual: true, clamp: .none, activation: function, result: result)
      let y = try evaluate(
        .quantizedMatMul(QuantizedMatMul(hasBias: false, epilogue: epilogue)),
        [try .u8(x, [m, k], input), try .i8(w, [k, n], weights), try .u8(r, [m, n], input)])
      for index in 0..<m * n {
        let (row, column) = (index / n, index % n)
        let acc = (0..<k).reduce(Int32(0)) {
          $0 + (Int32(x[row * k + $1]) - 77) * Int32(w[$1 * n + column])
        }
        let product = Float(acc) * (try Multiplier.floatResult(lhsScale: 0.02, rhsScale: 0.004))
        let sum = product.addingProduct(Float(Int32(r[index]) - 77), 0.02)
        let value = try #require(function.value(at: sum))
        if result == .float {
          #expect(y.floats[index] == value)
        } else {
          let step = (value * Multiplier.inverse(0.03)).rounded(.toNearestOrEven)
          #expect(Int32(y.elements(UInt8.self)[index]) == Int32(min(max(step, -60), 195)) + 60)
        }
      }
    }
  }

  @Test(arguments: 0..<16 as Range<UInt64>)
  func `q.add, q.sub and q.mul follow their sentences`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let (a, b) = (random.bytes(30), random.bytes(5))
    let lhs = try QuantParams(scale: random.logarithmic(-6 ... -4).magnitude, zeroPoint: 90)
    let rhs = try QuantParams(scale: random.logarithmic(-6 ... -4).magnitude, zeroPoint: 140)
    let output = try QuantParams(scale: 0.05, zeroPoint: 120)
    let clamp = ClampBounds(lower: 0, upper: nil)
    for function in [BinaryFunction.add, .sub, .mul] {
      let y = try evaluate(
        .quantizedBinary(
          QuantizedBinary(function, clamp: clamp, result: .quantized(.u8, output))),
        [try .u8(a, [6, 5], lhs), try .u8(b, [5], rhs)])
      let expected = try a.enumerated().map { index, byte in
        let (p, q) = (Int32(byte) - 90, Int32(b[index % 5]) - 140)
        if function == .mul {
          let multiplier = try Multiplier.product(
            lhsScale: lhs.scale, rhsScale: rhs.scale, outputScale: 0.05)
          return requantize(p * q, multiplier: multiplier, zeroPoint: 120, bounds: 120...255)
        }
        let first = try Multiplier.rescale(inputScale: lhs.scale, outputScale: 0.05)
        let second = try Multiplier.rescale(inputScale: rhs.scale, outputScale: 0.05)
        let residual = Residual(
          value: q, zeroPoint: 0, multiplier: function == .sub ? -second : second)
        return requantize(
          p, multiplier: first, residual: residual, zeroPoint: 120, bounds: 120...255)
      }
      #expect(y.elements(UInt8.self).map { Int32($0) } == expected, "\(function)")
    }
  }

  @Test(arguments: [true, false])
  func `q.pool divides by the taps on the image, or on the padded image`(
    _ countsPad: Bool
  ) throws {
    var random = SeededGenerator(seed: 5)
    let x = random.bytes(2 * 5 * 5)
    let input = try QuantParams(scale: 0.1, zeroPoint: 40)
    let output = try QuantParams(scale: 0.07, zeroPoint: 30)
    let pooling = try Pooling(
      .average, kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], dilations: [1, 1],
      countIncludesPad: countsPad)
    let y = try evaluate(
      .quantizedPool(QuantizedPool(pooling, result: .quantized(.u8, output))),
      [try .u8(x, [1, 2, 5, 5], input)])
    #expect(y.shape.dims == [1, 2, 3, 3])
    for (index, q) in y.elements(UInt8.self).enumerated() {
      let (plane, row, column) = (index / 9, index / 3 % 3, index % 3)
      var (acc, count): (Int32, Int) = (0, 0)
      for ky in 0..<3 {
        for kx in 0..<3 {
          let (iy, ix) = (row * 2 + ky - 1, column * 2 + kx - 1)
          let isOnImage = (0..<5).contains(iy) && (0..<5).contains(ix)
          if isOnImage { acc += Int32(x[plane * 25 + iy * 5 + ix]) - 40 }
          if isOnImage || countsPad { count += 1 }
        }
      }
      let multiplier = try Multiplier.average(inputScale: 0.1, outputScale: 0.07, count: count)
      #expect(
        Int32(q) == requantize(acc, multiplier: multiplier, zeroPoint: 30, bounds: 0...255))
    }
  }

  @Test func `maximum pooling and movement keep the stored integers`() throws {
    let params = try QuantParams(scale: 0.5, zeroPoint: 7)
    let x = try Value.u8([1, 9, 3, 4], [1, 1, 2, 2], params)
    let pooling = try Pooling(
      .max, kernel: [2, 2], strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1])
    #expect(try evaluate(.pool(pooling), [x]).elements(UInt8.self) == [9])
    let padded = try evaluate(
      .pad(Padding(.constant, pads: [0, 0, 0, 1, 0, 0, 0, 0], value: 0)), [x])
    #expect(padded.elements(UInt8.self) == [7, 1, 9, 7, 3, 4])
    let half = try evaluate(
      .pad(Padding(.constant, pads: [0, 0, 0, 0, 0, 0, 0, 1], value: 0.5)), [x])
    #expect(half.elements(UInt8.self) == [1, 9, 8, 3, 4, 8])
  }

  @Test func `q.resize interpolates the integers and rounds once`() throws {
    let input = try QuantParams(scale: 0.5, zeroPoint: 10)
    let output = try QuantParams(scale: 0.25, zeroPoint: 20)
    let resize = Resize(
      .linear, coordinates: .asymmetric, rounding: .floor, scales: [1, 1, 2, 2],
      sizes: [1, 1, 2, 4])
    let y = try evaluate(
      .quantizedResize(QuantizedResize(resize, result: .quantized(.u8, output))),
      [try .u8([10, 13], [1, 1, 1, 2], input)])
    #expect(y.elements(UInt8.self) == [20, 23, 26, 26, 20, 23, 26, 26])
  }

  @Test func `q.lookup maps bytes`() throws {
    let params = try QuantParams(scale: 0.5, zeroPoint: 0)
    let table = (UInt8.min...UInt8.max).map { ~$0 }
    let lookup = Lookup(table: table, element: .i8, params: params, function: "test")
    let y = try evaluate(.lookup(lookup), [try .u8([0, 1, 255], [3], params)])
    #expect(y.elements(Int8.self) == [-1, -2, 0])
  }

  @Test func `q.embedding dequantizes rows by index`() throws {
    let rows = try QuantParams(
      .perChannel(axis: 0), scales: [0.5, 0.1, 2], zeroPoints: [0, 0, 0])
    let table = try Value.i8([1, -2, 3, 127, -127, 0], [3, 2], rows)
    let y = try evaluate(.embedding, [table, try .i64([-1, 1, 0], [1, 3])])
    #expect(y.shape.dims == [1, 3, 2])
    #expect(y.floats == [-254, 0, 3 * Float(0.1), 127 * Float(0.1), 0.5, -1])
    let whole = try QuantParams(scale: 0.25, zeroPoint: 200)
    let bytes = try Value.u8([0, 255], [2, 1], whole)
    #expect(try evaluate(.embedding, [bytes, try .i32([1], [1])]).floats == [13.75])
    #expect(throws: Diagnostic.self) { try evaluate(.embedding, [table, try .i64([3], [1])]) }
  }

  @Test(arguments: [ElementType.u8, .i8, .i16, .u4, .i4, .i32])
  func `quantize and dequantize equal their scalar forms`(_ element: ElementType) throws {
    var random = SeededGenerator(seed: 9)
    guard let bounds = element.storageBounds else { return }
    let zero = bounds.lowerBound < 0 ? 0 : (bounds.upperBound + 1) / 2
    for granularity in [
      QuantParams.Granularity.perTensor, .perChannel(axis: 1), .perGroup(axis: 2, groupSize: 3),
    ] {
      let count = granularity == .perTensor ? 1 : granularity == .perChannel(axis: 1) ? 3 : 12
      let scales = (0..<count).map { _ in random.logarithmic(-9 ... -3).magnitude }
      let params = try QuantParams(
        granularity, scales: scales, zeroPoints: [Int32](repeating: zero, count: count))
      let x = random.floats(2 * 3 * 5, in: -30...30) + [.nan, .infinity, -.infinity, -0.0, 1e30, 0]
      let dims = [2, 3, 6]
      let q = try evaluate(.quantize(Quantize(element, params)), [try .f32(x, dims)])
      let back = try evaluate(.dequantize, [Value(q, params)])
      let stored = try #require(q.integers)
      for index in x.indices {
        let channel: Int =
          switch granularity {
          case .perTensor: 0
          case .perChannel: index / 6 % 3
          case .perGroup: index / 6 * 2 + index % 6 / 3
          }
        let expected = QuantMath.quantize(
          x[index], scale: scales[channel], zeroPoint: zero, bounds: bounds)
        #expect(stored[index] == Int64(expected), "\(x[index]) \(granularity)")
        let real = QuantMath.dequantize(expected, scale: scales[channel], zeroPoint: zero)
        #expect(back.floats[index] == real)
      }
    }
  }
}
