"""OpenVINO, quantized by NNCF's post-training quantization with its defaults.

By default NNCF takes the mean over samples of their least and largest value as the range of an activation. Where samples
differ much that clips most of them; where it makes the answers wrong, OpenVINO takes part with min-max ranges too.
"""

import importlib.util
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

import numpy as np

import simplify
from cache import kept, key, known_correct
from models import Model
from simplify import simplified
from timing import measure, opened, peak_megabytes


class OpenVINO:
    """`isa`: the largest instruction set that oneDNN may use, as ONEDNN_MAX_CPU_ISA names it; None for all."""

    def __init__(self, isa=None, min_max=False):
        self.isa, self.min_max = isa, min_max

    def unavailable(self, model):
        missing = [name for name in ("openvino", "nncf") if importlib.util.find_spec(name) is None]
        if missing:
            return f"{missing[0]} is not installed"
        suffix = f"-{self.isa.lower()}" if self.isa else ""
        if self.min_max and known_correct(model, f"openvino{suffix}"):
            return "for models alone that the defaults make wrong"
        return None

    def key(self, model):
        return key(model, [OpenVINO._quantize, simplify], ["openvino", "nncf", "onnx"], self.min_max)

    def prepare(self, model):
        path = self._path(model)
        kept(path, self.key(model), lambda: self._quantize_alone(model, path))
        return {"bytes": path.with_suffix(".bin").stat().st_size}

    def outputs(self, model, split):
        compiled = self._compile(model, 1)
        request = compiled.create_infer_request()
        rows = {o: [] for o in compiled.outputs}
        for i in range(split.count):
            request.infer(split.sample(i))
            for o in compiled.outputs:
                rows[o].append(request.get_tensor(o).data.copy())
        return {name: np.concatenate(r) for o, r in rows.items() for name in o.get_names()}

    def time(self, model, sample, threads, seconds):
        import openvino as ov

        compiled, open_ms = opened(lambda: self._compile(model, threads))
        request = compiled.create_infer_request()
        for name, array in sample.items():
            request.set_tensor(name, ov.Tensor(array, shared_memory=False))
        # The compiled method, without the Python layer around it: no new inputs, outputs shared, no strings.
        run = super(ov.InferRequest, request).infer
        times = measure(lambda: run({}, True, False), seconds, seconds / 4)
        return times | {"open_ms": open_ms, "peak_mb": peak_megabytes()}

    def _quantize_alone(self, model, path):
        """Quantizes in a process without the limit, which oneDNN reads once: the package is the same under each."""
        if not self.isa:
            return self._quantize(model, path)
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            return pool.submit(_quantize_named, self.min_max, model.name, model.work.parent, path).result()

    def _quantize(self, model, path):
        import nncf
        import openvino as ov

        split = model.split("calibration")
        prepared = path.with_suffix(".prepared.onnx")
        simplified(model, prepared, split)
        network = ov.Core().read_model(str(prepared))
        network.reshape({name: list(array.shape) for name, array in split.sample(0).items()})
        samples = nncf.Dataset([split.sample(i) for i in range(split.count)])
        kind = nncf.ModelType.TRANSFORMER if model.entry.transformer else None
        advanced = None
        if self.min_max:
            from nncf.quantization.range_estimator import RangeEstimatorParametersSet

            ranges = RangeEstimatorParametersSet.MINMAX
            advanced = nncf.AdvancedQuantizationParameters(activations_range_estimator_params=ranges)
        quantized = nncf.quantize(
            network, samples, subset_size=split.count, model_type=kind, advanced_parameters=advanced)
        ov.save_model(quantized, str(path))
        del network, quantized
        prepared.unlink()

    def _compile(self, model, threads):
        options = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY"}
        if self.isa:
            os.environ["ONEDNN_MAX_CPU_ISA"] = self.isa
            # Else it takes bf16 where the processor has that, and finds no kernel for it under the limit.
            options["INFERENCE_PRECISION_HINT"] = "f32"
        import openvino as ov

        return ov.Core().compile_model(str(self._path(model)), "CPU", options)

    def _path(self, model):
        return model.work / ("openvino-minmax.xml" if self.min_max else "openvino.xml")


def _quantize_named(min_max, name, work, path):
    OpenVINO(min_max=min_max)._quantize(Model(name, work), path)
