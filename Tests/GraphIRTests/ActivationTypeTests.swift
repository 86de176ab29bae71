import Diagnostics
import GraphIR
import Tensors
import Testing

@Suite("types of activations")
struct ActivationTypeTests {
  private static let conv =
    "strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1"
  private static let pool =
    "kernel = [4, 4], strides = [4, 4], pads = [0, 0, 0, 0], dilations = [1, 1], ceil = false, "
    + "count_includes_pad = false"
  private static let resize =
    "mode = \"linear\", coordinates = \"half_pixel\", rounding = \"floor\", "
    + "scales = [1.0, 1.0, 2.0, 2.0], sizes = [1, 2, 8, 8], cubic_coefficient = -0.75, "
    + "excludes_outside = false"

  /// Each op that takes 16 bits, with 8 and 16 bits on either side.
  static let text = """
    graph "words" fused
    %0 = input "x" : 1x2x4x4xi16<0.001>
    %1 = input "b" : 1x2x4x4xu8<0.02, zp=3>
    %2 = constant [1, -2, 3, 4] : 2x2x1x1xi8<axis=0, [0.1, 0.2]>
    %3 = constant [7, 8] : 2xi32<axis=0, [0.0001, 0.0002]>
    %4 = q.conv(%0, %2, %3, %1) {\(conv), residual = true, lower = 0.0, as = i16<0.002>} : 1x2x4x4xi16<0.002>
    %5 = q.conv(%1, %2, %3, %4) {\(conv), residual = true, as = u8<0.05>} : 1x2x4x4xu8<0.05>
    %6 = constant [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16] : 4x4xi8<0.1>
    %7 = q.matmul(%4, %6) {bias = false, residual = false, as = i16<0.5>} : 1x2x4x4xi16<0.5>
    %8 = q.matmul(%7, %6) {bias = false, residual = false, as = f32} : 1x2x4x4xf32
    %9 = q.add(%7, %5) {as = i16<0.25>} : 1x2x4x4xi16<0.25>
    %10 = q.mul(%9, %9) {as = i8<0.25, zp=-1>} : 1x2x4x4xi8<0.25, zp=-1>
    %11 = q.average_pool(%9) {\(pool), as = i16<0.2>} : 1x2x1x1xi16<0.2>
    %12 = q.resize(%9) {\(resize), as = i16<0.3>} : 1x2x8x8xi16<0.3>
    %13 = max_pool(%12) {\(pool)} : 1x2x2x2xi16<0.3>
    %14 = transpose(%13) {permutation = [0, 1, 3, 2]} : 1x2x2x2xi16<0.3>
    %15 = dequantize(%14) : 1x2x2x2xf32
    %16 = quantize(%15) {as = i16<0.7>} : 1x2x2x2xi16<0.7>
    output "a" = %8
    output "b" = %10
    output "c" = %11
    output "d" = %16

    """

  @Test func `the text of 16-bit activations round-trips`() throws {
    let graph = try Graph(parsing: Self.text)
    try graph.verify()
    #expect(graph.description == Self.text)
    #expect(try Graph(parsing: graph.description) == graph)
  }

  private static func line(_ result: String) -> String {
    """
    graph "g" fused
    %0 = input "x" : 1x2x256x256xi16<0.001>
    %1 = input "a" : 1x2x2x2xi16<0.001, zp=5>
    %2 = input "w" : 256x256xi16<0.01>
    %3 = input "u" : 1x2x2x2xu16<0.01>
    %4 = input "f" : 1x2x2x2xf32
    %5 = input "t" : 2x1xf32
    %6 = input "b" : 1x2x2x2xu8<0.01>
    %7 = input "i" : 1x2x2x2xi16<0.01>
    %8 = input "k" : 1x2x2x2xi8<0.01>
    %9 = \(result)
    output "y" = %9

    """
  }

  @Test(arguments: [
    (
      "q.add(%1, %1) {as = i16<0.5>} : 1x2x2x2xi16<0.5>",
      "q.add needs i16 with zero point 0, got 5"
    ),
    (
      "q.add(%6, %6) {as = i16<0.5, zp=-4>} : 1x2x2x2xi16<0.5, zp=-4>",
      "q.add makes i16 with zero point 0, got -4"
    ),
    (
      "q.mul(%6, %3) {as = u8<0.5>} : 1x2x2x2xu8<0.5>",
      "q.mul needs an 8-bit or 16-bit tensor with one scale, got u16"
    ),
    (
      "q.sub(%6, %6) {as = u16<0.5>} : 1x2x2x2xu16<0.5>",
      "q.sub makes an 8-bit or 16-bit tensor with one scale, got u16"
    ),
    (
      "q.matmul(%0, %2) {bias = false, residual = false, as = f32} : 1x2x256x256xf32",
      "q.matmul needs i8 weights, got i16"
    ),
    (
      "q.rotary_embedding(%7, %5, %5) {pairing = \"halves\", size = 2, as = f32} : 1x2x2x2xf32",
      "q.rotary_embedding needs an 8-bit tensor with one scale, got i16"
    ),
    (
      "q.rotary_embedding(%4, %5, %5) {pairing = \"halves\", size = 2, as = i16<0.5>} : 1x2x2x2xi16<0.5>",
      "q.rotary_embedding makes 8-bit integers with one scale, not i16"
    ),
    (
      "q.attention(%7, %8, %8) {scale = 0.5, probabilities = \"faithful\", as = f32} : 1x2x2x2xf32",
      "q.attention needs an 8-bit tensor with one scale, got i16"
    ),
    (
      "q.attention(%6, %8, %8) {scale = 0.5, probabilities = \"faithful\", as = i16<0.5>} : 1x2x2x2xi16<0.5>",
      "q.attention makes 8-bit integers with one scale, not i16"
    ),
  ])
  func `what an op does not take is refused by name`(_ sample: (line: String, message: String)) {
    let error = #expect(throws: Diagnostic.self) { try Graph(parsing: Self.line(sample.line)) }
    #expect(error?.code == .invalidQuantization)
    #expect(error?.message.contains(sample.message) == true, "\(String(describing: error))")
  }

  @Test func `a table has neither 16-bit operands nor results`() throws {
    let params = try QuantParams(scale: 0.5, zeroPoint: 0)
    let table = [UInt8](repeating: 0, count: 256)
    for (from, to) in [(ElementType.i16, ElementType.u8), (.u8, .i16)] {
      let lookup = Lookup(table: table, element: to, params: params, function: "test")
      let error = #expect(throws: Diagnostic.self) {
        try Op.lookup(lookup).resultType([TensorType(from, try Shape([3]), params)])
      }
      #expect(error?.code == .invalidQuantization)
    }
  }

  @Test func `an average whose sum may leave int32 is refused`() {
    let pool = "strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], ceil = false"
    func average(_ kernel: Int) -> String {
      let rest = 257 - kernel
      return Self.line(
        "q.average_pool(%0) {kernel = [\(kernel), 256], \(pool), count_includes_pad = false, "
          + "as = f32} : 1x2x\(rest)x1xf32")
    }
    #expect(throws: Never.self) { try Graph(parsing: average(255)) }
    let error = #expect(throws: Diagnostic.self) { try Graph(parsing: average(256)) }
    #expect(error?.code == .accumulatorOverflow)
  }
}
