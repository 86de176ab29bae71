/// A kind of kernel: one argument record, one generator, one sentence of arithmetic.
///
/// The families are declared next to their argument records; the name is a word of lower-case
/// letters, as it appears in symbols.
package struct KernelFamily: Hashable, Sendable {
  package let name: String

  package init(_ name: String) {
    precondition(!name.isEmpty && name.allSatisfy { $0.isASCII && $0.isLowercase }, name)
    self.name = name
  }
}
