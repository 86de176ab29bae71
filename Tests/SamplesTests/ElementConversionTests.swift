import Diagnostics
import Tensors
import Testing

@testable import Samples

@Suite("element conversion")
struct ElementConversionTests {
  @Test func `integers become the floats that they are`() throws {
    let bytes = try Tensor(.u8, Shape([3]), [0, 128, 255] as [UInt8])
    #expect(try bytes.converted(to: .f32).floats == [0, 128, 255])
    #expect(try bytes.converted(to: .f64).elements(Double.self) == [0, 128, 255])
    #expect(try bytes.converted(to: .i64).elements(Int64.self) == [0, 128, 255])
  }

  @Test func `to float32 rounds, to other types must be exact`() throws {
    let wide = try Tensor(.f64, Shape([1]), [0.1])
    #expect(try wide.converted(to: .f32).floats == [0.1])
    let error = #expect(throws: Diagnostic.self) { try wide.converted(to: .f16) }
    #expect(error?.code == .wrongArray)
    #expect(error?.message.contains("0.1, element 0") == true)
  }

  static let casts: [(ElementType, [Int64], Bool)] = [
    (.i8, [127, -128], true), (.i8, [128], false), (.u8, [-1], false),
    (.i32, [1 << 31], false), (.u32, [1 << 31], true), (.bool, [0, 1], true),
    (.bool, [2], false), (.u64, [-1], false), (.f64, [1 << 53], true),
    (.f64, [(1 << 53) + 1], false), (.f16, [2049], false), (.i4, [-8, 7], true),
    (.u4, [16], false),
  ]

  @Test(arguments: casts)
  func `an integer fits or is refused`(
    _ target: ElementType, _ values: [Int64], _ fits: Bool
  ) throws {
    let source = try Tensor.int64s(values, [values.count])
    if fits {
      let back = try source.converted(to: target).converted(to: .i64)
      #expect(back.elements(Int64.self) == values)
    } else {
      let error = #expect(throws: Diagnostic.self) { try source.converted(to: target) }
      #expect(error?.code == .wrongArray)
    }
  }

  @Test func `whole floats become integers, others are refused`() throws {
    let whole = try Tensor.floats([1, -2, 16000], [3])
    #expect(try whole.converted(to: .i64).elements(Int64.self) == [1, -2, 16000])
    for value in [0.5, Float.nan, .infinity, 1e30] {
      let tensor = try Tensor.floats([value], [1])
      #expect(throws: Diagnostic.self) { try tensor.converted(to: .i64) }
    }
  }

  @Test func `a u64 above the signed range is not taken for a negative one`() throws {
    let tensor = try Tensor(.u64, Shape([1]), [UInt64.max])
    #expect(throws: Diagnostic.self) { try tensor.converted(to: .i64) }
    #expect(try tensor.converted(to: .f32).floats == [0x1p64])
  }
}
