"""A model of one matrix product with constant weights, `[1, m, k] x [k, n]`, with seeded normal weights and samples."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from made.writing import once, write_dataset

SAMPLES = 8


def name(m: int, n: int, k: int) -> str:
    return f"matmul-{m}x{n}x{k}"


def maker(m: int, n: int, k: int) -> Callable[[Path, Path], None]:
    """The `make` of a catalog entry."""
    return lambda folder, _: once(folder, lambda made: _make(made, m, n, k), m, n, k)


def _make(folder: Path, m: int, n: int, k: int) -> None:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    random = np.random.default_rng(m * 1_000_003 + n * 1_009 + k)
    weights = (random.standard_normal((k, n)) / np.sqrt(k)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "weights"], ["y"], "product")],
        name(m, n, k),
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, m, k])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, m, n])],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(folder / "model.onnx"))

    def samples() -> dict[str, np.ndarray]:
        return {"x": random.standard_normal((SAMPLES, m, k)).astype(np.float32)}

    metric = {"name": "relative_squared_error", "output": "y"}
    write_dataset(folder, name(m, n, k), {"calibration": samples(), "dev": samples()}, metric)
