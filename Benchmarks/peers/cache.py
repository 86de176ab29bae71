"""What a contestant made of a model is kept, with a key of all that went into it; a second run only measures."""

import hashlib
import inspect
import json
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from models import Model


def key(model: Model, recipe: list[object], packages: list[str], *more: object) -> str:
    """SHA-256 of the model, its data set, the recipe's source texts (functions, classes, modules) and the packages' versions."""
    digest = hashlib.sha256()
    for file in (model.onnx, model.dataset):
        digest.update(file.read_bytes())
    for part in recipe:
        digest.update(inspect.getsource(part).encode())
    versions = [metadata.version(package) for package in packages]
    digest.update(repr((versions, model.entry.limit, model.entry.transformer, more)).encode())
    return digest.hexdigest()


def kept(path: Path, wanted: str, make: Callable[[], None]) -> None:
    """Calls `make`, which writes `path`, unless `path` was written under the key `wanted`."""
    stamp = path.with_name(path.name + ".key")
    if path.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    stamp.unlink(missing_ok=True)
    make()
    stamp.write_text(wanted)


def kept_facts(path: Path, wanted: str, make: Callable[[], dict]) -> dict:
    """The same for a small JSON document, which is returned."""
    if path.exists():
        document = json.loads(path.read_text())
        if document["key"] == wanted:
            return document["facts"]
    facts = make()
    path.write_text(json.dumps({"key": wanted, "facts": facts}, indent=2) + "\n")
    return facts


def known_correct(model: Model, contestant: str) -> bool:
    """Whether this contestant's kept facts about the model say that its answers are right."""
    path = facts_file(model, contestant)
    return path.exists() and json.loads(path.read_text())["facts"].get("correct", False)


def facts_file(model: Model, contestant: str) -> Path:
    """Where the facts of a contestant are kept."""
    return model.work / f"{contestant}.facts.json"
