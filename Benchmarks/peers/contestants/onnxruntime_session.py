"""What the ONNX Runtime contestants share: a session with full optimization, and a bound call."""

import numpy as np

from timing import measure, opened, peak_megabytes


def open_session(path, threads):
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def outputs_of(path, split):
    """All outputs for all samples, one call a sample."""
    session = open_session(path, 1)
    names = [o.name for o in session.get_outputs()]
    rows = [session.run(names, split.sample(i)) for i in range(split.count)]
    return {name: np.concatenate([row[k] for row in rows]) for k, name in enumerate(names)}


def time_session(path, sample, threads, seconds):
    """Latency of one call with inputs and outputs bound once, outside the measurement."""
    import onnxruntime as ort

    session, open_ms = opened(lambda: open_session(path, threads))
    binding = session.io_binding()
    for name, array in sample.items():
        binding.bind_ortvalue_input(name, ort.OrtValue.ortvalue_from_numpy(array))
    for output, array in zip(session.get_outputs(), session.run(None, sample)):
        binding.bind_ortvalue_output(output.name, ort.OrtValue.ortvalue_from_numpy(array))
    times = measure(lambda: session.run_with_iobinding(binding), seconds, seconds / 4)
    return times | {"open_ms": open_ms, "peak_mb": peak_megabytes()}
