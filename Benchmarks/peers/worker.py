"""One contestant, one model, one task, in a process of its own; prints one JSON line last.

    python worker.py prepare ort-qdq resnet8-cifar10 WORK
    python worker.py time    ort-qdq resnet8-cifar10 WORK --threads 1 --seconds 1
"""

import argparse
import json
import sys

import numpy as np

from contestants import CONTESTANTS, REFERENCE
from models import Model
from scoring import answers, score


def prepare(contestant, name, model):
    """Quantizes, scores the dev split, and says how often the answer is the float model's."""
    if reason := contestant.unavailable(model):
        return {"unavailable": reason}
    result = contestant.prepare(model)
    split = model.split("dev")
    outputs = contestant.outputs(model, split)
    kept = model.work / "reference.npz"
    if name == REFERENCE:
        np.savez(kept, **outputs)
    reference = np.load(kept)
    result["score"] = score(split.metric, outputs, split.labels, reference)
    if split.metric["name"] == "top1":
        output = split.metric["output"]
        result["same_answer"] = float((answers(outputs[output]) == answers(reference[output])).mean())
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
        result = contestant.time(model, options.threads, options.seconds)
    sys.stdout.flush()
    print("\n" + json.dumps(result))


if __name__ == "__main__":
    main()
