#!/bin/sh
# Holds the emitted QDQ ONNX in ONNX Runtime (from PyPI) against our package. Arguments: see qdq_check.py.
set -eu
cd "$(dirname "$0")/.."
. scripts/peers-venv.sh
exec "$peers_python" Benchmarks/peers/qdq_check.py "$@"
