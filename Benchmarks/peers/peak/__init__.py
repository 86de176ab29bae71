"""The machine's own limits: `peak.c`, compiled and run, so that a latency can be read as a share of them."""

import json
import os
import shutil
import subprocess
from pathlib import Path

_SOURCE = Path(__file__).with_name("peak.c")


def measure(folder: Path, threads: int, cpus: list[int] | None) -> dict:
    """GMAC/s of byte products and GB/s read, with `threads` threads on `cpus`; `{}` without a C compiler."""
    compiler = _compiler()
    if compiler is None:
        return {}
    program = Path(folder) / "peak"
    program.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([compiler, "-O2", "-pthread", _SOURCE, "-o", program], check=True)
    pin = (lambda: os.sched_setaffinity(0, cpus)) if cpus else None
    done = subprocess.run([program, str(threads)], capture_output=True, text=True, preexec_fn=pin, check=True)
    return json.loads(done.stdout)


def _compiler() -> str | None:
    """clang, from the path or from beside `swift`."""
    if found := shutil.which("clang"):
        return found
    swift = shutil.which("swift")
    beside = Path(os.path.realpath(swift)).with_name("clang") if swift else None
    return str(beside) if beside and beside.exists() else None
