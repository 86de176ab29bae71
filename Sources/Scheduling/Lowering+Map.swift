import Diagnostics
import GraphIR
import KernelIR
import Tensors

extension Lowering {
  /// Elementwise ops of floats and integers, with broadcasting; those of a chain all at once.
  mutating func lowerMap(_ id: ValueID) throws(Diagnostic) {
    guard !chains.isJoined(id) else { return }
    let leaves = chains.leaves(of: id)
    let operands = leaves ?? graph.operands(of: id)
    if case .unary(.clip(lower: nil, upper: nil)) = graph.op(id) {
      return setView(try view(operands[0]), of: id)
    }
    let elements = operands.map { graph.type(of: $0).element }
    // A chain computes in f32, even if it reads nothing but conditions.
    let chained = leaves == nil ? nil : ElementType.f32
    guard let element = chained ?? elements.first(where: { $0 != .bool }) ?? elements.first,
      [.f32, .i32, .i64].contains(element) || elements.allSatisfy({ $0 == .bool }),
      elements.allSatisfy({ $0 == element || $0 == .bool })
    else {
      throw Diagnostic(
        .unsupportedKernel,
        "\(graph.op(id).mnemonic) of \(elements.map(\.rawValue).joined(separator: ", "))",
        at: location(id))
    }
    let computed = element == .bool ? ElementType.i32 : element
    guard computed == .f32 || graph.op(id).isForIntegers else {
      throw Diagnostic(
        .unsupportedKernel, "\(graph.op(id).mnemonic) of \(element.rawValue)", at: location(id),
        hint: "cast the operands to float first")
    }
    var expression = MapExpression(computed, inputs: elements)
    _ = try append(id, reading: operands, to: &expression)
    var views: [View] = []
    for operand in operands { views.append(try mapOperand(operand)) }
    try emitMap(expression, id, operands, views)
  }

  /// The step of an expression over views, which are broadcast to the result.
  private mutating func emitMap(
    _ expression: MapExpression, _ id: ValueID, _ operands: [ValueID], _ views: [View]
  ) throws(Diagnostic) {
    allocateMapResult(id, operands, views)
    let result = try view(id)
    guard let resultStrides = result.layout.strides else {
      throw Diagnostic(.internalError, "no strides of a result", at: location(id))
    }
    let dims = graph.shape(of: id).dims
    let strides = views.map { broadcastStrides($0, to: dims) } + [resultStrides]
    do throws(Diagnostic) {
      let loop = try StridedLoop(
        extents: dims, strides: strides,
        origins: views.map(\.layout.origin) + [result.layout.origin])
      try emit(MapKernel(expression, loop: loop).call(), views, makes: id)
    } catch {
      throw Diagnostic(error.code, error.message, at: location(id), hint: error.hint)
    }
  }

  /// A batch normalization of constant statistics, element by element: `fma(x − mean, factor, bias)`.
  mutating func lower(_ norm: BatchNormalization, _ id: ValueID) throws(Diagnostic) {
    let operands = graph.operands(of: id)
    try requireF32(operands, for: id)
    let parameters = operands.dropFirst().compactMap { graph.constant($0)?.floats }
    guard parameters.count == 4 else {
      throw Diagnostic(
        .unsupportedKernel, "a batch normalization whose statistics are computed",
        at: location(id))
    }
    let factors = zip(parameters[0], parameters[3]).map { scale, variance in
      scale / (variance + norm.epsilon).squareRoot()
    }
    let dims = graph.shape(of: id).dims
    var expression = MapExpression(.f32, inputs: [.f32, .f32, .f32, .f32])
    let deviation = expression.apply(.sub, 0, 1)
    expression.apply(.fma, deviation, 2, 3)
    var views = [try mapOperand(operands[0])]
    for (what, values) in [("mean", parameters[2]), ("factor", factors), ("bias", parameters[1])] {
      let shape = try Shape([values.count] + dims.dropFirst(2).map { _ in 1 })
      let storage = addStorage(
        Storage(
          place: .constant, byteCount: 4 * values.count,
          bytes: littleEndianBytes(values.map(\.bitPattern)), name: "\(graph[id].name) \(what)"))
      views.append(
        View(
          storage: storage, element: .f32, shape: shape,
          layout: .rowMajor(shape, elementBytes: 4)))
    }
    try emitMap(expression, id, [operands[0]], views)
  }

  /// The operand with one stride per axis.
  private mutating func mapOperand(_ id: ValueID) throws(Diagnostic) -> View {
    let view = try view(id)
    return view.layout.strides == nil ? try rowMajor(view, named: id) : view
  }

  /// The result lies as its first whole operand that is an image, else row-major.
  private mutating func allocateMapResult(
    _ id: ValueID, _ operands: [ValueID], _ views: [View]
  ) {
    let shape = graph.shape(of: id)
    let image = views.first { $0.image != nil && $0.shape == shape }?.image
    if shape.rank == 4, let roles = demands[id.index].roles ?? image?.roles {
      _ = allocateImage(id, roles, fillsHalo: false)
    } else {
      _ = allocateRowMajor(id)
    }
  }

  func broadcastStrides(_ view: View, to dims: [Int]) -> [Int] {
    let strides = view.layout.strides ?? []
    let missing = dims.count - view.shape.rank
    return dims.indices.map { axis in
      axis < missing || view.shape[axis - missing] == 1 ? 0 : strides[axis - missing]
    }
  }

  /// The steps of `id` and of the ops that are joined to it.
  private func append(
    _ id: ValueID, reading inputs: [ValueID], to expression: inout MapExpression
  ) throws(Diagnostic) -> MapExpression.Value {
    var values: [MapExpression.Value] = []
    for operand in graph.operands(of: id) {
      if let input = inputs.firstIndex(of: operand) {
        values.append(input)
      } else if let number = graph.scalar(operand) {
        values.append(expression.apply(.constant, constants: [Double(number)]))
      } else {
        values.append(try append(operand, reading: inputs, to: &expression))
      }
    }
    switch graph.op(id) {
    case .binary(let function):
      return expression.apply(function.mapFunction, values[0], values[1])
    case .select:
      return expression.apply(.select, values[0], values[1], values[2])
    case .unary(let function):
      return try append(function, values[0], to: &expression, id)
    default:
      throw Diagnostic(
        .internalError, "\(graph.op(id).mnemonic) is not elementwise", at: location(id))
    }
  }

  private func append(
    _ function: UnaryFunction, _ operand: MapExpression.Value,
    to expression: inout MapExpression, _ id: ValueID
  ) throws(Diagnostic) -> MapExpression.Value {
    switch function {
    case .clip(let lower, let upper):
      var value = operand
      if let lower { value = expression.apply(.lowerBound, value, constants: [Double(lower)]) }
      if let upper { value = expression.apply(.upperBound, value, constants: [Double(upper)]) }
      return value
    case .leakyRelu(let alpha):
      return expression.apply(.leakyRelu, operand, constants: [Double(alpha)])
    case .elu(let alpha):
      return expression.apply(.elu, operand, constants: [Double(alpha)])
    case .hardSigmoid(let alpha, let beta):
      return expression.apply(.hardSigmoid, operand, constants: [Double(alpha), Double(beta)])
    case .gelu(let tanh):
      return expression.apply(tanh ? .geluTanh : .gelu, operand)
    default:
      let name = function.mnemonic.filter { $0 != "_" }
      let symbol = function == .reciprocal ? "rcp" : name
      guard let mapped = MapFunction(rawValue: symbol) else {
        throw Diagnostic(
          .unsupportedKernel, "no kernel for \(function.mnemonic)", at: location(id))
      }
      return expression.apply(mapped, operand)
    }
  }

  mutating func lower(_ cast: Cast, _ id: ValueID) throws(Diagnostic) {
    let operand = graph.operand(0, of: id)
    let source = try wholeRowMajor(operand)
    _ = allocateRowMajor(id)
    do throws(Diagnostic) {
      let kernel = try CastKernel(
        from: graph.type(of: operand).element, to: cast.element,
        count: source.shape.elementCount)
      try emit(kernel.call(), [source], makes: id)
    } catch {
      throw Diagnostic(error.code, error.message, at: location(id), hint: error.hint)
    }
  }
}

extension BinaryFunction {
  fileprivate var mapFunction: MapFunction {
    switch self {
    case .add: .add
    case .sub: .sub
    case .mul: .mul
    case .div: .div
    case .pow: .pow
    case .min: .min
    case .max: .max
    case .mod: .mod
    case .fmod: .fmod
    case .prelu: .prelu
    case .equal: .equal
    case .less: .less
    case .greater: .greater
    case .lessOrEqual: .lessOrEqual
    case .greaterOrEqual: .greaterOrEqual
    case .and: .and
    case .or: .or
    case .xor: .xor
    }
  }
}

extension Op {
  /// Whether the op has a kernel over integers.
  fileprivate var isForIntegers: Bool {
    switch self {
    case .binary(let function): function.mapFunction.isForIntegers
    case .unary(.relu), .unary(.neg), .unary(.abs), .unary(.sign), .unary(.not), .unary(.clip),
      .select:
      true
    default: false
    }
  }
}
