import Tensors

/// Loops that copy one layout's elements to another one of the same logical shape.
struct CopyPlan: Hashable, Sendable {
  struct Loop: Hashable, Sendable {
    var extent: Int
    var source: Int
    var destination: Int
  }

  /// Outermost first, by falling destination stride; strides in bytes.
  let loops: [Loop]

  /// `nil` when the factors of the two layouts cut an axis at places that do not fit.
  init?(from source: StridedLayout, to destination: StridedLayout) {
    var (left, right) = (Array(source.factors.reversed()), Array(destination.factors.reversed()))
    var loops: [Loop] = []
    while let a = left.popLast() {
      guard let b = right.popLast() else { return nil }
      let extent = min(a.extent, b.extent)
      guard a.extent % extent == 0, b.extent % extent == 0 else { return nil }
      let (innerA, innerB) = (a.extent / extent, b.extent / extent)
      loops.append(
        Loop(extent: extent, source: a.stride * innerA, destination: b.stride * innerB))
      if innerA > 1 { left.append(.init(extent: innerA, stride: a.stride)) }
      if innerB > 1 { right.append(.init(extent: innerB, stride: b.stride)) }
    }
    guard right.isEmpty else { return nil }
    loops.sort { $0.destination > $1.destination }
    self.loops = CopyPlan.merged(loops)
  }

  /// Loops that are one longer loop on both sides become one.
  private static func merged(_ loops: [Loop]) -> [Loop] {
    var result: [Loop] = []
    for loop in loops where loop.extent > 1 {
      if let last = result.last, last.source == loop.source * loop.extent,
        last.destination == loop.destination * loop.extent
      {
        result[result.count - 1] = Loop(
          extent: last.extent * loop.extent, source: loop.source, destination: loop.destination)
      } else {
        result.append(loop)
      }
    }
    return result
  }
}
