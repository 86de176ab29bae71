"""Which models are compared, and how each is to be treated."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from made import matmul, resnet50, sequences


@dataclass(frozen=True)
class Entry:
    """One model of the comparison.

    `source` is its folder in QUANTC_MODELS and in `calibration/`. A `make` writes `model.onnx`, `dataset.json` and
    arrays into the folder it is given (its second argument is QUANTC_MODELS); then `source` is not used. At most
    `limit` calibration samples are taken, the same for every contestant. `transformer`: None, or the kind of model that
    the peers' tools want named.
    """

    source: str = ""
    make: Callable[[Path, Path], None] | None = None
    limit: int = 100
    transformer: str | None = None
    dynamic: bool = False


SMALL = ["mnist-cnn", "resnet8-cifar10", "dscnn-kws", "autoencoder-ad"]
IMAGES = ["mobilenet-v2-1.0", "squeezenet-1.1", "nanodet-m", "ultraface-rfb320"]
MATMULS = [(128, 384, 384), (128, 1536, 384), (128, 384, 1536), (512, 512, 512), (1, 4096, 4096)]

_ENTRIES = {name: Entry(source=name) for name in ["digits", *SMALL, *IMAGES]} | {
    "minilm-l6-v2": Entry(source="minilm-l6-v2", limit=300, transformer="bert"),
    "minilm-l6-v2-128": Entry(make=sequences.minilm_128, limit=300, transformer="bert"),
    "stories260k-256": Entry(make=sequences.stories_256, transformer="llama"),
    "resnet50-random": Entry(make=resnet50.make, limit=32),
}
_ENTRIES |= {matmul.name(*sizes): Entry(make=matmul.maker(*sizes), dynamic=True) for sizes in MATMULS}

ALL = [
    *SMALL,
    "minilm-l6-v2",
    "minilm-l6-v2-128",
    *IMAGES,
    "resnet50-random",
    "stories260k-256",
    *(matmul.name(*sizes) for sizes in MATMULS),
]


def entry(name: str) -> Entry:
    """The entry of a model; `LookupError` for a name that is not here."""
    if name not in _ENTRIES:
        raise LookupError(f"no model {name}; there are {', '.join(_ENTRIES)}")
    return _ENTRIES[name]
