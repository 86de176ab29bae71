import GraphIR
import Interpreter
import Tensors
import TestSupport
import Testing

/// An activation's type in a test: integers, and how a value of the output is stored.
private struct Activation {
  let element: ElementType
  let params: QuantParams
  private let bounds: ClosedRange<Int64>

  init(_ element: ElementType, range: Float) throws {
    self.element = element
    switch element {
    case .i16:
      params = try QuantParams(scale: range / 32767, zeroPoint: 0)
      bounds = -32768...32767
    case .i8:
      params = try QuantParams(scale: range / 128, zeroPoint: -7)
      bounds = -128...127
    default:
      params = try QuantParams(scale: range / 128, zeroPoint: 121)
      bounds = 0...255
    }
  }

  var scale: Double { Double(params.scale) }
  var zeroPoint: Int64 { Int64(params.zeroPoint) }

  /// Integers over the whole range, both ends among the first ones.
  func integers(_ count: Int, _ random: inout SeededGenerator) -> [Int64] {
    (0..<count).map { index in
      switch index {
      case 0: bounds.lowerBound
      case 1: bounds.upperBound
      default: Int64.random(in: bounds, using: &random)
      }
    }
  }

  func value(_ integers: [Int64], _ dims: [Int]) throws -> Value {
    Value(try Tensor.integers(element, Shape(dims), integers), params)
  }

  /// `t`, in units of the step: clamped, rounded half to even, moved; not below `lower` steps.
  func stored(_ t: Float, lower: Float = -.infinity) -> Int64 {
    let low = max(Float(bounds.lowerBound - zeroPoint), lower)
    let high = Float(bounds.upperBound - zeroPoint)
    return Int64(min(max(t, low), high).rounded(.toNearestOrEven)) + zeroPoint
  }

  /// Whether `q` stands for `real` within half a step, and a little for the roundings of f32.
  func isNearest(_ q: Int64, to real: Double, lower: Double = -.infinity) -> Bool {
    let low = max(Double(bounds.lowerBound - zeroPoint) * scale, lower)
    let high = Double(bounds.upperBound - zeroPoint) * scale
    let clamped = min(max(real, low), high)
    return abs(Double(q - zeroPoint) * scale - clamped) <= 0.52 * scale
  }
}

/// Which types meet in one op.
struct WordCase: Sendable, CustomTestStringConvertible {
  let x: ElementType
  let residual: ElementType?
  let result: ElementType

  var testDescription: String { "\(x) + \(residual.map { "\($0)" } ?? "nothing") to \(result)" }

  static let all: [WordCase] = [
    WordCase(x: .i16, residual: nil, result: .i16), WordCase(x: .i16, residual: nil, result: .u8),
    WordCase(x: .u8, residual: nil, result: .i16), WordCase(x: .i8, residual: .i16, result: .i16),
    WordCase(x: .i16, residual: .i16, result: .i16), WordCase(x: .i16, residual: .u8, result: .i8),
    WordCase(x: .u8, residual: .i16, result: .u8), WordCase(x: .u8, residual: .i8, result: .i16),
  ]
}

@Suite("16-bit activations")
struct WordActivationTests {
  private static let elements: [ElementType] = [.u8, .i8, .i16]

  private func product(
    _ acc: Int64, _ x: Activation, weight: Float, residual: (q: Int64, type: Activation)?,
    _ result: Activation, lower: Float
  ) -> (stored: Int64, real: Double) {
    var t = Float(acc) * Float(x.scale * Double(weight) / result.scale)
    var real = Double(acc) * x.scale * Double(weight)
    if let (q, type) = residual {
      let difference = q - type.zeroPoint
      t = t.addingProduct(Float(difference), Float(type.scale / result.scale))
      real += Double(difference) * type.scale
    }
    return (result.stored(t, lower: lower), real)
  }

  @Test(arguments: ConvolutionCase.all, WordCase.all)
  func `q.conv: exact sums, rounded once`(_ geometry: ConvolutionCase, _ types: WordCase) throws {
    var random = SeededGenerator(seed: 21)
    let x = try Activation(types.x, range: 4)
    let r = try types.residual.map { try Activation($0, range: 3) }
    let result = try Activation(types.result, range: 9)
    let w = random.weights(geometry.weightDims.reduce(1, *))
    let bias = (0..<geometry.outputs).map { _ in Int32.random(in: -90000...90000, using: &random) }
    let scales = (0..<geometry.outputs).map { _ in Float.random(in: 0.001...0.01, using: &random) }
    let weights = try QuantParams(
      .perChannel(axis: 0), scales: scales,
      zeroPoints: [Int32](repeating: 0, count: geometry.outputs))
    let shape = try geometry.op().resultShape(
      Shape(geometry.inputDims), weights: Shape(geometry.weightDims))
    let integers = x.integers(geometry.inputDims.reduce(1, *), &random)
    var operands = [
      try x.value(integers, geometry.inputDims), try Value.i8(w, geometry.weightDims, weights),
      try Value.i32(bias, [geometry.outputs]),
    ]
    let added = r?.integers(shape.elementCount, &random)
    if let r, let added { operands.append(try r.value(added, shape.dims)) }
    let lower: Float? = types.residual == nil ? nil : 0
    let epilogue = Epilogue(
      hasResidual: r != nil, clamp: ClampBounds(lower: lower, upper: nil),
      result: .quantized(result.element, result.params))
    let y = try #require(
      try evaluate(
        .quantizedConv(QuantizedConvolution(geometry: geometry.op(), epilogue: epilogue)), operands
      ).integers)
    geometry.forEachResult(shape) { index, channel, taps in
      let acc = taps.reduce(Int64(bias[channel])) { sum, tap in
        tap.x.map { sum + (integers[$0] - x.zeroPoint) * Int64(w[tap.w]) } ?? sum
      }
      var residual: (Int64, Activation)?
      if let r, let added { residual = (added[index], r) }
      let expected = product(
        acc, x, weight: scales[channel], residual: residual, result,
        lower: lower ?? -.infinity)
      #expect(y[index] == expected.stored)
      #expect(
        result.isNearest(
          y[index], to: expected.real, lower: lower.map { Double($0) } ?? -.infinity))
    }
  }

  @Test(arguments: WordCase.all)
  func `q.matmul: exact sums, rounded once`(_ types: WordCase) throws {
    var random = SeededGenerator(seed: 22)
    let (m, k, n) = (5, 67, 19)
    let x = try Activation(types.x, range: 4)
    let r = try types.residual.map { try Activation($0, range: 3) }
    let result = try Activation(types.result, range: 9)
    let (integers, w) = (x.integers(m * k, &random), random.weights(k * n))
    let weights = try QuantParams(scale: 0.003, zeroPoint: 0)
    var operands = [try x.value(integers, [m, k]), try Value.i8(w, [k, n], weights)]
    let added = r?.integers(m * n, &random)
    if let r, let added { operands.append(try r.value(added, [m, n])) }
    for kind in [QuantizedResult.quantized(result.element, result.params), .float] {
      let epilogue = Epilogue(hasResidual: r != nil, clamp: .none, result: kind)
      let y = try evaluate(
        .quantizedMatMul(QuantizedMatMul(hasBias: false, epilogue: epilogue)), operands)
      for index in 0..<m * n {
        let acc = (0..<k).reduce(Int64(0)) {
          $0 + (integers[index / n * k + $1] - x.zeroPoint) * Int64(w[$1 * n + index % n])
        }
        var residual: (Int64, Activation)?
        if let r, let added { residual = (added[index], r) }
        let expected = product(
          acc, x, weight: 0.003, residual: residual, result, lower: -.infinity)
        guard kind == .float else {
          let q = try #require(y.integers?[index])
          #expect(q == expected.stored)
          #expect(result.isNearest(q, to: expected.real))
          continue
        }
        #expect(abs(Double(y.floats[index]) - expected.real) <= 1e-5)
      }
    }
  }

  @Test(arguments: elements, elements)
  func `q.add, q.sub and q.mul take any two types and make any`(
    _ first: ElementType, _ second: ElementType
  ) throws {
    var random = SeededGenerator(seed: 23)
    let (a, b) = (try Activation(first, range: 2), try Activation(second, range: 3))
    let (lhs, rhs) = (a.integers(60, &random), b.integers(6, &random))
    for element in Self.elements {
      let result = try Activation(element, range: 4)
      for function in [BinaryFunction.add, .sub, .mul] {
        let y = try evaluate(
          .quantizedBinary(
            QuantizedBinary(
              function, clamp: .none, result: .quantized(result.element, result.params))),
          [try a.value(lhs, [10, 6]), try b.value(rhs, [6])])
        let stored = try #require(y.integers)
        for index in lhs.indices {
          let (p, q) = (lhs[index] - a.zeroPoint, rhs[index % 6] - b.zeroPoint)
          let (x, z) = (Double(p) * a.scale, Double(q) * b.scale)
          let (t, real): (Float, Double)
          switch function {
          case .mul:
            (t, real) = (Float(p * q) * Float(a.scale * b.scale / result.scale), x * z)
          default:
            let sign: Double = function == .sub ? -1 : 1
            t = (Float(p) * Float(a.scale / result.scale)).addingProduct(
              Float(q), Float(sign * b.scale / result.scale))
            real = x + sign * z
          }
          #expect(stored[index] == result.stored(t), "\(function) to \(element)")
          #expect(result.isNearest(stored[index], to: real))
        }
      }
    }
  }

  @Test(arguments: elements, elements)
  func `q.pool averages any type to any`(_ from: ElementType, _ to: ElementType) throws {
    var random = SeededGenerator(seed: 24)
    let (x, result) = (try Activation(from, range: 2), try Activation(to, range: 2))
    let integers = x.integers(2 * 5 * 5, &random)
    let pooling = try Pooling(
      .average, kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], dilations: [1, 1])
    let y = try evaluate(
      .quantizedPool(QuantizedPool(pooling, result: .quantized(to, result.params))),
      [try x.value(integers, [1, 2, 5, 5])])
    for (index, q) in try #require(y.integers).enumerated() {
      let (plane, row, column) = (index / 9, index / 3 % 3, index % 3)
      var (acc, count): (Int64, Int64) = (0, 0)
      for iy in max(row * 2 - 1, 0)...min(row * 2 + 1, 4) {
        for ix in max(column * 2 - 1, 0)...min(column * 2 + 1, 4) {
          acc += integers[plane * 25 + iy * 5 + ix] - x.zeroPoint
          count += 1
        }
      }
      let t = Float(acc) * Float(x.scale / (result.scale * Double(count)))
      #expect(q == result.stored(t))
      #expect(result.isNearest(q, to: Double(acc) * x.scale / Double(count)))
    }
  }

  @Test(arguments: elements, elements)
  func `q.resize interpolates any type to any`(_ from: ElementType, _ to: ElementType) throws {
    var random = SeededGenerator(seed: 25)
    let (x, result) = (try Activation(from, range: 2), try Activation(to, range: 2))
    let integers = x.integers(2 * 3 * 4, &random)
    let resize = Resize(
      .linear, coordinates: .asymmetric, rounding: .floor, scales: [1, 1, 2, 2],
      sizes: [1, 2, 6, 8])
    let y = try evaluate(
      .quantizedResize(QuantizedResize(resize, result: .quantized(to, result.params))),
      [try x.value(integers, [1, 2, 3, 4])])
    for (index, q) in try #require(y.integers).enumerated() {
      let (plane, row, column) = (index / 48, index / 8 % 6, index % 8)
      func real(_ iy: Int, _ ix: Int) -> Double {
        Double(integers[plane * 12 + min(iy, 2) * 4 + min(ix, 3)] - x.zeroPoint) * x.scale
      }
      let (top, left) = (row / 2, column / 2)
      let (down, right) = (Double(row % 2) / 2, Double(column % 2) / 2)
      let upper = real(top, left) * (1 - right) + real(top, left + 1) * right
      let lower = real(top + 1, left) * (1 - right) + real(top + 1, left + 1) * right
      #expect(result.isNearest(q, to: upper * (1 - down) + lower * down))
    }
  }

  @Test func `an activation of a product is rounded once to 16 bits`() throws {
    var random = SeededGenerator(seed: 26)
    let (m, k, n) = (4, 23, 7)
    let (x, result) = (try Activation(.i16, range: 4), try Activation(.i16, range: 6))
    let (integers, w) = (x.integers(m * k, &random), random.weights(k * n))
    let epilogue = Epilogue(
      hasResidual: false, clamp: .none, activation: .leakyRelu(alpha: 0.1),
      result: .quantized(.i16, result.params))
    let y = try evaluate(
      .quantizedMatMul(QuantizedMatMul(hasBias: false, epilogue: epilogue)),
      [
        try x.value(integers, [m, k]),
        try .i8(w, [k, n], QuantParams(scale: 0.003, zeroPoint: 0)),
      ])
    for (index, q) in try #require(y.integers).enumerated() {
      let acc = (0..<k).reduce(Int64(0)) {
        $0 + integers[index / n * k + $1] * Int64(w[$1 * n + index % n])
      }
      let sum = Float(acc) * Float(x.scale * Double(Float(0.003)))
      let value = sum < 0 ? 0.1 * sum : sum
      #expect(q == result.stored(value * Float(1 / result.scale)))
    }
  }

  @Test func `quantization saturates, and movement and maximum keep the integers`() throws {
    let params = try QuantParams(scale: 0.5, zeroPoint: 0)
    let x = try evaluate(
      .quantize(Quantize(.i16, params)),
      [try .f32([.nan, -.infinity, -16384.5, -0.25, 0.75, 16383.5, 16384, 1e30], [1, 1, 2, 4])])
    #expect(x.integers == [-32768, -32768, -32768, 0, 2, 32767, 32767, 32767])
    let value = Value(x, params)
    let pooling = try Pooling(
      .max, kernel: [2, 2], strides: [1, 2], pads: [0, 0, 0, 0], dilations: [1, 1])
    #expect(try evaluate(.pool(pooling), [value]).integers == [32767, 32767])
    let padded = try evaluate(
      .pad(Padding(.constant, pads: [0, 0, 0, 1, 0, 0, -1, -3], value: 0)), [value])
    #expect(padded.integers == [0, -32768])
    let turned = try evaluate(.transpose(try Transpose([0, 1, 3, 2])), [value])
    #expect(turned.integers == [-32768, 2, -32768, 32767, -32768, 32767, 0, 32767])
    #expect(
      try evaluate(.dequantize, [value]).floats
        == [-16384, -16384, -16384, 0, 1, 16383.5, 16383.5, 16383.5])
  }
}
