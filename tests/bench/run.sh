#!/usr/bin/env bash
# The bench, one command: build what it needs, optimised, in build-release, and print one line a figure.
#   tests/bench/run.sh [--rounds N] [--shapes abc] [--ways plain,tls] [--json FILE] [--compare FILE]
# Needs two cores, loopback only; about two minutes. Exit status 0 unless a run failed: the aims are printed, not enforced.
# What is measured, against what, and how: bench.py, floor.h, load.c, sink.c, shape.h.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$root/build-release

log=$(mktemp)
trap 'rm -f "$log"' EXIT

if [ ! -f "$build/build.ninja" ]; then
    meson setup "$build" "$root" --buildtype=debugoptimized >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
fi
ninja -C "$build" daemon/ddbsidecard tests/bench/floor tests/bench/sink tests/bench/load >"$log" 2>&1 ||
    { tail -n 40 "$log" >&2; exit 1; }
python3 "$root/tests/bench/bench.py" --build "$build" "$@"
