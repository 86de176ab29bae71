import Diagnostics
import Foundation
import Tensors
import Testing

@testable import Samples

@Suite("samples on a model")
struct BoundSamplesTests {
  static func array(_ element: ElementType, _ dims: [Int]) throws -> Tensor {
    let count = dims.reduce(1, *)
    return try Tensor.integers(element, Shape(dims), (0..<count).map { Int64($0 % 100) })
  }

  static func bound(
    _ array: Tensor, _ dims: [Int?], _ element: ElementType = .f32, batch: Int = 1,
    single: Bool = false
  ) throws -> BoundSamples {
    try BoundSamples(
      SampleSet(arrays: [("x", array)]),
      inputs: [ModelInput(name: "x", element: element, dims: dims)], batch: batch, single: single)
  }

  @Test(
    arguments: [
      ([200, 28, 28], [1, 1, 28, 28], 200, [1, 1, 28, 28]),
      ([200, 32, 32, 3], [nil, 32, 32, 3], 200, [1, 32, 32, 3]),
      ([200, 640], [nil, 640], 200, [1, 640]),
      ([200, 640], [640], 200, [640]),
      ([200, 640], [8, 640], 25, [8, 640]),
      ([200, 1, 640, 1], [nil, 640], 200, [1, 640]),
      ([12, 40], [nil, nil], 12, [1, 40]),
      ([12], [], 12, []),
      ([12], [nil], 12, [1]),
      ([12], [1], 12, [1]),
      ([12, 3, 4], [3, 4], 12, [3, 4]),
      ([12, 2], [2, 1], 12, [2, 1]),
    ] as [([Int], [Int?], Int, [Int])])
  func `an array with samples along axis 0 fits`(
    _ array: [Int], _ model: [Int?], _ count: Int, _ shape: [Int]
  ) throws {
    let bound = try Self.bound(Self.array(.u8, array), model)
    #expect(bound.count == count)
    for run in [0, count - 1] {
      #expect(try bound.run(run)["x"]?.shape.dims == shape)
    }
  }

  @Test(
    arguments: [
      ([200, 28, 27], [1, 1, 28, 28]), ([200, 3, 32, 32], [nil, 32, 32, 3]), ([200], [nil, 640]),
      ([4, 640, 2], [nil, 640]), ([5, 40, 40], [nil, nil]),
    ] as [([Int], [Int?])])
  func `an array of another shape is refused with both shapes`(
    _ array: [Int], _ model: [Int?]
  ) throws {
    let error = #expect(throws: Diagnostic.self) {
      try Self.bound(Self.array(.u8, array), model)
    }
    #expect(error?.code == .wrongArray)
    #expect(error?.location == "x")
    #expect(error?.message.contains(ModelInput.text(model)) == true)
  }

  @Test func `a run holds its samples in order`() throws {
    let bound = try Self.bound(Self.array(.i64, [6, 2]), [nil, 2], batch: 3)
    #expect(bound.count == 2 && bound.batch == 3)
    #expect(try bound.run(0)["x"]?.floats == [0, 1, 2, 3, 4, 5])
    #expect(try bound.run(1)["x"]?.floats == [6, 7, 8, 9, 10, 11])
  }

  @Test func `a number of samples that is no multiple of the batch is refused`() throws {
    let error = #expect(throws: Diagnostic.self) {
      try Self.bound(Self.array(.u8, [10, 2]), [4, 2])
    }
    #expect(error?.message.contains("no multiple of the batch of 4") == true)
  }

  @Test func `a conversion leaves one note, an equal array none`() throws {
    let converted = try Self.bound(Self.array(.u8, [5, 28, 28]), [1, 1, 28, 28])
    #expect(
      converted.notes == ["input 'x': u8 [?, 28, 28] is taken as f32 [1, 1, 28, 28]"])
    let equal = try Self.bound(Self.array(.i64, [5, 7]), [nil, 7], .i64)
    #expect(equal.notes.isEmpty)
  }

  @Test func `a value that the model's type cannot hold names sample and input`() throws {
    let bound = try Self.bound(Tensor.int64s([1, 2, 300], [3]), [nil], .i8)
    _ = try bound.run(1)
    let error = #expect(throws: Diagnostic.self) { try bound.run(2) }
    #expect(error?.code == .wrongArray)
    #expect(error?.location == "x, sample 2")
  }

  @Test func `single takes the array as one whole input`() throws {
    let bound = try Self.bound(Self.array(.u8, [2, 1, 128]), [2, 1, 128], single: true)
    #expect(bound.count == 1)
    #expect(try bound.run(0)["x"]?.shape.dims == [2, 1, 128])
    let open = try Self.bound(Self.array(.u8, [3, 128]), [nil, 128], single: true)
    #expect(try open.run(0)["x"]?.shape.dims == [3, 128])
    #expect(throws: Diagnostic.self) {
      try Self.bound(Self.array(.u8, [3, 128]), [1, 128], single: true)
    }
  }

  @Test func `inputs must be the model's, with as many samples each`() throws {
    let a = try Self.array(.u8, [5, 2])
    let inputs = [
      ModelInput(name: "a", element: .f32, dims: [nil, 2]),
      ModelInput(name: "b", element: .f32, dims: [nil, 2]),
    ]
    let missing = #expect(throws: Diagnostic.self) {
      try BoundSamples(SampleSet(arrays: [("a", a)]), inputs: inputs)
    }
    #expect(missing?.location == "b")
    let unknown = #expect(throws: Diagnostic.self) {
      try BoundSamples(SampleSet(arrays: [("a", a), ("c", a)]), inputs: inputs)
    }
    #expect(unknown?.location == "c")
    #expect(unknown?.hint?.contains("b f32 [?, 2]") == true)
    let counts = #expect(throws: Diagnostic.self) {
      try SampleSet(arrays: [("a", a), ("b", Self.array(.u8, [4, 2]))])
    }
    #expect(counts?.code == .wrongArray)
    let empty = #expect(throws: Diagnostic.self) {
      try SampleSet(arrays: [("a", Self.array(.u8, [0, 2]))])
    }
    #expect(empty?.code == .emptyCalibration)
  }

  @Test func `results are stacked along the sample axis`() throws {
    let rows = try Self.bound(Self.array(.u8, [4, 2]), [nil, 2], batch: 2)
    var stack = OutputStack(for: rows)
    try stack.append(Tensor.floats([1, 2, 3, 4], [2, 2]))
    try stack.append(Tensor.floats([5, 6, 7, 8], [2, 2]))
    #expect(try stack.stacked()?.shape.dims == [4, 2])
    #expect(throws: Diagnostic.self) { try stack.append(Tensor.floats([5, 6], [2, 1])) }
    #expect(
      try stack.split(Tensor.floats([5, 6, 7, 8], [2, 2])).map(\.floats) == [[5, 6], [7, 8]])

    let single = try Self.bound(Self.array(.u8, [4, 2]), [2])
    var whole = OutputStack(for: single)
    for _ in 0..<4 { try whole.append(Tensor.floats([1, 2], [2])) }
    #expect(try whole.stacked()?.shape.dims == [4, 2])
  }
}
