/// How the values under the taps of a convolution vary together: sums over the places of its
/// window.
package struct ProductMoments: Hashable, Sendable {
  /// Independent convolutions.
  package let groupCount: Int
  /// Taps of one group, over all of its channels.
  package let size: Int
  /// Places that were added.
  package internal(set) var count: UInt64
  /// For each group the sum of each tap's values in the order of the weights, in units of 2⁻⁴⁸.
  package internal(set) var sums: [Int128]
  /// For each group and tap i the sums of the products with the taps 0...i, in units of 2⁻⁴⁸.
  package internal(set) var products: [Int128]

  /// Most sums of products that are kept of one convolution.
  package static let entryLimit = 4096
  /// Most places that are taken from one sample.
  static let placeLimit = 4096

  init(groupCount: Int, size: Int) {
    self.init(
      groupCount: groupCount, size: size, count: 0,
      sums: [Int128](repeating: 0, count: groupCount * size),
      products: [Int128](
        repeating: 0, count: ProductMoments.entryCount(groupCount: groupCount, size: size)))
  }

  init(groupCount: Int, size: Int, count: UInt64, sums: [Int128], products: [Int128]) {
    self.groupCount = groupCount
    self.size = size
    self.count = count
    self.sums = sums
    self.products = products
  }

  static func entryCount(groupCount: Int, size: Int) -> Int { groupCount * size * (size + 1) / 2 }

  /// Whether moments of such a convolution are kept.
  static func isKept(groupCount: Int, size: Int) -> Bool {
    size <= 128 && groupCount <= entryLimit
      && entryCount(groupCount: groupCount, size: size) <= entryLimit
  }

  mutating func merge(_ other: ProductMoments) {
    precondition(groupCount == other.groupCount && size == other.size)
    count += other.count
    for index in sums.indices { sums[index] &+= other.sums[index] }
    for index in products.indices { products[index] &+= other.products[index] }
  }
}
