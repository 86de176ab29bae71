"""OpenVINO, quantized by NNCF's post-training quantization with its defaults."""

import numpy as np

from simplify import simplified
from timing import measure


class OpenVINO:
    def unavailable(self, model):
        try:
            import nncf  # noqa: F401
            import openvino  # noqa: F401
        except ImportError as error:
            return str(error)
        return None

    def prepare(self, model):
        import nncf
        import openvino as ov

        split = model.split("calibration")
        prepared = self._path(model).with_suffix(".prepared.onnx")
        simplified(model, prepared, split)
        network = ov.Core().read_model(str(prepared))
        network.reshape({name: list(array.shape) for name, array in split.sample(0).items()})
        samples = nncf.Dataset([split.sample(i) for i in range(split.count)])
        kind = nncf.ModelType.TRANSFORMER if "minilm" in model.name else None
        quantized = nncf.quantize(network, samples, subset_size=split.count, model_type=kind)
        ov.save_model(quantized, str(self._path(model)))
        return {"bytes": self._path(model).with_suffix(".bin").stat().st_size}

    def outputs(self, model, split):
        compiled = self._compile(model, 1)
        request = compiled.create_infer_request()
        rows = {o: [] for o in compiled.outputs}
        for i in range(split.count):
            request.infer(split.sample(i))
            for o in compiled.outputs:
                rows[o].append(request.get_tensor(o).data.copy())
        return {name: np.concatenate(r) for o, r in rows.items() for name in o.get_names()}

    def time(self, model, threads, seconds):
        import openvino as ov

        request = self._compile(model, threads).create_infer_request()
        for name, array in model.split("dev").sample(0).items():
            request.set_tensor(name, ov.Tensor(array, shared_memory=False))
        # The compiled method, without the Python layer around it: no new inputs, outputs shared, no strings.
        run = super(ov.InferRequest, request).infer
        return measure(lambda: run({}, True, False), seconds, seconds / 4)

    def _compile(self, model, threads):
        import openvino as ov

        options = {
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "f32",
        }
        return ov.Core().compile_model(str(self._path(model)), "CPU", options)

    def _path(self, model):
        return model.work / "openvino.xml"
