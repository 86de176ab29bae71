import Diagnostics
import GraphIR
import Tensors
import TestSupport

extension RandomModel {
  /// An op on any shape.
  mutating func elementwise(_ x: ValueID) throws(Diagnostic) {
    let shape = shape(x)
    if random.once(in: 2) {
      let functions: [UnaryFunction] = [
        .relu, .leakyRelu(alpha: 0.1), .clip(lower: 0, upper: 6), .sigmoid, .tanh, .hardSwish,
        .silu, .gelu(tanh: false), .gelu(tanh: true), .hardSigmoid(alpha: 0.2, beta: 0.5),
        .elu(alpha: 1), .abs, .neg, .exp,
      ]
      try add(.unary(random.one(of: functions)), [x])
      return
    }
    let function = random.one(of: [BinaryFunction.add, .add, .mul, .sub, .max, .min, .prelu])
    if function != .prelu, random.once(in: 2), let other = other(shaped: shape, than: x) {
      try add(.binary(function), [x, other])
      return
    }
    // A constant, or a mean of the value itself, that is broadcast along some axes.
    let axes = shape.dims.indices.filter { $0 > 0 && random.once(in: 2) }
    if function != .prelu, !axes.isEmpty, random.once(in: 2) {
      let mean = try add(.reduce(Reduction(.mean, axes: Array(axes), keepsAxes: true)), [x])
      try add(.binary(function), random.once(in: 3) ? [mean, x] : [x, mean])
      return
    }
    let dims = shape.dims.indices.map { $0 == 0 || axes.contains($0) ? 1 : shape[$0] }
    let constant = try weights(dims, deviation: 0.5)
    try add(.binary(function), [x, constant])
  }

  mutating func image(_ x: ValueID) throws(Diagnostic) {
    let shape = shape(x)
    switch Int.random(in: 0..<15, using: &random) {
    case 0...4: try convolution(x)
    case 5, 6: try pool(x)
    case 7:
      let axis = random.once(in: 4) ? 2 : 1
      if let other = other(joining: x, along: axis) {
        try add(.concat(Concatenation(axis: axis)), random.once(in: 2) ? [x, other] : [other, x])
      } else {
        try convolution(x)
      }
    case 8: try slice(x)
    case 9 where shape[1] % 2 == 0:
      let halves = try Shape([shape[0], 2, shape[1] / 2, shape[2], shape[3]])
      let split = try graph.append(.reshape(Reshape(halves)), [x])
      let moved = try graph.append(.transpose(try Transpose([0, 2, 1, 3, 4])), [split])
      try add(.reshape(Reshape(shape)), [moved])
    case 10:
      let mode = random.one(of: [Padding.Mode.constant, .reflect, .edge])
      try add(.pad(Padding(mode, pads: [0, 0, 1, 0, 0, 0, 0, 2], value: 0)), [x])
    case 11: try resize(x)
    case 12:
      let rows = try Shape([shape[0], shape[1], shape[2] * shape[3]])
      let flat = try graph.append(.reshape(Reshape(rows)), [x])
      try add(.transpose(try Transpose([0, 2, 1])), [flat])
    case 13:
      let pooled = try graph.append(
        .reduce(Reduction(.mean, axes: [2, 3], keepsAxes: false)), [x])
      try add(.reshape(Reshape(try Shape([shape[0], shape[1]]))), [pooled])
    case 14:
      let pixels = try weights([shape[1], shape[1], 1, 1], deviation: 0.3)
      let block = try graph.append(
        .conv(
          try Convolution(
            strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1)), [x, pixels])
      try floatSum(x, block)
    default: try elementwise(x)
    }
  }

  /// A sum that a float op reads: a residual connection in front of a normalization.
  private mutating func floatSum(_ x: ValueID, _ block: ValueID) throws(Diagnostic) {
    let sum = try graph.append(.binary(.add), random.once(in: 2) ? [x, block] : [block, x])
    try add(.softmax(Softmax(axis: shape(x).rank - 1)), [sum])
  }

  mutating func tokens(_ x: ValueID) throws(Diagnostic) {
    let shape = shape(x)
    let width = shape[2]
    switch Int.random(in: 0..<9, using: &random) {
    case 0...2: try product(x)
    case 3:
      let (scale, bias) = (
        try weights([width], deviation: 1), try weights([width], deviation: 0.2)
      )
      try add(.layerNorm(Normalization(axis: 2, epsilon: 1e-5)), [x, scale, bias])
    case 4: try add(.softmax(Softmax(axis: random.one(of: [1, 2]))), [x])
    case 5:
      let keys = try graph.append(.transpose(try Transpose([0, 2, 1])), [x])
      let scores = try graph.append(.matMul, [x, keys])
      let shares = try graph.append(.softmax(Softmax(axis: 2)), [scores])
      try add(.matMul, [shares, x])
    case 6: try slice(x)
    case 7:
      let matrix = try weights([width, width], deviation: 0.3)
      try floatSum(x, try graph.append(.matMul, [x, matrix]))
    default: try add(.reduce(Reduction(.mean, axes: [1], keepsAxes: false)), [x])
    }
  }

  mutating func vectors(_ x: ValueID) throws(Diagnostic) {
    guard random.once(in: 5) else { return try product(x) }
    try add(.softmax(Softmax(axis: shape(x).rank - 1)), [x])
  }

  private mutating func product(_ x: ValueID) throws(Diagnostic) {
    let depth = shape(x).dims.last ?? 1
    let columns = random.one(of: [1, 5, 16, 24, 33])
    let matrix = try weights([depth, columns], deviation: 1 / Float(depth).squareRoot())
    let result = try graph.append(.matMul, [x, matrix])
    try add(.binary(.add), [result, try weights([columns], deviation: 0.1)])
  }

  private mutating func convolution(_ x: ValueID) throws(Diagnostic) {
    let shape = shape(x)
    let isDepthwise = random.once(in: 3)
    let groups = isDepthwise ? shape[1] : (shape[1] % 2 == 0 && random.once(in: 5) ? 2 : 1)
    let columns = isDepthwise ? shape[1] : random.one(of: [1, 4, 8, 16, 17, 24, 40]) * groups
    func extent(_ axis: Int) -> Int {
      random.one(of: [1, 1, 3, 3, 5].filter { $0 <= shape[axis] })
    }
    let kernel = [extent(2), extent(3)]
    let stride = random.once(in: 4) ? 2 : 1
    let dilation = kernel.allSatisfy { 2 * ($0 / 2) * 2 < 5 } && random.once(in: 6) ? 2 : 1
    let pads = kernel.map { random.once(in: 4) ? 0 : $0 / 2 * dilation }
    let fits = (0..<2).allSatisfy {
      (kernel[$0] - 1) * dilation + 1 <= shape[$0 + 2] + 2 * pads[$0]
    }
    guard fits else { return try elementwise(x) }
    let depth = Float(shape[1] / groups * kernel[0] * kernel[1])
    var operands = [
      x, try weights([columns, shape[1] / groups] + kernel, deviation: 1 / depth.squareRoot()),
    ]
    if !random.once(in: 4) { operands.append(try weights([columns], deviation: 0.3)) }
    try add(
      .conv(
        try Convolution(
          strides: [stride, stride], pads: pads + pads, dilations: [dilation, dilation],
          groups: groups)),
      operands)
  }

  private mutating func pool(_ x: ValueID) throws(Diagnostic) {
    let shape = shape(x)
    let kind = random.one(of: [Pooling.Kind.max, .average])
    let isGlobal = kind == .average && random.once(in: 3)
    let kernel = isGlobal ? [shape[2], shape[3]] : [min(3, shape[2]), min(2, shape[3])]
    let stride = random.one(of: [1, 2])
    let pad = kernel.allSatisfy { $0 > 1 } && !isGlobal && random.once(in: 2) ? 1 : 0
    try add(
      .pool(
        try Pooling(
          kind, kernel: kernel, strides: [stride, stride], pads: [pad, pad, pad, pad],
          dilations: [1, 1], ceilMode: random.once(in: 4), countIncludesPad: random.once(in: 3))),
      [x])
  }

  private mutating func slice(_ x: ValueID) throws(Diagnostic) {
    let shape = shape(x)
    let axis = random.one(of: Array(1..<shape.rank))
    guard shape[axis] > 1 else { return try elementwise(x) }
    var (starts, steps, sizes) = (
      shape.dims.map { _ in 0 }, shape.dims.map { _ in 1 }, shape.dims
    )
    if random.once(in: 3) {
      steps[axis] = 2
      sizes[axis] = (shape[axis] + 1) / 2
    } else {
      starts[axis] = Int.random(in: 0..<shape[axis], using: &random)
      sizes[axis] = Int.random(in: 1...(shape[axis] - starts[axis]), using: &random)
    }
    try add(.slice(Slice(starts: starts, steps: steps, sizes: sizes)), [x])
  }

  private mutating func resize(_ x: ValueID) throws(Diagnostic) {
    let shape = shape(x)
    guard shape.elementCount < 20_000 else { return try pool(x) }
    let sizes = [
      shape[0], shape[1], shape[2] * 2, random.once(in: 3) ? shape[3] + 1 : shape[3] * 2,
    ]
    let coordinates = random.one(of: [
      Resize.Coordinates.halfPixel, .pytorchHalfPixel, .alignCorners, .asymmetric,
    ])
    try add(
      .resize(
        Resize(
          random.one(of: [.nearest, .linear, .linear]), coordinates: coordinates,
          rounding: .floor, scales: zip(sizes, shape.dims).map { Float($0) / Float($1) },
          sizes: sizes)),
      [x])
  }
}
