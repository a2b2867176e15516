#!/usr/bin/env bash
# The bench in one command: makes an optimised build in build-release and prints one line per figure.
#   tests/bench/run.sh [--quick] [--gate] [--json FILE] [--compare FILE] [--only PARTS] [--outage S] [--help ...]
# Needs two cores, loopback only; some three minutes, with --quick one. Exit status 0 unless a run failed or, with
# --gate, a figure is outside its limit.
# What is measured, against what, and how: bench.py, scenes.py, bad_times.py, figures.py; floor.h, load.c, crowd.c,
# probe.c, micro.c, sink.c, shape.h.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$root/build-release

log=$(mktemp)
trap 'rm -f "$log"' EXIT

case " $* " in *" --help "* | *" -h "*) exec python3 "$root/tests/bench/bench.py" --help ;; esac
if [ ! -f "$build/build.ninja" ]; then
    meson setup "$build" "$root" --buildtype=debugoptimized >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
fi
ninja -C "$build" daemon/ddbsidecard tests/fakeddb/fakeddb tests/bench/{floor,sink,load,crowd,probe,micro} >"$log" 2>&1 ||
    { tail -n 40 "$log" >&2; exit 1; }
export PYTHONDONTWRITEBYTECODE=1
python3 "$root/tests/bench/bench.py" --build "$build" "$@"
