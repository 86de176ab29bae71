"""ResNet-50 (He et al. 2016, v1.5: the stride in the 3x3) at 224 x 224 with seeded random weights, batch norms folded.

Weights are He-initialized. The last convolution of a block is scaled by 0.25, as a folded batch norm of small gamma
would, so that the sums of 16 blocks stay in range. Samples are the photographs of data-caltech101.
"""

import json
from pathlib import Path

import numpy as np

from made.writing import once

_STAGES = [(3, 64, 1), (4, 128, 2), (6, 256, 2), (3, 512, 2)]


def make(folder: Path, models: Path) -> None:
    """The `make` of the catalog entry."""
    once(folder, _make)


def _make(folder: Path) -> None:
    import onnx

    onnx.save(_Builder(np.random.default_rng(50)).model(), str(folder / "model.onnx"))
    convert = {
        "crop": {"top": 1, "left": 1, "height": 224, "width": 224},
        "mean": [123.675, 116.28, 103.53],
        "std": [58.395, 57.12, 57.375],
        "layout": "nhwc_to_nchw",
    }
    splits = {
        split: {"inputs": {"input": {"file": f"{prefix}_images_u8_rgb_227.npy", "convert": convert}}}
        for split, prefix in [("calibration", "calib"), ("dev", "dev")]
    }
    splits["dev"]["metric"] = {"name": "relative_squared_error", "output": "logits"}
    document = {
        "schema_version": 1,
        "name": "resnet50-random",
        "root": "${QUANTC_MODELS}/data-caltech101",
        "splits": splits,
    }
    (folder / "dataset.json").write_text(json.dumps(document, indent=2) + "\n")


class _Builder:
    """Collects the nodes and weights, one value after another."""

    def __init__(self, random: np.random.Generator):
        self._random, self._nodes, self._weights = random, [], []

    def model(self):
        from onnx import TensorProto, helper

        x = self._relu(self._conv("input", "stem", 3, 64, 7, 2))
        x = self._node("MaxPool", [x], "pool", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
        channels = 64
        for stage, (blocks, width, stride) in enumerate(_STAGES):
            for block in range(blocks):
                step = stride if block == 0 else 1
                x = self._bottleneck(x, f"stage{stage}.{block}", channels, width, step)
                channels = 4 * width
        x = self._node("GlobalAveragePool", [x], "average")
        x = self._node("Flatten", [x], "flatten", axis=1)
        weights = self._constant("fc.weights", (1000, channels), np.sqrt(1 / channels))
        self._node("Gemm", [x, weights, self._constant("fc.bias", (1000,), 0.01)], "logits", transB=1)
        graph = helper.make_graph(
            self._nodes,
            "resnet50-random",
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 3, 224, 224])],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 1000])],
            self._weights,
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)

    def _bottleneck(self, x: str, name: str, channels: int, width: int, stride: int) -> str:
        y = self._relu(self._conv(x, f"{name}.reduce", channels, width, 1, 1))
        y = self._relu(self._conv(y, f"{name}.spatial", width, width, 3, stride))
        y = self._conv(y, f"{name}.expand", width, 4 * width, 1, 1, gain=0.25)
        if channels != 4 * width:
            x = self._conv(x, f"{name}.shortcut", channels, 4 * width, 1, stride, gain=0.7)
        return self._relu(self._node("Add", [x, y], f"{name}.sum"))

    def _conv(self, x: str, name: str, given: int, made: int, size: int, stride: int, gain: float = 1) -> str:
        spread = gain * np.sqrt(2 / (given * size * size))
        weights = self._constant(f"{name}.weights", (made, given, size, size), spread)
        bias = self._constant(f"{name}.bias", (made,), 0.05)
        pads = [size // 2] * 4
        shape = {"kernel_shape": [size, size], "strides": [stride, stride], "pads": pads}
        return self._node("Conv", [x, weights, bias], name, **shape)

    def _relu(self, x: str) -> str:
        return self._node("Relu", [x], f"{x}.relu")

    def _constant(self, name: str, shape: tuple[int, ...], spread: float) -> str:
        from onnx import numpy_helper

        values = (spread * self._random.standard_normal(shape)).astype(np.float32)
        self._weights.append(numpy_helper.from_array(values, name))
        return name

    def _node(self, operator: str, inputs: list[str], name: str, **attributes) -> str:
        from onnx import helper

        self._nodes.append(helper.make_node(operator, inputs, [name], name, **attributes))
        return name
