"""One model of the comparison: where its files lie, and its samples."""

import os
from pathlib import Path

import catalog
from dataset import Split, read_split

REPOSITORY = Path(__file__).resolve().parents[2]
WORK = REPOSITORY / ".build" / "peers" / "work"


class Model:
    """`onnx`, `dataset`, and `work`: the folder for what the contestants make of it."""

    def __init__(self, name: str, work: Path | str = WORK):
        self.name = name
        self.entry = catalog.entry(name)
        self.work = Path(work) / name
        models_folder()
        if self.entry.make is None:
            self.dataset = REPOSITORY / "calibration" / self.entry.source / "dataset.json"
            carried = self.dataset.with_name("model.onnx")
            self.folder = carried.parent if carried.exists() else models_folder() / self.entry.source
        else:
            self.folder = self.work / "made"
            self.entry.make(self.folder, models_folder())
            self.dataset = self.folder / "dataset.json"
        self.onnx = self.folder / "model.onnx"
        if not self.onnx.exists():
            raise FileNotFoundError(f"{self.onnx}: set QUANTC_MODELS to the folder that holds {name}/")

    def split(self, name: str) -> Split:
        """Split `name`, each array with the axes of extent 1 that the model's input has; calibration cut to the limit."""
        import onnx

        split = read_split(self.dataset, name)
        for value in onnx.load(str(self.onnx), load_external_data=False).graph.input:
            extents = [d.dim_value or -1 for d in value.type.tensor_type.shape.dim][1:]
            array = split.inputs[value.name]
            if array.ndim != len(extents) + 1:
                split.inputs[value.name] = array.reshape(len(array), *extents)
        return split.first(self.entry.limit) if name == "calibration" else split


def models_folder() -> Path:
    """QUANTC_MODELS, or ../shared/models beside the repository; set for the dataset.json either way."""
    default = REPOSITORY.parent / "shared" / "models"
    return Path(os.environ.setdefault("QUANTC_MODELS", str(default)))
