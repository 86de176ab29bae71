"""One function an ONNX operator: `(converter, node, attributes)`, which adds what computes it."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tflite.shapes import Unsupported, channels_last, window


def _conv(c, node, given):
    x, weights = c.image(node.input[0]), _constant(c, node.input[1])
    bias = _constant(c, node.input[2]) if len(node.input) > 2 else np.zeros(weights.shape[0], np.float32)
    group, (height, width) = given.get("group", 1), weights.shape[2:]
    depthwise = group > 1 and group == x.shape[3]
    if group > 1 and not depthwise:
        raise Unsupported("grouped Conv")
    x, padding = _padded(c, node, given, x, (height, width))
    activation, name = c.activation(node)
    options = schema.DepthwiseConv2DOptionsT() if depthwise else schema.Conv2DOptionsT()
    _window_options(options, given, padding)
    options.dilationHFactor, options.dilationWFactor = given.get("dilations", [1, 1])
    options.fusedActivationFunction = getattr(schema.ActivationFunctionType, activation)
    if depthwise:
        options.depthMultiplier = weights.shape[0] // group
        # [c * multiplier, 1, h, w] to [1, h, w, c * multiplier]
        weights = weights.transpose(1, 2, 3, 0)
    else:
        weights = weights.transpose(0, 2, 3, 1)
    operands = [x, c.builder.constant(node.input[1], weights), c.builder.constant(f"{name}/bias", bias)]
    made = c.define(name, channels_last(4))
    c.builder.operator("DEPTHWISE_CONV_2D" if depthwise else "CONV_2D", operands, [made], options)


def _product(c, node, given):
    weights = _constant(c, node.input[1])
    if given.get("transA") or given.get("alpha", 1) != 1 or given.get("beta", 1) != 1 or weights.ndim != 2:
        raise Unsupported(f"{node.op_type} of this form")
    weights = weights if given.get("transB") else weights.T
    bias = np.zeros(len(weights), np.float32)
    if len(node.input) > 2:
        bias = np.broadcast_to(_constant(c, node.input[2]).reshape(-1), bias.shape)
    x = c.plain(node.input[0])
    activation, name = c.activation(node)
    options = schema.FullyConnectedOptionsT()
    options.fusedActivationFunction = getattr(schema.ActivationFunctionType, activation)
    options.keepNumDims = len(x.shape) > 2
    operands = [x, c.builder.constant(node.input[1], weights), c.builder.constant(f"{name}/bias", bias)]
    c.builder.operator("FULLY_CONNECTED", operands, [c.define(name)], options)


def _pool(code):
    def add(c, node, given):
        if code == "AVERAGE_POOL_2D" and any(given.get("pads", [])) and not given.get("count_include_pad"):
            raise Unsupported("AveragePool with padding")
        x, padding = _padded(c, node, given, c.image(node.input[0]), tuple(given["kernel_shape"]))
        options = schema.Pool2DOptionsT()
        _window_options(options, given, padding)
        options.filterHeight, options.filterWidth = given["kernel_shape"]
        c.builder.operator(code, [x], [c.define(node.output[0], channels_last(4))], options)

    return add


def _global_average(c, node, _):
    options = schema.ReducerOptionsT()
    options.keepDims = True
    x, made = c.image(node.input[0]), c.define(node.output[0], channels_last(4))
    axes = c.builder.constant(f"{node.output[0]}/axes", np.array([1, 2], np.int32))
    c.builder.operator("MEAN", [x, axes], [made], options)


def _add(c, node, _):
    if any(name not in c.values for name in node.input):
        raise Unsupported("Add of a constant")
    order = c.values[node.input[0]].order
    x, y = (c.image(name) if order == channels_last(len(order)) else c.plain(name) for name in node.input)
    activation, name = c.activation(node)
    options = schema.AddOptionsT()
    options.fusedActivationFunction = getattr(schema.ActivationFunctionType, activation)
    c.builder.operator("ADD", [x, y], [c.define(name, order)], options)


def _unary(code, options=None):
    def add(c, node, given):
        value = c.values[node.input[0]]
        made = c.define(node.output[0], value.order)
        c.builder.operator(code, [value.tensor], [made], options(given) if options else None)

    return add


def _clip(c, node, given):
    if not c.is_relu6(node):
        raise Unsupported("Clip of other limits than 0 and 6")
    _unary("RELU6")(c, node, given)


def _softmax(c, node, given):
    value = c.values[node.input[0]]
    if value.order[-1] != given.get("axis", -1) % len(value.order):
        raise Unsupported("Softmax along another axis than the last")
    options = schema.SoftmaxOptionsT()
    options.beta = 1.0
    c.builder.operator("SOFTMAX", [value.tensor], [c.define(node.output[0], value.order)], options)


def _leaky(given):
    options = schema.LeakyReluOptionsT()
    options.alpha = given.get("alpha", 0.01)
    return options


def _concat(c, node, given):
    order = c.values[node.input[0]].order
    if any(c.values[name].order != order for name in node.input):
        raise Unsupported("Concat of different layouts")
    options = schema.ConcatenationOptionsT()
    options.axis = order.index(given["axis"] % len(order))
    operands = [c.values[name].tensor for name in node.input]
    c.builder.operator("CONCATENATION", operands, [c.define(node.output[0], order)], options)


def _split(c, node, given):
    value = c.values[node.input[0]]
    axis = value.order.index(given.get("axis", 0) % len(value.order))
    if len({c.shapes[name] for name in node.output}) != 1:
        return _slices(c, node, value, axis)
    options = schema.SplitOptionsT()
    options.numSplits = len(node.output)
    axis_tensor = c.builder.constant(f"{node.output[0]}/axis", np.array(axis, np.int32))
    c.builder.operator("SPLIT", [axis_tensor, value.tensor], [c.define(n, value.order) for n in node.output], options)


def _slices(c, node, value, axis):
    start = np.zeros(len(value.order), np.int32)
    for name in node.output:
        part = c.define(name, value.order)
        size = np.array(part.shape, np.int32)
        bounds = [c.builder.constant(f"{name}/{key}", array.copy()) for key, array in (("start", start), ("size", size))]
        c.builder.operator("SLICE", [value.tensor, *bounds], [part], schema.SliceOptionsT())
        start[axis] += part.shape[axis]


def _reshape(c, node, _):
    name, shape = node.output[0], c.shapes[node.output[0]]
    value = c.values[node.input[0]]
    before = c.shapes[node.input[0]]
    images = {len(before), len(shape)} <= {4, 5} and value.order == channels_last(len(before))
    if images and before[0] == shape[0] and before[-2:] == shape[-2:] and len(before) != len(shape):
        # Only the channels are split or joined: the same with channels last.
        x, order = value.tensor, channels_last(len(shape))
    else:
        x, order = c.plain(node.input[0]), tuple(range(len(shape)))
    made = c.define(name, order)
    options = schema.ReshapeOptionsT()
    options.newShape = list(made.shape)
    c.builder.operator("RESHAPE", [x, c.builder.constant(f"{name}/shape", np.array(made.shape, np.int32))], [made], options)


def _transpose(c, node, given):
    from tflite.convert import Value

    value, name = c.values[node.input[0]], node.output[0]
    axes = given["perm"]
    # Axis i of the result is axis axes[i] of the operand: the same tensor, its axes under new names.
    order = tuple(axes.index(axis) for axis in value.order)
    if order in (tuple(range(len(order))), channels_last(len(order))):
        c.values[name] = Value(value.tensor, order)
        return
    wanted = channels_last(len(order)) if value.order == channels_last(len(order)) else tuple(range(len(order)))
    tensor = c.permuted(name, Value(value.tensor, order), wanted)
    c.values[name] = Value(tensor, wanted)


def _resize(c, node, given):
    mode, frame = given.get("mode", b"nearest"), given.get("coordinate_transformation_mode", b"half_pixel")
    x, made = c.image(node.input[0]), c.define(node.output[0], channels_last(4))
    sizes = c.builder.constant(f"{node.output[0]}/sizes", np.array(made.shape[1:3], np.int32))
    if mode == b"linear" and frame in (b"half_pixel", b"pytorch_half_pixel", b"asymmetric"):
        options, code = schema.ResizeBilinearOptionsT(), "RESIZE_BILINEAR"
        options.halfPixelCenters = frame != b"asymmetric"
    elif mode == b"nearest" and frame == b"asymmetric":
        options, code = schema.ResizeNearestNeighborOptionsT(), "RESIZE_NEAREST_NEIGHBOR"
    else:
        raise Unsupported(f"Resize {mode.decode()} {frame.decode()}")
    c.builder.operator(code, [x, sizes], [made], options)


def _constant(c, name):
    if name not in c.constants:
        raise Unsupported("a product of two activations")
    return c.constants[name]


def _padded(c, node, given, x, kernel):
    """`x`, padded where TFLite has no name for the padding, and the padding's name."""
    made = c.shapes[node.output[0]][2:]
    padding = window(given, x.shape[1:3], made, kernel)
    if isinstance(padding, str):
        return x, padding
    rows = np.array([(0, 0), *padding, (0, 0)], np.int32)
    shape = tuple(extent + before + after for extent, (before, after) in zip(x.shape, rows.tolist()))
    padded = c.builder.value(f"{node.output[0]}/padded", shape)
    operands = [x, c.builder.constant(f"{node.output[0]}/pads", rows)]
    if node.op_type != "MaxPool" or node.input[0] in c.done:
        # Of a value that a ReLU made, zeros pad a maximum as well as minus infinity does.
        c.builder.operator("PAD", operands, [padded], schema.PadOptionsT())
    elif rows.max() <= 1:
        # The pixel at the border is in the window too, so that it may stand twice.
        options = schema.MirrorPadOptionsT()
        options.mode = schema.MirrorPadMode.SYMMETRIC
        c.builder.operator("MIRROR_PAD", operands, [padded], options)
    else:
        raise Unsupported("MaxPool with wide padding of values below 0")
    return padded, "VALID"


def _window_options(options, given, padding):
    options.padding = getattr(schema.Padding, padding)
    options.strideH, options.strideW = given.get("strides", [1, 1])


OPERATORS = {
    "Conv": _conv,
    "Gemm": _product,
    "MatMul": _product,
    "MaxPool": _pool("MAX_POOL_2D"),
    "AveragePool": _pool("AVERAGE_POOL_2D"),
    "GlobalAveragePool": _global_average,
    "Add": _add,
    "Relu": _unary("RELU"),
    "Clip": _clip,
    "LeakyRelu": _unary("LEAKY_RELU", _leaky),
    "Sigmoid": _unary("LOGISTIC"),
    "Softmax": _softmax,
    "Concat": _concat,
    "Split": _split,
    "Reshape": _reshape,
    "Flatten": _reshape,
    "Transpose": _transpose,
    "Resize": _resize,
}
