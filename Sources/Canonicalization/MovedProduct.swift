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
    let dims = graph.shape(of: current).dims
    // Strides that count channels alone say which channel an element is of.
    var layout: StridedLayout? = StridedLayout(
      extents: dims, strides: dims.indices.map { $0 == 1 ? 1 : 0 })
    for movement in movements.reversed() {
      switch movement {
      case .reshape(let reshape): layout = layout?.reshaped(to: reshape.shape)
      case .transpose(let transpose): layout = layout?.transposed(transpose.permutation)
      default: break
      }
    }
    guard let channels = layout?.channels(alongAxis: 1, count: dims[1]) else { return nil }
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

extension StridedLayout {
  /// The position along `axis` that each of `count` channels comes to, the strides counting channels;
  /// `nil` when the axis counts other things too.
  fileprivate func channels(alongAxis axis: Int, count: Int) -> [Int]? {
    guard axis < axes.count, axes[axis].allSatisfy({ $0.stride > 0 }) else { return nil }
    var places = [(channel: 0, target: 0)]
    for (index, factors) in axes.enumerated() {
      for factor in factors where factor.stride > 0 {
        places = places.flatMap { place in
          (0..<factor.extent).map { step in
            (
              channel: place.channel + step * factor.stride,
              target: index == axis ? place.target * factor.extent + step : place.target
            )
          }
        }
      }
    }
    guard places.count == count else { return nil }
    var result = [Int](repeating: 0, count: count)
    for place in places { result[place.channel] = place.target }
    return result
  }
}
