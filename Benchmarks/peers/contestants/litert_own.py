"""LiteRT with XNNPACK on the int8 file that comes with a model; its input and output stay int8."""

import importlib.util

import numpy as np

from cache import key
from timing import measure, opened, peak_megabytes


class LiteRTOwn:
    def unavailable(self, model):
        if not self._path(model).exists():
            return f"{self._path(model).name} is not there"
        return None if importlib.util.find_spec("ai_edge_litert") else "ai-edge-litert is not installed"

    def key(self, model):
        return key(model, [], ["ai-edge-litert"], self._path(model).stat().st_size)

    def prepare(self, model):
        return {"bytes": self._path(model).stat().st_size}

    def outputs(self, model, split):
        interpreter = self._open(model, 1)
        (given,), (wanted,) = interpreter.get_input_details(), interpreter.get_output_details()
        (array,) = split.inputs.values()
        scale, zero = wanted["quantization"]
        rows = []
        for i in range(split.count):
            interpreter.set_tensor(given["index"], _quantize(array[i : i + 1], given))
            interpreter.invoke()
            rows.append((interpreter.get_tensor(wanted["index"]).astype(np.float32) - zero) * scale)
        return {split.metric["output"]: np.concatenate(rows)}

    def time(self, model, sample, threads, seconds):
        interpreter, open_ms = opened(lambda: self._open(model, threads))
        (given,) = interpreter.get_input_details()
        (array,) = sample.values()
        interpreter.set_tensor(given["index"], _quantize(array, given))
        times = measure(interpreter.invoke, seconds, seconds / 4)
        return times | {"open_ms": open_ms, "peak_mb": peak_megabytes()}

    def _open(self, model, threads):
        from ai_edge_litert.interpreter import Interpreter

        interpreter = Interpreter(str(self._path(model)), num_threads=threads)
        interpreter.allocate_tensors()
        return interpreter

    def _path(self, model):
        return model.folder / "reference_int8.tflite"


def _quantize(x, details):
    scale, zero = details["quantization"]
    q = np.clip(np.round(x / np.float32(scale)) + zero, -128, 127)
    return q.astype(details["dtype"]).reshape(details["shape"])
