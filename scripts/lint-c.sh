#!/bin/sh
# Checks (or with --fix rewrites) the C sources by .clang-format, where clang-format is installed.
set -eu
cd "$(dirname "$0")/.."
if ! command -v clang-format >/dev/null 2>&1; then
  echo "lint-c: no clang-format on this machine, C style not checked" >&2
  exit 0
fi
mode="--dry-run --Werror"
[ "${1:-}" = --fix ] && mode="-i"
# shellcheck disable=SC2086
git ls-files -z -- 'Sources/*.c' 'Sources/*.h' 'Tests/*.c' 'Tests/*.h' | xargs -0 -r clang-format $mode
