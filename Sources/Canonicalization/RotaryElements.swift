import Diagnostics
import GraphIR
import Tensors

/// A value that holds the first, or the second, element of every pair that a rotation turns.
struct RotaryElements: Hashable {
  /// What the elements are taken of: the rotation's operand, a reshape of it, or a value whose first
  /// elements along the last axis it is.
  let source: ValueID
  /// The shape of the rotation's operand, `[…, n]`.
  let shape: Shape
  let pairing: RotaryEmbedding.Pairing
  let isSecond: Bool

  /// Whether both are elements of the same pairs.
  func isPartner(of other: RotaryElements) -> Bool {
    source == other.source && shape == other.shape && pairing == other.pairing
      && isSecond != other.isSecond
  }

  /// `[…, n / 2]`.
  var columns: [Int] { shape.dims.dropLast() + [shape[shape.rank - 1] / 2] }
}

extension Graph {
  /// The elements that `id` takes; it has an axis of one element behind the pairs or not.
  func rotaryElements(_ id: ValueID) -> RotaryElements? {
    guard type(of: id).element == .f32, let elements = takenElements(withoutReshapes(id)),
      shape(of: id).dims == elements.columns || shape(of: id).dims == elements.columns + [1]
    else { return nil }
    return elements
  }

  /// The rotation's operand, made of the elements' source where it does not stand in the graph.
  mutating func rotaryOperand(_ elements: RotaryElements) throws(Diagnostic) -> ValueID {
    if let x = rotated(elements) { return x }
    let shape = shape(of: elements.source)
    guard shape.rank == elements.shape.rank else {
      return try append(.reshape(Reshape(elements.shape)), [elements.source])
    }
    let (zeros, ones) = (shape.dims.map { _ in 0 }, shape.dims.map { _ in 1 })
    return try append(
      .slice(Slice(starts: zeros, steps: ones, sizes: elements.shape.dims)), [elements.source])
  }

  /// The rotation's operand, where it stands in the graph.
  func rotated(_ elements: RotaryElements) -> ValueID? {
    if shape(of: elements.source) == elements.shape { return elements.source }
    guard case .reshape = op(elements.source), case let x = operand(0, of: elements.source),
      shape(of: x) == elements.shape
    else { return nil }
    return x
  }

  /// `id` as one half of the pairs of its operand: of the last axis or its first elements, or of a
  /// reshape that splits the pairs from each other.
  private func takenElements(_ id: ValueID) -> RotaryElements? {
    guard let (axis, places) = takenPlaces(id), case let source = operand(0, of: id),
      case let dims = shape(of: source).dims
    else { return nil }
    let last = dims.count - 1
    func elements(
      _ pairing: RotaryEmbedding.Pairing, _ isSecond: Bool, _ dims: [Int]
    ) -> RotaryElements? {
      guard let shape = try? Shape(dims) else { return nil }
      return RotaryElements(source: source, shape: shape, pairing: pairing, isSecond: isSecond)
    }
    if case .reshape = op(source), dims[axis] == 2, places.count == 1, last >= 1 {
      let isSecond = places[0] == 1
      let whole = Array(dims.dropLast(2)) + [dims[last - 1] * dims[last]]
      if axis == last { return elements(.interleaved, isSecond, whole) }
      if axis == last - 1 { return elements(.halves, isSecond, whole) }
    }
    let size = 2 * places.count
    guard axis == last, size <= dims[last] else { return nil }
    for pairing in RotaryEmbedding.Pairing.allCases {
      guard let rotary = try? RotaryEmbedding(pairing, size: size) else { return nil }
      let firsts = (0..<places.count).map { rotary.first(of: $0) }
      let whole = Array(dims.dropLast()) + [size]
      if places == firsts { return elements(pairing, false, whole) }
      if places == firsts.map({ $0 + rotary.partnerDistance }) {
        return elements(pairing, true, whole)
      }
    }
    return nil
  }

  /// The one axis along which a slice, or a gather with constant indices, takes a part.
  private func takenPlaces(_ id: ValueID) -> (axis: Int, places: [Int])? {
    switch op(id) {
    case .slice(let slice):
      let dims = shape(of: operand(0, of: id)).dims
      let cut = dims.indices.filter { slice.sizes[$0] != dims[$0] || slice.steps[$0] != 1 }
      guard cut.count == 1, case let axis = cut[0] else { return nil }
      return (axis, (0..<slice.sizes[axis]).map { slice.starts[axis] + $0 * slice.steps[axis] })
    case .gather(let gather):
      let extent = shape(of: operand(0, of: id))[gather.axis]
      guard let indices = constant(operand(1, of: id)), indices.shape.rank <= 1,
        let places = indices.integers
      else { return nil }
      return (gather.axis, places.map { Int($0 < 0 ? $0 + Int64(extent) : $0) })
    default:
      return nil
    }
  }
}
