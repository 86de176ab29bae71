import GraphIR
import KernelIR
import Tensors

/// Which elementwise ops are steps of the op that reads them, so that one kernel computes a chain.
///
/// An op joins its only reader when both compute in f32 over one shape and the joint
/// ``MapExpression`` has room. Each step rounds by itself, as it would in a kernel of its own.
struct MapChains {
  private struct Chain {
    /// The values that the kernel reads.
    var leaves: [ValueID]
    var steps: Int
    var constants: Int

    var fits: Bool {
      leaves.count <= MapExpression.inputLimit && steps <= MapExpression.stepLimit
        && constants <= MapExpression.constantLimit
    }
  }

  private var chains: [ValueID: Chain] = [:]
  private var joined: Set<ValueID> = []

  /// - Parameters:
  ///   - graph: the fused graph.
  ///   - taken: the ops that a kernel of another family computes, which end a chain.
  ///   - kept: the values that need a place of their own.
  init(_ graph: Graph, without taken: Set<ValueID>, keeping kept: Set<ValueID> = []) {
    let uses = graph.uses()
    for id in graph.values where MapChains.isFloat(id, graph) && !taken.contains(id) {
      var chain = MapChains.own(id, graph)
      for operand in chain.leaves {
        guard let inner = chains[operand], uses[operand.index].count == 1,
          !graph.isOutput(operand), !kept.contains(operand),
          graph.shape(of: operand) == graph.shape(of: id)
        else { continue }
        var longer = chain
        longer.leaves.removeAll { $0 == operand }
        for leaf in inner.leaves where !longer.leaves.contains(leaf) { longer.leaves.append(leaf) }
        longer.steps += inner.steps
        longer.constants += inner.constants
        guard longer.fits else { continue }
        chain = longer
        joined.insert(operand)
      }
      chains[id] = chain
    }
  }

  /// Whether `id` is a step of its reader's kernel, and so has no place of its own.
  func isJoined(_ id: ValueID) -> Bool { joined.contains(id) }

  /// What the kernel that ends in `id` reads; `nil` when it does not compute in f32.
  func leaves(of id: ValueID) -> [ValueID]? { chains[id]?.leaves }

  /// Whether the kernel computes in f32, and does something.
  private static func isFloat(_ id: ValueID, _ graph: Graph) -> Bool {
    switch graph.op(id) {
    case .unary(.clip(lower: nil, upper: nil)): return false
    case .unary, .binary, .select: break
    default: return false
    }
    let elements = graph.operands(of: id).map { graph.type(of: $0).element }
    return elements.contains(.f32) && elements.allSatisfy { $0 == .f32 || $0 == .bool }
  }

  /// The op alone: an operand that is one constant number is a step, any other one a leaf.
  private static func own(_ id: ValueID, _ graph: Graph) -> Chain {
    var chain = Chain(leaves: [], steps: 1, constants: 0)
    if case .unary(let function) = graph.op(id) {
      switch function {
      case .clip(let lower, let upper):
        chain.steps = (lower == nil ? 0 : 1) + (upper == nil ? 0 : 1)
        chain.constants = chain.steps
      case .hardSigmoid: chain.constants = 2
      case .leakyRelu, .elu: chain.constants = 1
      default: break
      }
    }
    let operands = graph.operands(of: id)
    let readsTensor = operands.contains { graph.scalar($0) == nil }
    for operand in operands {
      if readsTensor, graph.scalar(operand) != nil {
        chain.steps += 1
        chain.constants += 1
      } else if !chain.leaves.contains(operand) {
        chain.leaves.append(operand)
      }
    }
    return chain
  }
}
