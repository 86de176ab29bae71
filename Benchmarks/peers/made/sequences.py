"""Language models at one length of input, without padding: real tokens of the carried samples, joined or cut."""

import shutil
from pathlib import Path

import numpy as np

from made.writing import once, write_dataset


def minilm_128(folder: Path, models: Path) -> None:
    """MiniLM at 128 tokens: sentences of the carried samples, one after another between [CLS] and [SEP]."""
    once(folder, lambda made: _minilm(made, models / "minilm-l6-v2", 128), 128)


def stories_256(folder: Path, models: Path) -> None:
    """The prefill of 256 tokens: the beginnings of those stories that are long enough."""
    once(folder, lambda made: _stories(made, models / "stories260k", 256), 256)


def _minilm(folder: Path, source: Path, length: int) -> None:
    shutil.copyfile(source / "model.onnx", folder / "model.onnx")
    splits = {}
    for split, prefix in [("calibration", "calib"), ("dev", "dev")]:
        rows = np.concatenate([np.load(source / f"{prefix}_{half}_ids.npy") for half in "ab"])
        masks = np.concatenate([np.load(source / f"{prefix}_{half}_mask.npy") for half in "ab"])
        first, last = rows[0, 0], rows[0, masks[0].sum() - 1]
        words = np.concatenate([row[1 : mask.sum() - 1] for row, mask in zip(rows, masks)])
        inner = length - 2
        count = len(words) // inner
        body = words[: count * inner].reshape(count, inner)
        ids = np.pad(body, ((0, 0), (1, 1)), constant_values=((0, 0), (first, last)))
        splits[split] = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
    fills = {"token_type_ids": {"fill": 0, "like": "input_ids"}}
    metric = {"name": "cosine", "output": "sentence_embedding"}
    write_dataset(folder, f"minilm-l6-v2-{length}", splits, metric, fills)


def _stories(folder: Path, source: Path, length: int) -> None:
    shutil.copyfile(source / "model.onnx", folder / "model.onnx")
    splits = {}
    for split, prefix in [("calibration", "calib"), ("dev", "dev")]:
        ids, lengths = np.load(source / f"{prefix}_ids.npy"), np.load(source / f"{prefix}_len.npy")
        splits[split] = {"input_ids": np.ascontiguousarray(ids[lengths >= length, :length])}
    metric = {"name": "perplexity", "output": "logits", "tokens": "input_ids"}
    write_dataset(folder, f"stories260k-{length}", splits, metric)
