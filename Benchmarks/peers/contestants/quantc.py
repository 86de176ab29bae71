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
        _run("calibrate", model.onnx, "--dataset", model.dataset, "-o", table)
        _run("build", model.onnx, "--calibration", table, "-o", self._path(model))
        return {"bytes": self._path(model).stat().st_size}

    def outputs(self, model, split):
        name = split.metric["output"]
        arguments = []
        for key, array in split.inputs.items():
            file = model.work / f"input-{len(arguments)}.npy"
            np.save(file, array)
            arguments += ["--input", f"{key}={file}"]
        result = model.work / "output.npy"
        _run("run", self._path(model), *arguments, "--output", f"{name}={result}")
        return {name: np.load(result)}

    def time(self, model, threads, seconds):
        text = _run("bench", self._path(model), "--threads", threads, "--json")
        return json.loads(text)["latency_ms"]

    def _path(self, model):
        return model.work / "model.qpk"


def _binary():
    return Path(os.environ.get("QUANTC", REPOSITORY / ".build" / "release" / "quantc"))


def _run(*arguments):
    done = subprocess.run([_binary(), *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"quantc {arguments[0]}: exit {done.returncode}\n{done.stderr.strip()}")
    return done.stdout
