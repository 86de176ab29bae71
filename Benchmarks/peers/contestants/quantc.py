"""Ours, through the same commands that a user types: calibrate, build, run, bench."""

import hashlib
import json
import os
import subprocess
from pathlib import Path

import numpy as np

from cache import kept, key
from models import REPOSITORY


class Quantc:
    """`variant`: the kernel variant to build and run; None for the best one of this machine."""

    def __init__(self, variant=None):
        self.variant = variant

    def unavailable(self, model):
        if not _binary().exists():
            return f"{_binary()} is not built (make build)"
        return None

    def key(self, model):
        binary = hashlib.sha256(_binary().read_bytes()).hexdigest()
        return key(model, [Quantc.prepare], [], binary)

    def prepare(self, model):
        path, table = self._path(model), model.work / "model.calib.json"
        target = ["--target", self.variant] if self.variant else []
        kept(table, self.key(model), lambda: run(
            "calibrate", model.onnx, "--dataset", model.dataset, "--limit", model.entry.limit, "-o", table))
        kept(path, self.key(model), lambda: run(
            "build", model.onnx, "--calibration", table, *target, "-o", path))
        return {"bytes": path.stat().st_size}

    def outputs(self, model, split):
        return run_package(self._path(model), split, model.work)

    def time(self, model, sample, threads, seconds):
        arguments = _input_arguments(sample, model.work)
        text = run(
            "bench", self._path(model), *arguments, "--threads", threads, "--seconds", seconds, "--json")
        document = json.loads(text)
        memory = {"open_ms": document["open_ms"], "peak_mb": document["peak_rss_bytes"] / 1e6}
        return document["latency_ms"] | memory

    def _path(self, model):
        return model.work / (f"model-{self.variant}.qpk" if self.variant else "model.qpk")


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
