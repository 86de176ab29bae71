"""Ours, through the same commands that a user types: calibrate, build, run, bench."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np

from models import REPOSITORY


class Quantc:
    def unavailable(self, model):
        if not _binary().exists():
            return f"{_binary()} is not built (make build)"
        return None

    def prepare(self, model):
        table = model.work / "model.calib.json"
        run("calibrate", model.onnx, "--dataset", model.dataset, "-o", table)
        run("build", model.onnx, "--calibration", table, "-o", self._path(model))
        return {"bytes": self._path(model).stat().st_size}

    def outputs(self, model, split):
        return run_package(self._path(model), split, model.work)

    def time(self, model, threads, seconds):
        arguments = _input_arguments(model.split("dev").sample(0), model.work)
        text = run(
            "bench", self._path(model), *arguments, "--threads", threads, "--seconds", seconds, "--json")
        return json.loads(text)["latency_ms"]

    def _path(self, model):
        return model.work / "model.qpk"


def run_package(package, split, work):
    """The metric's output for all samples of `split`, by `quantc run`."""
    metric = split.metric
    names = metric.get("outputs") or [metric["output"]]
    arguments = _input_arguments(split.inputs, work)
    results = {name: work / f"output-{name}.npy" for name in names}
    for name, file in results.items():
        arguments += ["--output", f"{name}={file}"]
    run("run", package, *arguments)
    return {name: np.load(file) for name, file in results.items()}


def _input_arguments(inputs, work):
    """`--input` arguments that give these arrays, written as files."""
    arguments = []
    for key, array in inputs.items():
        file = work / f"input-{key}.npy"
        np.save(file, array)
        arguments += ["--input", f"{key}={file}"]
    return arguments


def run(*arguments):
    """One quantc command; its standard output, or an error with what it said."""
    done = subprocess.run([_binary(), *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"quantc {arguments[0]}: exit {done.returncode}\n{done.stderr.strip()}")
    return done.stdout


def _binary():
    return Path(os.environ.get("QUANTC", REPOSITORY / ".build" / "release" / "quantc"))

