"""LiteRT with XNNPACK: the float model written as .tflite by `tflite/`, then quantized by ai-edge-quantizer.

Static, INT8 activations, INT8 weights per channel; inputs and outputs stay float, as those of the others do. Ranges are the
least and largest value of all samples: the tool's own moving average forgets all but the last twenty samples, and makes
SqueezeNet and the autoencoder wrong.
"""

import importlib.util

import numpy as np

import simplify
from cache import kept, key
from scoring import cosine
from simplify import simplified
from timing import measure, opened, peak_megabytes


class LiteRT:
    def unavailable(self, model):
        if model.entry.transformer:
            return "its converter here covers no transformers"
        missing = [name for name in ("ai_edge_litert", "ai_edge_quantizer") if importlib.util.find_spec(name) is None]
        return f"{missing[0]} is not installed" if missing else None

    def key(self, model):
        from tflite import builder, convert, operators, shapes

        recipe = [_quantize, simplify, builder, convert, operators, shapes]
        return key(model, recipe, ["ai-edge-litert", "ai-edge-quantizer", "onnx"])

    def prepare(self, model):
        path = _path(model)
        kept(path, self.key(model), lambda: _quantize(model, path))
        return {"bytes": path.stat().st_size}

    def outputs(self, model, split):
        return outputs_of(_path(model), split, _orders(model))

    def time(self, model, sample, threads, seconds):
        interpreter, open_ms = opened(lambda: open_interpreter(_path(model), threads))
        given = interpreter.get_signature_runner().get_input_details()
        for name, array in _stored(sample, _orders(model)).items():
            interpreter.set_tensor(given[name]["index"], array)
        times = measure(interpreter.invoke, seconds, seconds / 4)
        return times | {"open_ms": open_ms, "peak_mb": peak_megabytes()}


def open_interpreter(path, threads):
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path), num_threads=threads)
    interpreter.allocate_tensors()
    return interpreter


def outputs_of(path, split, orders):
    """All outputs for all samples, one call a sample; `orders`: see `tflite.convert.convert`."""
    run = open_interpreter(path, 1).get_signature_runner()
    rows = [run(**_stored(split.sample(i), orders)) for i in range(split.count)]
    return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}


def _quantize(model, path):
    from ai_edge_quantizer import calibrator, quantizer, recipe_manager
    from ai_edge_quantizer.qtyping import TFLOperationName
    from ai_edge_quantizer.utils.qsv_utils import min_max_update

    from tflite.convert import convert

    split, prepared = model.split("calibration"), path.with_suffix(".prepared.onnx")
    simplified(model, prepared, split)
    data, orders = convert(prepared)
    prepared.unlink()
    np.savez(_orders_path(model), **orders)
    _check(model, data, orders, path.with_suffix(".float.tflite"))

    recipe = recipe_manager.RecipeManager()
    recipe.add_static_config(
        regex=".*", operation_name=TFLOperationName.ALL_SUPPORTED, activation_num_bits=8, weight_num_bits=8)
    for end in (TFLOperationName.INPUT, TFLOperationName.OUTPUT):
        none = recipe_manager.AlgorithmName.NO_QUANTIZE
        recipe.add_quantization_config(regex=".*", operation_name=end, algorithm_key=none)
    samples = [_stored(split.sample(i), orders) for i in range(split.count)]
    observer = calibrator.Calibrator(data, num_threads=1, qsv_update_func=min_max_update)
    observer.calibrate({"serving_default": samples}, recipe)
    tool = quantizer.Quantizer(data, recipe.get_quantization_recipe())
    result = tool.quantize(observer.get_model_qsvs(), enable_progress_report=False)
    path.write_bytes(result.quantized_model)


def _check(model, data, orders, path):
    """Holds the float .tflite against the float ONNX model, on some of the dev samples."""
    split = model.split("dev").first(4)
    path.write_bytes(data)
    reference = {name: array[:4] for name, array in np.load(model.work / "reference.npz").items()}
    same = cosine(split.metric, outputs_of(path, split, orders), reference)
    path.unlink()
    if same < 0.99999:
        raise RuntimeError(f"the float .tflite differs from the ONNX model: cosine {same}")


def _stored(sample, orders):
    """The arrays with their axes in the order of the .tflite's inputs."""
    return {name: np.ascontiguousarray(array.transpose(orders[name])) for name, array in sample.items()}


def _orders(model):
    return {name: tuple(order.tolist()) for name, order in np.load(_orders_path(model)).items()}


def _orders_path(model):
    return model.work / "litert.orders.npz"


def _path(model):
    return model.work / "litert.tflite"
