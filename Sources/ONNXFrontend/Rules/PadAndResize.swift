import Diagnostics
import GraphIR
import Tensors

/// Padding, and interpolation to another size.
let padAndResizeRules: [ImportRule] = [
  ImportRule("Pad", run: importPad), ImportRule("Resize", since: 10, run: importResize),
  ImportRule("Upsample", since: 7, through: 9, run: importUpsample),
]

private func importPad(_ importer: inout Importer) throws(Diagnostic) {
  try importer.requireOperands(atMost: 4)
  let x = try importer.operand(0)
  let shape = importer.shape(x)
  let name = try importer.attributes.string("mode", default: "constant")
  guard let mode = Padding.Mode(rawValue: name) else {
    throw Diagnostic(.invalidAttribute, "Pad has no mode '\(name)'")
  }
  let given = try importer.intsGiven(1, "pads", attributeBefore: 11)
  let axes = try importer.normalized(
    try importer.optionalIntsOperand(3, "axes") ?? Array(shape.dims.indices), rank: shape.rank)
  let limit = Shape.elementLimit
  guard given.count == 2 * axes.count, given.allSatisfy({ (-limit...limit).contains($0) }) else {
    throw Diagnostic(.shapeMismatch, "pad of [\(shape)] by \(given)")
  }
  var pads = [Int](repeating: 0, count: 2 * shape.rank)
  for (index, axis) in axes.enumerated() {
    pads[axis] = given[index]
    pads[axis + shape.rank] = given[index + axes.count]
    let most = max(pads[axis], pads[axis + shape.rank])
    guard mode == .constant || most <= 0 || shape[axis] > (mode == .reflect ? most : 0) else {
      throw Diagnostic(.shapeMismatch, "\(name) padding of \(shape[axis]) elements by \(most)")
    }
  }
  var value: Float = 0
  if importer.opset < 11 {
    value = try importer.attributes.float("value", default: 0)
  } else if let constant = try importer.optionalConstantOperand(2, "constant_value") {
    guard constant.shape.elementCount == 1, let real = constant.realValues?.first else {
      throw Diagnostic(.shapeMismatch, "the padding value is not a scalar")
    }
    value = real
  }
  try importer.emitResult(.pad(Padding(mode, pads: pads, value: value)), [x])
}

private func importResize(_ importer: inout Importer) throws(Diagnostic) {
  guard importer.opset > 10 else {
    try importer.requireOperands(atMost: 2)
    let scales = try importer.constantOperand(1, "scales")
    return try importer.importUpsampling(by: scales.realValues)
  }
  try importer.requireOperands(atMost: 4)
  let x = try importer.operand(0)
  let shape = importer.shape(x)
  let modes = try importer.resizeModes()
  let axes = try importer.normalized(
    try importer.attributes.ints("axes") ?? Array(shape.dims.indices), rank: shape.rank)
  let policy = try importer.attributes.string("keep_aspect_ratio_policy", default: "stretch")
  var extent = ResizeExtent(shape)
  let scales = try importer.optionalConstantOperand(2, "scales")
  if let scales, scales.shape.elementCount > 0 {
    guard let factors = scales.realValues else {
      throw Diagnostic(.elementTypeMismatch, "Resize by \(scales.element.rawValue)")
    }
    try extent.scale(axes, by: factors)
    guard modes.coordinates != .alignCorners || extent.isExact else {
      throw Diagnostic(
        .unsupportedAttribute, "Resize with align_corners by scales that give no whole extents",
        hint: "give 'sizes'; runtimes do not agree on the positions otherwise")
    }
  } else {
    try extent.resize(axes, to: try importer.intsOperand(3, "sizes"), policy: policy)
  }
  let cubic = try importer.attributes.float("cubic_coeff_a", default: -0.75)
  let excludes = try importer.attributes.bool("exclude_outside", default: false)
  try importer.emitResult(
    .resize(
      Resize(
        modes.mode, coordinates: modes.coordinates, rounding: modes.rounding,
        scales: extent.scales, sizes: extent.sizes, cubicCoefficient: cubic,
        excludesOutside: excludes)),
    [x])
}

private func importUpsample(_ importer: inout Importer) throws(Diagnostic) {
  guard importer.opset > 8 else {
    try importer.requireOperands(atMost: 1)
    return try importer.importUpsampling(by: try importer.attributes.floats("scales"))
  }
  try importer.requireOperands(atMost: 2)
  try importer.importUpsampling(by: try importer.constantOperand(1, "scales").realValues)
}

extension Importer {
  /// The resize of opsets before 11: positions are those of the operand times the scales.
  fileprivate mutating func importUpsampling(by scales: [Float]?) throws(Diagnostic) {
    let x = try operand(0)
    let name = try attributes.string("mode", default: "nearest")
    guard let mode = Resize.Mode(rawValue: name), mode != .cubic, let scales else {
      throw Diagnostic(.invalidAttribute, "an enlargement with the mode '\(name)'")
    }
    guard mode != .nearest || scales.allSatisfy({ $0 >= 1 }) else {
      throw Diagnostic(
        .unsupportedAttribute, "nearest reduction by \(scales) of opset \(opset)",
        hint: "export it with opset 11 or newer; runtimes do not agree on the older one")
    }
    var extent = ResizeExtent(shape(x))
    try extent.scale(Array(shape(x).dims.indices), by: scales)
    try emitResult(
      .resize(
        Resize(
          mode, coordinates: .asymmetric, rounding: .floor, scales: extent.scales,
          sizes: extent.sizes)),
      [x])
  }

  /// Takes the attributes that say how positions and values are interpolated.
  fileprivate mutating func resizeModes() throws(Diagnostic) -> (
    mode: Resize.Mode, coordinates: Resize.Coordinates, rounding: Resize.Rounding
  ) {
    attributes.ignore("extrapolation_value")
    guard try !attributes.bool("antialias", default: false) else {
      throw Diagnostic(.unsupportedAttribute, "Resize with antialias is not supported")
    }
    let mode = try attributes.string("mode", default: "nearest")
    let coordinates = try attributes.string(
      "coordinate_transformation_mode", default: "half_pixel")
    let rounding = try attributes.string("nearest_mode", default: "round_prefer_floor")
    guard let knownMode = Resize.Mode(rawValue: mode),
      let knownCoordinates = Resize.Coordinates(rawValue: coordinates),
      let knownRounding = Resize.Rounding(rawValue: rounding)
    else {
      throw Diagnostic(
        .unsupportedAttribute,
        "Resize with mode '\(mode)', '\(coordinates)', '\(rounding)' is not supported")
    }
    return (knownMode, knownCoordinates, knownRounding)
  }
}

/// The extents of a resized tensor, and their ratios to the operand's.
private struct ResizeExtent {
  private let shape: Shape
  private(set) var scales: [Float]
  private(set) var sizes: [Int]

  init(_ shape: Shape) {
    self.shape = shape
    scales = [Float](repeating: 1, count: shape.rank)
    sizes = shape.dims
  }

  /// Whether the scales give whole extents.
  var isExact: Bool {
    shape.dims.indices.allSatisfy {
      abs(Float(shape[$0]) * scales[$0] - Float(sizes[$0])) < 1e-3
    }
  }

  /// `floor(extent * factor)` elements along each axis.
  mutating func scale(_ axes: [Int], by factors: [Float]) throws(Diagnostic) {
    guard factors.count == axes.count else {
      throw Diagnostic(.shapeMismatch, "Resize of [\(shape)] by \(factors)")
    }
    for (axis, factor) in zip(axes, factors) {
      let extent = (Float(shape[axis]) * factor).rounded(.down)
      guard factor > 0, extent.isFinite, extent <= Float(Shape.elementLimit) else {
        throw Diagnostic(.invalidAttribute, "Resize of [\(shape)] by \(factors)")
      }
      scales[axis] = factor
      sizes[axis] = Int(extent)
    }
  }

  mutating func resize(
    _ axes: [Int], to given: [Int], policy: String
  ) throws(Diagnostic) {
    guard given.count == axes.count, axes.allSatisfy({ shape[$0] > 0 }),
      given.allSatisfy({ (1...Shape.elementLimit).contains($0) })
    else { throw Diagnostic(.shapeMismatch, "Resize of [\(shape)] to \(given)") }
    let ratios = zip(axes, given).map { Float($0.1) / Float(shape[$0.0]) }
    let common: Float?
    switch policy {
    case "stretch": common = nil
    case "not_larger": common = ratios.min()
    case "not_smaller": common = ratios.max()
    default: throw Diagnostic(.invalidAttribute, "Resize has no policy '\(policy)'")
    }
    for (index, axis) in axes.enumerated() {
      scales[axis] = common ?? ratios[index]
      guard let common else {
        sizes[axis] = given[index]
        continue
      }
      let extent = (Float(shape[axis]) * common + 0.5).rounded(.down)
      guard extent.isFinite, extent <= Float(Shape.elementLimit) else {
        throw Diagnostic(.shapeOverflow, "Resize of [\(shape)] to \(given)")
      }
      sizes[axis] = Int(extent)
    }
  }
}
