"""Those that are compared.

A contestant has `unavailable(model)` (None, or why it cannot take part), `key(model)` (of all that its package depends
on), `prepare(model)` (quantize, unless the package of that key is there; sizes), `outputs(model, split)`
(name -> [n, ...] of every sample) and `time(model, sample, threads, seconds)`. Each imports its library inside its
methods, so that a process holds one library only.
"""

from contestants.litert import LiteRT
from contestants.litert_own import LiteRTOwn
from contestants.onnxruntime_dynamic import OnnxRuntimeDynamic
from contestants.onnxruntime_float import OnnxRuntimeFloat
from contestants.onnxruntime_static import OnnxRuntimeStatic
from contestants.openvino_nncf import OpenVINO
from contestants.quantc import Quantc

REFERENCE = "ort-float"

CONTESTANTS = {
    REFERENCE: OnnxRuntimeFloat(),
    "ort-qdq": OnnxRuntimeStatic("QDQ"),
    "ort-qoperator": OnnxRuntimeStatic("QOperator"),
    "ort-qdq-7bit": OnnxRuntimeStatic("QDQ", reduce_range=True),
    "ort-qoperator-7bit": OnnxRuntimeStatic("QOperator", reduce_range=True),
    "ort-dynamic": OnnxRuntimeDynamic(),
    "openvino": OpenVINO(),
    "openvino-minmax": OpenVINO(min_max=True),
    "openvino-avx2": OpenVINO(isa="AVX2"),
    "openvino-minmax-avx2": OpenVINO(isa="AVX2", min_max=True),
    "litert": LiteRT(),
    "litert-own": LiteRTOwn(),
    "quantc": Quantc(),
    "quantc-avx2": Quantc(variant="avx2"),
}

# `--variant` -> those who can be held to that instruction set, ours last; ONNX Runtime and LiteRT take what the machine has.
LINE_UPS = {
    None: [name for name in CONTESTANTS if not name.endswith("-avx2")],
    "avx2": [REFERENCE, "openvino-avx2", "openvino-minmax-avx2", "quantc-avx2"],
}
