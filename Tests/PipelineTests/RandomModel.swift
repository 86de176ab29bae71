import Diagnostics
import GraphIR
import Tensors
import TestSupport

/// A random float model of a few ops, as an importer would make it: an image, and what networks do
/// with images, rows of tokens and vectors.
struct RandomModel {
  var graph: Graph
  var random: SeededGenerator
  /// The values that further ops may take, newest last.
  private var values: [ValueID] = []

  /// - Parameters:
  ///   - seed: decides everything.
  ///   - width: of the image; drawn when it is not given.
  ///   - opCount: how many steps are taken; a step makes one op or a few.
  /// - Throws: what an op refuses: then the generator is wrong.
  init(seed: UInt64, width: Int? = nil, opCount: Int = 7) throws(Diagnostic) {
    random = SeededGenerator(seed: seed)
    graph = Graph(name: "random \(seed)")
    let channels = random.one(of: [1, 3, 4, 8, 16, 17])
    let (height, drawn) = (random.one(of: [4, 5, 7, 8, 11]), random.one(of: [4, 6, 7, 9, 12]))
    let input = try Shape([random.once(in: 5) ? 2 : 1, channels, height, width ?? drawn])
    values = [graph.appendInput("x", TensorType(.f32, input))]
    for _ in 0..<opCount { try step() }
    var outputs = [values[values.count - 1]]
    if random.once(in: 4), let other = values.dropLast().last, other != values[0] {
      outputs.append(other)
    }
    for (index, id) in outputs.enumerated() { graph.appendOutput("y\(index)", id) }
    try graph.compact()
    try graph.verify()
  }

  /// One input for the model.
  mutating func sample() throws -> Tensor {
    let shape = graph.shape(of: graph.inputs[0])
    return try Tensor(.f32, shape, random.floats(shape.elementCount))
  }

  var newest: ValueID { values[values.count - 1] }
  func shape(_ id: ValueID) -> Shape { graph.shape(of: id) }

  @discardableResult
  mutating func add(_ op: Op, _ operands: [ValueID]) throws(Diagnostic) -> ValueID {
    let id = try graph.append(op, operands, source: "node\(graph.nodes.count)")
    values.append(id)
    return id
  }

  mutating func weights(_ dims: [Int], deviation: Float) throws(Diagnostic) -> ValueID {
    let shape = try Shape(dims)
    return graph.appendConstant(
      try Tensor(.f32, shape, random.floats(shape.elementCount, deviation: deviation)))
  }

  /// Another value of the shape, or nil.
  mutating func other(shaped shape: Shape, than id: ValueID) -> ValueID? {
    let candidates = values.filter { $0 != id && self.shape($0) == shape }
    return candidates.isEmpty ? nil : random.one(of: candidates)
  }

  /// Another value of the shape but for one axis, or nil.
  mutating func other(joining id: ValueID, along axis: Int) -> ValueID? {
    let dims = shape(id).dims
    let candidates = values.filter {
      let others = shape($0).dims
      return others.count == dims.count
        && dims.indices.allSatisfy { $0 == axis || dims[$0] == others[$0] }
    }
    return candidates.isEmpty ? nil : random.one(of: candidates)
  }

  private mutating func step() throws(Diagnostic) {
    let x = random.once(in: 5) ? random.one(of: values) : newest
    if random.once(in: 4) { return try elementwise(x) }
    switch shape(x).rank {
    case 4: try image(x)
    case 3: try tokens(x)
    default: try vectors(x)
    }
  }
}
