// Unsafe pointers: the C function reads the whole tensor and writes the sums of all groups, whose
// count its contract names; no pointer leaves its closure.
import CReference
import Diagnostics
import GraphIR
import Interpreter
import Tensors

/// A convolution with constant weights that reads a value.
package struct ProductReader: Sendable {
  /// The name of the convolution's result.
  package let name: String
  let geometry: qr_convolution
  /// Taps of one group.
  let size: Int

  /// Fails where moments of the convolution are not kept.
  init?(_ id: ValueID, in graph: Graph) throws(Diagnostic) {
    guard case .conv(let conv) = graph.op(id), graph.type(of: id).element == .f32,
      !graph[id].name.isEmpty, graph.constant(graph.operand(1, of: id)) != nil
    else { return nil }
    let (x, weights) = (graph.shape(of: graph.operand(0, of: id)), graph.operand(1, of: id))
    let shape = graph.shape(of: weights)
    size = shape.dims.dropFirst().reduce(1, *)
    guard size > 0, ProductMoments.isKept(groupCount: conv.groups, size: size) else { return nil }
    name = graph[id].name
    geometry = try conv.geometry(x: x, weights: shape, result: graph.shape(of: id))
  }
}

extension Graph {
  /// For each value the convolutions that read it and of which moments are kept.
  package func productReaders() throws(Diagnostic) -> [[ProductReader]] {
    var result = [[ProductReader]](repeating: [], count: nodes.count)
    for id in values {
      guard let reader = try ProductReader(id, in: self) else { continue }
      result[operand(0, of: id).index].append(reader)
    }
    return result
  }
}

extension ProductMoments {
  init(of reader: ProductReader) {
    self.init(groupCount: Int(reader.geometry.groups), size: reader.size)
  }

  /// Takes in what the convolution reads of one sample; one with a value that is not finite is
  /// left out.
  ///
  /// The sums of a sample are made in float64 and rounded half to even to multiples of 2⁻⁴⁸ after
  /// clamping to ±2⁶⁰.
  mutating func observe(_ tensor: Tensor, _ reader: ProductReader) {
    let values = tensor.floats
    guard reader.size == size, Int(reader.geometry.groups) == groupCount,
      values.allSatisfy(\.isFinite)
    else { return }
    let output = reader.geometry.window.output
    let places = Int(output.0 * output.1 * output.2)
    let step = max(1, (places + ProductMoments.placeLimit - 1) / ProductMoments.placeLimit)
    let stride = size + size * (size + 1) / 2
    var moments = [Double](repeating: 0, count: groupCount * stride)
    var geometry = reader.geometry
    let added = values.withUnsafeBufferPointer { values in
      moments.withUnsafeMutableBufferPointer { moments in
        qr_conv_moments(&geometry, values.baseAddress, Int64(step), moments.baseAddress)
      }
    }
    count += UInt64(added)
    let entries = stride - size
    for group in 0..<groupCount {
      let start = group * stride
      for tap in 0..<size {
        sums[group * size + tap] &+= ProductMoments.units(moments[start + tap])
      }
      for entry in 0..<entries {
        products[group * entries + entry] &+= ProductMoments.units(moments[start + size + entry])
      }
    }
  }

  private static func units(_ sum: Double) -> Int128 {
    Int128((min(max(sum, -0x1p60), 0x1p60) * 0x1p48).rounded(.toNearestOrEven))
  }
}
