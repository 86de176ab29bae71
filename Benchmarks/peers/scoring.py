"""The metrics of Documentation/DatasetSchema.md that the peer comparison needs."""

import numpy as np

Arrays = dict[str, np.ndarray]


def score(metric: dict, outputs: Arrays, labels: np.ndarray | None, reference: Arrays, inputs: Arrays) -> float:
    """The value of `metric`; `outputs` and `reference` (float) map output names to [n, ...] arrays."""
    name = metric["name"]
    if name == "anchor_top1":
        return _accuracy(answers(metric, outputs), labels)
    y = outputs[metric["output"]].astype(np.float64)
    r = reference[metric["output"]].astype(np.float64)
    if name == "top1":
        return _accuracy(answers(metric, outputs), labels)
    if name == "presence":
        return float((answers(metric, outputs) == (labels > 0)).mean())
    if name == "relative_squared_error":
        return float(((y - r) ** 2).sum() / ((r - r.mean()) ** 2).sum())
    if name == "mse":
        return float(((y - r) ** 2).mean())
    if name == "cosine":
        return float(_cosine(y, r).mean())
    if name == "pair_spearman":
        half = len(y) // 2
        return float(np.corrcoef(_ranks(_cosine(y[:half], y[half:])), _ranks(labels))[0, 1])
    if name == "perplexity":
        return _perplexity(y, inputs[metric["tokens"]])
    raise ValueError(f"metric {name} is not computed here")


def answers(metric: dict, outputs: Arrays) -> np.ndarray | None:
    """What the model says of each sample: class, presence, next tokens; None where the metric has no answers."""
    name = metric["name"]
    if name == "anchor_top1":
        count = len(outputs[metric["outputs"][0]])
        every = [np.concatenate([outputs[o][i] for o in metric["outputs"]]) for i in range(count)]
        return np.array([scores.max(axis=0).argmax() for scores in every])
    if name == "top1":
        y = outputs[metric["output"]]
        return y.reshape(len(y), -1).argmax(axis=1)
    if name == "presence":
        return (outputs[metric["output"]][:, :, metric["column"]] > metric["threshold"]).any(axis=1)
    if name == "perplexity":
        return outputs[metric["output"]].argmax(axis=2)
    return None


def cosine(metric: dict, outputs: Arrays, reference: Arrays) -> float:
    """Mean over samples of the cosine of the metric's outputs, joined, with the float model's."""
    names = metric.get("outputs") or [metric["output"]]
    y, r = (
        np.concatenate([x[n].reshape(len(x[n]), -1) for n in names], axis=1).astype(np.float64)
        for x in (outputs, reference)
    )
    return float(_cosine(y, r).mean())


def _perplexity(logits: np.ndarray, tokens: np.ndarray) -> float:
    """Of every token but the first of samples that have no padding."""
    logits = logits[:, :-1] - logits[:, :-1].max(axis=2, keepdims=True)
    logs = np.take_along_axis(logits, tokens[:, 1:, None], axis=2)[..., 0] - np.log(np.exp(logits).sum(axis=2))
    return float(np.exp(-logs.mean()))


def _accuracy(chosen: np.ndarray, labels: np.ndarray) -> float:
    labels = labels.reshape(len(labels), -1)
    scored = (labels >= 0).any(axis=1)
    return float((labels == chosen[:, None]).any(axis=1)[scored].mean())


def _cosine(a, b):
    a, b = a.reshape(len(a), -1), b.reshape(len(b), -1)
    return (a * b).sum(axis=1) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))


def _ranks(values):
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse]
