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

step calibrate "$model" --dataset "$dataset" -o "$out/digits.calib.json"
step build "$model" --calibration "$out/digits.calib.json" -o "$out/digits.qpk"
step run "$out/digits.qpk" --input image=calibration/digits/dev_x.npy \
  --output probabilities="$out/probabilities.npy"
step explain "$out/digits.qpk"
step eval "$model" "$out/digits.qpk" --dataset "$dataset"
step bench "$out/digits.qpk" --threads 1

printf '\nfile size: float %s bytes (%s), INT8 %s bytes (%s)\n' \
  "$(wc -c < "$model")" "$model" "$(wc -c < "$out/digits.qpk")" "$out/digits.qpk"
