import Diagnostics

/// Scales and zero points laid out over a tensor seen as `[outer, channels, inner]`.
package struct ChannelScales: Hashable, Sendable {
  package let outer: Int
  package let channels: Int
  package let inner: Int
  /// One for each channel, as are the zero points.
  package let scales: [Float]
  package let zeroPoints: [Int32]

  /// - Throws: `QC3003` when the number of scales does not fit the shape.
  package init(_ params: QuantParams, _ shape: Shape) throws(Diagnostic) {
    switch params.granularity {
    case .perTensor:
      (outer, channels, inner) = (1, 1, shape.elementCount)
      (scales, zeroPoints) = (params.scales, params.zeroPoints)
    case .perChannel(let axis):
      outer = shape.dims[..<axis].reduce(1, *)
      channels = shape[axis]
      inner = shape.dims[(axis + 1)...].reduce(1, *)
      (scales, zeroPoints) = (params.scales, params.zeroPoints)
    case .perGroup(let axis, let groupSize):
      // One scale for each element: groups do not repeat along an axis.
      let after = shape.dims[(axis + 1)...].reduce(1, *)
      let extent = shape[axis]
      let groups = (extent + groupSize - 1) / groupSize
      let group = (0..<shape.elementCount).map { index in
        (index / (after * extent) * groups + index / after % extent / groupSize) * after
          + index % after
      }
      (outer, channels, inner) = (1, shape.elementCount, 1)
      scales = group.map { params.scales[$0] }
      zeroPoints = group.map { params.zeroPoints[$0] }
    }
    guard channels == scales.count else {
      throw Diagnostic(.invalidQuantization, "\(scales.count) scales for [\(shape)]")
    }
  }
}
