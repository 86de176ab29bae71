/// The generators of the float, elementwise and data movement families.
let floatKernelEmitters: [KernelEmitter] = [
  .floatConvolution, .floatDepthwise, .floatMatMul, .floatMaxPool, .floatAveragePool, .map, .reduce,
  .floatSoftmax, .floatNormalization, .move, .remap, .gather, .embedding, .interpolation, .cast,
  .attention, .rotary,
]
