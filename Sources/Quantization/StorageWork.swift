import GraphIR
import Tensors

/// The time of ops, and what 16-bit operands add to it, in multiply-adds of bytes: the same on every
/// target, because the quantized graph is.
enum StorageWork {
  /// What a multiply-add of a depthwise convolution takes.
  private static let depthwise = 3.0
  /// What it takes to read or write an element.
  private static let element = 8.0

  /// The time of the op that makes `id`.
  static func time(of id: ValueID, in graph: Graph) -> Double {
    guard graph.resolve(id) == id, graph.constant(id) == nil else { return 0 }
    return products(of: id, in: graph) + element * Double(graph.shape(of: id).elementCount)
  }

  /// What the ops around `id` take more when it has 16 bits: a product reads half as many operands at
  /// once, everything else twice the bytes.
  static func addedTime(of id: ValueID, _ uses: [[Use]], in graph: Graph) -> Double {
    let access = element * Double(graph.shape(of: id).elementCount)
    return uses[id.index].reduce(access) { sum, use in
      let products = use.operandIndex == 0 ? products(of: use.user, in: graph) : 0
      return sum + (products > 0 ? products : access)
    }
  }

  private static func products(of id: ValueID, in graph: Graph) -> Double {
    let count = Double(graph.shape(of: id).elementCount) * Double(graph.productsPerElement(id))
    guard case .conv(let conv) = graph.op(id), conv.groups > 1,
      graph.shape(of: graph.operand(1, of: id))[1] == 1
    else { return count }
    return depthwise * count
  }
}
