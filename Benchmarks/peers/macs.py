"""How many multiply-accumulates one run of a model takes."""

import math
from pathlib import Path


def count(path: Path, inputs: dict[str, tuple[int, ...]]) -> int:
    """Of all convolutions and matrix products, at these shapes of the inputs; products of two activations too."""
    import onnx

    document = onnx.load(str(path))
    for value in document.graph.input:
        for dim, extent in zip(value.type.tensor_type.shape.dim, inputs.get(value.name, ())):
            dim.dim_value = extent
    for value in document.graph.output:
        value.type.tensor_type.ClearField("shape")
    del document.graph.value_info[:]
    graph = onnx.shape_inference.infer_shapes(document, data_prop=True).graph
    shapes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    for value in [*graph.input, *graph.output, *graph.value_info]:
        shapes[value.name] = tuple(dim.dim_value for dim in value.type.tensor_type.shape.dim)
    return sum(_node(node, shapes) for node in graph.node)


def _node(node, shapes) -> int:
    if node.op_type not in ("Conv", "ConvTranspose", "MatMul", "Gemm"):
        return 0
    given, weights, made = (shapes[name] for name in (node.input[0], node.input[1], node.output[0]))
    if node.op_type == "Conv":
        return math.prod(made) * math.prod(weights[1:])
    if node.op_type == "ConvTranspose":
        return math.prod(given) * math.prod(weights[1:])
    transposed = any(a.name == "transA" and a.i for a in node.attribute)
    return math.prod(made) * given[0 if transposed else -1]
