import Diagnostics
import Dispatch
import KernelIR
import Synchronization
import Targets
import Toolchain

/// The kernels of one variant for programs that are made one after another: each kernel is compiled
/// once, when the first program asks for it.
package struct KernelLibrary: Sendable {
  package let target: CPUTarget
  private let toolchain: CToolchain
  /// Most units that are compiled side by side.
  private let width: Int
  private var known: Set<KernelSpec> = []
  private var units: [[UInt8]] = []
  private var object: [UInt8] = []

  package init(_ target: CPUTarget, _ toolchain: CToolchain, width: Int) {
    self.target = target
    self.toolchain = toolchain
    self.width = max(width, 1)
  }

  /// How many kernels have been compiled.
  package var kernelCount: Int { known.count }

  /// An object that holds `specs`, and what was asked for before.
  ///
  /// - Throws: `QC6003` when clang refuses, `QC6004` when the object is not what it must be.
  package mutating func object(with specs: [KernelSpec]) throws(Diagnostic) -> [UInt8] {
    let missing = specs.filter { !known.contains($0) }
    guard !missing.isEmpty || object.isEmpty else { return object }
    units += try compiled(missing)
    let linked = try toolchain.link(units, triple: target.architecture.triple)
    try ObjectLint.check(try ELFFile(linked), target, symbols: specs.map(\.symbol))
    known.formUnion(missing)
    object = linked
    return linked
  }

  /// Units of about as many kernels each.
  private func compiled(_ specs: [KernelSpec]) throws(Diagnostic) -> [[UInt8]] {
    let count = max(1, min(width, specs.count))
    let results = Mutex<[Int: Result<[UInt8], Diagnostic>]>([:])
    DispatchQueue.concurrentPerform(iterations: count) { index in
      let part = stride(from: index, to: specs.count, by: count).map { specs[$0] }
      let result: Result<[UInt8], Diagnostic>
      do throws(Diagnostic) {
        result = .success(
          try toolchain.compileUnit(
            KernelSource.text(part, target), triple: target.architecture.triple,
            flags: target.compilerFlags))
      } catch {
        result = .failure(error)
      }
      results.withLock { $0[index] = result }
    }
    var units: [[UInt8]] = []
    for index in 0..<count {
      guard let result = results.withLock({ $0[index] }) else {
        throw Diagnostic(.internalError, "a unit was not compiled")
      }
      units.append(try result.get())
    }
    return units
  }
}
