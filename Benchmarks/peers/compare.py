"""Times the INT8 peers and quantc on the same models, in interleaved rounds of separate processes.

    scripts/peers.sh [--models NAME ...] [--threads 1 2] [--rounds 5] [--seconds 0.3] [--publish] [--final]

Prints the short table in Markdown (`--long`: the long one); everything goes to a JSON file too. What the contestants made
of a model is kept in the work folder, so that a second run only measures; `--prepare-only` makes just that. With `--final`
it is an error if quantc is missing, fails or is wrong on any model; without it, quantc is left out there, with a message.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import catalog
import machine
import macs
import models
import peak
import publish
import rounds
import table
from contestants import CONTESTANTS, LINE_UPS, REFERENCE


def missing_ours(document: dict):
    """Why the comparison is incomplete, one line a model."""
    ours = document["ours"]
    for name, contestants in document["prepared"].items():
        facts = contestants[ours]
        if problem := facts.get("unavailable") or facts.get("failed"):
            yield f"{name}: {ours}: {problem}"
        elif not facts["correct"]:
            yield f"{name}: {ours}: wrong, {facts['metric']} {facts['score']:.4f}"
        for threads, rows in document["timed"].items():
            if problem := rows[name].get(ours, {}).get("failed"):
                yield f"{name}: {ours}, {threads} threads: {problem}"


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--models", nargs="+", default=catalog.ALL)
    parser.add_argument("--contestants", nargs="+", choices=list(CONTESTANTS), help="default: all of the line-up")
    parser.add_argument("--variant", choices=["avx2"], help="hold ours and OpenVINO to this instruction set")
    parser.add_argument("--threads", nargs="+", type=int, default=[1])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.3, help="of each measurement, after a quarter as warm-up")
    parser.add_argument("--work", type=Path, default=models.WORK)
    parser.add_argument("--json", type=Path, default=models.WORK.with_name("results.json"))
    parser.add_argument("--no-pin", action="store_true", help="leave the processes unpinned")
    parser.add_argument("--long", action="store_true", help="print the long table")
    parser.add_argument("--publish", action="store_true", help="write README.md's table and a page of Benchmarks/results")
    parser.add_argument("--prepare-only", action="store_true", help="quantize and score, measure nothing")
    parser.add_argument("--dry-run", action="store_true", help="say what would be run")
    parser.add_argument("--final", action="store_true", help="fail unless ours took part everywhere")
    options = parser.parse_args()
    for name in options.models:
        catalog.entry(name)
    options.line_up = options.contestants or LINE_UPS[options.variant]
    options.ours = "quantc-avx2" if options.variant else "quantc"
    return options


def plan(options: argparse.Namespace) -> str:
    """What a run would do, and about how long it would measure."""
    processes = len(options.models) * len(options.line_up) * len(options.threads) * options.rounds
    seconds = processes * (1.25 * options.seconds + 0.5)
    lines = [f"models: {', '.join(options.models)}", f"contestants: {', '.join(options.line_up)}"]
    return "\n".join([*lines, f"at most {processes} measurements, about {seconds / 60:.0f} min"])


def run(options: argparse.Namespace) -> dict:
    """Prepares and times all; the document that the tables and the JSON file are made of."""
    document = {
        "schema_version": 2,
        "machine": machine.facts(),
        "commit": _commit(),
        "variant": options.variant,
        "reference": REFERENCE,
        "ours": options.ours,
        "rounds": options.rounds,
        "seconds": options.seconds,
        "prepared": {name: rounds.prepare(name, options.line_up, options.work) for name in options.models},
    }
    document["macs"] = {name: _macs(models.Model(name, options.work)) for name in options.models}
    document["peak_unit"] = "vnni_gmacs" if machine.has_vnni() and not options.variant else "avx2_gmacs"
    document["peak"], document["timed"] = {}, {}
    for threads in [] if options.prepare_only else options.threads:
        pinned = None if options.no_pin else rounds.cpus(threads)
        document["peak"][str(threads)] = peak.measure(options.work, threads, pinned)
        document["timed"][str(threads)] = {
            name: rounds.time(
                name, prepared, options.work, threads, options.rounds, options.seconds, not options.no_pin)
            for name, prepared in document["prepared"].items()
        }
    document["load_1min_after"] = os.getloadavg()[0]
    return document


def _macs(model: models.Model) -> int:
    sample = model.split("dev").sample(0)
    return macs.count(model.onnx, {name: array.shape for name, array in sample.items()})


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=models.REPOSITORY)
    return done.stdout.strip() or "unknown"


def main() -> int:
    options = parse()
    if options.dry_run:
        print(plan(options))
        return 0
    document = run(options)
    if options.prepare_only:
        return 0
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(document, indent=2) + "\n")
    print(table.facts(document), table.long(document) if options.long else table.short(document), sep="\n\n")
    if options.publish:
        print(f"wrote {publish.write_long(document)}", file=sys.stderr)
        publish.write_readme(document)
    problems = list(missing_ours(document))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if options.final and problems else 0


if __name__ == "__main__":
    sys.exit(main())
