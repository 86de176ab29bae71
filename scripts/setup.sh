#!/bin/sh
# Prepares a Debian or Ubuntu machine: says what is missing, installs that, and nothing else.
# Needs root or sudo only when something is missing. Run again, it changes nothing.
set -eu

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# package, and a command or header that shows it is already there
needed="
libzstd-dev     pkg-config --exists libzstd
libsodium-dev   pkg-config --exists libsodium
"

missing=""
command -v pkg-config >/dev/null 2>&1 || missing=" pkg-config"
while read -r package check; do
  [ -n "$package" ] || continue
  # shellcheck disable=SC2086
  $check 2>/dev/null || missing="$missing $package"
done <<EOF
$needed
EOF

if [ -n "$missing" ]; then
  command -v apt-get >/dev/null 2>&1 \
    || fail "needs$missing; this script installs with apt-get only, which is not here"
  as_root=""
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || fail "needs$missing: run as root: apt-get install$missing"
    as_root=sudo
  fi
  say "installing with apt-get:$missing"
  $as_root apt-get update -qq
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >&2
fi

command -v swift >/dev/null 2>&1 \
  || fail "needs Swift 6.2 or newer on PATH: https://www.swift.org/install/linux"
version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
major=${version%%.*}
minor=${version#*.}
if [ "${major:-0}" -lt 6 ] || { [ "$major" -eq 6 ] && [ "$minor" -lt 2 ]; }; then
  fail "needs Swift 6.2 or newer, found '$version': https://www.swift.org/install/linux"
fi

# `quantc build` compiles kernels with the clang, lld and llvm-objdump of the Swift toolchain.
tools=$(dirname "$(readlink -f "$(command -v swift)")")
for tool in clang ld.lld llvm-objdump; do
  [ -x "$tools/$tool" ] || command -v "$tool" >/dev/null 2>&1 \
    || fail "needs $tool, which the Swift toolchain in $tools lacks"
done
say "ready (Swift $version, libzstd $(pkg-config --modversion libzstd), libsodium $(pkg-config --modversion libsodium))"
