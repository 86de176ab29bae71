"""Runs the worker processes: prepares every contestant, then times them in turn."""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from contestants import REFERENCE

HERE = Path(__file__).resolve().parent


def cpus(threads: int) -> list[int]:
    """The last `threads` processors that this process may use."""
    return sorted(os.sched_getaffinity(0))[-threads:]


def work(task: str, contestant: str, model: str, folder: Path, *more: object, pin: list[int] | None = None) -> dict:
    """Runs one worker process; its result, or `{"failed": text}`."""
    command = [sys.executable, HERE / "worker.py", task, contestant, model, folder, *map(str, more)]
    bind = (lambda: os.sched_setaffinity(0, pin)) if pin else None
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=bind)
    if done.returncode != 0:
        return {"failed": done.stderr.strip() or f"exit {done.returncode}"}
    return json.loads(done.stdout.strip().splitlines()[-1])


def prepare(name: str, contestants: list[str], folder: Path) -> dict[str, dict]:
    """Every contestant's package and score for one model: contestant -> facts. The reference comes first."""
    prepared = {}
    for contestant in dict.fromkeys([REFERENCE, *contestants]):
        facts = work("prepare", contestant, name, folder)
        if problem := facts.get("unavailable") or facts.get("failed"):
            note = problem.splitlines()[-1]
        else:
            note = f"{facts['metric']} {facts['score']:.4f}{'' if facts['correct'] else ' (wrong)'}"
        print(f"{name}: {contestant}: {note}", file=sys.stderr, flush=True)
        prepared[contestant] = facts
    return prepared


def time(
    name: str, prepared: dict[str, dict], folder: Path, threads: int, rounds: int, seconds: float, pin: bool
) -> dict[str, dict]:
    """All rounds of one model, A B C A B C ...: contestant -> summary.

    Who does not compete, the float reference and the wrong, is timed in the first round alone.
    """
    ready = [contestant for contestant, facts in prepared.items() if "score" in facts]
    rows = {contestant: [] for contestant in ready}
    arguments = ["--threads", threads, "--seconds", seconds]
    for turn in range(rounds):
        for contestant in ready:
            if turn == 0 or (prepared[contestant]["correct"] and contestant != REFERENCE):
                row = work("time", contestant, name, folder, *arguments, pin=cpus(threads) if pin else None)
                rows[contestant].append(row)
    return {contestant: summarize(measurements) for contestant, measurements in rows.items()}


def summarize(measurements: list[dict]) -> dict:
    """Median of the rounds' medians, least of all calls, the spread of the medians; open time and memory likewise."""
    failed = [m["failed"] for m in measurements if "failed" in m]
    if failed:
        return {"failed": failed[0]}
    medians = [m["median"] for m in measurements]
    middle = statistics.median(medians)
    return {
        "median_ms": middle,
        "min_ms": min(m["min"] for m in measurements),
        "spread": (max(medians) - min(medians)) / middle,
        "open_ms": statistics.median(m["open_ms"] for m in measurements),
        "peak_mb": max(m["peak_mb"] for m in measurements),
        "rounds": measurements,
    }
