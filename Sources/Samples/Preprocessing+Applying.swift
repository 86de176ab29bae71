// Unsafe pointers: each output buffer is written completely by the closure that fills it; all
// offsets come from extents that were checked against the shape.
import Diagnostics
import Foundation
import Tensors

extension Preprocessing {
  /// The shape of a prepared sample of shape `dims`.
  ///
  /// - Throws: `QC4003` when a step does not fit the shape.
  func shape(of dims: [Int]) throws(Diagnostic) -> [Int] {
    guard needsImages else {
      try check(channels: dims.last)
      return dims
    }
    guard dims.count == 3 else {
      throw Diagnostic(
        .malformedDataset,
        "crop, pad, channel_order and layout need an array of rank 4 [n, h, w, c]",
        hint: "this one has samples of shape \(dims)")
    }
    var (height, width) = (dims[0], dims[1])
    if let crop {
      guard crop.height <= height - crop.top, crop.width <= width - crop.left else {
        throw Diagnostic(
          .malformedDataset, "the crop goes beyond the image of \(height) x \(width)")
      }
      (height, width) = (crop.height, crop.width)
    }
    if let pad {
      guard pad.height >= height, pad.width >= width else {
        throw Diagnostic(
          .malformedDataset,
          "an image of \(height) x \(width) does not fit in one of \(pad.height) x \(pad.width)")
      }
      (height, width) = (pad.height, pad.width)
    }
    guard !reversesChannels || dims[2] == 3 else {
      throw Diagnostic(.malformedDataset, "channel_order needs 3 channels, not \(dims[2])")
    }
    try check(channels: dims[2])
    return toChannelsFirst ? [dims[2], height, width] : [height, width, dims[2]]
  }

  private func check(channels: Int?) throws(Diagnostic) {
    var factors = [mean]
    switch gain {
    case .scale(let values), .std(let values): factors.append(values)
    case nil: break
    }
    for case .each(let values)? in factors where values.count != channels {
      throw Diagnostic(
        .malformedDataset,
        "\(values.count) numbers for a last axis of extent \(channels ?? 1)")
    }
  }

  /// The prepared sample.
  ///
  /// - Throws: `QC4003` when a step does not fit the shape, `QC4002` for an element type that is
  ///   not converted.
  func apply(to sample: Tensor) throws(Diagnostic) -> Tensor {
    let dims = try shape(of: sample.shape.dims)
    let framed = try frame(sample)
    guard makesFloats else {
      let bytes = toChannelsFirst ? try channelsFirst(framed, framed.element) : framed.bytes
      return try Tensor(framed.element, Shape(dims), bytes: bytes)
    }
    var values = try framed.convertedToFloats()
    if let mean { mean.combine(&values) { $0 - $1 } }
    switch gain {
    case .scale(let factors): factors.combine(&values) { $0 * $1 }
    case .std(let factors): factors.combine(&values) { $0 / $1 }
    case nil: break
    }
    let result = try Tensor(.f32, framed.shape, values)
    guard toChannelsFirst else { return result }
    return try Tensor(.f32, Shape(dims), bytes: channelsFirst(result, .f32))
  }

  /// Steps 1 to 3: crop, pad and channel order, on the stored bytes.
  private func frame(_ sample: Tensor) throws(Diagnostic) -> Tensor {
    guard crop != nil || pad != nil || reversesChannels else { return sample }
    let dims = sample.shape.dims
    let cut = crop ?? Crop(top: 0, left: 0, height: dims[0], width: dims[1])
    let (height, width) = (pad?.height ?? cut.height, pad?.width ?? cut.width)
    let shape = try Shape([height, width, dims[2]])
    let elementBytes = sample.element.byteCount(of: 1)
    let pixelBytes = dims[2] * elementBytes
    let filler = try Tensor(.f64, .scalar, [pad?.value ?? 0]).converted(to: sample.element).bytes
    let source = [UInt8](sample.bytes)
    var target = [UInt8]()
    target.reserveCapacity(height * width * pixelBytes)
    for row in 0..<height {
      if row < cut.height {
        let start = ((cut.top + row) * dims[1] + cut.left) * pixelBytes
        target += source[start..<start + cut.width * pixelBytes]
      }
      while target.count < (row + 1) * width * pixelBytes { target += filler }
    }
    if reversesChannels {
      for pixel in stride(from: 0, to: target.count, by: pixelBytes) {
        for byte in 0..<elementBytes {
          target.swapAt(pixel + byte, pixel + 2 * elementBytes + byte)
        }
      }
    }
    return try Tensor(sample.element, shape, bytes: Data(target))
  }

  /// The bytes of an image `[h, w, c]` in the order `[c, h, w]`.
  private func channelsFirst(
    _ image: Tensor, _ element: ElementType
  ) throws(Diagnostic) -> Data {
    let (pixelCount, channelCount) = (image.shape[0] * image.shape[1], image.shape[2])
    switch element.bitWidth {
    case 8: return transposed(image.elements(UInt8.self), pixelCount, channelCount)
    case 16: return transposed(image.elements(UInt16.self), pixelCount, channelCount)
    case 32: return transposed(image.elements(UInt32.self), pixelCount, channelCount)
    case 64: return transposed(image.elements(UInt64.self), pixelCount, channelCount)
    default:
      throw Diagnostic(.malformedDataset, "layout does not take \(element.rawValue) elements")
    }
  }

  private func transposed<Element: BitwiseCopyable>(
    _ source: [Element], _ rows: Int, _ columns: Int
  ) -> Data {
    let result = [Element](unsafeUninitializedCapacity: source.count) { target, count in
      source.withUnsafeBufferPointer { source in
        for column in 0..<columns {
          for row in 0..<rows { target[column * rows + row] = source[row * columns + column] }
        }
      }
      count = source.count
    }
    return result.withUnsafeBytes { Data($0) }
  }
}

extension Preprocessing.Factors {
  /// Combines each value with the factor of its place on the last axis.
  @inline(__always)
  fileprivate func combine(_ values: inout [Float], _ operation: (Float, Float) -> Float) {
    values.withUnsafeMutableBufferPointer { values in
      switch self {
      case .one(let factor):
        for index in 0..<values.count { values[index] = operation(values[index], factor) }
      case .each(let factors):
        var channel = 0
        for index in 0..<values.count {
          values[index] = operation(values[index], factors[channel])
          channel = channel + 1 == factors.count ? 0 : channel + 1
        }
      }
    }
  }
}
