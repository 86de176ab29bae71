#!/bin/sh
# Runs each fuzz target under libFuzzer for FUZZ_SECONDS (default 60), starting from its corpus in Tests/Fuzz/Corpus.
# C harnesses are Tests/Fuzz/<name>_fuzz.c, linked with the runtime; fuzz-onnx is a Swift target that QUANTC_FUZZ=1 adds.
# New inputs stay in .build/fuzz; a crash is written to .build/fuzz/<name>-crash-*, and ends the script.
set -eu
cd "$(dirname "$0")/.."
seconds=${FUZZ_SECONDS:-60}
out=.build/fuzz
swift_tools=$(dirname "$(readlink -f "$(command -v swift)")")
export ASAN_OPTIONS=detect_leaks=0 SWIFT_BACKTRACE=enable=no

fuzz() { # name, program, corpus
  mkdir -p "$out/found-$1"
  "$2" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=4096 -print_final_stats=1 \
    -artifact_prefix="$out/$1-" "$out/found-$1" "$3"
}

mkdir -p "$out"
for harness in Tests/Fuzz/*.c; do
  [ -f "$harness" ] || continue
  name=$(basename "$harness" _fuzz.c)
  # shellcheck disable=SC2046
  "$swift_tools/clang" -std=c11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
    -ISources/QuantcRuntime -ISources/QuantcRuntime/include "$harness" Sources/QuantcRuntime/*.c \
    $(pkg-config --cflags --libs libzstd libsodium) -lpthread -o "$out/$name"
  fuzz "$name" "$out/$name" "Tests/Fuzz/Corpus/$name"
done

QUANTC_FUZZ=1 swift build --product fuzz-onnx --scratch-path "$out/swift" \
  -Xswiftc -sanitize=fuzzer,address -Xswiftc -use-ld=lld -Xswiftc -DQUANTC_FUZZ
fuzz onnx "$out/swift/debug/fuzz-onnx" Tests/Fuzz/Corpus/onnx
