import Diagnostics
import Foundation
import Tensors
import Testing

@testable import Samples

@Suite("preprocessing")
struct PreprocessingTests {
  /// A 2 x 2 image of three channels: 0, 1, 2, ... 11.
  static func image() throws -> Tensor {
    try Tensor(.u8, Shape([2, 2, 3]), (0..<12).map { UInt8($0) })
  }

  @Test func `nothing asked leaves the sample as it is`() throws {
    #expect(try Preprocessing().apply(to: Self.image()) == Self.image())
  }

  @Test func `a crop takes rows and columns`() throws {
    var steps = Preprocessing()
    steps.crop = .init(top: 1, left: 0, height: 1, width: 2)
    let result = try steps.apply(to: Self.image())
    #expect(result.shape.dims == [1, 2, 3])
    #expect(result.elements(UInt8.self) == [6, 7, 8, 9, 10, 11])
  }

  @Test func `a pad puts the image at the top left`() throws {
    var steps = Preprocessing()
    steps.pad = .init(height: 3, width: 3, value: 9)
    let result = try steps.apply(to: Self.image())
    #expect(
      result.elements(UInt8.self) == [
        0, 1, 2, 3, 4, 5, 9, 9, 9, 6, 7, 8, 9, 10, 11, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9,
      ])
  }

  @Test func `channel order reverses the last axis`() throws {
    var steps = Preprocessing()
    steps.reversesChannels = true
    let result = try steps.apply(to: Self.image())
    #expect(result.elements(UInt8.self) == [2, 1, 0, 5, 4, 3, 8, 7, 6, 11, 10, 9])
  }

  @Test func `layout moves the channels to the front`() throws {
    var steps = Preprocessing()
    steps.toChannelsFirst = true
    let result = try steps.apply(to: Self.image())
    #expect(result.shape.dims == [3, 2, 2])
    #expect(result.elements(UInt8.self) == [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11])
  }

  @Test func `mean and factors follow the reversed channels, and layout comes last`() throws {
    var steps = Preprocessing()
    steps.reversesChannels = true
    steps.mean = .each([2, 1, 0])
    steps.gain = .std(.each([1, 2, 4]))
    steps.toChannelsFirst = true
    let result = try steps.apply(to: Self.image())
    #expect(result.element == .f32)
    #expect(result.floats == [0, 3, 6, 9, 0, 1.5, 3, 4.5, 0, 0.75, 1.5, 2.25])
  }

  @Test func `mean and scale are two roundings`() throws {
    var steps = Preprocessing()
    steps.mean = .one(127)
    steps.gain = .scale(.one(0.007843137718737125))
    let result = try steps.apply(to: Self.image())
    #expect(result.floats == (0..<12).map { (Float($0) - 127) * 0.007843137718737125 })
  }

  @Test func `steps that do not fit the image are refused`() throws {
    let image = try Self.image()
    var crop = Preprocessing()
    crop.crop = .init(top: 1, left: 0, height: 2, width: 2)
    #expect(throws: Diagnostic.self) { try crop.apply(to: image) }
    var pad = Preprocessing()
    pad.pad = .init(height: 1, width: 2, value: 0)
    #expect(throws: Diagnostic.self) { try pad.apply(to: image) }
    pad.pad = .init(height: 3, width: 3, value: 300)
    #expect(throws: Diagnostic.self) { try pad.apply(to: image) }
    var mean = Preprocessing()
    mean.mean = .each([1, 2])
    #expect(throws: Diagnostic.self) { try mean.apply(to: image) }
    var layout = Preprocessing()
    layout.toChannelsFirst = true
    #expect(throws: Diagnostic.self) { try layout.apply(to: image.reshaped(Shape([4, 3]))) }
  }
}
