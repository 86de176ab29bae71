import Diagnostics
import Foundation
import Tensors

/// The samples of one named input: what the arrays hold, prepared, without the sample axis.
package struct SampleColumn: Sendable {
  indirect enum Storage: Sendable {
    /// Arrays whose axis 0 is the sample axis, one after the other.
    case arrays([Tensor])
    /// One long signal; sample `i` is `[i * length - before, (i + 1) * length)`.
    case windows(Tensor, length: Int, before: Int)
    /// Every sample is this value.
    case fill(Tensor, count: Int)
    /// Every sample is this value in the shape of another input's sample.
    case fillLike(SampleColumn, Double)
  }

  private let storage: Storage
  private let preprocessing: Preprocessing
  /// Entries of axis 0 to keep of each sample; `nil` for all.
  private let cuts: [Int]?
  /// The samples in use.
  private let range: Range<Int>
  /// Where the values come from, for messages; `nil` for a fill.
  package let file: String?

  package var count: Int { range.count }

  /// - Throws: `QC4002` when the arrays do not fit each other.
  init(
    _ storage: Storage, preprocessing: Preprocessing = Preprocessing(), cuts: [Int]? = nil,
    file: String?
  ) throws(Diagnostic) {
    self.storage = storage
    self.preprocessing = preprocessing
    self.cuts = cuts
    self.file = file
    range = 0..<(try SampleColumn.count(of: storage, file: file))
    guard !range.isEmpty else { return }
    do throws(Diagnostic) {
      _ = try preprocessing.shape(of: rawDims(0))
    } catch {
      throw file.map { error.inFile($0) } ?? error
    }
  }

  private init(_ other: SampleColumn, range: Range<Int>) {
    storage = other.storage
    preprocessing = other.preprocessing
    cuts = other.cuts
    file = other.file
    self.range = range
  }

  /// The samples of `range` only.
  func restricted(to range: Range<Int>) -> SampleColumn {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    let first = self.range.lowerBound
    return SampleColumn(self, range: first + range.lowerBound..<first + range.upperBound)
  }

  /// The element type of the prepared samples; `nil` for a fill, which takes any.
  package var element: ElementType? {
    switch storage {
    case .arrays(let arrays): preprocessing.makesFloats ? .f32 : arrays.first?.element
    case .windows(let signal, _, _): preprocessing.makesFloats ? .f32 : signal.element
    case .fill, .fillLike: nil
    }
  }

  /// The extents of sample `index`.
  package func dims(at index: Int) throws(Diagnostic) -> [Int] {
    try preprocessing.shape(of: rawDims(range.lowerBound + index))
  }

  /// Sample `index`: a copy of its elements, prepared.
  ///
  /// - Throws: `QC4002` or `QC4003` when a step of the preparation does not fit.
  package func sample(at index: Int) throws(Diagnostic) -> Tensor {
    do throws(Diagnostic) {
      return try preprocessing.apply(to: rawSample(range.lowerBound + index))
    } catch {
      throw file.map { error.inFile($0) } ?? error
    }
  }

  /// The single array with its sample axis, unprepared; `nil` when there are several.
  var whole: Tensor? {
    guard case .arrays(let arrays) = storage, arrays.count == 1 else { return nil }
    return arrays.first
  }

  private func rawDims(_ index: Int) throws(Diagnostic) -> [Int] {
    switch storage {
    case .arrays(let arrays):
      var dims = Array((arrays.first?.shape.dims ?? []).dropFirst())
      if let cuts, !dims.isEmpty { dims[0] = cuts[index] }
      return dims
    case .windows(_, let length, let before): return [before + length]
    case .fill(let value, _): return value.shape.dims
    case .fillLike(let column, _): return try column.dims(at: index)
    }
  }

  private func rawSample(_ index: Int) throws(Diagnostic) -> Tensor {
    let shape = try Shape(rawDims(index))
    switch storage {
    case .arrays(let arrays):
      var place = index
      for array in arrays {
        if place < array.shape[0] {
          let stride = array.element.byteCount(of: array.shape.elementCount / array.shape[0])
          let bytes = array.element.byteCount(of: shape.elementCount)
          let start = array.bytes.startIndex + place * stride
          return try Tensor(array.element, shape, bytes: Data(array.bytes[start..<start + bytes]))
        }
        place -= array.shape[0]
      }
      preconditionFailure("sample \(index) of \(count)")
    case .windows(let signal, let length, let before):
      let elementBytes = signal.element.byteCount(of: 1)
      let end = (index + 1) * length
      let begin = max(0, index * length - before)
      let missing = shape.elementCount - (end - begin)
      let start = signal.bytes.startIndex
      var bytes = Data(count: missing * elementBytes)
      bytes.append(signal.bytes[start + begin * elementBytes..<start + end * elementBytes])
      return try Tensor(signal.element, shape, bytes: bytes)
    case .fill(let value, _):
      return value
    case .fillLike(_, let value):
      return try Tensor(.f64, shape, [Double](repeating: value, count: shape.elementCount))
    }
  }

  private static func count(of storage: Storage, file: String?) throws(Diagnostic) -> Int {
    switch storage {
    case .fill(_, let count): return count
    case .fillLike(let column, _): return column.count
    case .windows(let signal, let length, _):
      guard signal.shape.rank == 1 else {
        throw Diagnostic(
          .wrongArray, "windows need a signal of rank 1, not \(signal.shape)", file: file)
      }
      return signal.shape[0] / length
    case .arrays(let arrays):
      var count = 0
      for array in arrays {
        guard array.shape.rank > 0 else {
          throw Diagnostic(
            .wrongArray, "the array has no axis", hint: "axis 0 counts the samples", file: file)
        }
        guard array.element == arrays[0].element,
          array.shape.dims.dropFirst() == arrays[0].shape.dims.dropFirst()
        else {
          throw Diagnostic(
            .wrongArray, "the joined arrays differ in type or in extents behind axis 0",
            file: file)
        }
        count += array.shape[0]
      }
      return count
    }
  }
}
