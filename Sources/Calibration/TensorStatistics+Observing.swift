// Unsafe pointers: the values are read where they lie, or from an aligned copy of them; every buffer
// that the C functions write has the size that their contract names, and no pointer leaves its
// closure.
import CReference
import Foundation
import Tensors

extension TensorStatistics {
  /// Takes in a float32 tensor of the sample number `sample`, whose channels are counted by
  /// `channelAxis`, if it has any.
  mutating func observe(_ tensor: Tensor, channelAxis: Int?, sample: Int) {
    precondition(tensor.element == .f32, "calibration observes float32 tensors")
    tensor.withFloats { observe($0, tensor.shape, channelAxis: channelAxis, sample: sample) }
  }

  private mutating func observe(
    _ values: UnsafeBufferPointer<Float>, _ shape: Shape, channelAxis: Int?, sample: Int
  ) {
    var extent = qc_calibration_extent()
    qc_calibration_measure(values.baseAddress, values.count, &extent)
    finiteCount += extent.finite_count
    zeroCount += extent.zero_count
    nanCount += extent.nan_count
    infinityCount += extent.infinity_count
    let seen = extent.finite_count > 0 ? extent.min...extent.max : nil
    if let seen {
      let range = TensorStatistics.union(extremes, seen) ?? seen
      extremes = range
      sampleExtremes[sample] = TensorStatistics.union(sampleExtremes[sample], seen)
      histogram.grow(to: range)
      if extent.finite_count > extent.zero_count { histogram.count(values) }
    }
    let isPlain =
      extent.finite_count == UInt64(values.count)
      && max(abs(extent.min), abs(extent.max)) < 0x1p16
    observeChannels(values, shape, channelAxis, isPlain: isPlain)
  }

  /// Takes in what a convolution reads of one sample to make this tensor.
  mutating func observe(_ tensor: Tensor, _ reader: ProductReader) {
    var moments = products ?? ProductMoments(of: reader)
    // The stored statistics must not hold a second reference while the arrays are written.
    products = nil
    moments.observe(tensor, reader)
    products = moments
  }

  private mutating func observeChannels(
    _ values: UnsafeBufferPointer<Float>, _ shape: Shape, _ channelAxis: Int?, isPlain: Bool
  ) {
    guard let axis = channelAxis, axis < shape.rank,
      (1...ChannelStatistics.channelLimit).contains(shape[axis])
    else {
      channels = .none
      return
    }
    var statistics: ChannelStatistics
    switch channels {
    case .none: return
    case .unseen: statistics = ChannelStatistics(axis: axis, channelCount: shape[axis])
    case .known(let known):
      guard known.axis == axis, known.count == shape[axis] else {
        channels = .none
        return
      }
      statistics = known
    }
    // The stored statistics must not hold a second reference while the arrays are written.
    channels = .unseen
    statistics.add(
      values, outer: shape.dims[..<axis].reduce(1, *),
      inner: shape.dims[(axis + 1)...].reduce(1, *), isPlain: isPlain)
    channels = .known(statistics)
  }
}

extension PowerHistogram {
  /// Counts values of which the finite ones lie in the bins.
  fileprivate mutating func count(_ values: UnsafeBufferPointer<Float>) {
    let binCount = counts.count
    let rest = Int(QC_CALIBRATION_REST)
    counts.append(contentsOf: repeatElement(0, count: rest))
    let inverseWidth = Double(sign: .plus, exponent: -exponent, significand: 1)
    counts.withUnsafeMutableBufferPointer { counts in
      qc_calibration_count(
        values.baseAddress, values.count, inverseWidth, Int32(lowestBin), binCount,
        counts.baseAddress)
    }
    counts.removeLast(rest)
  }
}

extension ChannelStatistics {
  /// Adds values of layout `[outer, channels, inner]`.
  fileprivate mutating func add(
    _ values: UnsafeBufferPointer<Float>, outer: Int, inner: Int, isPlain: Bool
  ) {
    var words = [qc_calibration_sum](repeating: qc_calibration_sum(), count: count)
    let channelCount = count
    minima.withUnsafeMutableBufferPointer { minima in
      maxima.withUnsafeMutableBufferPointer { maxima in
        finiteCounts.withUnsafeMutableBufferPointer { finiteCounts in
          words.withUnsafeMutableBufferPointer { words in
            var out = qc_calibration_channels(
              min: minima.baseAddress, max: maxima.baseAddress, sum: words.baseAddress,
              finite_count: finiteCounts.baseAddress)
            qc_calibration_add_channels(
              values.baseAddress, outer, channelCount, inner, isPlain ? 1 : 0, &out)
          }
        }
      }
    }
    for (channel, word) in words.enumerated() {
      sums[channel] &+= Int128(word.high) << 64 | Int128(word.low)
    }
  }
}

extension Tensor {
  /// The elements of a float32 tensor: in place where they are aligned, else copied.
  func withFloats<Result>(_ body: (UnsafeBufferPointer<Float>) -> Result) -> Result {
    let result = bytes.withUnsafeBytes { raw -> Result? in
      guard UInt(bitPattern: raw.baseAddress) % 4 == 0 else { return nil }
      return raw.withMemoryRebound(to: Float.self, body)
    }
    return result ?? floats.withUnsafeBufferPointer(body)
  }
}
