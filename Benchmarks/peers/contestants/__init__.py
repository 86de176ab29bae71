"""Those that are compared.

A contestant has `unavailable(model)` (None, or why it cannot take part), `prepare(model)` (quantize, once),
`outputs(model, split)` (name -> [n, ...] of every sample) and `time(model, threads, seconds)`. Each imports its
library inside its methods, so that a process holds one library only.
"""

from contestants.litert import LiteRT
from contestants.onnxruntime_float import OnnxRuntimeFloat
from contestants.onnxruntime_static import OnnxRuntimeStatic
from contestants.openvino_nncf import OpenVINO
from contestants.quantc import Quantc

REFERENCE = "ort-float"
OURS = "quantc"

CONTESTANTS = {
    REFERENCE: OnnxRuntimeFloat(),
    "ort-qdq": OnnxRuntimeStatic("QDQ"),
    "ort-qoperator": OnnxRuntimeStatic("QOperator"),
    "ort-qdq-7bit": OnnxRuntimeStatic("QDQ", reduce_range=True),
    "ort-qoperator-7bit": OnnxRuntimeStatic("QOperator", reduce_range=True),
    "openvino": OpenVINO(),
    "litert": LiteRT(),
    OURS: Quantc(),
}
