import Diagnostics
import Tensors

extension AttributeReader {
  mutating func clamp() throws(Diagnostic) -> ClampBounds {
    ClampBounds(lower: try optionalFloat("lower"), upper: try optionalFloat("upper"))
  }

  /// The attribute `as`.
  mutating func result() throws(Diagnostic) -> QuantizedResult {
    let text = try typeText("as")
    var scanner = Scanner(text[...], line: 1)
    let type = try scanner.tensorType()
    guard let params = type.quantization else {
      guard type.element == .f32 else {
        throw Diagnostic(.malformedText, "'\(text)' is neither quantized nor f32")
      }
      return .float
    }
    return .quantized(type.element, params)
  }
}

extension Convolution {
  init(_ reader: inout AttributeReader) throws(Diagnostic) {
    try self.init(
      strides: try reader.ints("strides"), pads: try reader.ints("pads"),
      dilations: try reader.ints("dilations"), groups: try reader.int("groups"))
  }
}

extension Epilogue {
  init(_ reader: inout AttributeReader) throws(Diagnostic) {
    let (hasResidual, clamp) = (try reader.bool("residual"), try reader.clamp())
    var activation: UnaryFunction?
    if let word = try reader.optionalWord("activation") {
      activation = try UnaryFunction(mnemonic: word, &reader)
      guard clamp.isNone, activation?.joinsProducts == true else {
        throw Diagnostic(.malformedText, "'\(word)' is no activation of this op")
      }
    }
    self.init(
      hasResidual: hasResidual, clamp: clamp, activation: activation, result: try reader.result())
  }
}

extension Attention {
  init(_ reader: inout AttributeReader) throws(Diagnostic) {
    let scale = try reader.float("scale")
    guard let probabilities = Probabilities(rawValue: try reader.word("probabilities")) else {
      throw Diagnostic(.malformedText, "attention with unknown probabilities")
    }
    self.init(scale: scale, probabilities: probabilities, isSafe: try reader.flag("safe"))
  }
}

extension RotaryEmbedding {
  init(_ reader: inout AttributeReader) throws(Diagnostic) {
    guard let pairing = Pairing(rawValue: try reader.word("pairing")) else {
      throw Diagnostic(.malformedText, "a rotation of unknown pairs")
    }
    try self.init(pairing, size: try reader.int("size"))
  }
}

extension Normalization {
  init(_ reader: inout AttributeReader) throws(Diagnostic) {
    self.init(axis: try reader.int("axis"), epsilon: try reader.float("epsilon"))
  }
}

extension Pooling {
  init(_ kind: Kind, _ reader: inout AttributeReader) throws(Diagnostic) {
    try self.init(
      kind, kernel: try reader.ints("kernel"), strides: try reader.ints("strides"),
      pads: try reader.ints("pads"), dilations: try reader.ints("dilations"),
      ceilMode: try reader.bool("ceil"), countIncludesPad: try reader.bool("count_includes_pad"))
  }
}

extension Resize {
  init(_ reader: inout AttributeReader) throws(Diagnostic) {
    guard let mode = Resize.Mode(rawValue: try reader.word("mode")),
      let coordinates = Resize.Coordinates(rawValue: try reader.word("coordinates")),
      let rounding = Resize.Rounding(rawValue: try reader.word("rounding"))
    else { throw Diagnostic(.malformedText, "unknown resize mode") }
    self.init(
      mode, coordinates: coordinates, rounding: rounding, scales: try reader.floats("scales"),
      sizes: try reader.ints("sizes"), cubicCoefficient: try reader.float("cubic_coefficient"),
      excludesOutside: try reader.bool("excludes_outside"))
  }
}

extension UnaryFunction {
  init?(mnemonic: String, _ reader: inout AttributeReader) throws(Diagnostic) {
    let plain: [UnaryFunction] = [
      .relu, .sigmoid, .tanh, .exp, .log, .sqrt, .reciprocal, .neg, .abs, .erf, .floor, .ceil,
      .round, .sign, .sin, .cos, .not, .silu, .hardSwish, .softplus,
    ]
    if let function = plain.first(where: { $0.mnemonic == mnemonic }) {
      self = function
      return
    }
    switch mnemonic {
    case "leaky_relu": self = .leakyRelu(alpha: try reader.float("alpha"))
    case "elu": self = .elu(alpha: try reader.float("alpha"))
    case "gelu": self = .gelu(tanh: try reader.bool("tanh"))
    case "hard_sigmoid":
      self = .hardSigmoid(alpha: try reader.float("alpha"), beta: try reader.float("beta"))
    case "clip":
      let bounds = try reader.clamp()
      self = .clip(lower: bounds.lower, upper: bounds.upper)
    default: return nil
    }
  }
}
