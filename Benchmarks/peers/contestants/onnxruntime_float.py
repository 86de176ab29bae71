"""ONNX Runtime on the float model: the reference of accuracy, and the float latency."""

from contestants.onnxruntime_session import outputs_of, time_session


class OnnxRuntimeFloat:
    def unavailable(self, model):
        return None

    def prepare(self, model):
        return {"bytes": model.onnx.stat().st_size}

    def outputs(self, model, split):
        return outputs_of(model.onnx, split)

    def time(self, model, threads, seconds):
        return time_session(model.onnx, model.split("dev").sample(0), threads, seconds)
