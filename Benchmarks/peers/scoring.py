"""The metrics of Documentation/DatasetSchema.md that the peer comparison needs."""

import numpy as np


def score(metric, outputs, labels, reference):
    """The value of `metric`; `outputs` and `reference` (float) map output names to [n, ...] arrays."""
    name = metric["name"]
    if name == "anchor_top1":
        classes = [np.concatenate([outputs[o][i] for o in metric["outputs"]]) for i in range(len(labels))]
        return _accuracy(np.array([c.max(axis=0).argmax() for c in classes]), labels)
    y = outputs[metric["output"]].astype(np.float64)
    r = reference[metric["output"]].astype(np.float64)
    if name == "top1":
        return _accuracy(answers(y), labels)
    if name == "presence":
        found = (y[:, :, metric["column"]] > metric["threshold"]).any(axis=1)
        return float((found == (labels > 0)).mean())
    if name == "relative_squared_error":
        return float(((y - r) ** 2).sum() / ((r - r.mean()) ** 2).sum())
    if name == "mse":
        return float(((y - r) ** 2).mean())
    if name == "cosine":
        return float(_cosine(y, r).mean())
    if name == "pair_spearman":
        half = len(y) // 2
        return float(np.corrcoef(_ranks(_cosine(y[:half], y[half:])), _ranks(labels))[0, 1])
    raise ValueError(f"metric {name} is not computed here")


def answers(y):
    """The index of the largest value of each sample; of equal values the first."""
    return y.reshape(len(y), -1).argmax(axis=1)


def _accuracy(chosen, labels):
    labels = labels.reshape(len(labels), -1)
    scored = (labels >= 0).any(axis=1)
    return float((labels == chosen[:, None]).any(axis=1)[scored].mean())


def _cosine(a, b):
    a, b = a.reshape(len(a), -1), b.reshape(len(b), -1)
    return (a * b).sum(axis=1) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))


def _ranks(values):
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse]
