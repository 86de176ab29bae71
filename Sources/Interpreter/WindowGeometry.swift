import CReference
import Diagnostics
import GraphIR
import Tensors

extension Window {
  /// Windows over the spatial axes, filled up in front to three.
  ///
  /// - Throws: `QC2003` for more than three axes.
  static func geometry(
    _ windows: [Window], input: some Sequence<Int>, output: some Sequence<Int>
  ) throws(Diagnostic) -> qr_window {
    guard windows.count <= 3 else {
      throw Diagnostic(.unsupportedAttribute, "windows over \(windows.count) axes; the limit is 3")
    }
    let missing = 3 - windows.count
    func three(_ values: [Int], _ filler: Int64) -> (Int64, Int64, Int64) {
      let all = [Int64](repeating: filler, count: missing) + values.map { Int64($0) }
      return (all[0], all[1], all[2])
    }
    return qr_window(
      input: three(Array(input), 1), output: three(Array(output), 1),
      kernel: three(windows.map(\.size), 1), stride: three(windows.map(\.stride), 1),
      dilation: three(windows.map(\.dilation), 1), pad: three(windows.map(\.padBegin), 0),
      pad_end: three(windows.map(\.padEnd), 0))
  }
}

extension Convolution {
  /// The geometry of the whole convolution.
  package func geometry(
    x: Shape, weights: Shape, result: Shape
  ) throws(Diagnostic) -> qr_convolution {
    let windows = strides.indices.map { axis in
      Window(
        size: weights[axis + 2], stride: strides[axis], dilation: dilations[axis],
        padBegin: pads[axis], padEnd: pads[axis + strides.count])
    }
    return qr_convolution(
      window: try Window.geometry(
        windows, input: x.dims.dropFirst(2), output: result.dims.dropFirst(2)),
      batch: Int64(x[0]), groups: Int64(groups), channels: Int64(weights[1]),
      outputs: Int64(weights[0] / groups))
  }
}

extension Pooling {
  /// The geometry of the windows.
  func geometry(x: Shape, result: Shape) throws(Diagnostic) -> qr_window {
    try Window.geometry(
      kernel.indices.map { window($0) }, input: x.dims.dropFirst(2),
      output: result.dims.dropFirst(2))
  }
}
