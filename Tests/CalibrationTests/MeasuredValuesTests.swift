import GraphIR
import Tensors
import Testing

@testable import Calibration

@Suite("values of which the rounding is measured")
struct MeasuredValuesTests {
  private var graph = Graph(name: "m", stage: .canonical)

  private mutating func input(_ dims: [Int]) throws -> ValueID {
    graph.appendInput("x", TensorType(.f32, try Shape(dims)))
  }

  private mutating func weights(_ dims: [Int]) throws -> ValueID {
    let values = [Float](repeating: 1, count: dims.reduce(1, *))
    return graph.appendConstant(try Tensor.floats(values, dims))
  }

  private mutating func conv(_ x: ValueID, _ name: String) throws -> ValueID {
    let conv = try Convolution(strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1)
    return try graph.append(.conv(conv), [x, try weights([4, 4, 1, 1])], name: name)
  }

  private mutating func measured(_ output: ValueID) throws -> [String] {
    graph.appendOutput("out", output)
    try graph.compact()
    return SensitivityPlan(graph).values
  }

  @Test mutating func `what a kernel keeps inside is none of them`() throws {
    let x = try input([1, 4, 2, 2])
    let first = try graph.append(.unary(.relu), [try conv(x, "a")], name: "b")
    let sum = try graph.append(.binary(.add), [try conv(first, "c"), first], name: "d")
    let last = try conv(try graph.append(.unary(.relu), [sum], name: "e"), "f")
    #expect(try measured(last) == ["x", "b", "e"])
  }

  @Test mutating func `a value that only moves elements is rounded where they are made`() throws {
    let x = try input([1, 4, 2, 2])
    let made = try conv(x, "a")
    let moved = try graph.append(
      .transpose(Transpose([0, 1, 3, 2])), [made], name: "b")
    #expect(try measured(try conv(moved, "c")) == ["x", "a"])
  }

  @Test mutating func `what no product asks for is none of them`() throws {
    let x = try input([3, 4])
    let a = try graph.append(.matMul, [x, try weights([4, 4])], name: "a")
    let b = try graph.append(.softmax(Softmax(axis: 1)), [a], name: "b")
    let c = try graph.append(.binary(.mul), [b, a], name: "c")
    #expect(try measured(c) == ["x"])
  }

  @Test mutating func `a demand goes backwards through elementwise ops`() throws {
    let x = try input([3, 4])
    let a = try graph.append(.softmax(Softmax(axis: 1)), [x], name: "a")
    let b = try graph.append(.binary(.mul), [a, x], name: "b")
    let c = try graph.append(.matMul, [b, try weights([4, 4])], name: "c")
    #expect(try measured(c) == ["x", "a", "b"])
  }

  @Test func `costly models take fewer samples`() {
    func count(_ work: Double, _ requested: Int = 8, _ values: [String] = ["a"]) -> Int {
      SensitivityPlan(values: values, work: work).sampleCount(requested: requested)
    }
    #expect(
      [1e9, 1.25e11, 2e11, 4e11, 6e11, 4e12, 5e12].map { count($0) } == [8, 8, 4, 2, 1, 1, 0])
    #expect(count(1e9, 0) == 0)
    #expect(count(1e9, 100) == 100)
    #expect(count(2e11, 7) == 3)
    #expect(count(1e9, 8, []) == 0)
  }
}
