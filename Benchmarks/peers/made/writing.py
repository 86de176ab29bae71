"""What the makers share: a folder that is made once, and the form of a dataset.json."""

import hashlib
import inspect
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np


def once(folder: Path, maker: Callable[[Path], None], *parameters: object) -> None:
    """Calls `maker(folder)` unless the same source text with the same parameters has made the folder already."""
    text = inspect.getsource(inspect.getmodule(maker)) + repr(parameters)
    stamp, wanted = folder / "made.sha256", hashlib.sha256(text.encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    folder.mkdir(parents=True, exist_ok=True)
    maker(folder)
    stamp.write_text(wanted)


def write_dataset(
    folder: Path,
    name: str,
    splits: dict[str, dict[str, np.ndarray]],
    metric: dict,
    fills: dict[str, dict] | None = None,
) -> None:
    """The arrays of `calibration` and `dev` (input -> samples) as files, and the dataset.json that names them."""
    document = {"schema_version": 1, "name": name, "splits": {}}
    for split, arrays in splits.items():
        inputs = {}
        for key, array in arrays.items():
            np.save(folder / f"{split}-{key}.npy", array)
            inputs[key] = {"file": f"./{split}-{key}.npy"}
        document["splits"][split] = {"inputs": inputs | (fills or {})}
    document["splits"]["dev"]["metric"] = metric
    (folder / "dataset.json").write_text(json.dumps(document, indent=2) + "\n")
