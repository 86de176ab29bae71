#!/bin/sh
# Takes the carried model through every command, and prints float against INT8. `make demo` builds first.
set -eu
cd "$(dirname "$0")/.."

quantc=${QUANTC:-.build/release/quantc}
model=calibration/digits/model.onnx
dataset=calibration/digits/dataset.json
out=.build/demo
mkdir -p "$out"

step() {
  printf '\n$ quantc'
  printf ' %s' "$@"
  printf '\n'
  "$quantc" "$@"
}

# The first number with this key in the JSON on standard input.
field() { sed -n "s/.*\"$1\" *: *\([-+0-9.eE]*\).*/\1/p" | head -n 1; }

step calibrate "$model" --dataset "$dataset" -o "$out/digits.calib.json"
step build "$model" --calibration "$out/digits.calib.json" -o "$out/digits.qpk"
step run "$out/digits.qpk" --dataset "$dataset" --output probabilities="$out/probabilities.npy"
step explain "$out/digits.qpk"
step build "$model" --precision float32 -o "$out/digits-float.qpk"
step bench "$out/digits-float.qpk" --threads 1
step bench "$out/digits.qpk" --threads 1
step eval "$model" "$out/digits.qpk" --dataset "$dataset"

"$quantc" eval "$model" "$out/digits.qpk" --dataset "$dataset" --json > "$out/eval.json"
"$quantc" bench "$out/digits-float.qpk" --threads 1 --json > "$out/bench-float.json"
"$quantc" bench "$out/digits.qpk" --threads 1 --json > "$out/bench.json"
row() { printf '%-24s %12s %12s\n' "$@"; }
printf '\n'
row '' float INT8
row 'accuracy (600 digits)' "$(field float < "$out/eval.json")" "$(field quantized < "$out/eval.json")"
row 'latency, ms, 1 thread' "$(field median < "$out/bench-float.json")" "$(field median < "$out/bench.json")"
row 'model file, bytes' "$(wc -c < "$model")" "$(wc -c < "$out/digits.qpk")"
printf 'The INT8 file holds its compiled kernels too.\n'
