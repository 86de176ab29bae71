import CReference
import KernelIR
import QuantMath
import TestSupport
import Testing

/// One attention over row-major operands in the order `[image][row][head][column]`.
private struct AttentionCase {
  var batch = 1
  let heads: Int
  var groups: Int?
  let queries: Int
  let keys: Int
  let depth: Int
  let columns: Int
  /// The axes that the mask has: images, heads, queries; `nil` for no mask.
  var mask: (images: Bool, heads: Bool, queries: Bool)?
  /// What the mask adds to a key that is not before its query, or not among the first third of the
  /// keys; `nil` for a mask without an order.
  var hidden: Float?

  static let all: [AttentionCase] = [
    .init(heads: 1, queries: 1, keys: 1, depth: 1, columns: 1),
    .init(heads: 2, queries: 9, keys: 15, depth: 5, columns: 17, mask: (false, false, false)),
    .init(
      batch: 2, heads: 4, groups: 2, queries: 33, keys: 33, depth: 8, columns: 8,
      mask: (false, false, true)),
    .init(heads: 3, queries: 8, keys: 16, depth: 32, columns: 32, mask: (false, true, true)),
    .init(
      batch: 2, heads: 2, groups: 1, queries: 65, keys: 40, depth: 36, columns: 40,
      mask: (true, false, false)),
    .init(heads: 1, queries: 2, keys: 130, depth: 64, columns: 64),
    .init(
      heads: 2, queries: 70, keys: 70, depth: 8, columns: 16, mask: (false, false, true),
      hidden: -.infinity),
    .init(
      heads: 1, queries: 40, keys: 90, depth: 16, columns: 8, mask: (false, true, true),
      hidden: -.greatestFiniteMagnitude),
    .init(
      batch: 2, heads: 2, queries: 17, keys: 100, depth: 4, columns: 4,
      mask: (true, false, false), hidden: -10_000),
  ]

  var groupCount: Int { groups ?? heads }
  var maskCount: Int {
    guard let mask else { return 0 }
    return (mask.images ? batch : 1) * (mask.heads ? heads : 1) * (mask.queries ? queries : 1)
      * keys
  }
  var resultCount: Int { batch * queries * heads * columns }
  var title: String { "\(heads) heads, \(queries)x\(keys), \(depth) to \(columns)" }

  private static func place(_ rows: Int, _ heads: Int, _ bytes: Int) -> AttentionKernel.Operand {
    .init(batch: rows * heads * bytes, head: bytes, row: heads * bytes)
  }

  private var maskPlace: AttentionKernel.Operand? {
    mask.map { mask in
      let row = 4 * keys
      let head = row * (mask.queries ? queries : 1)
      return .init(
        batch: mask.images ? head * (mask.heads ? heads : 1) : 0, head: mask.heads ? head : 0,
        row: mask.queries ? row : 0)
    }
  }

  func kernel(_ numbers: Numbers, isNormalized: Bool, isFloat: Bool) -> AttentionKernel {
    AttentionKernel(
      batch: batch, heads: heads, groups: groupCount, queries: queries, keys: keys, depth: depth,
      columns: columns, q: Self.place(queries, heads, depth),
      k: Self.place(keys, groupCount, depth), v: Self.place(keys, groupCount, columns),
      mask: maskPlace, output: Self.place(queries, heads, columns * (isFloat ? 4 : 1)),
      qZeroPoint: numbers.zeroPoint, scoreMultiplier: numbers.scores, multiplier: numbers.values,
      isNormalized: isNormalized,
      result: isFloat ? .float : .requantize(zeroPoint: 120, bounds: 0...255))
  }

  struct Numbers {
    let zeroPoint: Int32
    let scores: Float
    let values: Float
  }

  struct Operands {
    let q: [UInt8]
    let k: [UInt8]
    let v: [UInt8]
    let mask: [Float]

    init(_ shape: AttentionCase, _ random: inout SeededGenerator) {
      q = random.bytes(shape.batch * shape.queries * shape.heads * shape.depth)
      k = random.bytes(shape.batch * shape.keys * shape.groupCount * shape.depth)
      v = random.bytes(shape.batch * shape.keys * shape.groupCount * shape.columns)
      let special: [Float] = [
        0, 0, 0, -10_000, -.infinity, 0.75, 0, 0.5, -1, 0, 0, -.infinity, 1, 2, 0.25, -3,
      ]
      mask = (0..<shape.maskCount).map { index in
        if let hidden = shape.hidden {
          let (key, query) = (index % shape.keys, index / shape.keys % shape.queries)
          let open = shape.mask?.queries == true ? query : shape.keys / 3
          return key < open ? 0 : hidden
        }
        return index % 97 == 50 ? .nan : special[random.below(special.count)]
      }
    }
  }

  /// The result as bytes, by the reference's parts.
  func expected(
    _ operands: Operands, _ numbers: Numbers, isNormalized: Bool, isFloat: Bool
  ) -> [UInt8] {
    var values = [Float](repeating: 0, count: resultCount)
    var bytes = [UInt8](repeating: 0, count: resultCount)
    for image in 0..<batch {
      for head in 0..<heads {
        let group = head / (heads / groupCount)
        for query in 0..<queries {
          let q = (image * queries + query) * heads + head
          var x = scores(operands, numbers, q: q, image, group)
          for key in 0..<keys where mask != nil {
            x[key] += operands.mask[maskIndex(image, head, query, key)]
          }
          let (p, sum) = weights(x, isNormalized: isNormalized)
          let factor = isNormalized ? numbers.values : numbers.values / Float(max(sum, 1))
          for column in 0..<columns {
            let acc = (0..<keys).reduce(Int32(0)) { acc, key in
              let at = ((image * keys + key) * groupCount + group) * columns + column
              return acc + Int32(p[key]) * (Int32(operands.v[at]) - 128)
            }
            values[q * columns + column] = Float(acc) * factor
            bytes[q * columns + column] = UInt8(
              requantize(acc, multiplier: factor, zeroPoint: 120, bounds: 0...255))
          }
        }
      }
    }
    return isFloat ? littleEndian(values) : bytes
  }

  private func scores(
    _ operands: Operands, _ numbers: Numbers, q: Int, _ image: Int, _ group: Int
  ) -> [Float] {
    (0..<keys).map { key in
      let k = ((image * keys + key) * groupCount + group) * depth
      let acc = (0..<depth).reduce(Int32(0)) {
        $0 + (Int32(operands.q[q * depth + $1]) - numbers.zeroPoint)
          * (Int32(operands.k[k + $1]) - 128)
      }
      return Float(acc) * numbers.scores
    }
  }

  private func maskIndex(_ image: Int, _ head: Int, _ query: Int, _ key: Int) -> Int {
    guard let place = maskPlace else { return 0 }
    return (image * place.batch + head * place.head + query * place.row) / 4 + key
  }

  private func weights(_ x: [Float], isNormalized: Bool) -> ([UInt8], Int32) {
    var bytes = [UInt8](repeating: 0, count: keys)
    var sum: Int32 = 0
    withUnsafePointer(to: referenceConstants) { constants in
      guard isNormalized else {
        return qr_exponential_bytes(constants, 1, Int64(keys), x, &bytes, &sum)
      }
      var y = x
      var q = [Int32](repeating: 0, count: keys)
      qr_softmax(constants, false, true, 1, Int64(keys), x, &y)
      qr_quantize(
        1, 1, Int64(keys), y, [1 / 255], [qr_store(zero_point: 0, low: 0, high: 255)], &q)
      bytes = q.map { UInt8($0) }
    }
    return (bytes, sum)
  }
}

@Suite("attention kernels")
struct AttentionKernelTests {
  @Test(arguments: [true, false], [true, false])
  func `attention equals the reference at awkward shapes`(
    isNormalized: Bool, isFloat: Bool
  ) throws {
    var random = SeededGenerator(seed: 61)
    var checks: [(KernelCall, [[UInt8]], [UInt8], String)] = []
    for shape in AttentionCase.all {
      let operands = AttentionCase.Operands(shape, &random)
      // The scores spread over a few units, and the results over the range of a byte.
      let numbers = AttentionCase.Numbers(
        zeroPoint: Int32(random.below(256)),
        scores: 3e-4 / Float(shape.depth).squareRoot(), values: isNormalized ? 4e-3 : 1.1)
      let kernel = shape.kernel(numbers, isNormalized: isNormalized, isFloat: isFloat)
      let inputs =
        [operands.q, operands.k, operands.v]
        + (shape.mask == nil ? [] : [littleEndian(operands.mask)])
      checks.append(
        (
          kernel.call(), inputs,
          shape.expected(operands, numbers, isNormalized: isNormalized, isFloat: isFloat),
          shape.title
        ))
    }
    let loaded = try FloatVariants(checks.map(\.0))
    for (call, inputs, expected, name) in checks {
      loaded.expect(
        call, inputs: inputs, blank: [UInt8](repeating: 0xa5, count: expected.count),
        gives: expected, name, isFloat: isFloat)
    }
  }
}
