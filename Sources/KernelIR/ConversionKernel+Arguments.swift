import Tensors

extension KernelFamily {
  package static let quantize = KernelFamily("quantize")
  package static let dequantize = KernelFamily("dequantize")
  package static let copy = KernelFamily("copy")
}

extension ConversionKernel {
  /// How a row is walked.
  package enum Form: Int, Hashable, Sendable {
    /// Neighbouring elements on both sides.
    case runs = 0
    /// One channel after the other, either side strided.
    case lines = 1
    /// Tiles, from contiguous pixels of a channel to contiguous channels of a pixel.
    case interleave = 2
    /// Tiles, the other way.
    case deinterleave = 3
  }

  /// The loops of a call after neighbouring axes that are contiguous on both sides are joined.
  struct Nest: Hashable {
    var images: Int
    var rows: Int
    var pixels: Int
    /// Elements of the innermost run.
    var channels: Int
    var input: Strides
    var output: Strides
    var form: Form
  }

  /// Whether one side has its pixels next to each other, channel by channel.
  private func hasUnitPixels(_ strides: Strides, _ element: ElementType) -> Bool {
    strides.pixel == element.bitWidth / 8
  }

  var nest: Nest {
    let (inBytes, outBytes) = (inputElement.bitWidth / 8, outputElement.bitWidth / 8)
    let isContiguous =
      shape.channels == 1 || (input.channel == inBytes && output.channel == outBytes)
    var nest = Nest(
      images: shape.batch, rows: shape.height, pixels: shape.width, channels: shape.channels,
      input: input, output: output, form: isContiguous ? .runs : turnedForm)
    guard nest.form == .runs else {
      if nest.form != .lines { joinRows(&nest) }
      return nest
    }
    if input.pixel == nest.channels * inBytes, output.pixel == nest.channels * outBytes {
      if nest.rows == 1, nest.images == 1, shape.halo.isEmpty {
        nest.rows = nest.pixels
        nest.input = rowwise(input)
        nest.output = rowwise(output)
      } else {
        nest.channels *= nest.pixels
      }
      nest.pixels = 1
    } else if nest.channels == 1 {
      nest.form = .lines
    }
    return nest
  }

  /// The form of a row whose channels are contiguous on one side at most.
  private var turnedForm: Form {
    let (inBytes, outBytes) = (inputElement.bitWidth / 8, outputElement.bitWidth / 8)
    guard [1, 4].contains(inBytes), [1, 4].contains(outBytes) else { return .lines }
    if input.pixel == inBytes, output.channel == outBytes { return .interleave }
    if input.channel == inBytes, output.pixel == outBytes { return .deinterleave }
    return .lines
  }

  /// Pixels of a row of several rows that have none between them, so that few tiles are cut short.
  private static let joinedPixels = 512

  private func joinRows(_ nest: inout Nest) {
    guard shape.halo.isEmpty, input.row == nest.pixels * input.pixel,
      output.row == nest.pixels * output.pixel
    else { return }
    let factor =
      (1...nest.rows).last {
        nest.rows % $0 == 0 && $0 * nest.pixels <= ConversionKernel.joinedPixels
      } ?? 1
    nest.rows /= factor
    nest.pixels *= factor
    nest.input = input.rows(factor)
    nest.output = output.rows(factor)
  }

  /// Each pixel of the only row as a row of its own.
  private func rowwise(_ strides: Strides) -> Strides {
    Strides(
      origin: strides.origin, image: strides.image, row: strides.pixel, pixel: strides.pixel,
      channel: strides.channel)
  }

  package var spec: KernelSpec {
    let family: KernelFamily
    switch kind {
    case .quantize: family = .quantize
    case .dequantize: family = .dequantize
    case .copy: family = .copy
    }
    let nest = nest
    var parameters: [KernelSpec.Parameter] = [.init("form", nest.form.rawValue)]
    if nest.form == .lines {
      parameters.append(.init("inunit", hasUnitPixels(input, inputElement) ? 1 : 0))
      parameters.append(.init("outunit", hasUnitPixels(output, outputElement) ? 1 : 0))
    }
    if case .copy = kind { parameters.append(.init("bytes", inputElement.bitWidth / 8)) }
    return KernelSpec(family, [inputElement, outputElement], parameters)
  }

  package func call() -> KernelCall {
    let nest = nest
    return KernelCall(
      spec: spec, arguments: ConversionKernel.layout.record(arguments(nest)),
      operands: [.input(0), .output], tileCount: nest.images * nest.rows, scratchBytes: 0,
      work: shape.batch * shape.height * shape.width * shape.channels,
      reaches: [
        reach(nest.input, inputElement, nest), outputReach(nest),
      ])
  }

  /// The bytes of a tile on one side: from its first element to its last.
  private func reach(_ side: Strides, _ element: ElementType, _ nest: Nest) -> TileReach {
    let size =
      (nest.pixels - 1) * side.pixel + (nest.channels - 1) * side.channel + element.bitWidth / 8
    return TileReach(
      tilesPerImage: nest.rows, imagePitch: side.image, first: side.origin, step: side.row,
      size: size, image: 0..<side.origin + (nest.rows - 1) * side.row + size, reachesEnds: false)
  }

  /// Where rows have a halo around them, they are those of the image.
  private func outputReach(_ nest: Nest) -> TileReach? {
    shape.halo.isEmpty
      ? reach(nest.output, outputElement, nest) : shape.reach(writing: .rows)
  }

  private func arguments(_ nest: Nest) -> ArgumentLayout.Values {
    var halo = shape.haloArguments
    halo["halo_pixel_bytes"] = .u32(shape.channels * outputElement.bitWidth / 8)
    halo["halo_row_pixels"] = .u32(shape.width)
    let extents: ArgumentLayout.Values = [
      "images": .u32(nest.images), "rows": .u32(nest.rows), "pixels": .u32(nest.pixels),
      "channels": .u32(nest.channels),
    ]
    return extents + values(nest.input, "input") + values(nest.output, "output") + halo + scaling
  }

  private func values(_ strides: Strides, _ name: String) -> ArgumentLayout.Values {
    [
      "\(name)_origin": .u32(strides.origin), "\(name)_image_pitch": .u32(strides.image),
      "\(name)_row_pitch": .u32(strides.row), "\(name)_pixel_pitch": .u32(strides.pixel),
      "\(name)_channel_pitch": .u32(strides.channel),
    ]
  }

  /// The bounds of x lie one step outside of the result's, so that clamping x first moves nothing.
  private var scaling: ArgumentLayout.Values {
    var values: ArgumentLayout.Values = [
      "scale": .f32(1), "inverse_scale": .f32(1), "low": .f32(0), "high": .f32(0),
      "zero_point": .i32(0), "qmin": .i32(0), "qmax": .i32(0), "flip": .u32(0),
    ]
    switch kind {
    case .quantize(let scale, let zeroPoint, let bounds):
      values["scale"] = .f32(scale)
      values["inverse_scale"] = .f32(1 / scale)
      values["low"] = .f32(Float(bounds.lowerBound - zeroPoint - 1) * scale)
      values["high"] = .f32(Float(bounds.upperBound - zeroPoint + 1) * scale)
      values["zero_point"] = .i32(zeroPoint)
      values["qmin"] = .i32(bounds.lowerBound)
      values["qmax"] = .i32(bounds.upperBound)
    case .dequantize(let scale, let zeroPoint):
      values["scale"] = .f32(scale)
      values["zero_point"] = .i32(zeroPoint)
    case .copy(let flip):
      values["flip"] = .u32(Int(flip))
    }
    return values
  }

  package static let layout = ArgumentLayout(
    "qc_conversion_args",
    ArgumentLayout.Field.extents + ArgumentLayout.Field.image("input")
      + ArgumentLayout.Field.image("output") + ArgumentLayout.Field.halo + [
        .init("input_channel_pitch", .u32, "bytes from channel to channel"),
        .init("output_channel_pitch", .u32, "bytes from channel to channel"),
        .init("halo_pixel_bytes", .u32, "bytes of a result pixel that are written"),
        .init("halo_row_pixels", .u32, "pixels of a result row, without the halo"),
        .init("scale", .f32, "real size of one step"),
        .init("inverse_scale", .f32, "1 / scale"),
        .init("low", .f32, "x is at least this, one step below qmin"),
        .init("high", .f32, "x is at most this, one step above qmax"),
        .init("zero_point", .i32, "stored integer of real 0"),
        .init("qmin", .i32, "smallest stored result"),
        .init("qmax", .i32, "largest stored result"),
        .init("flip", .u32, "exclusive-ored with each byte of a copy"),
      ])
}
