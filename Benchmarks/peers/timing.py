"""Times one call, and the opening of a model, in milliseconds; and the memory of this process."""

import resource
import statistics
import time
from collections.abc import Callable


def measure(run: Callable[[], object], seconds: float, warmup_seconds: float) -> dict:
    """Calls `run` for `warmup_seconds` unmeasured, then for `seconds`, timing each call by itself."""
    _collect(run, warmup_seconds)
    times = _collect(run, seconds)
    half = len(times) // 2
    return {
        "median": statistics.median(times),
        "min": min(times),
        "calls": len(times),
        "halves": [statistics.median(times[:half]), statistics.median(times[half:])],
    }


def opened(open_model: Callable[[], object]) -> tuple[object, float]:
    """What `open_model` returns, and the milliseconds that it took."""
    start = time.perf_counter_ns()
    result = open_model()
    return result, (time.perf_counter_ns() - start) / 1e6


def peak_megabytes() -> float:
    """The most memory that this process had resident, interpreter and libraries included."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def _collect(run, seconds):
    times = []
    end = time.perf_counter_ns() + int(seconds * 1e9)
    while len(times) < 10 or time.perf_counter_ns() < end:
        start = time.perf_counter_ns()
        run()
        times.append((time.perf_counter_ns() - start) / 1e6)
    return times
