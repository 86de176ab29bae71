import CReference
import KernelIR
import TestSupport
import Testing

/// One product of two activations.
private struct MatMulCase {
  let batch: [Int]
  let m: Int
  let n: Int
  let k: Int
  /// Batch axes along which an operand is broadcast.
  var lhsBroadcast: Set<Int> = []
  var rhsBroadcast: Set<Int> = []
  /// The right operand's rows are columns in memory.
  var isTransposed = false
  var hasBias = false
  var lower: Float?
  var upper: Float?

  static let all: [MatMulCase] = [
    .init(batch: [], m: 1, n: 1, k: 1),
    .init(batch: [], m: 7, n: 33, k: 5, hasBias: true),
    .init(batch: [2, 3], m: 13, n: 17, k: 19, rhsBroadcast: [0]),
    .init(batch: [2], m: 2, n: 49, k: 30), .init(batch: [2], m: 3, n: 48, k: 8),
    .init(batch: [3], m: 50, n: 32, k: 9, isTransposed: true, lower: 0),
    .init(batch: [2, 2], m: 2, n: 48, k: 6, lhsBroadcast: [1], isTransposed: true, upper: 1),
    .init(batch: [1], m: 12, n: 65, k: 40, hasBias: true, lower: -2, upper: 2),
  ]

  func strides(_ rows: Int, _ columns: Int, broadcast: Set<Int>) -> ([Int], count: Int) {
    let extents = batch.indices.map { broadcast.contains($0) ? 1 : batch[$0] }
    let own = StridedLoop.rowMajor(extents + [rows * columns], elementBytes: 4)
    return (
      batch.indices.map { broadcast.contains($0) ? 0 : own[$0] },
      extents.reduce(1, *) * rows * columns
    )
  }

  func kernel() throws -> FloatMatMulKernel {
    try FloatMatMulKernel(
      batch: batch, m: m, n: n, k: k,
      lhs: .init(batch: strides(m, k, broadcast: lhsBroadcast).0, row: 4 * k),
      rhs: .init(
        batch: strides(k, n, broadcast: rhsBroadcast).0, row: isTransposed ? 4 : 4 * n,
        column: isTransposed ? 4 * k : 4),
      output: .init(batch: strides(m, n, broadcast: []).0, row: 4 * n), hasBias: hasBias,
      lower: lower, upper: upper)
  }

  /// The matrix of one batch position: where it begins, in elements.
  func place(_ index: Int, _ strides: [Int]) -> Int {
    var (rest, place) = (index, 0)
    for axis in batch.indices.reversed() {
      place += rest % batch[axis] * strides[axis]
      rest /= batch[axis]
    }
    return place / 4
  }
}

@Suite("float matrix product kernels")
struct FloatMatMulTests {
  @Test func `equal the reference for every view of the operands`() throws {
    var random = SeededGenerator(seed: 11)
    let calls = try MatMulCase.all.map { try $0.kernel().call() }
    let loaded = try FloatVariants(calls)
    for (test, call) in zip(MatMulCase.all, calls) {
      let (lhsStrides, lhsCount) = test.strides(test.m, test.k, broadcast: test.lhsBroadcast)
      let (rhsStrides, rhsCount) = test.strides(test.k, test.n, broadcast: test.rhsBroadcast)
      let (lhs, rhs) = (random.floats(lhsCount), random.floats(rhsCount))
      let bias = random.floats(test.n)
      var expected: [Float] = []
      for index in 0..<test.batch.reduce(1, *) {
        let (a, b) = (test.place(index, lhsStrides), test.place(index, rhsStrides))
        var matrix = Array(rhs[b..<b + test.k * test.n])
        if test.isTransposed {
          matrix = (0..<test.k * test.n).map { matrix[$0 % test.n * test.k + $0 / test.n] }
        }
        var y = [Float](repeating: 0, count: test.m * test.n)
        #expect(
          qr_matmul_f32(
            1, Int64(test.m), Int64(test.k), Int64(test.n), Array(lhs[a..<a + test.m * test.k]),
            matrix, &y))
        expected += y.enumerated().map { at, sum in
          let value = test.hasBias ? sum + bias[at % test.n] : sum
          let raised = value < (test.lower ?? -.infinity) ? test.lower ?? 0 : value
          return raised > (test.upper ?? .infinity) ? test.upper ?? 0 : raised
        }
      }
      loaded.expect(
        call, inputs: test.hasBias ? [lhs, rhs, bias] : [lhs, rhs], gives: expected,
        "\(test.batch) x \(test.m) x \(test.n) x \(test.k)")
    }
  }
}
