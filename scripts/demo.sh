#!/bin/sh
# Takes the carried model through every command, and prints float against INT8. `make demo` builds first.
# QUANTC: another quantc than the release build. The files stay in .build/demo.
set -eu
cd "$(dirname "$0")/.."

quantc=${QUANTC:-.build/release/quantc}
model=calibration/digits/model.onnx
dataset=calibration/digits/dataset.json
out=.build/demo
[ -x "$quantc" ] || { echo "demo: $quantc is not there; run: make demo" >&2; exit 1; }
mkdir -p "$out"

# Shows a command with what it says.
step() {
  printf '\n$ quantc'
  printf ' %s' "$@"
  printf '\n'
  "$quantc" "$@" 2>&1
}

# The first number with this key in a JSON file.
field() { sed -n "s/.*\"$1\" *: *\([-+0-9.eE]*\).*/\1/p" "$2" | head -n 1; }

step calibrate "$model" --dataset "$dataset" -o "$out/digits.calib.json"
step build "$model" --calibration "$out/digits.calib.json" -o "$out/digits.qpk"
step build "$model" --precision float32 -o "$out/float.qpk"
step run "$out/digits.qpk" --dataset "$dataset" --output probabilities="$out/probabilities.npy"
step explain "$out/digits.qpk"
step eval "$model" "$out/digits.qpk" --dataset "$dataset"
step bench "$out/digits.qpk" --threads 1 --steps

"$quantc" eval "$model" "$out/digits.qpk" --dataset "$dataset" --json > "$out/eval.json"
for kind in float digits; do
  "$quantc" bench "$out/$kind.qpk" --threads 1 --json > "$out/$kind.bench.json"
done

# A row of the table: title, printf's form of a number, float, INT8, and what the last column is.
row() {
  awk -v title="$1" -v form="$2" -v float="$3" -v int8="$4" -v kind="$5" 'BEGIN {
    last = kind == "points" ? sprintf("%+.2f", int8 - float) : sprintf("%.2f x", int8 / float)
    printf "%-26s %12s %12s %10s\n", title, sprintf(form, float), sprintf(form, int8), last
  }'
}
# The same with a field of the two measurements.
measured() { row "$1" "$2" "$(field "$3" "$out/float.bench.json")" "$(field "$3" "$out/digits.bench.json")" ratio; }
percent() { awk -v share="$1" 'BEGIN { print 100 * share }'; }

printf '\nThe carried model, float against INT8, on this machine with one thread:\n\n'
printf '%-26s %12s %12s %10s\n' '' float INT8 'INT8 is'
row 'top-1 of 600 digits, %' %.2f "$(percent "$(field float "$out/eval.json")")" \
  "$(percent "$(field quantized "$out/eval.json")")" points
measured 'latency, median, ms' %.4f median
measured 'latency, least, ms' %.4f min
measured 'package, bytes' %d package_bytes
measured 'weights in memory, bytes' %d weight_bytes
measured 'activations, bytes' %d arena_bytes
printf '\nThe ONNX file has %s bytes; a package holds the compiled kernels too.\n' "$(wc -c < "$model" | tr -d ' ')"
printf '%s; the list stands above.\n' "$("$quantc" explain "$out/digits.qpk" | head -n 1)"
