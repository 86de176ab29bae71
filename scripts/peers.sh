#!/bin/sh
# Builds quantc, makes a virtual environment with the INT8 peers (PyPI, versions pinned) and compares them.
# QUANTC_PEERS_VENV: a folder to make or reuse (default .build/peers/venv). Arguments: see compare.py; `--self-test` alone
# tests the comparison itself.
set -eu
cd "$(dirname "$0")/.."
. scripts/peers-venv.sh
if [ "${1:-}" = --self-test ]; then
  "$peers_python" -m compileall -q Benchmarks
  exec "$peers_python" -m unittest discover -s Benchmarks/peers
fi
${MAKE:-make} -s build
exec "$peers_python" Benchmarks/peers/compare.py "$@"
