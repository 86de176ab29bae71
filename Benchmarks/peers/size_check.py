"""Checks what a build may cost: bytes of the package with all x86-64 variants, and seconds of `quantc build`.

    scripts/size-check.sh [--models NAME ...]

The package must be at most 1.1 times the int8 initializers of the emitted QDQ ONNX after `zstd -19`, plus 100 kB; the
build must take at most 5 s. The processor's seconds stand beside them: where they are far fewer, the machine was busy.
"""

import ctypes
import ctypes.util
import resource
import sys
import time

import checks
from contestants.quantc import run

LARGEST_RATIO, CODE_BYTES, LONGEST_SECONDS = 1.1, 100_000, 5.0


def compressed_bytes(data, level=19):
    """The size of `data` as one zstd frame."""
    zstd = ctypes.CDLL(ctypes.util.find_library("zstd"))
    zstd.ZSTD_compressBound.restype = zstd.ZSTD_compress.restype = ctypes.c_size_t
    size = zstd.ZSTD_compressBound(ctypes.c_size_t(len(data)))
    target = ctypes.create_string_buffer(size)
    return zstd.ZSTD_compress(target, ctypes.c_size_t(size), data, ctypes.c_size_t(len(data)), level)


def integer_weights(path):
    """The int8 initializers of an ONNX file, one after another."""
    import onnx

    tensors = onnx.load(str(path)).graph.initializer
    return b"".join(
        onnx.numpy_helper.to_array(t).tobytes() for t in tensors if t.data_type == onnx.TensorProto.INT8)


def processor_seconds():
    """Of all commands that have ended, on all cores together."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def check(model):
    """One line about `model`, and whether it holds."""
    model.work.mkdir(parents=True, exist_ok=True)
    table, package, emitted = (model.work / f for f in ("size.calib.json", "size.qpk", "size.onnx"))
    run("calibrate", model.onnx, "--dataset", model.dataset, "-o", table)
    start, used = time.monotonic(), processor_seconds()
    run("build", model.onnx, "--calibration", table, "--target", "x86-64", "-o", package)
    seconds, used = time.monotonic() - start, processor_seconds() - used
    run("build", model.onnx, "--calibration", table, "-o", model.work / "unused.qpk", "--emit", emitted)
    size = package.stat().st_size
    limit = LARGEST_RATIO * compressed_bytes(integer_weights(emitted)) + CODE_BYTES
    text = f"{size} bytes (limit {limit:.0f}), built in {seconds:.2f} s (limit {LONGEST_SECONDS:.0f}), "
    text += f"{used:.2f} s of processor time"
    return text, size <= limit and seconds <= LONGEST_SECONDS


if __name__ == "__main__":
    sys.exit(checks.main(__doc__, check))
