#!/bin/sh
# Writes Sources/ONNXFrontend/Generated/ONNX.pb.swift from onnx.proto.
#
#   scripts/regenerate-onnx.sh [path/to/onnx.proto]
#
# Without a path, the schema of the `onnx` wheel of the peers' environment is taken. It needs protoc
# (Debian: protobuf-compiler) and builds protoc-gen-swift at the version that the product links.
set -eu
cd "$(dirname "$0")/.."

version=1.39.0
tool=.build/protoc-gen-swift-$version
output=Sources/ONNXFrontend/Generated/ONNX.pb.swift

command -v protoc >/dev/null || {
  echo "regenerate-onnx: protoc is missing; install protobuf-compiler" >&2
  exit 1
}
if [ $# -ge 1 ]; then
  schema=$1
else
  . scripts/peers-venv.sh
  schema=$("$peers_python" -c 'import onnx, os; print(os.path.join(os.path.dirname(onnx.__file__), "onnx.proto"))')
fi

if [ ! -x "$tool/protoc-gen-swift" ]; then
  mkdir -p "$tool"
  [ -d "$tool/source" ] || git clone --quiet --depth 1 --branch "$version" \
    https://github.com/apple/swift-protobuf "$tool/source"
  swift build --package-path "$tool/source" --product protoc-gen-swift
  cp "$tool/source/.build/debug/protoc-gen-swift" "$tool/protoc-gen-swift"
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$schema" "$folder/onnx.proto"
protoc --plugin="$tool/protoc-gen-swift" --swift_opt=Visibility=Package \
  --proto_path="$folder" --swift_out="$folder" onnx.proto
{
  echo "// Written by scripts/regenerate-onnx.sh (protoc-gen-swift $version) from the onnx.proto of onnx 1.23.2."
  cat "$folder/onnx.pb.swift"
} >"$folder/ONNX.pb.swift"
cmp -s "$folder/ONNX.pb.swift" "$output" || cp "$folder/ONNX.pb.swift" "$output"
