import Tensors

/// Padding whose bytes are 0, as it is behind a ReLU: its products add nothing, so that a variant may
/// leave them out. Where the zero point is another one, all products are needed.
extension ConvolutionKernel {
  /// Whether products leave such padding out; gathered rows hold it.
  private var leavesZeros: Bool { input.haloByte == 0 && !gathersRows }

  /// Rows of such padding above the image.
  var zeroRows: Int { leavesZeros ? window.padding.y : 0 }

  /// Rows behind ``zeroRows`` that products are needed of; the largest int32 if of all.
  var imageRows: Int { leavesZeros ? input.height : Int(Int32.max) }

  /// Multiply-adds of the kernel without those of zeros.
  var productCount: Int {
    let panels = panels
    let zeros = edgeParameters.reduce(0) { $0 + $1.value }
    let rowQuads = output.width * segmentColumns * panels.quadsPerSegment - zeros
    let rows = (0..<output.height).reduce(0) { $0 + kernelRows(at: $1) }
    return output.batch * rows * rowQuads * 64 * panels.panelCount
  }

  /// Kernel rows that result row `y` needs.
  private func kernelRows(at y: Int) -> Int {
    let (first, window) = (y * sourceWindow.stride.y - zeroRows, sourceWindow)
    return (0..<window.kernel.y).count {
      (0..<imageRows).contains(first + $0 * window.dilation.y)
    }
  }

  /// Quads of each kernel row that meet such padding: the first ones at the first pixel of a row, the
  /// last ones at the last. Only what is left of a row in whole quads, and worth a loop, counts.
  var edgeParameters: [KernelSpec.Parameter] {
    guard leavesZeros, rowsAreContiguous, window.kernel.x > 1,
      input.channelBytes % 4 == 0, split == .rows
    else { return [] }
    let beyond =
      (output.width - 1) * window.stride.x + window.kernel.x - window.padding.x - input.width
    let quads = window.kernel.x * input.channelBytes / 4
    let edges = [("leftzeros", window.padding.x), ("rightzeros", beyond)].map { name, taps in
      KernelSpec.Parameter(name, max(0, taps) * input.channelBytes / 4)
    }
    return edges.filter { $0.value > 1 && $0.value + 1 < quads }
  }
}

extension KernelSpec {
  /// The quads of ``ConvolutionKernel/edgeParameters``, 0 if there are none.
  package var leftZeros: Int { parameters.first { $0.name == "leftzeros" }?.value ?? 0 }
  package var rightZeros: Int { parameters.first { $0.name == "rightzeros" }?.value ?? 0 }
}
