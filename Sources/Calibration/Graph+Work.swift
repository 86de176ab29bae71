import GraphIR
import Tensors

extension Graph {
  /// Products of one run, and 8 for each element that is computed.
  var work: Double {
    values.filter { resolve($0) == $0 && constant($0) == nil }.reduce(0) { sum, id in
      sum + Double(shape(of: id).elementCount) * Double(productsPerElement(id))
        + 8 * elementWork(id)
    }
  }
}
