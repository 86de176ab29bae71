"""Latency and sizes of quantc on the carried model and those of QUANTC_MODELS, against an accepted baseline.

    make bench          compares with Benchmarks/baseline/<cpu>.json; exit 1 on a regression
    make bench-accept   writes that file

A latency is flagged beyond the larger of a floor and three times the series' own noise, in both runs. Counts that are the
same at every run (bytes of package and arena) must not grow. A baseline holds for the CPU and the threads it names.
Needs Python's standard library only.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
QUANTC = Path(os.environ.get("QUANTC", REPOSITORY / ".build" / "release" / "quantc"))
# name -> more arguments of the build
MODELS = {
    "mnist-cnn": [],
    "resnet8-cifar10": [],
    "dscnn-kws": [],
    "autoencoder-ad": [],
    "minilm-l6-v2": [],
    "mobilenet-v2-1.0": [],
    "squeezenet-1.1": [],
    "nanodet-m": [],
    "ultraface-rfb320": [],
    "stories260k": ["--shape", "input_ids=1x256"],
}
CALIBRATION_LIMIT = 50
FLOOR, NOISE_FACTOR = 0.05, 3


def quantc(*arguments):
    done = subprocess.run([QUANTC, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"quantc {arguments[0]}: exit {done.returncode}\n{done.stderr.strip()}")
    return done.stdout


def models():
    """name -> ONNX file: the carried model, and the others where QUANTC_MODELS has them."""
    found = {"digits": REPOSITORY / "calibration" / "digits" / "model.onnx"}
    folder = Path(os.environ.get("QUANTC_MODELS", REPOSITORY.parent / "shared" / "models"))
    os.environ["QUANTC_MODELS"] = str(folder)
    return found | {name: folder / name / "model.onnx" for name in MODELS if (folder / name).is_dir()}


def build(name, onnx, work):
    table, package = work / f"{name}.calib.json", work / f"{name}.qpk"
    dataset = REPOSITORY / "calibration" / name / "dataset.json"
    quantc("calibrate", onnx, "--dataset", dataset, "--limit", CALIBRATION_LIMIT, "-o", table)
    quantc("build", onnx, "--calibration", table, *MODELS.get(name, []), "-o", package)
    return package


def measure(packages, rounds, threads):
    """Interleaved rounds: name -> latency, its noise, and the counts."""
    runs = {name: [] for name in packages}
    for _ in range(rounds):
        for name, package in packages.items():
            runs[name].append(json.loads(quantc("bench", package, "--threads", threads, "--json")))
    return {name: summarize(documents, packages[name]) for name, documents in runs.items()}


def summarize(documents, package):
    medians = [d["latency_ms"]["median"] for d in documents]
    middle = statistics.median(medians)
    deviations = [abs(m - middle) for m in medians]
    counts = {"package_bytes": package.stat().st_size}
    if "arena_bytes" in documents[0]:
        counts["arena_bytes"] = documents[0]["arena_bytes"]
    return {"median_ms": middle, "noise_ms": statistics.median(deviations), "counts": counts}


def regressions(old, new):
    """One line for each value that is worse than the baseline allows."""
    for name, before in old.items():
        after = new.get(name)
        if after is None:
            yield f"{name}: not measured"
            continue
        allowed = max(FLOOR * before["median_ms"], NOISE_FACTOR * max(before["noise_ms"], after["noise_ms"]))
        if after["median_ms"] > before["median_ms"] + allowed:
            yield f"{name}: {after['median_ms']:.4f} ms, was {before['median_ms']:.4f} (allowed +{allowed:.4f})"
        for key, limit in before["counts"].items():
            if after["counts"].get(key, limit) > limit:
                yield f"{name}: {key} {after['counts'][key]}, was {limit}"


def machine():
    def output(*command):
        return subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY).stdout.strip()

    info = Path("/proc/cpuinfo").read_text()
    cpu = [re.search(rf"^{f}\s*:\s*(.*)$", info, re.MULTILINE) for f in ("model name", "cpu family", "model")]
    return {
        "cpu": " ".join(match[1] for match in cpu if match),
        "cores": os.cpu_count(),
        "compiler": output("swift", "--version").splitlines()[0],
        "flags": "-c release",
        "commit": output("git", "rev-parse", "HEAD"),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("task", choices=["check", "accept"])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()

    work = REPOSITORY / ".build" / "baseline"
    work.mkdir(parents=True, exist_ok=True)
    facts = machine()
    file = HERE / (re.sub(r"[^a-z0-9]+", "-", facts["cpu"].lower()).strip("-") + f"-{options.threads}t.json")
    packages = {name: build(name, onnx, work) for name, onnx in models().items()}
    results = measure(packages, options.rounds, options.threads)
    for name, r in results.items():
        print(f"{name}: {r['median_ms']:.4f} ms (noise {r['noise_ms']:.4f}), {r['counts']}")
    if options.task == "accept":
        document = {"schema_version": 1, "machine": facts, "threads": options.threads, "models": results}
        file.write_text(json.dumps(document, indent=2) + "\n")
        print(f"wrote {file}")
        return 0
    if not file.exists():
        print(f"no baseline for this CPU ({file.name}): make bench-accept writes it", file=sys.stderr)
        return 0
    worse = list(regressions(json.loads(file.read_text())["models"], results))
    print("\n".join(worse) or f"no regression against {file.name}")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
