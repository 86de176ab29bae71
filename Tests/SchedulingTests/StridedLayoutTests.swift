import Tensors
import Testing

@testable import Scheduling

@Suite("strided layouts")
struct StridedLayoutTests {
  /// The byte offsets of all elements in logical row-major order.
  private func offsets(_ layout: StridedLayout) -> [Int] {
    layout.factors.reduce([layout.origin]) { bases, factor in
      bases.flatMap { base in (0..<factor.extent).map { base + $0 * factor.stride } }
    }
  }

  /// NCHW of [1, 3, 2, 5], stored NHWC.
  private let image = StridedLayout(extents: [1, 3, 2, 5], strides: [30, 1, 15, 3])

  @Test func `a reshape keeps the order of the bytes`() throws {
    let flat = try #require(image.reshaped(to: Shape([1, 30])))
    #expect(offsets(flat) == offsets(image))
    #expect(flat.strides == nil)
    let back = try #require(flat.reshaped(to: Shape([3, 10])))
    #expect(offsets(back) == offsets(image))
    #expect(back.strides == [1, 3])
  }

  @Test func `a reshape across a cut is refused`() throws {
    let transposed = StridedLayout(extents: [4, 6], strides: [1, 4])
    #expect(transposed.reshaped(to: try Shape([3, 8])) == nil)
  }

  @Test func `transposing an image back is row-major`() {
    #expect(!image.isRowMajor(elementBytes: 1))
    #expect(image.transposed([0, 2, 3, 1]).isRowMajor(elementBytes: 1))
    #expect(
      StridedLayout(extents: [1, 8, 1, 1], strides: [8, 1, 8, 8]).isRowMajor(elementBytes: 1))
  }

  @Test func `a slice moves the origin and keeps the strides`() throws {
    let part = try #require(
      image.sliced(starts: [0, 1, 0, 4], steps: [1, 1, 1, -2], sizes: [1, 2, 2, 3]))
    #expect(part.origin == 1 + 12)
    #expect(part.strides == [0, 1, 15, -6])
  }
}

@Suite("memory planner")
struct MemoryPlannerTests {
  @Test(arguments: 0..<64 as Range<UInt64>)
  func `blocks that live together do not overlap`(seed: UInt64) {
    var state = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let blocks = (0..<24).map { _ -> MemoryPlanner.Block in
      let first = next(20)
      return .init(byteCount: 1 + next(500), lifetime: first...(first + next(5)))
    }
    let (offsets, arenaBytes) = MemoryPlanner.plan(blocks)
    for a in blocks.indices {
      #expect(offsets[a] % MemoryPlanner.alignment == 0)
      #expect(offsets[a] + blocks[a].byteCount <= arenaBytes)
      for b in blocks.indices where b > a && blocks[a].lifetime.overlaps(blocks[b].lifetime) {
        let apart =
          offsets[a] + blocks[a].byteCount <= offsets[b]
          || offsets[b] + blocks[b].byteCount <= offsets[a]
        #expect(apart)
      }
    }
  }

  @Test func `a chain needs two buffers only`() {
    let blocks = (0..<10).map { MemoryPlanner.Block(byteCount: 64, lifetime: $0...($0 + 1)) }
    #expect(MemoryPlanner.plan(blocks).arenaBytes == 128)
  }
}
