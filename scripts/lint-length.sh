#!/bin/sh
# No file of ours is longer than 400 lines. Generated files (header "DO NOT EDIT" or `*.pb.swift`) are exempt.
set -eu
cd "$(dirname "$0")/.."
limit=400
status=0
for file in $(git ls-files -- '*.swift' '*.c' '*.h' '*.py' '*.sh'); do
  [ -f "$file" ] || continue
  case $file in *.pb.swift) continue ;; esac
  head -n 5 "$file" | grep -q 'DO NOT EDIT' && continue
  lines=$(wc -l < "$file")
  if [ "$lines" -gt "$limit" ]; then
    echo "$file: $lines lines; the limit is $limit" >&2
    status=1
  fi
done
exit $status
