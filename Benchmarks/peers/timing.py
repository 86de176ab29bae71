"""Times one call, in milliseconds."""

import statistics
import time


def measure(run, seconds, warmup_seconds):
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


def _collect(run, seconds):
    times = []
    end = time.perf_counter_ns() + int(seconds * 1e9)
    while len(times) < 10 or time.perf_counter_ns() < end:
        start = time.perf_counter_ns()
        run()
        times.append((time.perf_counter_ns() - start) / 1e6)
    return times
