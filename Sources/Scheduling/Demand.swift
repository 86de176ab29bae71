import GraphIR
import KernelIR
import Tensors

/// How the consumers of a value want it stored, collected before any kernel is chosen.
struct Demand: Hashable, Sendable {
  /// An image with channels innermost; `nil` for row-major.
  var roles: ImageRoles?
  var halo = ImageGeometry.Halo.none
  /// The concatenation that the value is written into, and its first channel there.
  var part: Part?

  struct Part: Hashable, Sendable {
    let concat: ValueID
    let firstChannel: Int
  }

  /// The demands on every value, indexed by value; views hand theirs on to what they show.
  static func collect(_ graph: Graph, _ channels: ChannelRoutes) -> [Demand] {
    var demands = [Demand](repeating: Demand(), count: graph.nodes.count)
    let uses = graph.uses()
    for id in graph.values.reversed() {
      let node = graph[id]
      let operands = graph.operands(of: id)
      if let route = channels.routes[id] {
        for source in route.sources { want(source, .none) }
        continue
      }
      if channels.passed.contains(id) { continue }
      switch node.op {
      case .quantizedConv(let conv):
        want(operands[0], halo(conv.geometry, graph.type(of: operands[1]).shape))
        if conv.epilogue.hasResidual { want(operands[3], .none) }
      case .conv:
        want(operands[0], .none)
      case .pool, .quantizedPool, .resize, .quantizedResize:
        want(operands[0], .none)
      case .transpose(let transpose):
        if let roles = demands[id.index].roles {
          want(operands[0], demands[id.index].halo, roles.before(transpose.permutation))
        }
      case .slice(let slice):
        // A part of the channels is a view of the image.
        if demands[id.index].roles == .nchw, slice.keepsImages(of: graph.shape(of: operands[0])) {
          want(operands[0], .none)
        }
      case .concat(let concat):
        collectParts(id, axis: concat.axis)
      case .lookup, .unary, .quantizedBinary, .binary, .quantize, .dequantize, .cast:
        // Elementwise ops keep the order of their operand; no halo is needed for them.
        break
      case .input, .constant, .matMul, .select, .softmax, .attention, .quantizedAttention,
        .rotaryEmbedding, .quantizedRotaryEmbedding, .layerNorm, .rmsNorm, .batchNorm, .reduce,
        .reshape, .gather, .pad, .expand,
        .quantizedMatMul, .embedding:
        break
      }
    }
    return demands

    func want(
      _ value: ValueID, _ halo: ImageGeometry.Halo, _ roles: ImageRoles = .nchw
    ) {
      guard graph.shape(of: value).rank == 4 else { return }
      if demands[value.index].roles == nil { demands[value.index].roles = roles }
      guard demands[value.index].roles == roles else { return }
      demands[value.index].halo = demands[value.index].halo.union(halo)
    }

    func collectParts(_ id: ValueID, axis: Int) {
      guard graph.shape(of: id).rank == 4, axis == ImageRoles.nchw.channel else { return }
      let operands = graph.operands(of: id)
      let isWritten = operands.map { operand in
        graph.op(operand).storesImage && uses[operand.index].count >= 1
      }
      guard isWritten.contains(true) else { return }
      if demands[id.index].roles == nil { demands[id.index].roles = .nchw }
      guard demands[id.index].roles == .nchw else { return }
      var firstChannel = 0
      for (operand, written) in zip(operands, isWritten) {
        if written, demands[operand.index].part == nil, demands[operand.index].halo.isEmpty {
          demands[operand.index].roles = .nchw
          demands[operand.index].part = Part(concat: id, firstChannel: firstChannel)
        }
        firstChannel += graph.shape(of: operand)[axis]
      }
    }
  }

  /// What a convolution reads around its operand.
  private static func halo(_ conv: Convolution, _ weights: Shape) -> ImageGeometry.Halo {
    guard conv.pads.count == 4 else { return .none }
    return ImageGeometry.Halo(
      top: conv.pads[0], bottom: conv.pads[2], left: conv.pads[1], right: conv.pads[3])
  }
}

extension Slice {
  /// Whether batch, rows and pixels of an image of this shape stay whole.
  fileprivate func keepsImages(of shape: Shape) -> Bool {
    shape.rank == 4 && [0, 2, 3].allSatisfy { starts[$0] == 0 && sizes[$0] == shape[$0] }
  }
}

extension Op {
  /// Whether the op's kernel writes an image at any pitch, and so into a part of another one.
  var storesImage: Bool {
    switch self {
    case .quantizedConv, .conv, .pool, .quantizedPool, .quantizedResize, .lookup,
      .quantizedBinary:
      true
    case .input, .constant, .matMul, .unary, .binary, .select, .cast, .softmax, .attention,
      .quantizedAttention, .rotaryEmbedding, .quantizedRotaryEmbedding, .layerNorm, .rmsNorm,
      .batchNorm, .reduce, .reshape, .transpose, .concat, .slice, .gather, .pad,
      .expand, .resize, .quantize, .dequantize, .quantizedMatMul, .embedding:
      false
    }
  }
}
