import CReference
import GraphIR

extension UnaryFunction {
  /// How CReference names the function, and its parameters; a NaN bound does not bind.
  ///
  /// `not`, which is no function of real numbers, stands as the identity here.
  var code: (qr_unary, alpha: Float, beta: Float) {
    switch self {
    case .relu: (QR_RELU, 0, 0)
    case .leakyRelu(let alpha): (QR_LEAKY_RELU, alpha, 0)
    case .clip(let lower, let upper): (QR_CLIP, lower ?? .nan, upper ?? .nan)
    case .sigmoid: (QR_SIGMOID, 0, 0)
    case .tanh: (QR_TANH, 0, 0)
    case .exp: (QR_EXP, 0, 0)
    case .log: (QR_LOG, 0, 0)
    case .sqrt: (QR_SQRT, 0, 0)
    case .reciprocal: (QR_RECIPROCAL, 0, 0)
    case .neg: (QR_NEG, 0, 0)
    case .abs: (QR_ABS, 0, 0)
    case .erf: (QR_ERF, 0, 0)
    case .floor: (QR_FLOOR, 0, 0)
    case .ceil: (QR_CEIL, 0, 0)
    case .round: (QR_ROUND, 0, 0)
    case .sign: (QR_SIGN, 0, 0)
    case .sin: (QR_SIN, 0, 0)
    case .cos: (QR_COS, 0, 0)
    case .not: (QR_CLIP, .nan, .nan)
    case .gelu(let tanh): (tanh ? QR_GELU_TANH : QR_GELU, 0, 0)
    case .silu: (QR_SILU, 0, 0)
    case .hardSwish: (QR_HARD_SWISH, 0, 0)
    case .hardSigmoid(let alpha, let beta): (QR_HARD_SIGMOID, alpha, beta)
    case .elu(let alpha): (QR_ELU, alpha, 0)
    case .softplus: (QR_SOFTPLUS, 0, 0)
    }
  }
}

extension BinaryFunction {
  /// How CReference names the function; `nil` for those that it does not compute.
  var code: qr_binary? {
    switch self {
    case .add: QR_ADD
    case .sub: QR_SUB
    case .mul: QR_MUL
    case .div: QR_DIV
    case .pow: QR_POW
    case .min: QR_MINIMUM
    case .max: QR_MAXIMUM
    case .prelu: QR_PRELU
    case .mod, .fmod, .equal, .less, .greater, .lessOrEqual, .greaterOrEqual, .and, .or, .xor: nil
    }
  }
}

extension Reduction.Kind {
  /// How CReference names the reduction.
  var code: qr_reduction {
    switch self {
    case .sum: QR_SUM
    case .mean: QR_MEAN
    case .max: QR_MAX
    case .min: QR_MIN
    case .prod: QR_PRODUCT
    case .sumOfSquares: QR_SUM_OF_SQUARES
    case .l1: QR_L1
    case .l2: QR_L2
    }
  }
}
