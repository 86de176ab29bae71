import CodegenCPU
import Diagnostics
import Dispatch
import KernelIR
import Synchronization
import Targets
import Toolchain

/// Compiles the kernels of all variants, side by side.
struct VariantCompiler: Sendable {
  let toolchain: CToolchain
  /// For each kernel the ops that use it.
  let notes: [KernelSpec: String]

  /// The objects in the order of `targets`.
  ///
  /// - Throws: what the first variant that fails throws.
  func compile(
    _ kernels: [KernelSpec], for targets: [CPUTarget]
  ) throws(Diagnostic) -> [KernelObject] {
    let results = Mutex<[Int: Swift.Result<KernelObject, Diagnostic>]>([:])
    DispatchQueue.concurrentPerform(iterations: targets.count) { index in
      let result: Swift.Result<KernelObject, Diagnostic>
      do throws(Diagnostic) {
        result = .success(try KernelObject(kernels, targets[index], toolchain, notes: notes))
      } catch {
        result = .failure(error)
      }
      results.withLock { $0[index] = result }
    }
    var objects: [KernelObject] = []
    for index in targets.indices {
      guard let result = results.withLock({ $0[index] }) else {
        throw Diagnostic(.internalError, "a variant was not compiled")
      }
      objects.append(try result.get())
    }
    return objects
  }
}
