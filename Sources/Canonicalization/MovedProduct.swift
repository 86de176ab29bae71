import Diagnostics
import GraphIR
import Tensors

/// A convolution whose result is only moved, by reshapes, transposes and a last slice, so that what
/// follows can be folded into it: the phases of a transposed convolution, for instance.
struct MovedProduct {
  /// The convolution's result.
  let base: ValueID
  /// Behind each other, the first one first.
  private let movements: [Op]
  /// The channel of the moved result, axis 1, that each channel of the convolution comes to.
  let channels: [Int]

  /// The movements that end with `value`, none of them used elsewhere; `nil` when there are none,
  /// or when they mix the channels with something else.
  init?(_ value: ValueID, _ graph: Graph) {
    var (movements, current) = ([Op](), value)
    if case .slice(let slice) = graph.op(current), slice.keepsAxis(1, of: graph, current) {
      movements.append(graph.op(current))
      guard graph.hasOneUse(current) else { return nil }
      current = graph.operand(0, of: current)
    }
    walk: while graph.hasOneUse(current) {
      switch graph.op(current) {
      case .reshape, .transpose: movements.append(graph.op(current))
      default: break walk
      }
      current = graph.operand(0, of: current)
    }
    guard !movements.isEmpty, case .conv = graph.op(current), graph.hasOneUse(current) else {
      return nil
    }
    var digits = ChannelDigits(graph.shape(of: current).dims, channelAxis: 1)
    for movement in movements.reversed() {
      switch movement {
      case .reshape(let reshape): guard digits.reshape(reshape.shape.dims) else { return nil }
      case .transpose(let transpose): digits.transpose(transpose.permutation)
      default: break
      }
    }
    guard let channels = digits.targets(axis: 1, count: graph.shape(of: current)[1]) else {
      return nil
    }
    self.base = current
    self.movements = movements.reversed()
    self.channels = channels
  }

  /// The movements of `product`, which stands for ``base``.
  func appendMovements(
    of product: ValueID, in graph: inout Graph
  ) throws(Diagnostic) -> ValueID {
    var current = product
    for movement in movements { current = try graph.append(movement, [current]) }
    return current
  }
}

extension Slice {
  fileprivate func keepsAxis(_ axis: Int, of graph: Graph, _ id: ValueID) -> Bool {
    let dims = graph.shape(of: graph.operand(0, of: id)).dims
    return axis < dims.count && starts[axis] == 0 && sizes[axis] == dims[axis] && steps[axis] == 1
  }
}

/// Which digits of a channel's number each axis of a moved tensor counts.
struct ChannelDigits: Hashable {
  private struct Digit: Hashable {
    let extent: Int
    /// What one step adds to the channel's number; 0 for digits of other axes.
    let weight: Int
  }

  private var axes: [[Digit]]

  init(_ dims: [Int], channelAxis: Int) {
    axes = dims.enumerated().map { axis, extent in
      [Digit(extent: extent, weight: axis == channelAxis ? 1 : 0)]
    }
  }

  mutating func transpose(_ permutation: [Int]) { axes = permutation.map { axes[$0] } }

  /// - Returns: whether every axis could be cut at the new borders.
  mutating func reshape(_ dims: [Int]) -> Bool {
    var rest = Array(axes.joined().reversed())
    var result: [[Digit]] = []
    for extent in dims {
      var (needed, digits) = (extent, [Digit]())
      while needed > 1 {
        guard let digit = rest.popLast() else { return false }
        if needed % digit.extent == 0 {
          digits.append(digit)
          needed /= digit.extent
        } else if digit.extent % needed == 0 {
          let inner = digit.extent / needed
          digits.append(Digit(extent: needed, weight: digit.weight * inner))
          rest.append(Digit(extent: inner, weight: digit.weight))
          needed = 1
        } else {
          return false
        }
      }
      result.append(digits)
    }
    axes = result
    return true
  }

  /// The position along `axis` for each of `count` channels; `nil` when the axis counts other things.
  func targets(axis: Int, count: Int) -> [Int]? {
    guard axis < axes.count, axes[axis].allSatisfy({ $0.weight > 0 || $0.extent == 1 }) else {
      return nil
    }
    var places = [(channel: 0, target: 0)]
    for (index, digits) in axes.enumerated() {
      for digit in digits where digit.weight > 0 {
        places = places.flatMap { place in
          (0..<digit.extent).map { step in
            (
              channel: place.channel + step * digit.weight,
              target: index == axis ? place.target * digit.extent + step : place.target
            )
          }
        }
      }
    }
    var result = [Int](repeating: 0, count: count)
    guard places.count == count else { return nil }
    for place in places { result[place.channel] = place.target }
    return result
  }
}
