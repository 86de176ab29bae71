import Diagnostics
import GraphIR
import KernelIR
import QuantMath
import Tensors

extension Lowering {
  /// `q.conv` as a direct or a depthwise convolution over NHWC images.
  mutating func lower(_ conv: QuantizedConvolution, _ id: ValueID) throws(Diagnostic) {
    let operands = graph.operands(of: id)
    let weights = try quantizedWeights(operands[1], channelAxis: 0)
    let kernelShape = graph.shape(of: operands[1])
    let geometry = conv.geometry
    guard kernelShape.rank == 4 else {
      throw Diagnostic(
        .unsupportedKernel, "a quantized convolution over \(kernelShape.rank - 2) axes",
        at: location(id), hint: "keep it in float: --keep-float '\(graph[id].name)'")
    }
    let window = ConvolutionWindow(
      kernel: .init(kernelShape[2], kernelShape[3]),
      stride: .init(geometry.strides[0], geometry.strides[1]),
      dilation: .init(geometry.dilations[0], geometry.dilations[1]),
      padding: .init(geometry.pads[0], geometry.pads[1]))
    let result = graph.shape(of: id)
    let x = graph.shape(of: operands[0])
    let input = try image(
      operands[0],
      halo: window.halo(height: x[2], width: x[3], rows: result[2], pixels: result[3]))
    let bias = try biasValues(operands[2])
    guard
      let start = ConvolutionKernel.startValues(
        bias: bias, weights: weights.values,
        input: storedElement(operands[0]),
        inputZeroPoint: Lowering.storedZeroPoint(graph.type(of: operands[0])))
    else { throw overflow(id) }
    var inputs = [input.view]
    var residual: Lowering.ResidualOperand?
    if conv.epilogue.hasResidual {
      let image = try image(operands[3])
      inputs.append(image.view)
      residual = ResidualOperand(type: graph.type(of: operands[3]), geometry: image.geometry)
    }
    var (source, output, over) = (input.geometry, allocateImage(id, .nchw), window)
    if let column = source.turned, let result = output.turned, let turned = window.turned,
      residual == nil || residual?.geometry.turned != nil
    {
      (source, output, over) = (column, result, turned)
      residual = residual.map {
        ResidualOperand(type: $0.type, geometry: $0.geometry.turned ?? $0.geometry)
      }
    }
    let epilogue = try epilogue(
      conv.epilogue, inputScale: graph.type(of: operands[0]).quantization?.scale ?? 1,
      weightScales: weights.scales(count: result[1]), residual: residual)
    let isDepthwise = geometry.groups == x[1] && geometry.groups == result[1] && x[1] > 1
    let call =
      isDepthwise
      ? DepthwiseKernel(input: source, output: output, window: over, epilogue: epilogue)
        .call(weights: weights.values, start: start)
      : denseCall(
        ConvolutionKernel(
          input: source, output: output, window: over, groups: geometry.groups, epilogue: epilogue),
        weights: weights.values, start: start)
    try emit(call, inputs, makes: id)
  }

  func overflow(_ id: ValueID) -> Diagnostic {
    Diagnostic(
      .accumulatorOverflow, "its integer sums can leave 32 bits", at: location(id),
      hint: "keep it in float: --keep-float '\(graph[id].name)'")
  }
}
