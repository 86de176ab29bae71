"""Writes the seed models of Tests/Fuzz/Corpus/onnx: small, valid, and each with other parts of the format.

    .build/peers/venv/bin/python Tests/Fuzz/make_corpus.py
"""

from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

FOLDER = Path(__file__).resolve().parent / "Corpus" / "onnx"


def value(name, shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def ramp(name, *shape):
    return numpy_helper.from_array(np.linspace(-1, 1, int(np.prod(shape)), dtype=np.float32).reshape(shape), name)


def write(name, nodes, inputs, outputs, initializers=(), functions=(), opsets=()):
    graph = helper.make_graph(nodes, name, inputs, outputs, list(initializers))
    opsets = [helper.make_opsetid("", 17), *opsets]
    model = helper.make_model(graph, opset_imports=opsets, functions=list(functions), producer_name="corpus")
    model.ir_version = 8
    (FOLDER / f"{name}.onnx").write_bytes(model.SerializeToString(deterministic=True))


def main():
    node = helper.make_node
    write(
        "conv",
        [
            node("Conv", ["x", "w", "b"], ["c"], pads=[1, 1, 1, 1], strides=[2, 2]),
            node("BatchNormalization", ["c", "s", "b", "b", "s"], ["n"]),
            node("Relu", ["n"], ["r"]),
            node("MaxPool", ["r"], ["y"], kernel_shape=[2, 2], ceil_mode=1),
        ],
        [value("x", ["batch", 1, 6, 6])], [value("y", ["batch", 2, 2, 2])],
        [ramp("w", 2, 1, 3, 3), ramp("b", 2), numpy_helper.from_array(np.ones(2, np.float32), "s")])
    write(
        "gemm",
        [node("Flatten", ["x"], ["f"]), node("Gemm", ["f", "w", "b"], ["g"], transB=1, alpha=0.5),
         node("Softmax", ["g"], ["y"], axis=-1)],
        [value("x", [1, 2, 2])], [value("y", [1, 3])], [ramp("w", 3, 4), ramp("b", 3)])
    zero = numpy_helper.from_array(np.uint8(7), "zero")
    write(
        "qdq",
        [node("QuantizeLinear", ["x", "scale", "zero"], ["q"]),
         node("DequantizeLinear", ["q", "scale", "zero"], ["d"]),
         node("MatMul", ["d", "w"], ["y"])],
        [value("x", [2, 4])], [value("y", [2, 3])],
        [numpy_helper.from_array(np.float32(0.1), "scale"), zero, ramp("w", 4, 3)])
    shape = helper.make_tensor("shape", TensorProto.INT64, [2], [1, -1])
    write(
        "shapes",
        [node("Shape", ["x"], ["s"]), node("Constant", [], ["i"], value_int=0),
         node("Gather", ["s", "i"], ["g"]), node("Unsqueeze", ["g", "axes"], ["u"]),
         node("Concat", ["u", "rest"], ["t"], axis=0), node("Reshape", ["x", "t"], ["y"]),
         node("Reshape", ["x", "shape"], ["z"])],
        [value("x", ["batch", 2, 3])], [value("y", None), value("z", None)],
        [shape, helper.make_tensor("axes", TensorProto.INT64, [1], [0]),
         helper.make_tensor("rest", TensorProto.INT64, [1], [-1])])
    function = helper.make_function(
        "local", "Twice", ["a"], ["b"], [node("Add", ["a", "a"], ["b"])], [helper.make_opsetid("", 17)])
    write(
        "function", [node("Twice", ["x"], ["y"], domain="local")],
        [value("x", [3])], [value("y", [3])], functions=[function], opsets=[helper.make_opsetid("local", 1)])
    external = ramp("w", 2, 2)
    external.ClearField("raw_data")
    external.data_location = TensorProto.EXTERNAL
    for key, text in (("location", "../outside.bin"), ("offset", "16"), ("length", "16")):
        external.external_data.add(key=key, value=text)
    write("external", [node("MatMul", ["x", "w"], ["y"])], [value("x", [1, 2])], [value("y", [1, 2])], [external])


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    main()
