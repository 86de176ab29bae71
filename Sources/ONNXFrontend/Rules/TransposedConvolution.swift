import Diagnostics
import GraphIR
import Tensors

/// Transposed convolution: a convolution that computes the results of each phase side by side as
/// channels, and a movement of these channels to their pixels.
let transposedConvolutionRules: [ImportRule] = [
  ImportRule("ConvTranspose", run: importTransposedConvolution)
]

private func importTransposedConvolution(_ importer: inout Importer) throws(Diagnostic) {
  try importer.requireOperands(atMost: 3)
  let (x, weights) = (try importer.operand(0), try importer.operand(1))
  let bias = try importer.optionalOperand(2)
  let (data, kernels) = (importer.shape(x), importer.shape(weights))
  let groups = try importer.takeGroups()
  guard data.rank >= 3, kernels.rank == data.rank, data[1] == kernels[0],
    kernels[0] % groups == 0
  else {
    throw Diagnostic(
      .shapeMismatch, "a transposed convolution of [\(data)] with weights [\(kernels)]")
  }
  let axes = try importer.phaseAxes(data, kernels)
  let phases = axes.map(\.stride)
  let phaseCount = phases.reduce(1, *)
  let channels = kernels[1]
  var operands = [
    x, try importer.emitPhaseWeights(weights, axes, groups: groups, phaseCount: phaseCount),
  ]
  if let bias {
    operands.append(try importer.emitPhaseBias(bias, groups, phaseCount, channels))
  }
  let ones = [Int](repeating: 1, count: axes.count)
  let convolution = try Convolution(
    strides: ones, pads: axes.map(\.begin) + axes.map(\.end), dilations: ones, groups: groups)
  let result = try importer.emit(.conv(convolution), operands)
  let pixels = try importer.emitPhasePixels(result, phases, groups, channels)
  try importer.emitCrop(pixels, axes)
}

/// One spatial axis of a transposed convolution.
///
/// Result `q · stride + p - pad` is the sum over j of `x[q - j] · w[p + stride · j]`: for each phase p an
/// ordinary convolution with the kernel turned around.
private struct PhaseAxis {
  let stride: Int
  let dilation: Int
  /// Extent of the kernel with the zeros of its dilation.
  let reach: Int
  /// Results that are wanted, and the first of them among those of all positions q.
  let count: Int
  let first: Int
  /// Zeros before and behind x for the positions q that are computed.
  let begin: Int
  let end: Int

  /// Taps of each phase.
  var taps: Int { (reach + stride - 1) / stride }

  init(
    extent: Int, kernel: Int, stride: Int, dilation: Int, pad: Int, count: Int
  ) {
    self.stride = stride
    self.dilation = dilation
    self.count = count
    reach = (kernel - 1) * dilation + 1
    let taps = (reach + stride - 1) / stride
    // Positions before the first wanted one are left out, as far as zeros stand there.
    let skipped = min(pad / stride, taps - 1)
    let last = (pad + count + stride - 1) / stride
    first = pad - skipped * stride
    begin = taps - 1 - skipped
    end = max(0, last - skipped - extent - begin + taps - 1)
  }
}

extension Importer {
  /// Takes the attributes; the window's own rule for `auto_pad` is that of a plain convolution.
  fileprivate mutating func phaseAxes(
    _ data: Shape, _ kernels: Shape
  ) throws(Diagnostic) -> [PhaseAxis] {
    let extents = Array(data.dims.dropFirst(2))
    let kernel = Array(kernels.dims.dropFirst(2))
    if let given = try attributes.ints("kernel_shape"), given != kernel {
      throw Diagnostic(.shapeMismatch, "kernel_shape is \(given), the weights are [\(kernels)]")
    }
    let zeros = [Int](repeating: 0, count: extents.count)
    let added = try attributes.ints("output_padding") ?? zeros
    var wanted = try attributes.ints("output_shape")
    if let given = wanted, given.count == extents.count + 2 { wanted = Array(given.dropFirst(2)) }
    let automatic = try attributes.string("auto_pad", default: "NOTSET")
    let window = try WindowAttributes(
      &attributes, kernel: kernel, extents: extents, padsSame: false)
    if wanted == nil, automatic.hasPrefix("SAME") {
      wanted = zip(extents, window.strides).map { $0 * $1 }
    }
    guard added.count == extents.count, wanted.map({ $0.count == extents.count }) ?? true,
      (added + (wanted ?? [])).allSatisfy({ (0...WindowAttributes.limit).contains($0) })
    else {
      throw Diagnostic(
        .invalidAttribute, "output_padding \(added), output_shape \(wanted ?? []) of [\(data)]")
    }
    var axes: [PhaseAxis] = []
    for axis in extents.indices {
      let stride = window.strides[axis]
      let whole =
        stride * (extents[axis] - 1) + (kernel[axis] - 1) * window.dilations[axis] + 1
        + added[axis]
      var pad = window.pads[axis]
      var count = whole - pad - window.pads[axis + extents.count]
      if let wanted {
        let excess = max(0, whole - wanted[axis])
        pad = automatic == "SAME_UPPER" ? excess / 2 : excess - excess / 2
        count = wanted[axis]
      }
      guard count > 0, pad >= 0 else {
        throw Diagnostic(
          .shapeMismatch,
          "a transposed convolution of [\(data)] has no result along axis \(axis + 2)")
      }
      axes.append(
        PhaseAxis(
          extent: extents[axis], kernel: kernel[axis], stride: stride,
          dilation: window.dilations[axis], pad: pad, count: count))
    }
    return axes
  }

  /// From `[in, out/groups, kernel…]` to `[groups · phases · out/groups, in/groups, taps…]`.
  fileprivate mutating func emitPhaseWeights(
    _ weights: ValueID, _ axes: [PhaseAxis], groups: Int, phaseCount: Int
  ) throws(Diagnostic) -> ValueID {
    let (inputs, channels) = (shape(weights)[0], shape(weights)[1])
    var current = weights
    for (index, axis) in axes.enumerated() { current = try emitTaps(current, axis, at: index + 2) }
    let taps = axes.map(\.taps)
    let split = zip(taps, axes).flatMap { [$0, $1.stride] }
    current = try emitReshape(current, [groups, inputs / groups, channels] + split)
    let places = axes.indices.map { 3 + 2 * $0 }
    let turned = [0] + places.map { $0 + 1 } + [2, 1] + places
    current = try emit(.transpose(Transpose(turned)), [current])
    return try emitReshape(current, [groups * phaseCount * channels, inputs / groups] + taps)
  }

  /// The kernel along one axis with the zeros of its dilation, filled up to whole phases, the taps of
  /// each phase from the last to the first.
  private mutating func emitTaps(
    _ weights: ValueID, _ axis: PhaseAxis, at index: Int
  ) throws(Diagnostic) -> ValueID {
    var current = weights
    let dims = shape(weights).dims
    if axis.dilation > 1 {
      var spread = dims
      spread.insert(1, at: index + 1)
      current = try emitReshape(current, spread)
      current = try emitPad(current, at: index + 1, by: axis.dilation - 1)
      var joined = dims
      joined[index] *= axis.dilation
      current = try emitReshape(current, joined)
      joined[index] = axis.reach
      current = try emitSlice(current, sizes: joined)
    }
    current = try emitPad(current, at: index, by: axis.taps * axis.stride - axis.reach)
    guard axis.taps > 1 else { return current }
    var split = shape(current).dims
    split[index] = axis.taps
    split.insert(axis.stride, at: index + 1)
    let whole = shape(current).dims
    current = try emitReshape(current, split)
    var starts = [Int](repeating: 0, count: split.count)
    var steps = [Int](repeating: 1, count: split.count)
    (starts[index], steps[index]) = (axis.taps - 1, -1)
    current = try emit(.slice(Slice(starts: starts, steps: steps, sizes: split)), [current])
    return try emitReshape(current, whole)
  }

  /// The bias of each channel, for every phase.
  fileprivate mutating func emitPhaseBias(
    _ bias: ValueID, _ groups: Int, _ phaseCount: Int, _ channels: Int
  ) throws(Diagnostic) -> ValueID {
    guard shape(bias).dims == [groups * channels] else {
      throw Diagnostic(
        .shapeMismatch, "a bias of [\(shape(bias))] for \(groups * channels) channels")
    }
    let rows = try emitReshape(bias, [groups, 1, channels])
    let repeated = try emit(.expand(Reshape(try Shape([groups, phaseCount, channels]))), [rows])
    return try emitReshape(repeated, [groups * phaseCount * channels])
  }

  /// From `[n, groups · phases · channels, q…]` to `[n, groups · channels, stride · q…]`.
  fileprivate mutating func emitPhasePixels(
    _ result: ValueID, _ phases: [Int], _ groups: Int, _ channels: Int
  ) throws(Diagnostic) -> ValueID {
    guard phases.contains(where: { $0 > 1 }) else { return result }
    let dims = shape(result).dims
    let extents = Array(dims.dropFirst(2))
    let split = try emitReshape(result, [dims[0], groups] + phases + [channels] + extents)
    let channelAxis = 2 + phases.count
    let turned =
      [0, 1, channelAxis] + phases.indices.flatMap { [channelAxis + 1 + $0, 2 + $0] }
    let pixels = try emit(.transpose(Transpose(turned)), [split])
    return try emitReshape(
      pixels, [dims[0], groups * channels] + zip(extents, phases).map { $0 * $1 })
  }

  /// The results that are wanted, as the node's output.
  fileprivate mutating func emitCrop(
    _ pixels: ValueID, _ axes: [PhaseAxis]
  ) throws(Diagnostic) {
    let dims = shape(pixels).dims
    let sizes = Array(dims.prefix(2)) + axes.map(\.count)
    guard sizes != dims else { return setResult(pixels) }
    let steps = [Int](repeating: 1, count: dims.count)
    try emitResult(
      .slice(Slice(starts: [0, 0] + axes.map(\.first), steps: steps, sizes: sizes)), [pixels])
  }

  private mutating func emitPad(
    _ id: ValueID, at axis: Int, by count: Int
  ) throws(Diagnostic) -> ValueID {
    guard count > 0 else { return id }
    var pads = [Int](repeating: 0, count: 2 * shape(id).rank)
    pads[shape(id).rank + axis] = count
    return try emit(.pad(Padding(.constant, pads: pads, value: 0)), [id])
  }

  private mutating func emitSlice(_ id: ValueID, sizes: [Int]) throws(Diagnostic) -> ValueID {
    let zeros = [Int](repeating: 0, count: sizes.count)
    let ones = [Int](repeating: 1, count: sizes.count)
    return try emit(.slice(Slice(starts: zeros, steps: ones, sizes: sizes)), [id])
  }
}
