import Tensors

/// All that a kernel's code depends on, the same for every variant: family, operand types and the
/// constants that pay. Shapes, pitches and zero points are in the argument record instead.
///
/// Two calls with equal specs share one kernel. The variant's generator chooses the tile.
package struct KernelSpec: Hashable, Sendable {
  /// A constant of the code. The name is a word of lower-case letters and no element type.
  package struct Parameter: Hashable, Sendable {
    package let name: String
    package let value: Int

    package init(_ name: String, _ value: Int) {
      precondition(value >= 0, "\(name) is negative")
      precondition(!name.isEmpty && name.allSatisfy { $0.isASCII && $0.isLowercase }, name)
      self.name = name
      self.value = value
    }
  }

  package let family: KernelFamily
  /// Element types of the operands, the result last.
  package let operands: [ElementType]
  package let parameters: [Parameter]

  package init(_ family: KernelFamily, _ operands: [ElementType], _ parameters: [Parameter] = []) {
    self.family = family
    self.operands = operands
    self.parameters = parameters
  }

  /// The value of a parameter that the family always has.
  package subscript(name: String) -> Int {
    guard let parameter = parameters.first(where: { $0.name == name }) else {
      preconditionFailure("\(family.name) has no parameter \(name)")
    }
    return parameter.value
  }

  /// The symbol of the kernel in every variant's object.
  package var symbol: String { KernelName.print(self) }
}
