import Diagnostics
import Foundation
import Tensors

/// Joins one output of all runs to an array whose axis 0 counts the samples.
package struct OutputStack: Sendable {
  private let hasBatchAxis: Bool
  private let batch: Int
  private var element: ElementType?
  private var sampleDims: [Int] = []
  private var bytes = Data()
  private var sampleCount = 0

  package init(for samples: BoundSamples) {
    hasBatchAxis = samples.hasBatchAxis
    batch = samples.batch
  }

  /// Takes in the output of the next run. An output without the batch's axis gets one.
  ///
  /// - Throws: `QC4002` when its shape or element type differs from the first one's.
  package mutating func append(_ output: Tensor) throws(Diagnostic) {
    let isBatched = hasBatchAxis && output.shape.dims.first == batch
    let dims = isBatched ? Array(output.shape.dims.dropFirst()) : output.shape.dims
    if let element, element != output.element || sampleDims != dims {
      throw Diagnostic(
        .wrongArray, "results of shape \(sampleDims) and \(dims) cannot be stacked",
        hint: "run the samples one by one, with --single")
    }
    element = output.element
    sampleDims = dims
    bytes.append(output.bytes)
    sampleCount += isBatched ? batch : 1
  }

  /// The joined array; `nil` before the first output.
  package func stacked() throws(Diagnostic) -> Tensor? {
    guard let element else { return nil }
    return try Tensor(element, Shape([sampleCount] + sampleDims), bytes: bytes)
  }

  /// The single samples' parts of one run's output.
  package func split(_ output: Tensor) throws(Diagnostic) -> [Tensor] {
    guard hasBatchAxis, output.shape.dims.first == batch else { return [output] }
    let shape = try Shape(Array(output.shape.dims.dropFirst()))
    let stride = output.element.byteCount(of: shape.elementCount)
    var parts: [Tensor] = []
    for place in 0..<batch {
      let start = output.bytes.startIndex + place * stride
      parts.append(
        try Tensor(output.element, shape, bytes: Data(output.bytes[start..<start + stride])))
    }
    return parts
  }
}
