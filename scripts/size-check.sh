#!/bin/sh
# Checks the bytes of packages and the seconds of builds against their limits. Arguments: see size_check.py.
set -eu
cd "$(dirname "$0")/.."
. scripts/peers-venv.sh
exec "$peers_python" Benchmarks/peers/size_check.py "$@"
