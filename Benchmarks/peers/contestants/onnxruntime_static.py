"""ONNX Runtime, statically quantized by its own tool: u8 activations, s8 weights per channel, min-max.

Without VNNI its kernels add byte products in pairs that saturate, so its manual advises weights of 7 bits there
(`reduce_range`): those contestants take part on such machines alone.
"""

import machine
import simplify
from cache import key
from contestants.onnxruntime_session import QuantizedOnnxModel
from simplify import simplified


class OnnxRuntimeStatic(QuantizedOnnxModel):
    """`form` is `QDQ` or `QOperator`; `reduce_range` takes 7 bits for the weights."""

    def __init__(self, form, reduce_range=False):
        self.form, self.reduce_range = form, reduce_range

    def unavailable(self, model):
        if self.reduce_range and machine.has_vnni():
            return "7 bits are for machines without VNNI"
        return None

    def key(self, model):
        recipe = [OnnxRuntimeStatic._quantize, _Reader, simplify]
        return key(model, recipe, ["onnxruntime", "onnx"], self.form, self.reduce_range)

    def _quantize(self, model, path):
        from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static

        split = model.split("calibration")
        prepared = path.with_suffix(".prepared.onnx")
        simplified(model, prepared, split)
        quantize_static(
            str(prepared),
            str(path),
            _Reader(split),
            quant_format=QuantFormat[self.form],
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=self.reduce_range,
            calibrate_method=CalibrationMethod.MinMax,
        )
        prepared.unlink()

    def _path(self, model):
        return model.work / f"ort-{self.form}{'-7bit' if self.reduce_range else ''}.onnx"


class _Reader:
    """The calibration samples, one after another; has the shape of onnxruntime's CalibrationDataReader."""

    def __init__(self, split):
        self._samples = (split.sample(i) for i in range(split.count))

    def get_next(self):
        return next(self._samples, None)

    def __iter__(self):
        return self._samples

    def __next__(self):
        return next(self._samples)
