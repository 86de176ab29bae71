import Tensors

/// A chain (or a small dag) of functions of one element of each input: what one `map` kernel fuses.
///
/// Values are numbered: the inputs first, then one per step; the result is the last one.
package struct MapExpression: Hashable, Sendable {
  package static let inputLimit = 4
  package static let constantLimit = 16
  package static let stepLimit = 28

  package struct Step: Hashable, Sendable {
    package let function: MapFunction
    package let operands: [Int]
    /// Index of its first constant.
    package let firstConstant: Int
  }

  /// The number that a step or an input got.
  package typealias Value = Int

  /// What is computed with: f32, i32 or i64.
  package let element: ElementType
  /// The inputs' types: ``element`` or bool.
  package let inputs: [ElementType]
  package private(set) var steps: [Step] = []
  /// Constants of all steps; for integers whole numbers that saturate at 32 bits.
  package private(set) var constants: [Double] = []
  private var predicates: [Bool]

  package init(_ element: ElementType, inputs: [ElementType]) {
    precondition(element == .f32 || element == .i32 || element == .i64, "map over \(element)")
    precondition((1...MapExpression.inputLimit).contains(inputs.count), "\(inputs.count) inputs")
    precondition(inputs.allSatisfy { $0 == element || $0 == .bool }, "\(inputs)")
    self.element = element
    self.inputs = inputs
    predicates = inputs.map { $0 == .bool }
  }

  /// Adds a step. - Returns: its value.
  @discardableResult
  package mutating func apply(
    _ function: MapFunction, _ operands: Value..., constants: [Double] = []
  ) -> Value {
    precondition(operands.count == function.operandCount, "\(function) got \(operands)")
    precondition(constants.count == function.constantCount, "\(function) got \(constants)")
    precondition(operands.allSatisfy(predicates.indices.contains), "\(function) got \(operands)")
    precondition(element == .f32 || function.isForIntegers, "\(function) of \(element)")
    if element != .f32, MapExpression.isUnbounded(function, constants) {
      return apply(.min, operands[0], operands[0])
    }
    precondition(hasRoom(steps: 1, constants: constants.count), "too long an expression")
    steps.append(
      Step(function: function, operands: operands, firstConstant: self.constants.count))
    self.constants += constants
    predicates.append(
      function.isPredicate || (function == .select && predicates[operands[1]]))
    return predicates.count - 1
  }

  /// Whether a bound lies beyond every integer, so that it leaves each as it is.
  private static func isUnbounded(_ function: MapFunction, _ constants: [Double]) -> Bool {
    switch function {
    case .lowerBound: !(constants[0] > -0x1p63)
    case .upperBound: !(constants[0] < 0x1p63)
    default: false
    }
  }

  /// Whether a chain of that many steps can still be joined.
  package func hasRoom(steps: Int, constants: Int) -> Bool {
    self.steps.count + steps <= MapExpression.stepLimit
      && self.constants.count + constants <= MapExpression.constantLimit
  }

  /// Whether value `value` is a truth value.
  package func isPredicate(_ value: Value) -> Bool { predicates[value] }

  /// The last value's type.
  package var result: ElementType { predicates[predicates.count - 1] ? .bool : element }

  var cost: Int { steps.reduce(1) { $0 + $1.function.cost } }

  /// One word per step: its function, and its operands in five bits each.
  var parameters: [KernelSpec.Parameter] {
    steps.map { step in
      KernelSpec.Parameter(
        step.function.rawValue,
        step.operands.enumerated().reduce(0) { $0 | $1.element << (5 * $1.offset) })
    }
  }

  /// The expression that `spec` was made from, its constants 0.
  package init(_ spec: KernelSpec) {
    let element = spec.operands.first { $0 == .i32 || $0 == .i64 } ?? .f32
    self.init(element, inputs: Array(spec.operands.dropLast()))
    for parameter in spec.parameters {
      guard let function = MapFunction(rawValue: parameter.name) else { continue }
      let operands = (0..<function.operandCount).map { parameter.value >> (5 * $0) & 31 }
      steps.append(Step(function: function, operands: operands, firstConstant: constants.count))
      constants += [Double](repeating: 0, count: function.constantCount)
      predicates.append(
        function.isPredicate || (function == .select && predicates[operands[1]]))
    }
  }
}
