import Diagnostics
import GraphIR
import KernelIR
import Tensors

extension Lowering {
  /// The ops that are not quantized.
  mutating func lowerFloat(_ id: ValueID) throws(Diagnostic) {
    switch graph.op(id) {
    case .conv(let conv):
      try lower(conv, id)
    case .matMul:
      try lowerMatMul(id)
    case .unary, .binary, .select:
      try lowerMap(id)
    case .cast(let cast):
      try lower(cast, id)
    case .softmax(let softmax):
      try lower(softmax, id)
    case .attention(let attention):
      try lower(attention, id)
    case .layerNorm(let norm):
      try lower(norm, id, isRMS: false)
    case .rmsNorm(let norm):
      try lower(norm, id, isRMS: true)
    case .batchNorm(let norm):
      try lower(norm, id)
    case .reduce(let reduction):
      try lower(reduction, id)
    case .gather(let gather):
      try lower(gather, id)
    case .pad(let padding):
      try lower(padding, id)
    case .expand:
      try lowerExpand(id)
    case .resize(let resize):
      try lower(resize, id)
    default:
      throw Diagnostic(
        .unsupportedKernel, "no kernel for \(graph.op(id).mnemonic)", at: location(id))
    }
  }

  func requireF32(_ ids: [ValueID], for id: ValueID) throws(Diagnostic) {
    for operand in ids where graph.type(of: operand).element != .f32 {
      throw Diagnostic(
        .unsupportedKernel,
        "\(graph.op(id).mnemonic) over \(graph.type(of: operand).element.rawValue)",
        at: location(id), hint: "kernels for this op compute in f32")
    }
  }

  /// The value as a row-major array that may be read behind its end: never a caller's own.
  mutating func wholeRowMajor(_ id: ValueID) throws(Diagnostic) -> View {
    try rowMajor(try view(id), named: id)
  }

  // MARK: Convolution and pooling

  private mutating func lower(_ conv: Convolution, _ id: ValueID) throws(Diagnostic) {
    let operands = graph.operands(of: id)
    try requireF32(operands, for: id)
    let kernelShape = graph.shape(of: operands[1])
    guard let weights = graph.constant(operands[1]), kernelShape.rank == 4 else {
      throw Diagnostic(
        .unsupportedKernel, "a convolution with weights that are computed, or not over two axes",
        at: location(id))
    }
    var bias: [Float]?
    if operands.count == 3 {
      guard let constant = graph.constant(operands[2]) else {
        throw Diagnostic(
          .unsupportedKernel, "a convolution with a computed bias", at: location(id))
      }
      bias = constant.floats
    }
    let window = ConvolutionWindow(
      kernel: .init(kernelShape[2], kernelShape[3]),
      stride: .init(conv.strides[0], conv.strides[1]),
      dilation: .init(conv.dilations[0], conv.dilations[1]),
      padding: .init(conv.pads[0], conv.pads[1]))
    let input = try image(operands[0])
    let output = allocateImage(id, .nchw)
    let epilogue = FloatEpilogue(hasBias: bias != nil)
    let channels = graph.shape(of: operands[0])[1]
    let isDepthwise = conv.groups == channels && kernelShape[0] == channels && channels > 1
    let call =
      isDepthwise
      ? FloatDepthwiseKernel(
        input: input.geometry, output: output, window: window, epilogue: epilogue
      ).call(weights: weights.floats, bias: bias)
      : FloatConvolutionKernel(
        input: input.geometry, output: output, window: window, groups: conv.groups,
        epilogue: epilogue
      ).call(weights: weights.floats, bias: bias)
    try emit(call, [input.view], makes: id)
  }

  mutating func lowerFloatPool(
    _ pooling: Pooling, _ window: ConvolutionWindow, _ id: ValueID
  ) throws(Diagnostic) {
    let operand = graph.operand(0, of: id)
    try requireF32([operand], for: id)
    let shape = graph.shape(of: operand)
    let kind: FloatPoolKernel.Kind
    switch pooling.kind {
    case .max:
      kind = .maximum
    case .average:
      let padded = ConvolutionWindow.Pair(
        shape[2] + pooling.pads[0] + pooling.pads[2], shape[3] + pooling.pads[1] + pooling.pads[3])
      kind = .average(padded: pooling.countIncludesPad ? padded : nil)
    }
    let input = try image(operand)
    let output = allocateImage(id, .nchw)
    let kernel = FloatPoolKernel(
      input: input.geometry, output: output, window: window, kind: kind)
    try emit(kernel.call(), [input.view], makes: id)
  }
}
