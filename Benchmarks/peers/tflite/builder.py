"""One .tflite file under construction: tensors, operators, the signature. Names of the schema are LiteRT's own."""

from dataclasses import dataclass

import numpy as np
from ai_edge_litert import schema_py_generated as schema

_TYPES = {np.dtype(np.float32): schema.TensorType.FLOAT32, np.dtype(np.int32): schema.TensorType.INT32}


@dataclass(frozen=True)
class Tensor:
    """A tensor of the file: its index and its shape as stored."""

    index: int
    shape: tuple[int, ...]


class Builder:
    """Operators are added in the order in which they run."""

    def __init__(self):
        self._graph = schema.SubGraphT()
        self._graph.tensors, self._graph.operators, self._graph.name = [], [], "main"
        self._codes, self._buffers = {}, [self._buffer(None)]

    def value(self, name: str, shape: tuple[int, ...]) -> Tensor:
        """A float tensor that an operator computes, or an input."""
        return self._tensor(name, shape, schema.TensorType.FLOAT32, 0)

    def constant(self, name: str, array: np.ndarray) -> Tensor:
        """A float32 or int32 tensor with its data."""
        array = np.ascontiguousarray(array)
        self._buffers.append(self._buffer(array))
        return self._tensor(name, array.shape, _TYPES[array.dtype], len(self._buffers) - 1)

    def operator(self, code: str, inputs: list[Tensor], outputs: list[Tensor], options: object = None) -> None:
        """Adds an operator; `code` as in `BuiltinOperator`, `options` an object of the schema such as `Conv2DOptionsT`."""
        made = schema.OperatorT()
        made.opcodeIndex = self._codes.setdefault(code, len(self._codes))
        made.inputs = [tensor.index for tensor in inputs]
        made.outputs = [tensor.index for tensor in outputs]
        if options is not None:
            made.builtinOptions = options
            made.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__.removesuffix("T"))
        self._graph.operators.append(made)

    def finish(self, inputs: dict[str, Tensor], outputs: dict[str, Tensor]) -> bytes:
        """The file; `inputs` and `outputs` under the names that callers use."""
        import flatbuffers

        self._graph.inputs = [tensor.index for tensor in inputs.values()]
        self._graph.outputs = [tensor.index for tensor in outputs.values()]
        signature = schema.SignatureDefT()
        signature.signatureKey, signature.subgraphIndex = "serving_default", 0
        signature.inputs, signature.outputs = _names(inputs), _names(outputs)
        model = schema.ModelT()
        model.version, model.description = 3, "written by Benchmarks/peers/tflite"
        model.subgraphs, model.buffers, model.signatureDefs = [self._graph], self._buffers, [signature]
        model.operatorCodes = [_code(name) for name in self._codes]
        packed = flatbuffers.Builder(1 << 20)
        packed.Finish(model.Pack(packed), b"TFL3")
        return bytes(packed.Output())

    def _tensor(self, name, shape, element, buffer) -> Tensor:
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type, tensor.buffer = name, list(shape), element, buffer
        self._graph.tensors.append(tensor)
        return Tensor(len(self._graph.tensors) - 1, tuple(shape))

    def _buffer(self, array):
        buffer = schema.BufferT()
        if array is not None:
            buffer.data = np.frombuffer(array.tobytes(), np.uint8)
        return buffer


def _code(name):
    code = schema.OperatorCodeT()
    code.builtinCode = getattr(schema.BuiltinOperator, name)
    code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), 1
    return code


def _names(tensors):
    maps = []
    for name, tensor in tensors.items():
        entry = schema.TensorMapT()
        entry.name, entry.tensorIndex = name, tensor.index
        maps.append(entry)
    return maps
