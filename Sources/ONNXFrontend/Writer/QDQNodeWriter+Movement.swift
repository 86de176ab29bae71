import Diagnostics
import GraphIR
import Tensors

extension QDQNodeWriter {
  /// Writes an op that moves elements.
  func writeMovement(_ writer: inout QDQWriter) throws(Diagnostic) {
    switch node.op {
    case .reshape(let reshape):
      let dims = reshape.shape.dims
      let target = try ints(dims, "shape", &writer)
      emit(
        "Reshape", &writer, extra: [target], dims.contains(0) ? [.bool("allowzero", true)] : [])
    case .expand(let expand):
      emit("Expand", &writer, extra: [try ints(expand.shape.dims, "shape", &writer)])
    case .transpose(let transpose):
      emit("Transpose", &writer, [.ints("perm", transpose.permutation)])
    case .concat(let concat):
      emit("Concat", &writer, [.int("axis", concat.axis)])
    case .gather(let gather):
      emit("Gather", &writer, [.int("axis", gather.axis)])
    case .slice(let slice):
      try write(slice, &writer)
    case .pad(let padding):
      let pads = try ints(padding.pads, "pads", &writer)
      let value = writer.operand(try padValue(padding), "\(writer.name(id))_fill")
      emit("Pad", &writer, extra: [pads, value], [.string("mode", padding.mode.rawValue)])
    case .resize(let resize):
      try write(resize, &writer)
    default:
      throw Diagnostic(.internalError, "\(node.op.mnemonic) is no movement")
    }
  }

  private func write(_ slice: Slice, _ writer: inout QDQWriter) throws(Diagnostic) {
    let axes = slice.starts.indices
    let ends = axes.map { axis -> Int in
      let end = slice.starts[axis] + slice.sizes[axis] * slice.steps[axis]
      // Before the first element stands -1, which ONNX would count from the back.
      return end < 0 ? Int.min : end
    }
    let extra = [
      try ints(slice.starts, "starts", &writer), try ints(ends, "ends", &writer),
      try ints(Array(axes), "axes", &writer), try ints(slice.steps, "steps", &writer),
    ]
    emit("Slice", &writer, extra: extra)
  }

  private func padValue(_ padding: Padding) throws(Diagnostic) -> Tensor {
    let element = node.type.element
    if element == .f32 { return try Tensor.floats([padding.value], []) }
    guard !element.isFloat, let value = Int64(exactly: padding.value) else {
      throw Diagnostic(
        .unsupportedElementType, "pad of \(element.rawValue) by \(padding.value)", at: "\(id)")
    }
    return try Tensor.integers(element, .scalar, [value])
  }

  /// By sizes where they say the same as the scales, otherwise by scales.
  private func write(_ resize: Resize, _ writer: inout QDQWriter) throws(Diagnostic) {
    let x = shape(0, writer)
    let bySizes = x.dims.indices.allSatisfy {
      Float(resize.sizes[$0]) / Float(x[$0]) == resize.scales[$0]
    }
    let extra: [String]
    if bySizes {
      extra = ["", "", try ints(resize.sizes, "sizes", &writer)]
    } else {
      let scales = try Tensor.floats(resize.scales, [resize.scales.count])
      extra = ["", writer.operand(scales, "\(writer.name(id))_scales")]
    }
    emit(
      "Resize", &writer, extra: extra,
      [
        .string("mode", resize.mode.rawValue),
        .string("coordinate_transformation_mode", resize.coordinates.rawValue),
        .string("nearest_mode", resize.rounding.rawValue),
        .float("cubic_coeff_a", resize.cubicCoefficient),
        .bool("exclude_outside", resize.excludesOutside),
      ])
  }
}
