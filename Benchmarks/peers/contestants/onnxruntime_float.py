"""ONNX Runtime on the float model: the reference of accuracy, and the float latency."""

from cache import key
from contestants.onnxruntime_session import open_session, session_outputs, time_session


class OnnxRuntimeFloat:
    def unavailable(self, model):
        return None

    def key(self, model):
        return key(model, [open_session], ["onnxruntime"])

    def prepare(self, model):
        return {"bytes": model.onnx.stat().st_size}

    def outputs(self, model, split):
        return session_outputs(open_session(model.onnx, 1), split)

    def time(self, model, sample, threads, seconds):
        return time_session(model.onnx, sample, threads, seconds)
