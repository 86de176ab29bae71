"""ONNX to .tflite, in float: images become channels-last, transpositions that only restore an order vanish.

The model must have fixed shapes, constant weights and batch norms folded (`simplify.py` sees to that). What is not
covered raises `Unsupported`; nothing is approximated. The caller compares the result with the ONNX model.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tflite.builder import Builder, Tensor
from tflite.shapes import Unsupported, attributes, channels_last, inferred_shapes


@dataclass(frozen=True)
class Value:
    """A tensor, and which ONNX axis each of its stored axes is."""

    tensor: Tensor
    order: tuple[int, ...]


class Converter:
    """Holds what the operator modules need: the file, the values so far, constants, and who reads what."""

    def __init__(self, document):
        from onnx import numpy_helper

        self.builder, self.values = Builder(), {}
        self.shapes = inferred_shapes(document)
        self.constants = {t.name: numpy_helper.to_array(t) for t in document.graph.initializer}
        self.readers = {}
        for node in document.graph.node:
            for name in node.input:
                self.readers.setdefault(name, []).append(node)
        self.outputs = [value.name for value in document.graph.output]
        self.done = set()

    def plain(self, name: str) -> Tensor:
        """The value with its axes in ONNX's order; a transposition where they are not."""
        value = self.values[name]
        if value.order == tuple(range(len(value.order))) or not self._moved(value):
            return value.tensor
        return self.permuted(name, value, tuple(range(len(value.order))))

    def image(self, name: str) -> Tensor:
        """The value with channels last."""
        value = self.values[name]
        wanted = channels_last(len(value.order))
        return value.tensor if value.order == wanted else self.permuted(name, value, wanted)

    def permuted(self, name: str, value: Value, order: tuple[int, ...]) -> Tensor:
        """The value transposed so that its stored axes are `order`."""
        from ai_edge_litert import schema_py_generated as schema

        axes = np.array([value.order.index(axis) for axis in order], np.int32)
        made = self.builder.value(f"{name}/{order}", tuple(value.tensor.shape[axis] for axis in axes))
        given = [value.tensor, self.builder.constant(f"{name}/{order}/axes", axes)]
        self.builder.operator("TRANSPOSE", given, [made], schema.TransposeOptionsT())
        return made

    def define(self, name: str, order: tuple[int, ...] | None = None) -> Tensor:
        """A new tensor for the ONNX value `name`, stored in `order` (default: as in ONNX)."""
        shape = self.shapes[name]
        order = tuple(range(len(shape))) if order is None else order
        tensor = self.builder.value(name, tuple(shape[axis] for axis in order))
        self.values[name] = Value(tensor, order)
        return tensor

    def activation(self, node) -> tuple[str, str]:
        """The activation that can be computed with `node`, and the name of the value after it; that node is then done."""
        name = node.output[0]
        readers = self.readers.get(name, [])
        if len(readers) == 1 and name not in self.outputs:
            reader = readers[0]
            if reader.op_type == "Relu":
                self.done.add(reader.output[0])
                return "RELU", reader.output[0]
            if reader.op_type == "Clip" and self.is_relu6(reader):
                self.done.add(reader.output[0])
                return "RELU6", reader.output[0]
        return "NONE", name

    def is_relu6(self, node) -> bool:
        limits = [self.constants.get(name) for name in node.input[1:3]]
        return len(limits) == 2 and all(v is not None for v in limits) and [float(v) for v in limits] == [0, 6]

    def _moved(self, value: Value) -> bool:
        """Whether the stored order differs in axes that have more than one entry."""
        long = [axis for axis, extent in zip(value.order, value.tensor.shape) if extent > 1]
        return long != sorted(long)


def convert(source: Path) -> tuple[bytes, dict[str, tuple[int, ...]]]:
    """The .tflite of the ONNX file, and for each input which ONNX axis each stored axis is."""
    import onnx

    from tflite.operators import OPERATORS

    document = onnx.load(str(source))
    converter = Converter(document)
    inputs, orders = {}, {}
    for value in document.graph.input:
        if value.name in converter.constants:
            continue
        rank = len(converter.shapes[value.name])
        readers = {node.op_type for node in converter.readers.get(value.name, [])}
        image = rank == 4 and bool(readers & {"Conv", "MaxPool", "AveragePool"})
        orders[value.name] = channels_last(rank) if image else tuple(range(rank))
        inputs[value.name] = converter.define(value.name, orders[value.name])
    for node in document.graph.node:
        if node.output[0] in converter.done:
            continue
        if node.op_type == "Constant":
            raise Unsupported("Constant")
        if node.op_type not in OPERATORS:
            raise Unsupported(node.op_type)
        OPERATORS[node.op_type](converter, node, attributes(node))
    outputs = {name: converter.plain(name) for name in converter.outputs}
    return converter.builder.finish(inputs, outputs), orders
