#!/usr/bin/env python3
"""Holds the default recipe to calibration/limits.json on all dev samples of the shared models.

usage: accuracy.py QUANTC [MODEL ...]

Each model is calibrated, built and evaluated; QUANTC_MODELS says where the models lie. A limit:
  dataset                         a file in calibration/MODEL/, dataset.json where it is missing; the
                                  samples of the calibration are those of dataset.json
  margin                          replaces the margin of the data set's metric
  least_metric, greatest_metric   bounds of the package's metric
  greatest_loss                   how far it may lie below the float model's
  least_agreement                 share of samples with the float model's answer
  least_cosine                    by output, the cosine to the float model's
The exit status is 1 when a limit is broken.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def evaluate(quantc, limits, folder):
    """The document of `quantc eval --json` for one row of the limits."""
    name = limits["model"]
    model = str(pathlib.Path(os.environ["QUANTC_MODELS"]) / name / "model.onnx")
    dataset = str(ROOT / "calibration" / name / "dataset.json")
    measured = str(ROOT / "calibration" / name / limits.get("dataset", "dataset.json"))
    if "margin" in limits:
        description = json.loads(pathlib.Path(measured).read_text())
        description["splits"]["dev"]["metric"]["margin"] = limits["margin"]
        measured = str(folder / f"{name}.dataset.json")
        pathlib.Path(measured).write_text(json.dumps(description))
    table, package = str(folder / f"{name}.calib.json"), str(folder / f"{name}.qpk")
    shape = ["--shape", limits["shape"]] if "shape" in limits else []

    def run(*arguments):
        return subprocess.run(
            [quantc, *arguments], check=True, stdout=subprocess.PIPE, text=True
        ).stdout

    run("calibrate", model, "--dataset", dataset, "-o", table)
    run("build", model, "--calibration", table, *shape, "-o", package)
    return json.loads(run("eval", model, package, "--dataset", measured, *shape, "--json"))


def broken(limits, report):
    """A sentence for each limit that the report breaks."""
    metric = report["metric"]
    float_value, value = metric["float"], metric["quantized"]
    if value < limits.get("least_metric", value):
        yield f"{metric['name']} is {value:.4f}, below {limits['least_metric']}"
    if value > limits.get("greatest_metric", value):
        yield f"{metric['name']} is {value:.4f}, above {limits['greatest_metric']}"
    loss = limits.get("greatest_loss")
    if loss is not None and float_value - value > loss:
        yield f"{metric['name']} is {value:.4f}, more than {loss} below {float_value:.4f}"
    agreement = limits.get("least_agreement")
    if agreement is not None and 1 - report["flips"]["share"] < agreement:
        yield f"{report['flips']['share']:.2%} of the answers differ from the float model's"
    cosines = {output["name"]: output["cosine"] for output in report["outputs"]}
    for output, least in limits.get("least_cosine", {}).items():
        if cosines[output] < least:
            yield f"the cosine of {output} is {cosines[output]:.5f}, below {least}"


def main():
    if len(sys.argv) < 2 or "QUANTC_MODELS" not in os.environ:
        sys.exit(__doc__)
    wanted = sys.argv[2:]
    table = json.loads((ROOT / "calibration" / "limits.json").read_text())
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        for limits in table:
            if wanted and limits["model"] not in wanted:
                continue
            report = evaluate(sys.argv[1], limits, pathlib.Path(folder))
            faults = list(broken(limits, report))
            failures += len(faults)
            metric = report["metric"]
            print(
                f"{limits['model']}: {report['sample_count']} samples, {metric['name']} "
                f"{metric['quantized']:.4f} (float {metric['float']:.4f})",
                flush=True,
            )
            for fault in faults:
                print(f"  {fault}", flush=True)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
