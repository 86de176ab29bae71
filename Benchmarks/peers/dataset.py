"""Reads a dataset.json (Documentation/DatasetSchema.md): the keys that the peer comparison needs."""

import json
import os
import re
from pathlib import Path

import numpy as np


class Split:
    """One split: `inputs` (name -> array with the sample axis first), `labels` or None, `metric` or None."""

    def __init__(self, inputs, labels, metric):
        self.inputs, self.labels, self.metric = inputs, labels, metric
        self.count = len(next(iter(inputs.values())))

    def sample(self, index):
        """The inputs of one sample, each with a leading axis of extent 1."""
        return {name: array[index : index + 1] for name, array in self.inputs.items()}

    def first(self, count):
        """The same with the first `count` samples alone."""
        labels = None if self.labels is None else self.labels[:count]
        return Split({name: array[:count] for name, array in self.inputs.items()}, labels, self.metric)


def read_split(path, name):
    """Reads split `name` of the dataset.json at `path`, preprocessing done."""
    path = Path(path)
    document = json.loads(path.read_text())
    if document["schema_version"] != 1:
        raise ValueError(f"{path}: schema_version {document['schema_version']} is not 1")
    base = path.parent
    root = base / _expand(document.get("root", "."))
    split = document["splits"][name]
    inputs = {k: _input(v, base, root) for k, v in split["inputs"].items() if "file" in v}
    for key, spec in split["inputs"].items():
        if "fill" in spec:
            inputs[key] = np.full_like(inputs[spec["like"]], spec["fill"])
    inputs = {key: inputs[key] for key in split["inputs"]}
    return Split(inputs, _labels(split.get("labels"), base, root), split.get("metric"))


def _expand(text):
    def value(match):
        found = os.environ.get(match[1])
        if not found:
            raise KeyError(f"set {match[1]}: the dataset's files are there")
        return found

    return re.sub(r"\$\{(\w+)\}", value, text)


def _load(name, base, root):
    return np.load((base if name.startswith("./") else root) / _expand(name))


def _input(spec, base, root):
    unread = set(spec) - {"file", "convert", "lengths"}
    if unread:
        raise ValueError(f"keys {sorted(unread)} are not read here")
    files = spec["file"] if isinstance(spec["file"], list) else [spec["file"]]
    array = np.concatenate([_load(name, base, root) for name in files])
    return convert(array, spec.get("convert", {}))


def convert(x, spec):
    """The steps of a `convert` object, in the order of the schema."""
    if crop := spec.get("crop"):
        top, left = crop["top"], crop["left"]
        x = x[:, top : top + crop["height"], left : left + crop["width"], :]
    if pad := spec.get("pad"):
        shape = (x.shape[0], pad["height"], pad["width"], x.shape[3])
        padded = np.full(shape, pad.get("value", 0), x.dtype)
        padded[:, : x.shape[1], : x.shape[2], :] = x
        x = padded
    if spec.get("channel_order") == "rgb_to_bgr":
        x = x[..., ::-1]
    if {"element", "mean", "scale", "std"} & set(spec):
        x = x.astype(np.float32)
    if "mean" in spec:
        x = x - np.asarray(spec["mean"], np.float32)
    if "scale" in spec:
        x = x * np.asarray(spec["scale"], np.float32)
    if "std" in spec:
        x = x / np.asarray(spec["std"], np.float32)
    if spec.get("layout") == "nhwc_to_nchw":
        x = x.transpose(0, 3, 1, 2)
    return np.ascontiguousarray(x)


def _labels(spec, base, root):
    if spec is None:
        return None
    labels = _load(spec["file"], base, root)
    if offset := spec.get("offset", 0):
        labels = np.where(labels >= 0, labels + offset, labels)
    return labels
