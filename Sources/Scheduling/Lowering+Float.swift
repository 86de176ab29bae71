import Diagnostics
import GraphIR
import KernelIR
import Tensors

extension Lowering {
  mutating func lowerFloat(_ id: ValueID) throws(Diagnostic) {
    throw Diagnostic(.unsupportedKernel, "no kernel for \(graph.op(id).mnemonic)", at: location(id))
  }
  mutating func lowerFloatPool(
    _ pooling: Pooling, _ window: ConvolutionWindow, _ id: ValueID
  ) throws(Diagnostic) {
    throw Diagnostic(.unsupportedKernel, "no kernel for \(graph.op(id).mnemonic)", at: location(id))
  }
}
