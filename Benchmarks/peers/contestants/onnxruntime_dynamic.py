"""ONNX Runtime, dynamically quantized: s8 weights per channel, ranges of activations taken at each call.

Its manual advises this for transformers; a BERT goes through its transformer optimizer first, as there.
"""

import machine
import simplify
from cache import key
from contestants.onnxruntime_session import QuantizedOnnxModel
from simplify import simplified


class OnnxRuntimeDynamic(QuantizedOnnxModel):
    def unavailable(self, model):
        if model.entry.transformer is None and not model.entry.dynamic:
            return "for matrix products alone"
        return None

    def key(self, model):
        recipe = [OnnxRuntimeDynamic._quantize, simplify]
        return key(model, recipe, ["onnxruntime", "onnx"], machine.has_vnni())

    def _quantize(self, model, path):
        from onnxruntime.quantization import QuantType, quantize_dynamic

        prepared = path.with_suffix(".prepared.onnx")
        simplified(model, prepared, model.split("calibration"))
        if model.entry.transformer == "bert":
            from onnxruntime.transformers.optimizer import optimize_model

            optimize_model(str(prepared), model_type="bert", opt_level=0).save_model_to_file(str(prepared))
        quantize_dynamic(
            str(prepared),
            str(path),
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=not machine.has_vnni(),
        )
        prepared.unlink()

    def _path(self, model):
        return model.work / "ort-dynamic.onnx"
