import KernelIR

/// The generators of the integer families.
let integerKernelEmitters: [KernelEmitter] = [
  KernelEmitter(
    .convolution, ConvolutionKernel.layout, dotCounts: convolutionDotCounts, emitConvolution),
  KernelEmitter(
    .winograd, WinogradKernel.layout,
    dotCounts: winogradDotCounts, emitWinograd),
  KernelEmitter(
    .depthwise, DepthwiseKernel.layout, dotCounts: { _, _ in [1] }, emitDepthwise),
  KernelEmitter(.maxPool, PoolKernel.layout, emitMaxPool),
  KernelEmitter(.averagePool, PoolKernel.layout, emitAveragePool),
  KernelEmitter(.add, ElementwiseKernel.layout, emitElementwise),
  KernelEmitter(.multiply, ElementwiseKernel.layout, emitElementwise),
  KernelEmitter(.resize, ResizeKernel.layout, emitResize),
  KernelEmitter(.table, ElementwiseKernel.layout, emitElementwise),
  KernelEmitter(.quantize, ConversionKernel.layout, emitConversion),
  KernelEmitter(.dequantize, ConversionKernel.layout, emitConversion),
  KernelEmitter(.channels, ChannelGatherKernel.layout, emitChannelGather),
  KernelEmitter(.copy, ConversionKernel.layout, emitConversion),
]
