import QuantMath
import Tensors
import TestSupport
import Testing

@Suite("storage conversions")
struct ConversionTests {
  @Test func `every f16 and bf16 survives the way to float and back`() {
    for bits in UInt16.min...UInt16.max {
      let half = HalfConversion.float(fromF16: bits)
      let brain = HalfConversion.float(fromBF16: bits)
      if half.isNaN {
        #expect(HalfConversion.f16(Double(half)) & 0x7fff > 0x7c00)
      } else {
        #expect(HalfConversion.f16(Double(half)) == bits)
      }
      if !brain.isNaN { #expect(HalfConversion.bf16(Double(brain)) == bits) }
    }
  }

  @Test(arguments: 0..<16 as Range<UInt64>)
  func `f16 is the nearest one, halves to even`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<2000 {
      let x = random.logarithmic(-28...17)
      #expect(HalfConversion.f16(Double(x)) == Float16(x).bitPattern, "\(x)")
    }
    #expect(HalfConversion.f16(65519.996) == 0x7bff)
    #expect(HalfConversion.f16(65520) == 0x7c00)
    #expect(HalfConversion.f16(0x1p-25) == 0)
    #expect(HalfConversion.f16(-0x1.8p-25) == 0x8001)
  }

  @Test(arguments: [ElementType.f8e4m3, .f8e5m2])
  func `every 8-bit float survives the way to float and back`(_ element: ElementType) {
    for bits in UInt8.min...UInt8.max {
      let x = Float8Conversion.float(bits, from: element)
      if x.isNaN {
        let back = Float8Conversion.bits(Double(x), to: element)
        #expect(Float8Conversion.float(back, from: element).isNaN)
      } else {
        let back = Float8Conversion.bits(Double(x), to: element, saturates: false)
        #expect(back == bits, "\(x)")
      }
    }
  }

  @Test func `8-bit floats round and saturate as ONNX says`() {
    func e4m3(_ x: Double, _ saturates: Bool = true) -> UInt8 {
      Float8Conversion.bits(x, to: .f8e4m3, saturates: saturates)
    }
    func e5m2(_ x: Double, _ saturates: Bool = true) -> UInt8 {
      Float8Conversion.bits(x, to: .f8e5m2, saturates: saturates)
    }
    #expect(Float8Conversion.float(0x7e, from: .f8e4m3) == 448)
    #expect(Float8Conversion.float(0x01, from: .f8e4m3) == 0x1p-9)
    #expect(Float8Conversion.float(0x7b, from: .f8e5m2) == 57344)
    #expect(Float8Conversion.float(0x01, from: .f8e5m2) == 0x1p-16)
    #expect(e4m3(464) == 0x7e)
    #expect(e4m3(464, false) == 0x7e)
    #expect(e4m3(465) == 0x7e)
    #expect(e4m3(465, false) == 0x7f)
    #expect(e4m3(-.infinity) == 0xfe)
    #expect(e4m3(-.infinity, false) == 0xff)
    #expect(e4m3(.nan) == 0x7f)
    #expect(e4m3(-0.0) == 0x80)
    #expect(e5m2(1e9) == 0x7b)
    #expect(e5m2(1e9, false) == 0x7c)
    #expect(e5m2(.infinity) == 0x7b)
    #expect(e5m2(61440, false) == 0x7c)
    #expect(e5m2(61439, false) == 0x7b)
  }

  @Test(arguments: 0..<16 as Range<UInt64>)
  func `unpacking returns what was packed`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for count in 0..<9 {
      let signed = (0..<count).map { _ in Int8.random(in: -8...7, using: &random) }
      let unsigned = (0..<count).map { _ in Int8.random(in: 0...15, using: &random) }
      let packed = Int4Packing.pack(signed)
      #expect(packed.count == (count + 1) / 2)
      #expect(Int4Packing.unpack(packed, count: count, isSigned: true) == signed)
      let other = Int4Packing.pack(unsigned)
      #expect(Int4Packing.unpack(other, count: count, isSigned: false) == unsigned)
    }
    #expect(Int4Packing.pack([1, -1, 7]) == [0xf1, 0x07])
  }

  @Test func `a table holds the function at every code`() throws {
    let input = (element: ElementType.u8, params: try QuantParams(scale: 0.05, zeroPoint: 128))
    let output = (element: ElementType.i8, params: try QuantParams(scale: 1 / 128, zeroPoint: 0))
    let table = LookupTable.build(from: input, to: output) { ReferenceMath.tanh($0) }
    #expect(table.count == 256)
    #expect(table[128] == 0)
    #expect(Int8(bitPattern: table[255]) == 127)
    #expect(Int8(bitPattern: table[0]) == -128)
    let decoded = table.map { Int8(bitPattern: $0) }
    #expect(decoded == decoded.sorted())
    let identity = LookupTable.build(from: output, to: output) { $0 }
    #expect(identity == Array(UInt8.min...UInt8.max))
  }
}
