"""Runs the QDQ ONNX that `quantc build --emit` writes in ONNX Runtime, against our package.

    scripts/qdq-check.sh [--models NAME ...]

Every model must give the same answer (index of the largest output) on 99 % of the dev samples; one that does not
classify must come within a relative squared error of 0.1 %. ONNX Runtime's optimizations are off: with them it runs
integer kernels, which saturate on a machine without VNNI, and the check is of the graph.
"""

import sys

import checks
from contestants.onnxruntime_session import open_session, session_outputs
from contestants.quantc import run, run_package
from scoring import answers, score

LEAST_SAME, LARGEST_ERROR = 0.99, 0.001


def run_onnx(path, split):
    """All outputs of the plain graph, kernels of the pairs included."""
    return session_outputs(open_session(path, 1, optimized=False), split)


def check(model):
    """One line about `model`, and whether it holds."""
    model.work.mkdir(parents=True, exist_ok=True)
    table, package, emitted = (model.work / f for f in ("qdq.calib.json", "qdq.qpk", "qdq.onnx"))
    run("calibrate", model.onnx, "--dataset", model.dataset, "-o", table)
    run("build", model.onnx, "--calibration", table, "-o", package, "--emit", emitted)
    split = model.split("dev")
    ours = run_package(package, split, model.work)
    theirs = run_onnx(emitted, split)
    metric = split.metric
    scores = [score(metric, y, split.labels, theirs, split.inputs) for y in (ours, theirs)]
    if metric["name"] != "top1":
        error = score(metric | {"name": "relative_squared_error"}, ours, None, theirs, split.inputs)
        return f"relative squared error between them {error:.6f}", error <= LARGEST_ERROR
    same = float((answers(metric, ours) == answers(metric, theirs)).mean())
    return f"top-1 {scores[0]:.4f} ours, {scores[1]:.4f} ONNX Runtime; same answer {same:.4f}", same >= LEAST_SAME


if __name__ == "__main__":
    sys.exit(checks.main(__doc__, check))
