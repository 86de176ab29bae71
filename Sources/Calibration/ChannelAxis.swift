import GraphIR
import Tensors

extension Graph {
  /// For each value the axis that counts its channels; `nil` when it has none.
  ///
  /// It is axis 1 where the value comes from, or goes to, an op whose channels are on axis 1
  /// (convolution, pooling, batch norm), the last axis where a product or a norm over the last axis
  /// makes or takes it; else axis 1 of a value of rank 4 or more, and the last axis below that.
  package var channelAxes: [Int?] {
    let uses = uses()
    return values.map { id in
      let rank = shape(of: id).rank
      guard rank > 0 else { return nil }
      let users = uses[id.index].filter { $0.operandIndex == 0 }.map { op($0.user) }
      for op in [op(id)] + users {
        switch op.channelPlace {
        case .second where rank > 1: return 1
        case .last: return rank - 1
        case .second, .any: continue
        }
      }
      return rank >= 4 ? 1 : rank - 1
    }
  }
}

extension Op {
  fileprivate enum ChannelPlace {
    case second
    case last
    /// The op works element by element, or has no channels.
    case any
  }

  fileprivate var channelPlace: ChannelPlace {
    switch self {
    case .conv, .quantizedConv, .pool, .quantizedPool, .quantizedResize, .batchNorm,
      .resize:
      .second
    case .matMul, .quantizedMatMul, .layerNorm, .rmsNorm, .attention, .quantizedAttention:
      .last
    case .input, .constant, .unary, .binary, .select, .cast, .softmax, .reduce, .reshape,
      .transpose, .concat, .slice, .gather, .pad, .expand, .quantize, .dequantize,
      .quantizedBinary, .rotaryEmbedding, .quantizedRotaryEmbedding, .lookup, .embedding:
      .any
    }
  }
}
