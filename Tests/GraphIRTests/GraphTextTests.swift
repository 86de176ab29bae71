import Diagnostics
import Foundation
import GraphIR
import Tensors
import Testing

@Suite("graph text")
struct GraphTextTests {
  static let text = """
    graph "tiny \\"net\\"" fused
    %0 = input "x" : 1x3x4x4xf32
    %1 = constant [0.5, -1.0, 2.0, 1.0, 1.0, 1.0] "w" : 2x3x1x1xf32
    %2 = conv(%0, %1) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} "c" @"conv1" : 1x2x4x4xf32
    %3 = clip(%2) {lower = 0.0, upper = 6.0} : 1x2x4x4xf32
    %4 = quantize(%3) {as = u8<0.02, zp=3>} "q" : 1x2x4x4xu8<0.02, zp=3>
    %5 = constant [1, -2, 3, 4] : 2x2x1x1xi8<axis=0, [0.1, 0.2]>
    %6 = constant [7, 8] : 2xi32<axis=0, [0.002, 0.004]>
    %7 = q.conv(%4, %5, %6, %4) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1, residual = true, lower = 0.0, as = u8<0.05>} : 1x2x4x4xu8<0.05>
    %8 = q.conv(%7, %5, %6) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1, residual = false, activation = "leaky_relu", alpha = 0.1, as = u8<0.05, zp=9>} : 1x2x4x4xu8<0.05, zp=9>
    %9 = dequantize(%8) : 1x2x4x4xf32
    %10 = constant [5, -6, 7, 8] : 2x2xi8<axis=0, [0.1, 0.2]>
    %11 = constant [1, 0, 1] : 3xi64
    %12 = q.embedding(%10, %11) : 3x2xf32
    %13 = constant [0.5, 1.0, 0.25] : 3x1xf32
    %14 = rotary_embedding(%12, %13, %13) {pairing = "interleaved", size = 2} : 3x2xf32
    %15 = q.rotary_embedding(%14, %13, %13) {pairing = "halves", size = 2, as = u8<0.05, zp=9>} : 3x2xu8<0.05, zp=9>
    %16 = q.rotary_embedding(%15, %13, %13) {pairing = "halves", size = 2, as = f32} : 3x2xf32
    output "y" = %9
    output "rows" = %16

    """

  @Test func `text round-trips`() throws {
    let graph = try Graph(parsing: Self.text)
    #expect(graph.description == Self.text)
    #expect(try Graph(parsing: graph.description) == graph)
  }

  @Test(arguments: [
    ("%0 = input", "%0 = imput"), ("1x2x4x4xf32\n%3", "1x2x4x5xf32\n%3"), ("(%2)", "(%10)"),
    ("activation = \"leaky_relu\", alpha = 0.1", "activation = \"exp\""),
    ("residual = false, act", "residual = false, lower = 0.0, act"),
    ("groups = 1}", "groups = 2}"), ("groups = 1}", "groups = 1, bogus = 1}"),
    ("\"q\" :", "\"q :"), ("fused", "imported"), ("\"c\"", "\"x\""),
    ("\"interleaved\", size = 2", "\"interleaved\", size = 4"), ("size = 2}", "size = 1}"),
    ("\"interleaved\"", "\"both\""), ("as = u8<0.05, zp=9>} : 3x2", "as = f32} : 3x2"),
    ("(%15, %13, %13)", "(%14, %13, %13)"), ("[7, 8]", "[7, 8, 9]"), ("u8<0.05>}", "u8<0.0>}"),
  ])
  func `a wrong text is refused`(change: (old: String, new: String)) throws {
    let range = try #require(Self.text.range(of: change.old))
    let text = Self.text.replacingCharacters(in: range, with: change.new)
    #expect(throws: Diagnostic.self) { try Graph(parsing: text) }
  }

  @Test func `compact drops what no output needs and keeps inputs`() throws {
    var graph = try Graph(parsing: Self.text)
    let relu = try graph.append(.unary(.relu), [ValueID(2)])
    graph.setOutput(0, to: relu)
    try graph.compact()
    let turns = ["rotary_embedding", "q.rotary_embedding", "q.rotary_embedding"]
    let rows = ["constant", "constant", "q.embedding", "constant"] + turns
    #expect(graph.nodes.map(\.op.mnemonic) == ["input", "constant", "conv", "relu"] + rows)
  }

  @Test func `a cycle is named`() throws {
    var graph = try Graph(parsing: Self.text)
    graph.setOperand(0, of: ValueID(2), to: ValueID(9))
    let error = #expect(throws: Diagnostic.self) { try graph.compact() }
    #expect(error?.code == .cyclicGraph)
  }
}
