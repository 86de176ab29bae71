"""Facts about the machine that a latency means nothing without."""

import datetime
import os
import platform
import re
from importlib import metadata
from pathlib import Path

_FLAGS = ["avx2", "fma", "avx_vnni", "avx512f", "avx512bw", "avx512vl", "avx512_vnni", "amx_int8"]
_PACKAGES = ["onnxruntime", "openvino", "nncf", "ai-edge-litert", "ai-edge-quantizer", "onnx", "numpy"]


def facts():
    """CPU model, instruction sets, cores, load, kernel, date and the versions of the peers."""
    info = Path("/proc/cpuinfo").read_text()

    def field(name):
        match = re.search(rf"^{name}\s*:\s*(.*)$", info, re.MULTILINE)
        return match[1] if match else ""

    present = set(field("flags").split())
    return {
        "cpu": field("model name") or platform.processor(),
        "family_model": f"{field('cpu family')}/{field('model')}",
        "mhz": field("cpu MHz"),
        "flags": {flag: flag in present for flag in _FLAGS},
        "cores": os.cpu_count(),
        "load_1min": os.getloadavg()[0],
        "kernel": platform.release(),
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "versions": {"python": platform.python_version()} | _versions(),
    }


def _versions():
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            pass
    return found


def has_vnni():
    """Whether byte products add up in 32 bits without saturating (AVX-512 VNNI or AVX-VNNI)."""
    flags = facts()["flags"]
    return flags["avx512_vnni"] or flags["avx_vnni"]
