import Diagnostics
import Tensors
import Testing

@testable import ONNXFrontend

@Suite("transposed convolution")
struct TransposedConvolutionTests {
  struct Geometry: Sendable, CustomTestStringConvertible {
    var extents = [3, 4]
    var kernel = [3, 3]
    var strides = [1, 1]
    var dilations = [1, 1]
    var pads = [0, 0, 0, 0]
    var added = [0, 0]
    var groups = 1

    var testDescription: String {
      "\(extents) by \(kernel), strides \(strides), dilations \(dilations), pads \(pads), +\(added), \(groups) groups"
    }

    func extent(_ axis: Int) -> Int {
      strides[axis] * (extents[axis] - 1) + (kernel[axis] - 1) * dilations[axis] + 1 + added[axis]
        - pads[axis] - pads[axis + 2]
    }
  }

  /// Every product is added where it belongs; small integers make all sums exact.
  private func expected(
    _ g: Geometry, _ x: Tensor, _ w: Tensor, _ bias: Tensor
  ) -> [Float] {
    let (inputs, perGroup) = (x.shape[1], w.shape[1])
    let (height, width) = (g.extent(0), g.extent(1))
    let area = height * width
    var y = bias.floats.flatMap { [Float](repeating: $0, count: area) }
    for c in 0..<inputs {
      let group = c / (inputs / g.groups)
      for o in 0..<perGroup {
        for i in 0..<g.extents[0] * g.extents[1] {
          for k in 0..<g.kernel[0] * g.kernel[1] {
            let row =
              i / g.extents[1] * g.strides[0] + k / g.kernel[1] * g.dilations[0] - g.pads[0]
            let column =
              i % g.extents[1] * g.strides[1] + k % g.kernel[1] * g.dilations[1] - g.pads[1]
            guard (0..<height).contains(row), (0..<width).contains(column) else { continue }
            let weight = w.floats[(c * perGroup + o) * g.kernel[0] * g.kernel[1] + k]
            y[(group * perGroup + o) * area + row * width + column] +=
              x.floats[c * g.extents[0] * g.extents[1] + i] * weight
          }
        }
      }
    }
    return y
  }

  @Test(arguments: [
    Geometry(), Geometry(strides: [2, 2]), Geometry(kernel: [2, 2], strides: [2, 2]),
    Geometry(kernel: [4, 4], strides: [2, 2], pads: [1, 1, 1, 1]),
    Geometry(kernel: [3, 2], strides: [2, 3], pads: [1, 0, 0, 1], added: [1, 2]),
    Geometry(kernel: [1, 1], strides: [3, 2]), Geometry(kernel: [2, 5], strides: [4, 1]),
    Geometry(strides: [2, 1], dilations: [2, 3], pads: [2, 1, 0, 3]),
    Geometry(kernel: [5, 3], strides: [2, 2], pads: [4, 2, 4, 2]),
    Geometry(kernel: [2, 2], strides: [2, 2], groups: 2),
    Geometry(kernel: [3, 4], strides: [2, 2], pads: [1, 1, 1, 1], added: [1, 0], groups: 4),
  ])
  func `adds each product where it belongs`(_ g: Geometry) throws {
    let operands = [
      try counting(1, 4, g.extents[0], g.extents[1]),
      try counting(4, 3, g.kernel[0], g.kernel[1]), try counting(3 * g.groups),
    ]
    let model = TestModel(
      "ConvTranspose", operands, constants: [1, 2],
      [
        .ints("strides", g.strides), .ints("dilations", g.dilations), .ints("pads", g.pads),
        .ints("output_padding", g.added), .int("group", g.groups),
      ])
    let result = try results(model, [operands[0]])[0]
    #expect(result.shape.dims == [1, 3 * g.groups, g.extent(0), g.extent(1)])
    #expect(result.floats == expected(g, operands[0], operands[1], operands[2]))
  }

  @Test func `a result without elements is refused`() throws {
    let operands = [try counting(1, 1, 2, 2), try counting(1, 1, 2, 2)]
    let model = TestModel("ConvTranspose", operands, [.ints("pads", [2, 2, 2, 2])])
    #expect(try model.refusal()?.code == .shapeMismatch)
  }
}
