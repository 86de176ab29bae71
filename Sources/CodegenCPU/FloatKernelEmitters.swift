/// The generators of the float, elementwise and data movement families.
let floatKernelEmitters: [KernelEmitter] = []
