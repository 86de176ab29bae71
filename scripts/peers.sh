#!/bin/sh
# Makes a virtual environment with the INT8 peers (PyPI, versions pinned) and compares them with quantc.
# QUANTC_PEERS_VENV: a folder to make or reuse (default .build/peers/venv). Arguments: see compare.py.
set -eu
cd "$(dirname "$0")/.."
. scripts/peers-venv.sh
exec "$peers_python" Benchmarks/peers/compare.py "$@"
