import Diagnostics
import GraphIR
import Tensors

/// Activation functions with attributes.
let activationRules: [ImportRule] = [
  ImportRule("LeakyRelu") { importer throws(Diagnostic) in
    let alpha = try importer.attributes.float("alpha", default: 0.01)
    try importer.emitActivation(.leakyRelu(alpha: alpha))
  },
  ImportRule("Elu") { importer throws(Diagnostic) in
    let alpha = try importer.attributes.float("alpha", default: 1)
    try importer.emitActivation(.elu(alpha: alpha))
  },
  ImportRule("HardSigmoid") { importer throws(Diagnostic) in
    let alpha = try importer.attributes.float("alpha", default: 0.2)
    let beta = try importer.attributes.float("beta", default: 0.5)
    try importer.emitActivation(.hardSigmoid(alpha: alpha, beta: beta))
  },
  ImportRule("HardSwish", since: 14) { importer throws(Diagnostic) in
    try importer.emitActivation(.hardSwish)
  },
  ImportRule("Softplus") { importer throws(Diagnostic) in
    try importer.emitActivation(.softplus)
  },
  ImportRule("Gelu", since: 20) { importer throws(Diagnostic) in
    let form = try importer.attributes.string("approximate", default: "none")
    guard form == "none" || form == "tanh" else {
      throw Diagnostic(.invalidAttribute, "Gelu has no approximation '\(form)'")
    }
    try importer.emitActivation(.gelu(tanh: form == "tanh"))
  },
  ImportRule("Swish", since: 24, run: importSwish),
  ImportRule("Selu", run: importSelu),
  ImportRule("Mish", since: 18) { importer throws(Diagnostic) in
    let x = try importer.operand(0)
    try importer.requireFloat(x)
    let gate = try importer.emit(.unary(.tanh), [try importer.emit(.unary(.softplus), [x])])
    try importer.emitResult(.binary(.mul), [x, gate])
  },
  ImportRule("Softsign") { importer throws(Diagnostic) in
    let x = try importer.operand(0)
    try importer.requireFloat(x)
    let one = try importer.scalar(1, like: x)
    let divisor = try importer.emit(.binary(.add), [one, try importer.emit(.unary(.abs), [x])])
    try importer.emitResult(.binary(.div), [x, divisor])
  },
  ImportRule("ThresholdedRelu", since: 10) { importer throws(Diagnostic) in
    let alpha = try importer.attributes.float("alpha", default: 1)
    let x = try importer.operand(0)
    try importer.requireFloat(x)
    let isAbove = try importer.emit(
      .binary(.greater), [x, try importer.scalar(alpha, like: x)])
    try importer.emitResult(.select, [isAbove, x, try importer.scalar(0, like: x)])
  },
  ImportRule("Clip", run: importClip),
]

extension Importer {
  fileprivate mutating func emitActivation(_ function: UnaryFunction) throws(Diagnostic) {
    try requireOperands(atMost: 1)
    let x = try operand(0)
    try requireFloat(x)
    try emitResult(.unary(function), [x])
  }
}

/// `x * sigmoid(alpha * x)`.
private func importSwish(_ importer: inout Importer) throws(Diagnostic) {
  let alpha = try importer.attributes.float("alpha", default: 1)
  guard alpha != 1 else { return try importer.emitActivation(.silu) }
  let x = try importer.operand(0)
  try importer.requireFloat(x)
  let scaled = try importer.emit(.binary(.mul), [x, try importer.scalar(alpha, like: x)])
  try importer.emitResult(.binary(.mul), [x, try importer.emit(.unary(.sigmoid), [scaled])])
}

/// `gamma * elu(x, alpha)`.
private func importSelu(_ importer: inout Importer) throws(Diagnostic) {
  let alpha = try importer.attributes.float("alpha", default: 1.67326319217681884765625)
  let gamma = try importer.attributes.float("gamma", default: 1.05070102214813232421875)
  let x = try importer.operand(0)
  try importer.requireFloat(x)
  let inner = try importer.emit(.unary(.elu(alpha: alpha)), [x])
  try importer.emitResult(.binary(.mul), [inner, try importer.scalar(gamma, like: x)])
}

/// Constant bounds of floats become a `clip`; others `max`, then `min`.
private func importClip(_ importer: inout Importer) throws(Diagnostic) {
  try importer.requireOperands(atMost: 3)
  let x = try importer.operand(0)
  let bounds = [
    try importer.scalarGiven(1, "min", attributeBefore: 11, like: x),
    try importer.scalarGiven(2, "max", attributeBefore: 11, like: x),
  ]
  for case let bound? in bounds where importer.shape(bound).elementCount != 1 {
    throw Diagnostic(.shapeMismatch, "the bounds of Clip are scalars")
  }
  if importer.type(x).element == .f32 {
    let constants = bounds.map { $0.flatMap { importer.graph.constant($0) } }
    if zip(bounds, constants).allSatisfy({ $0.0 == nil || $0.1 != nil }),
      constants.allSatisfy({ $0 == nil || $0?.element == .f32 })
    {
      let (lower, upper) = (constants[0]?.floats.first, constants[1]?.floats.first)
      return try importer.emitResult(.unary(.clip(lower: lower, upper: upper)), [x])
    }
  }
  var value = x
  let functions: [BinaryFunction] = [.max, .min]
  for (function, bound) in zip(functions, bounds) {
    guard let bound else { continue }
    value = try importer.emit(.binary(function), [value, bound])
  }
  try importer.emitResult(.reshape(Reshape(importer.shape(x))), [value])
}
