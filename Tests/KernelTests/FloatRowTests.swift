import CReference
import KernelIR
import TestSupport
import Testing

@Suite("float reductions, softmax and norms")
struct FloatRowTests {
  private static let kinds: [(ReduceKernel.Kind, qr_reduction)] = [
    (.sum, QR_SUM), (.mean, QR_MEAN), (.max, QR_MAX), (.min, QR_MIN), (.prod, QR_PRODUCT),
    (.sumOfSquares, QR_SUM_OF_SQUARES), (.l1, QR_L1), (.l2, QR_L2),
  ]
  private static let counts = [1, 10, 16, 31, 100]

  @Test func `a reduction of the last axis runs in lanes`() throws {
    var random = SeededGenerator(seed: 31)
    func call(_ kind: ReduceKernel.Kind, _ count: Int) throws -> KernelCall {
      try ReduceKernel(
        kind, order: .lanes, outer: ([3], [4 * count], [4]), reduced: ([count], [4]), inner: 1
      ).call()
    }
    let loaded = try FloatVariants(try FloatRowTests.kinds.map { try call($0.0, 100) })
    for count in FloatRowTests.counts {
      let x = random.floats(3 * count)
      for (kind, reference) in FloatRowTests.kinds {
        var y = [Float](repeating: 0, count: 3)
        qr_reduce_f32(reference, true, 3, Int64(count), x, &y)
        loaded.expect(try call(kind, count), inputs: [x], gives: y, "\(kind) of \(count)")
      }
    }
  }

  /// `x[outer][a][b][inner]`, reduced over a and b.
  @Test(arguments: [ReduceKernel.Order.chain, .lanes])
  func `a reduction of other axes runs over neighbouring columns`(order: ReduceKernel.Order) throws
  {
    var random = SeededGenerator(seed: 32)
    let shapes = [[2, 3, 7, 5], [1, 5, 4, 70], [3, 1, 40, 1]]
    let calls = try shapes.flatMap { shape in
      try FloatRowTests.kinds.map { kind, _ in
        let strides = StridedLoop.rowMajor(shape, elementBytes: 4)
        return try ReduceKernel(
          kind, order: order, outer: ([shape[0]], [strides[0]], [4 * shape[3]]),
          reduced: ([shape[1], shape[2]], [strides[1], strides[2]]), inner: shape[3]
        ).call()
      }
    }
    let loaded = try FloatVariants(calls)
    for (index, call) in calls.enumerated() {
      let shape = shapes[index / FloatRowTests.kinds.count]
      let (kind, reference) = FloatRowTests.kinds[index % FloatRowTests.kinds.count]
      let x = random.floats(shape.reduce(1, *))
      let count = shape[1] * shape[2]
      let rows = (0..<shape[0] * shape[3]).flatMap { at in
        (0..<count).map { x[(at / shape[3] * count + $0) * shape[3] + at % shape[3]] }
      }
      var y = [Float](repeating: 0, count: shape[0] * shape[3])
      qr_reduce_f32(reference, order == .lanes, Int64(y.count), Int64(count), rows, &y)
      loaded.expect(call, inputs: [x], gives: y, "\(kind) of \(shape)")
    }
  }

  @Test(arguments: FloatSoftmaxKernel.Kind.allCases)
  func `softmax equals the reference along rows and columns`(
    kind: FloatSoftmaxKernel.Kind
  ) throws {
    var random = SeededGenerator(seed: 33)
    let orders: [(ReduceKernel.Order, Bool)] = [(.lanes, true), (.chain, false)]
    let inner = 21
    var checks: [(KernelCall, [Float], [Float], String)] = []
    for count in FloatRowTests.counts + [2, 4, 5, 6, 8] {
      let rows = count <= FloatSoftmaxKernel.shortCount ? 37 : 4
      let x = random.floats(rows * count)
      for (order, inLanes) in orders {
        let call = FloatSoftmaxKernel(
          .rows(order: order), kind, outer: rows, count: count
        ).call()
        checks.append(
          (call, x, softmax(x, rows: rows, count, kind, inLanes), "\(count), \(order)"))
      }
      let columns = random.floats(2 * count * inner)
      let call = FloatSoftmaxKernel(
        .columns(inner: inner), kind, outer: 2, count: count
      ).call()
      let turned = softmax(
        turn(columns, 2, count, inner), rows: 2 * inner, count, kind, false)
      checks.append((call, columns, turn(turned, 2, inner, count), "columns of \(count)"))
    }
    let hidden = [Float](repeating: -.infinity, count: 4)
    let extremes: [Float] =
      [.infinity, 1, 2, -.infinity, 3, 200, -300, .nan, 0, -0.0, 5, 5] + hidden
    checks.append(
      (
        FloatSoftmaxKernel(.rows(order: .lanes), kind, outer: 4, count: 4).call(),
        extremes, softmax(extremes, rows: 4, 4, kind, true), "extremes"
      ))
    let many = Array(repeating: extremes, count: 15).flatMap { $0 }
    for count in [1, 2, 3, 4, 5, 6] {
      let rows = many.count / count
      checks.append(
        (
          FloatSoftmaxKernel(.rows(order: .lanes), kind, outer: rows, count: count).call(),
          many, softmax(many, rows: rows, count, kind, true), "extremes in rows of \(count)"
        ))
    }
    let loaded = try FloatVariants(checks.map(\.0))
    for (call, x, expected, name) in checks {
      loaded.expect(call, inputs: [x], gives: expected, name)
    }
  }

  private func softmax(
    _ x: [Float], rows: Int, _ count: Int, _ kind: FloatSoftmaxKernel.Kind,
    _ inLanes: Bool
  ) -> [Float] {
    var y = x
    withUnsafePointer(to: referenceConstants) {
      qr_softmax($0, kind == .log, inLanes, Int64(rows), Int64(count), x, &y)
    }
    return kind == .safe ? y.map { $0.isNaN ? 0 : $0 } : y
  }

  /// `[outer][a][b]` to `[outer][b][a]`.
  private func turn(_ x: [Float], _ outer: Int, _ a: Int, _ b: Int) -> [Float] {
    indices(of: [outer, b, a]).map { x[($0[0] * a + $0[2]) * b + $0[1]] }
  }

  @Test func `norms equal the reference`() throws {
    var random = SeededGenerator(seed: 34)
    let kinds: [FloatNormalizationKernel.Kind] = [
      .layer(hasBias: true), .layer(hasBias: false), .rms,
    ]
    let (rows, epsilon) = (5, Float(1e-5))
    func call(_ kind: FloatNormalizationKernel.Kind, _ count: Int) -> KernelCall {
      FloatNormalizationKernel(kind, rows: rows, count: count, epsilon: epsilon).call()
    }
    let loaded = try FloatVariants(kinds.map { call($0, 1) })
    for count in FloatRowTests.counts + [384] {
      let (x, scale, bias) = (
        random.floats(rows * count), random.floats(count), random.floats(count)
      )
      for kind in kinds {
        var y = x
        switch kind {
        case .layer(let hasBias):
          bias.withUnsafeBufferPointer {
            qr_layer_norm(
              Int64(rows), Int64(count), epsilon, x, scale, hasBias ? $0.baseAddress : nil, &y)
          }
        case .rms: qr_rms_norm(Int64(rows), Int64(count), epsilon, x, scale, &y)
        }
        let inputs = kind == .layer(hasBias: true) ? [x, scale, bias] : [x, scale]
        loaded.expect(call(kind, count), inputs: inputs, gives: y, "\(kind) of \(count)")
      }
    }
  }

  @Test(arguments: [true, false])
  func `a norm takes in the sum before it and the bytes behind it`(isRMS: Bool) throws {
    var random = SeededGenerator(seed: 35)
    let (rows, epsilon, scale, zeroPoint) = (6, Float(1e-5), Float(0.021), Int32(117))
    typealias Store = FloatNormalizationKernel.Store
    let stores: [Store] = [
      .float, .bytes(scale: scale, zeroPoint: zeroPoint), .both(scale: scale, zeroPoint: zeroPoint),
    ]
    func call(_ count: Int, _ hasAddend: Bool, _ store: Store) -> KernelCall {
      FloatNormalizationKernel(
        isRMS ? .rms : .layer(hasBias: true), rows: rows, count: count, epsilon: epsilon,
        hasAddend: hasAddend, hasFactors: hasAddend && store != .float, store: store
      ).call()
    }
    let loaded = try Variant.all.map { variant in
      (
        variant,
        try LoadedKernels(
          stores.flatMap { [call(1, true, $0).spec, call(1, false, $0).spec] }, variant)
      )
    }
    for count in FloatRowTests.counts + [384] {
      let (x, more) = (random.floats(rows * count), random.floats(rows * count))
      let (weights, bias) = (random.floats(count), random.floats(count))
      let factors = random.floats(count)
      for hasAddend in [true, false] {
        let sum = hasAddend ? zip(x, more).map { $0 + $1 } : x
        var y = sum
        if isRMS {
          qr_rms_norm(Int64(rows), Int64(count), epsilon, sum, weights, &y)
        } else {
          qr_layer_norm(Int64(rows), Int64(count), epsilon, sum, weights, bias, &y)
        }
        var q = [Int32](repeating: 0, count: y.count)
        let bounds = qr_store(zero_point: zeroPoint, low: 0, high: 255)
        let z = hasAddend ? y.indices.map { y[$0] * factors[$0 % count] } : y
        qr_quantize(1, 1, Int64(z.count), z, [scale], [bounds], &q)
        let (floats, bytes) = (littleEndian(y), q.map { UInt8($0) })
        let inputs = [x] + (hasAddend ? [more] : []) + [weights] + (isRMS ? [] : [bias])
        for (store, expected) in zip(stores, [floats, bytes, floats + bytes]) {
          let call = call(count, hasAddend, store)
          let inputs = inputs + (hasAddend && store != .float ? [factors] : [])
          for (variant, kernels) in loaded {
            let result = kernels.run(
              call, inputs: inputs.map(littleEndian),
              output: [UInt8](
                repeating: 0xa5, count: store == stores[1] ? bytes.count : floats.count),
              side: [UInt8](repeating: 0x5a, count: bytes.count), cuts: [5])
            #expect(result == expected, "\(call.spec.symbol) of \(count) on \(variant)")
          }
        }
      }
    }
  }
}
