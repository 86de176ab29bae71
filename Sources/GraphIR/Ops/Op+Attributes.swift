import Tensors

extension Op {
  /// The op's name in the text form.
  package var mnemonic: String {
    switch self {
    case .input: "input"
    case .constant: "constant"
    case .conv: "conv"
    case .matMul: "matmul"
    case .unary(let function): function.mnemonic
    case .binary(let function): function.rawValue
    case .select: "select"
    case .cast: "cast"
    case .softmax(let softmax): softmax.kind.rawValue
    case .attention: "attention"
    case .rotaryEmbedding: "rotary_embedding"
    case .layerNorm: "layer_norm"
    case .rmsNorm: "rms_norm"
    case .batchNorm: "batch_norm"
    case .reduce(let reduction): "reduce_\(reduction.kind.rawValue)"
    case .pool(let pooling): "\(pooling.kind.rawValue)_pool"
    case .reshape: "reshape"
    case .transpose: "transpose"
    case .concat: "concat"
    case .slice: "slice"
    case .gather: "gather"
    case .pad: "pad"
    case .expand: "expand"
    case .resize: "resize"
    case .quantize: "quantize"
    case .dequantize: "dequantize"
    case .quantizedConv: "q.conv"
    case .quantizedMatMul: "q.matmul"
    case .quantizedBinary(let binary): "q.\(binary.function.rawValue)"
    case .quantizedPool: "q.average_pool"
    case .quantizedResize: "q.resize"
    case .quantizedAttention: "q.attention"
    case .quantizedRotaryEmbedding: "q.rotary_embedding"
    case .lookup: "q.lookup"
    case .embedding: "q.embedding"
    }
  }

  /// The attributes of the text form, in printing order.
  package var attributes: [(name: String, value: Attribute)] {
    switch self {
    case .input, .constant, .matMul, .binary, .select, .dequantize, .embedding: []
    case .conv(let conv): conv.attributes
    case .unary(let function): function.attributes
    case .cast(let cast):
      [("to", .word(cast.element.rawValue)), ("saturates", .bool(cast.saturates))]
    case .softmax(let softmax): [("axis", .int(softmax.axis))]
    case .attention(let attention):
      [
        ("scale", .float(attention.scale)),
        ("probabilities", .word(attention.probabilities.rawValue)),
      ] + (attention.isSafe ? [("safe", .bool(true))] : [])
    case .rotaryEmbedding(let rotary): rotary.attributes
    case .layerNorm(let norm), .rmsNorm(let norm):
      [("axis", .int(norm.axis)), ("epsilon", .float(norm.epsilon))]
    case .batchNorm(let norm): [("epsilon", .float(norm.epsilon))]
    case .reduce(let reduction):
      [("axes", .ints(reduction.axes)), ("keeps_axes", .bool(reduction.keepsAxes))]
    case .pool(let pooling): pooling.attributes
    case .reshape(let reshape), .expand(let reshape): [("shape", .ints(reshape.shape.dims))]
    case .transpose(let transpose): [("permutation", .ints(transpose.permutation))]
    case .concat(let concat): [("axis", .int(concat.axis))]
    case .slice(let slice):
      [
        ("starts", .ints(slice.starts)), ("steps", .ints(slice.steps)),
        ("sizes", .ints(slice.sizes)),
      ]
    case .gather(let gather): [("axis", .int(gather.axis))]
    case .pad(let padding):
      [
        ("mode", .word(padding.mode.rawValue)), ("pads", .ints(padding.pads)),
        ("value", .float(padding.value)),
      ]
    case .resize(let resize): resize.attributes
    case .quantize(let quantize):
      [("as", typeAttribute(.quantized(quantize.element, quantize.params)))]
    case .quantizedConv(let conv): conv.geometry.attributes + conv.epilogue.attributes
    case .quantizedMatMul(let matMul):
      [("bias", .bool(matMul.hasBias))] + matMul.epilogue.attributes
    case .quantizedBinary(let binary):
      binary.clamp.attributes + [("as", typeAttribute(binary.result))]
    case .quantizedPool(let pool):
      pool.pooling.attributes + [("as", typeAttribute(pool.result))]
    case .quantizedResize(let resize):
      resize.resize.attributes + [("as", typeAttribute(resize.result))]
    case .quantizedAttention(let attention):
      [
        ("scale", .float(attention.scale)),
        ("probabilities", .word(attention.probabilities.rawValue)),
        ("as", typeAttribute(attention.result)),
      ]
    case .quantizedRotaryEmbedding(let quantized):
      quantized.rotary.attributes + [("as", typeAttribute(quantized.result))]
    case .lookup(let lookup):
      [
        ("function", .word(lookup.function)), ("table", .bytes(lookup.table)),
        ("as", typeAttribute(.quantized(lookup.element, lookup.params))),
      ]
    }
  }
}

private func typeAttribute(_ result: QuantizedResult) -> Attribute {
  switch result {
  case .quantized(let element, let params): .type(.init(element.text(params)))
  case .float: .type(.init(ElementType.f32.text(nil)))
  }
}

extension RotaryEmbedding {
  fileprivate var attributes: [(name: String, value: Attribute)] {
    [("pairing", .word(pairing.rawValue)), ("size", .int(size))]
  }
}

extension Convolution {
  fileprivate var attributes: [(name: String, value: Attribute)] {
    [
      ("strides", .ints(strides)), ("pads", .ints(pads)), ("dilations", .ints(dilations)),
      ("groups", .int(groups)),
    ]
  }
}

extension UnaryFunction {
  fileprivate var attributes: [(name: String, value: Attribute)] {
    switch self {
    case .leakyRelu(let alpha), .elu(let alpha): [("alpha", .float(alpha))]
    case .clip(let lower, let upper): ClampBounds(lower: lower, upper: upper).attributes
    case .gelu(let tanh): [("tanh", .bool(tanh))]
    case .hardSigmoid(let alpha, let beta): [("alpha", .float(alpha)), ("beta", .float(beta))]
    case .relu, .sigmoid, .tanh, .exp, .log, .sqrt, .reciprocal, .neg, .abs, .erf, .floor, .ceil,
      .round, .sign, .sin, .cos, .not, .silu, .hardSwish, .softplus:
      []
    }
  }
}

extension ClampBounds {
  fileprivate var attributes: [(name: String, value: Attribute)] {
    var result: [(name: String, value: Attribute)] = []
    if let lower { result.append(("lower", .float(lower))) }
    if let upper { result.append(("upper", .float(upper))) }
    return result
  }
}

extension Epilogue {
  fileprivate var attributes: [(name: String, value: Attribute)] {
    var function: [(name: String, value: Attribute)] = []
    if let activation {
      function = [("activation", .word(activation.mnemonic))] + activation.attributes
    }
    return [("residual", .bool(hasResidual))] + clamp.attributes + function
      + [("as", typeAttribute(result))]
  }
}

extension Pooling {
  fileprivate var attributes: [(name: String, value: Attribute)] {
    [
      ("kernel", .ints(kernel)), ("strides", .ints(strides)), ("pads", .ints(pads)),
      ("dilations", .ints(dilations)), ("ceil", .bool(ceilMode)),
      ("count_includes_pad", .bool(countIncludesPad)),
    ]
  }
}

extension Resize {
  fileprivate var attributes: [(name: String, value: Attribute)] {
    [
      ("mode", .word(mode.rawValue)), ("coordinates", .word(coordinates.rawValue)),
      ("rounding", .word(rounding.rawValue)), ("scales", .floats(scales)),
      ("sizes", .ints(sizes)), ("cubic_coefficient", .float(cubicCoefficient)),
      ("excludes_outside", .bool(excludesOutside)),
    ]
  }
}
