"""Which models are compared, and where their files lie."""

import os
from pathlib import Path

import onnx

from dataset import read_split

REPOSITORY = Path(__file__).resolve().parents[2]
DEFAULT = ["mnist-cnn", "resnet8-cifar10", "dscnn-kws", "autoencoder-ad"]


class Model:
    """One model: `onnx`, `dataset`, and `work`, the folder for what the contestants make of it."""

    def __init__(self, name, work):
        self.name = name
        self.dataset = REPOSITORY / "calibration" / name / "dataset.json"
        carried = self.dataset.with_name("model.onnx")
        self.folder = carried.parent if carried.exists() else models_folder() / name
        self.onnx = self.folder / "model.onnx"
        self.work = Path(work) / name
        if not self.onnx.exists():
            raise FileNotFoundError(f"{self.onnx}: set QUANTC_MODELS to the folder that holds {name}/")

    def split(self, name):
        """Split `name` of the data set, each array with the axes of extent 1 that the model's input has."""
        split = read_split(self.dataset, name)
        for value in onnx.load(str(self.onnx)).graph.input:
            extents = [d.dim_value or -1 for d in value.type.tensor_type.shape.dim][1:]
            array = split.inputs[value.name]
            if array.ndim != len(extents) + 1:
                split.inputs[value.name] = array.reshape(len(array), *extents)
        return split


def models_folder():
    """QUANTC_MODELS, or ../shared/models beside the repository; set for the dataset.json either way."""
    default = REPOSITORY.parent / "shared" / "models"
    return Path(os.environ.setdefault("QUANTC_MODELS", str(default)))
