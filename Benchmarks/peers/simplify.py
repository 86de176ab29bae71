"""The float model as the quantizers of the peers like it: fixed shapes, operators already joined."""


def simplified(model, path, split):
    """Writes `model` to `path` with a batch of 1, run through onnxruntime's pre-processing.

    A Gemm's bias `[1, n]` becomes `[n]`, the same to ONNX; onnxruntime's quantizer fails on the former.
    """
    import onnx
    from onnx import numpy_helper
    from onnxruntime.quantization.shape_inference import quant_pre_process
    from onnxruntime.tools.onnx_model_utils import fix_output_shapes, make_dim_param_fixed

    document = onnx.load(str(model.onnx))
    make_dim_param_fixed(document.graph, "batch", 1)
    for value in document.graph.input:
        for axis, dim in enumerate(value.type.tensor_type.shape.dim):
            if dim.dim_param:
                make_dim_param_fixed(document.graph, dim.dim_param, split.inputs[value.name].shape[axis])
    fix_output_shapes(document)
    onnx.save(document, str(path))
    quant_pre_process(str(path), str(path))

    document = onnx.load(str(path))
    biases = {n.input[2] for n in document.graph.node if n.op_type == "Gemm" and len(n.input) == 3}
    for tensor in document.graph.initializer:
        if tensor.name in biases and len(tensor.dims) == 2:
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).reshape(-1), tensor.name))
    onnx.save(document, str(path))
