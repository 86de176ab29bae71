"""Times the INT8 peers and quantc on the same models, in interleaved rounds of separate processes.

    scripts/peers.sh [--models NAME ...] [--threads 1 2] [--rounds 5] [--seconds 1] [--final]

Prints a Markdown table, and writes the same with all rounds and the machine's facts as JSON. With `--final` it is an
error if quantc is missing or fails on any model; without it, quantc is left out there, with a message.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import machine
import models
from contestants import CONTESTANTS, OURS, REFERENCE
from table import markdown

HERE = Path(__file__).resolve().parent


def work(task, contestant, model, folder, threads=None, seconds=None, cpus=None):
    """Runs one worker process; its result, or `{"failed": text}`."""
    command = [sys.executable, HERE / "worker.py", task, contestant, model, folder]
    if threads is not None:
        command += ["--threads", str(threads), "--seconds", str(seconds)]
    pin = (lambda: os.sched_setaffinity(0, cpus)) if cpus else None
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=pin)
    if done.returncode != 0:
        return {"failed": done.stderr.strip() or f"exit {done.returncode}"}
    return json.loads(done.stdout.strip().splitlines()[-1])


def prepare_all(names, folder):
    """Every contestant's package and score; model -> contestant -> facts."""
    prepared = {}
    for name in names:
        prepared[name] = {}
        for contestant in CONTESTANTS:
            facts = work("prepare", contestant, name, folder)
            problem = facts.get("unavailable") or facts.get("failed")
            note = problem if problem else f"{facts['score']:.4f}"
            print(f"{name}: {contestant}: {note.splitlines()[-1]}", file=sys.stderr)
            prepared[name][contestant] = facts
    return prepared


def time_all(prepared, folder, threads, rounds, seconds, pin):
    """All rounds: model -> contestant -> list of measurements, A B C A B C ..."""
    cpus = sorted(os.sched_getaffinity(0))[-threads:] if pin else None
    rows = {}
    for name, contestants in prepared.items():
        ready = [c for c, facts in contestants.items() if "score" in facts]
        rows[name] = {c: [] for c in ready}
        for _ in range(rounds):
            for c in ready:
                rows[name][c].append(work("time", c, name, folder, threads, seconds, cpus))
    return rows


def summarize(measurements):
    """Median of the rounds' medians, least of all calls, and the spread of the medians."""
    failed = [m["failed"] for m in measurements if "failed" in m]
    if failed:
        return {"failed": failed[0]}
    medians = [m["median"] for m in measurements]
    middle = statistics.median(medians)
    return {
        "median_ms": middle,
        "min_ms": min(m["min"] for m in measurements),
        "spread": (max(medians) - min(medians)) / middle,
        "rounds": measurements,
    }


def missing_ours(prepared, timed):
    """Why the comparison is incomplete, one line a model."""
    for name, contestants in prepared.items():
        facts = contestants[OURS]
        if problem := facts.get("unavailable") or facts.get("failed"):
            yield f"{name}: {OURS}: {problem}"
        for threads, rows in timed.items():
            if problem := rows[name].get(OURS, {}).get("failed"):
                yield f"{name}: {OURS}, {threads} threads: {problem}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--models", nargs="+", default=models.DEFAULT)
    parser.add_argument("--threads", nargs="+", type=int, default=[1])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--work", default=models.REPOSITORY / ".build" / "peers" / "work")
    parser.add_argument("--json", default=models.REPOSITORY / ".build" / "peers" / "results.json")
    parser.add_argument("--no-pin", action="store_true", help="leave the processes unpinned")
    parser.add_argument("--final", action="store_true", help="fail unless ours took part everywhere")
    options = parser.parse_args()

    models.models_folder()
    before = machine.facts()
    prepared = prepare_all(options.models, options.work)
    timed = {}
    for threads in options.threads:
        rows = time_all(
            prepared, options.work, threads, options.rounds, options.seconds, not options.no_pin)
        timed[threads] = {n: {c: summarize(m) for c, m in r.items()} for n, r in rows.items()}

    document = {
        "schema_version": 1,
        "machine": before,
        "load_1min_after": os.getloadavg()[0],
        "rounds": options.rounds,
        "seconds": options.seconds,
        "prepared": prepared,
        "timed": timed,
    }
    Path(options.json).parent.mkdir(parents=True, exist_ok=True)
    Path(options.json).write_text(json.dumps(document, indent=2) + "\n")
    print(markdown(document, REFERENCE, OURS))
    problems = list(missing_ours(prepared, timed))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if options.final and problems else 0


if __name__ == "__main__":
    sys.exit(main())
