import KernelIR

/// The generators of the integer families.
let integerKernelEmitters: [KernelEmitter] = [
  KernelEmitter(.convolution, ConvolutionKernel.layout, emitConvolution)
]
