import Diagnostics
import Tensors

/// Rounds f32 to integers: `clamp(rne(x / scale) + zeroPoint)`.
package struct Quantize: Hashable, Sendable {
  package let element: ElementType
  package let params: QuantParams

  package init(_ element: ElementType, _ params: QuantParams) {
    self.element = element
    self.params = params
  }
}

/// What a `q.*` op makes of its f32 value: an activation or the f32 itself.
package enum QuantizedResult: Hashable, Sendable {
  case quantized(ElementType, QuantParams)
  case float

  package func type(_ shape: Shape) -> TensorType {
    switch self {
    case .quantized(let element, let params): TensorType(element, shape, params)
    case .float: TensorType(.f32, shape)
    }
  }
}

/// All that happens between the integer sum and the store.
package struct Epilogue: Hashable, Sendable {
  /// A residual operand is added before rounding.
  package let hasResidual: Bool
  /// Real bounds, applied after the residual (relu, relu6, clip).
  package let clamp: ClampBounds
  /// A function of the real value, computed after the residual; then ``clamp`` is none.
  package let activation: UnaryFunction?
  package let result: QuantizedResult

  package init(
    hasResidual: Bool, clamp: ClampBounds, activation: UnaryFunction? = nil, result: QuantizedResult
  ) {
    precondition(activation?.joinsProducts ?? true, "no activation of an epilogue")
    precondition(activation == nil || clamp.isNone, "an activation or a clamp")
    self.hasResidual = hasResidual
    self.clamp = clamp
    self.activation = activation
    self.result = result
  }
}

/// Integer convolution with its epilogue.
package struct QuantizedConvolution: Hashable, Sendable {
  package let geometry: Convolution
  package let epilogue: Epilogue

  package init(geometry: Convolution, epilogue: Epilogue) {
    self.geometry = geometry
    self.epilogue = epilogue
  }
}

/// Integer matrix product with its epilogue. Operands: lhs, rhs, then bias and residual if any.
package struct QuantizedMatMul: Hashable, Sendable {
  package let hasBias: Bool
  package let epilogue: Epilogue

  package init(hasBias: Bool, epilogue: Epilogue) {
    self.hasBias = hasBias
    self.epilogue = epilogue
  }
}

/// Sum, difference or product of two activations with broadcasting.
package struct QuantizedBinary: Hashable, Sendable {
  /// `add`, `sub` or `mul`.
  package let function: BinaryFunction
  package let clamp: ClampBounds
  package let result: QuantizedResult

  package init(_ function: BinaryFunction, clamp: ClampBounds, result: QuantizedResult) {
    self.function = function
    self.clamp = clamp
    self.result = result
  }
}

/// Average of an activation over windows.
package struct QuantizedPool: Hashable, Sendable {
  /// Its kind is `average`.
  package let pooling: Pooling
  package let result: QuantizedResult

  package init(_ pooling: Pooling, result: QuantizedResult) {
    self.pooling = pooling
    self.result = result
  }
}

/// Interpolation of the images of an activation.
package struct QuantizedResize: Hashable, Sendable {
  /// Interpolates images; see ``Resize/interpolatesImages(of:)``.
  package let resize: Resize
  package let result: QuantizedResult

  package init(_ resize: Resize, result: QuantizedResult) {
    self.resize = resize
    self.result = result
  }
}

/// A table from 8-bit codes to 8-bit codes.
package struct Lookup: Hashable, Sendable {
  /// Entry `i` is the result's byte for the operand's byte `i`.
  package let table: [UInt8]
  package let element: ElementType
  package let params: QuantParams
  /// The function that filled the table, for people.
  package let function: String

  package init(
    table: [UInt8], element: ElementType, params: QuantParams, function: String
  ) {
    precondition(table.count == 256)
    self.table = table
    self.element = element
    self.params = params
    self.function = function
  }
}
