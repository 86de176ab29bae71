"""Shapes, attributes and paddings of ONNX nodes."""

import math


class Unsupported(Exception):
    """The converter does not cover this model; the text says what is in the way."""


def channels_last(rank: int) -> tuple[int, ...]:
    """Which ONNX axis each stored axis is: `[n, c, h, w]` kept as `[n, h, w, c]`, `[n, g, c, h, w]` as `[n, h, w, g, c]`."""
    if rank == 4:
        return (0, 2, 3, 1)
    if rank == 5:
        return (0, 3, 4, 1, 2)
    return tuple(range(rank))


def attributes(node) -> dict:
    """The attributes of a node, as Python values."""
    from onnx import helper

    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


def inferred_shapes(document) -> dict[str, tuple[int, ...]]:
    """The shape of every value."""
    import onnx

    graph = onnx.shape_inference.infer_shapes(document, data_prop=True).graph
    shapes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    for value in [*graph.input, *graph.output, *graph.value_info]:
        shapes[value.name] = tuple(dim.dim_value for dim in value.type.tensor_type.shape.dim)
    return shapes


def window(node_attributes: dict, image: tuple[int, int], made: tuple[int, int], kernel: tuple[int, int]):
    """The padding of a convolution or pooling: `"VALID"`, `"SAME"`, or rows and columns to add first.

    `image` and `made` are height and width before and after.
    """
    strides = node_attributes.get("strides", [1, 1])
    dilations = node_attributes.get("dilations", [1, 1])
    pads = node_attributes.get("pads", [0, 0, 0, 0])
    mode = node_attributes.get("auto_pad", b"NOTSET")
    spans = [(k - 1) * d + 1 for k, d in zip(kernel, dilations)]
    same = []
    for extent, stride, span in zip(image, strides, spans):
        total = max(0, (math.ceil(extent / stride) - 1) * stride + span - extent)
        same.append((total // 2, total - total // 2))
    if mode == b"SAME_UPPER":
        return "SAME"
    if mode not in (b"NOTSET", b"VALID"):
        raise Unsupported(f"auto_pad {mode.decode()}")
    given = [(pads[0], pads[2]), (pads[1], pads[3])]
    if node_attributes.get("ceil_mode"):
        for axis in range(2):
            over = (made[axis] - 1) * strides[axis] + spans[axis] - image[axis] - sum(given[axis])
            given[axis] = (given[axis][0], given[axis][1] + max(0, over))
    if given == same:
        return "SAME"
    return "VALID" if given == [(0, 0), (0, 0)] else given
