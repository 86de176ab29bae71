"""One contestant, one model, one task, in a process of its own; prints one JSON line last.

    python worker.py prepare ort-qdq resnet8-cifar10 WORK
    python worker.py time    ort-qdq resnet8-cifar10 WORK --threads 1 --seconds 1
"""

import argparse
import hashlib
import inspect
import json
import sys

import numpy as np

import scoring
import verdict
from cache import facts_file, kept_facts
from contestants import CONTESTANTS, REFERENCE
from models import Model


def prepare(contestant, name: str, model: Model) -> dict:
    """Quantizes, scores the dev split, and compares the answers with the float model's."""
    if reason := contestant.unavailable(model):
        return {"unavailable": reason}
    sizes = contestant.prepare(model)
    judges = "".join(inspect.getsource(part) for part in (scoring, verdict, judge))
    key = hashlib.sha256((contestant.key(model) + judges).encode()).hexdigest()
    return kept_facts(facts_file(model, name), key, lambda: sizes | judge(contestant, name, model))


def judge(contestant, name: str, model: Model) -> dict:
    """Score, share of the float model's answers, cosine, and whether that is good enough; the float model's come first."""
    split = model.split("dev")
    outputs = contestant.outputs(model, split)
    kept, metric = model.work / "reference.npz", split.metric
    if name == REFERENCE:
        wanted = metric.get("outputs") or [metric["output"]]
        np.savez(kept, **{output: outputs[output] for output in wanted})
        np.savez(model.work / "sample.npz", **split.sample(0))
    reference = dict(np.load(kept))
    score, float_score = (
        scoring.score(metric, arrays, split.labels, reference, split.inputs) for arrays in (outputs, reference)
    )
    result = {
        "metric": metric["name"],
        "score": score,
        "cosine": scoring.cosine(metric, outputs, reference),
        "correct": verdict.correct(metric["name"], score, float_score),
    }
    answers = [scoring.answers(metric, arrays) for arrays in (outputs, reference)]
    if answers[0] is not None:
        result["same_answer"] = float((answers[0] == answers[1]).mean())
    return result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("task", choices=["prepare", "time"])
    parser.add_argument("contestant", choices=list(CONTESTANTS))
    parser.add_argument("model")
    parser.add_argument("work")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1)
    options = parser.parse_args()

    contestant, model = CONTESTANTS[options.contestant], Model(options.model, options.work)
    model.work.mkdir(parents=True, exist_ok=True)
    if options.task == "prepare":
        result = prepare(contestant, options.contestant, model)
    else:
        sample = dict(np.load(model.work / "sample.npz"))
        result = contestant.time(model, sample, options.threads, options.seconds)
    sys.stdout.flush()
    print("\n" + json.dumps(result))


if __name__ == "__main__":
    main()
