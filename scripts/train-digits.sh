#!/bin/sh
# Trains the carried model anew (calibration/digits), in the virtual environment of the peers.
set -eu
cd "$(dirname "$0")/.."
. scripts/peers-venv.sh
OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 exec "$peers_python" calibration/digits/train.py
