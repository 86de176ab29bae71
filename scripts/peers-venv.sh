# Sourced, in the repository's folder: sets peers_python to an interpreter that has requirements.txt installed.
peers_venv=${QUANTC_PEERS_VENV:-.build/peers/venv}
peers_python=$peers_venv/bin/python
if ! cmp -s Benchmarks/peers/requirements.txt "$peers_venv/installed.txt"; then
  [ -x "$peers_python" ] || python3 -m venv "$peers_venv"
  "$peers_python" -m pip install --quiet --disable-pip-version-check -r Benchmarks/peers/requirements.txt
  cp Benchmarks/peers/requirements.txt "$peers_venv/installed.txt"
fi
