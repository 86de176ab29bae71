"""Tests of the converter to .tflite: each network gives ONNX Runtime's numbers. Run by `scripts/peers.sh --self-test`."""

import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from contestants import litert, onnxruntime_session
from dataset import Split
from tflite.convert import convert
from tflite.shapes import Unsupported


class Network:
    """An ONNX model put together a node at a time, with seeded weights."""

    def __init__(self, *shape: int):
        self.random, self.shape = np.random.default_rng(1), shape
        self.nodes, self.weights, self.last, self.outputs = [], [], "x", []

    def weight(self, *shape: int) -> str:
        return self.constant(self.random.standard_normal(shape).astype(np.float32) / 3)

    def constant(self, array: np.ndarray) -> str:
        self.weights.append(numpy_helper.from_array(array, f"w{len(self.weights)}"))
        return self.weights[-1].name

    def add(self, operator: str, *more: str, given: list[str] | None = None, made: int = 1, **attributes) -> list[str]:
        """Adds a node on the last value and `more`, or on `given`; the names of its outputs."""
        names = [f"v{len(self.nodes)}.{i}" for i in range(made)]
        self.nodes.append(helper.make_node(operator, given or [self.last, *more], names, **attributes))
        self.last = names[0]
        return names

    def error(self) -> float:
        """The largest difference between LiteRT and ONNX Runtime over two samples, relative to the largest value."""
        graph = helper.make_graph(
            self.nodes, "network", [helper.make_tensor_value_info("x", TensorProto.FLOAT, self.shape)],
            [helper.make_tensor_value_info(self.last, TensorProto.FLOAT, None)], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        samples = Split({"x": self.random.standard_normal((2, *self.shape[1:])).astype(np.float32)}, None, None)
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder) / "a.onnx", Path(folder) / "a.tflite"
            onnx.save(onnx.shape_inference.infer_shapes(model), str(source))
            data, orders = convert(source)
            target.write_bytes(data)
            session = onnxruntime_session.open_session(source, 1)
            theirs = onnxruntime_session.session_outputs(session, samples)[self.last]
            ours = litert.outputs_of(target, samples, orders)[self.last]
        return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


class Networks(unittest.TestCase):
    def check(self, network: Network):
        self.assertLess(network.error(), 1e-5)

    def test_convolutions_with_every_padding_and_activation(self):
        n = Network(1, 3, 15, 13)
        n.add("Conv", n.weight(8, 3, 3, 3), n.weight(8), pads=[1, 1, 1, 1], strides=[2, 2])
        n.add("Relu")
        n.add("Conv", n.weight(8, 1, 3, 3), pads=[1, 1, 1, 1], group=8)
        n.add("Clip", n.constant(np.float32(0)), n.constant(np.float32(6)))
        n.add("Conv", n.weight(8, 8, 3, 3), dilations=[2, 2], pads=[2, 2, 2, 2])
        n.add("LeakyRelu", alpha=0.1)
        n.add("Conv", n.weight(4, 8, 1, 1), pads=[1, 1, 1, 1])
        self.check(n)

    def test_pools_of_values_below_zero_and_a_rounded_up_extent(self):
        n = Network(1, 4, 14, 14)
        n.add("MaxPool", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
        n.add("MaxPool", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)
        n.add("AveragePool", kernel_shape=[2, 2])
        n.add("GlobalAveragePool")
        n.add("Flatten")
        n.add("Gemm", n.weight(5, 4), n.weight(5), transB=1)
        n.add("Softmax", axis=-1)
        self.check(n)

    def test_a_channel_shuffle_with_branches(self):
        n = Network(1, 6, 4, 4)
        n.add("Conv", n.weight(8, 6, 1, 1))
        left, right = n.add("Split", axis=1, made=2)
        right = n.add("Conv", given=[right, n.weight(4, 4, 1, 1)])[0]
        n.add("Concat", given=[left, right], axis=1)
        n.add("Reshape", n.constant(np.array([1, 2, 4, 4, 4])))
        n.add("Transpose", perm=[0, 2, 1, 3, 4])
        n.add("Reshape", n.constant(np.array([1, 8, 4, 4])))
        shuffled = n.last
        n.add("Sigmoid")
        n.add("Add", given=[shuffled, n.last])
        n.add("Resize", "", n.constant(np.array([1, 1, 2, 2], np.float32)), mode="linear")
        n.add("Reshape", n.constant(np.array([1, 8, 64])))
        n.add("Transpose", perm=[0, 2, 1])
        self.check(n)

    def test_an_unequal_split_of_a_plain_matrix(self):
        n = Network(1, 3, 10)
        n.add("MatMul", n.weight(10, 7))
        first = n.add("Split", n.constant(np.array([5, 2])), axis=2, made=2)[0]
        n.add("Concat", given=[first, "v1.1"], axis=1 + 1)
        self.check(n)

    def test_what_is_not_covered_is_named(self):
        n = Network(1, 4)
        n.add("Erf")
        with self.assertRaisesRegex(Unsupported, "Erf"):
            n.error()


if __name__ == "__main__":
    unittest.main()
