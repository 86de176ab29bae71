"""Writes the trained layers as ONNX: opset 17, batch norms unfolded, symbolic batch axis."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from layers import BatchNorm, Convolution, Dense, DepthwiseConvolution, MaxPool, ReLU, Residual


class Exporter:
    def __init__(self):
        self.nodes, self.initializers, self.counts = [], [], {}

    def add(self, kind, inputs, label=None, **attributes):
        """Appends one node; the name of its output."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        name = label or f"{kind.lower()}_{self.counts[kind]}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def constant(self, name, value):
        array = np.ascontiguousarray(value)
        self.initializers.append(numpy_helper.from_array(array, name))
        return name

    def layer(self, layer, x):
        """The nodes of one layer after the value `x`; the name of the result."""
        match layer:
            case DepthwiseConvolution():
                weight = layer.weight.value.transpose(2, 0, 1)[:, None]
                return self._convolution(x, weight, group=len(weight))
            case Convolution():
                return self._convolution(x, layer.weight.value.transpose(3, 2, 0, 1), group=1)
            case BatchNorm():
                names = ["scale", "bias", "mean", "variance"]
                values = [layer.scale.value, layer.bias.value, layer.running_mean, layer.running_variance]
                prefix = f"norm_{self.counts.get('BatchNormalization', 0) + 1}"
                inputs = [self.constant(f"{prefix}_{n}", v.astype(np.float32)) for n, v in zip(names, values)]
                return self.add("BatchNormalization", [x, *inputs], epsilon=layer.epsilon)
            case ReLU():
                return self.add("Relu", [x])
            case Residual():
                y = x
                for inner in layer.body:
                    y = self.layer(inner, y)
                return self.add("Add", [x, y])
            case MaxPool():
                return self.add("MaxPool", [x], kernel_shape=[2, 2], strides=[2, 2])
            case Dense():
                flat = self.add("Flatten", [x], axis=1)
                weight = self.constant("dense_weight", layer.weight.value)
                bias = self.constant("dense_bias", layer.bias.value)
                return self.add("Gemm", [flat, weight, bias], label="logits")
        raise TypeError(f"no export for {type(layer).__name__}")

    def _convolution(self, x, weight, group):
        name = self.constant(f"conv_{self.counts.get('Conv', 0) + 1}_weight", weight)
        size = weight.shape[2]
        return self.add("Conv", [x, name], kernel_shape=[size, size], pads=[size // 2] * 4, group=group)


def export(layers, path):
    """Writes `image` f32 [batch, 1, 8, 8] to `probabilities` f32 [batch, 10]."""
    exporter, value = Exporter(), "image"
    for layer in layers:
        value = exporter.layer(layer, value)
    exporter.add("Softmax", [value], label="probabilities", axis=1)
    graph = helper.make_graph(
        exporter.nodes,
        "digits",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, 8, 8])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 10])],
        exporter.initializers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="digits")
    model.ir_version = 8
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString(deterministic=True))
