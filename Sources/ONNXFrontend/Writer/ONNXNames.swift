import GraphIR

extension UnaryFunction {
  /// The ONNX op; `silu` and `clip` are written by rules of their own.
  var onnxName: String {
    switch self {
    case .relu: "Relu"
    case .leakyRelu: "LeakyRelu"
    case .clip: "Clip"
    case .sigmoid: "Sigmoid"
    case .tanh: "Tanh"
    case .exp: "Exp"
    case .log: "Log"
    case .sqrt: "Sqrt"
    case .reciprocal: "Reciprocal"
    case .neg: "Neg"
    case .abs: "Abs"
    case .erf: "Erf"
    case .floor: "Floor"
    case .ceil: "Ceil"
    case .round: "Round"
    case .sign: "Sign"
    case .sin: "Sin"
    case .cos: "Cos"
    case .not: "Not"
    case .gelu: "Gelu"
    case .silu: "Swish"
    case .hardSwish: "HardSwish"
    case .hardSigmoid: "HardSigmoid"
    case .elu: "Elu"
    case .softplus: "Softplus"
    }
  }

  var onnxAttributes: [Onnx_AttributeProto] {
    switch self {
    case .leakyRelu(let alpha), .elu(let alpha): [.float("alpha", alpha)]
    case .hardSigmoid(let alpha, let beta): [.float("alpha", alpha), .float("beta", beta)]
    case .gelu(let tanh): [.string("approximate", tanh ? "tanh" : "none")]
    case .relu, .clip, .sigmoid, .tanh, .exp, .log, .sqrt, .reciprocal, .neg, .abs, .erf, .floor,
      .ceil, .round, .sign, .sin, .cos, .not, .silu, .hardSwish, .softplus:
      []
    }
  }
}

extension BinaryFunction {
  var onnxName: String {
    switch self {
    case .add: "Add"
    case .sub: "Sub"
    case .mul: "Mul"
    case .div: "Div"
    case .pow: "Pow"
    case .min: "Min"
    case .max: "Max"
    case .mod, .fmod: "Mod"
    case .prelu: "PRelu"
    case .equal: "Equal"
    case .less: "Less"
    case .greater: "Greater"
    case .lessOrEqual: "LessOrEqual"
    case .greaterOrEqual: "GreaterOrEqual"
    case .and: "And"
    case .or: "Or"
    case .xor: "Xor"
    }
  }
}

extension Reduction.Kind {
  var onnxName: String {
    switch self {
    case .sum: "ReduceSum"
    case .mean: "ReduceMean"
    case .max: "ReduceMax"
    case .min: "ReduceMin"
    case .prod: "ReduceProd"
    case .sumOfSquares: "ReduceSumSquare"
    case .l1: "ReduceL1"
    case .l2: "ReduceL2"
    }
  }
}
