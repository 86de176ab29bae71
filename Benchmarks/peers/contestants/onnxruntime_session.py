"""What the ONNX Runtime contestants share: a session with full optimization, and a bound call."""

import numpy as np

from cache import kept
from timing import measure, opened, peak_megabytes


class QuantizedOnnxModel:
    """A contestant whose package is an ONNX file: `_quantize(model, path)` writes it to `_path(model)`."""

    def prepare(self, model):
        path = self._path(model)
        kept(path, self.key(model), lambda: self._quantize(model, path))
        return {"bytes": path.stat().st_size}

    def outputs(self, model, split):
        return session_outputs(open_session(self._path(model), 1), split)

    def time(self, model, sample, threads, seconds):
        return time_session(self._path(model), sample, threads, seconds)


def open_session(path, threads, optimized=True):
    import onnxruntime as ort

    options = ort.SessionOptions()
    level = ort.GraphOptimizationLevel
    options.graph_optimization_level = level.ORT_ENABLE_ALL if optimized else level.ORT_DISABLE_ALL
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def session_outputs(session, split):
    """All outputs for all samples, one call a sample."""
    names = [o.name for o in session.get_outputs()]
    rows = [session.run(names, split.sample(i)) for i in range(split.count)]
    return {name: np.concatenate([row[k] for row in rows]) for k, name in enumerate(names)}


def time_session(path, sample, threads, seconds):
    """Latency of one call with inputs and outputs bound once, outside the measurement."""
    import onnxruntime as ort

    session, open_ms = opened(lambda: open_session(path, threads))
    binding = session.io_binding()
    for name, array in sample.items():
        binding.bind_ortvalue_input(name, ort.OrtValue.ortvalue_from_numpy(array))
    for output, array in zip(session.get_outputs(), session.run(None, sample)):
        binding.bind_ortvalue_output(output.name, ort.OrtValue.ortvalue_from_numpy(array))
    times = measure(lambda: session.run_with_iobinding(binding), seconds, seconds / 4)
    return times | {"open_ms": open_ms, "peak_mb": peak_megabytes()}
