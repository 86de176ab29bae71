/// Which logical axis of a rank-4 value is batch, height, width and channel of its stored image.
struct ImageRoles: Hashable, Sendable {
  let batch: Int
  let height: Int
  let width: Int
  let channel: Int

  /// Of the values that convolutions and pools read and make.
  static let nchw = ImageRoles(batch: 0, height: 2, width: 3, channel: 1)

  /// The roles as the operand of a transpose has them, when its result has these.
  func before(_ permutation: [Int]) -> ImageRoles {
    ImageRoles(
      batch: permutation[batch], height: permutation[height], width: permutation[width],
      channel: permutation[channel])
  }

  /// Axes in the order in which the bytes run.
  var order: [Int] { [batch, height, width, channel] }
}

extension ImageRoles {
  /// The axes as they are written: a row-major array is such an image.
  static let rowMajor = ImageRoles(batch: 0, height: 1, width: 2, channel: 3)
}
