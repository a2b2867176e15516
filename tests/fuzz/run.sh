#!/usr/bin/env bash
# Runs the fuzzers, two at a time, and prints one line for each: runs, runs per second, coverage (edges, and features:
# edges with hit counts), corpus. Exit status 1 if one of them found a failure; a line then names the input.
#   tests/fuzz/run.sh [--seconds N] [--merge] [NAME...]
#     --seconds N   for each target (20)
#     --merge       afterwards add inputs that reach new edges to the corpora
#     NAME...       targets, as in fuzz_NAME.c (all)
# To replay an input: build-fuzz/tests/fuzz/fuzz_NAME FILE
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=20 merge=false names=()
while [ $# -gt 0 ]; do
    case "$1" in
        --seconds) seconds=${2:?--seconds takes a number}; shift 2 ;;
        --merge) merge=true; shift ;;
        -*) sed -n '2,8s/^# //p' "$0"; exit 2 ;;
        *) names+=("$1"); shift ;;
    esac
done

build="build-fuzz"
if [ ! -f "$build/build.ninja" ]; then
    CC=clang meson setup "$build" -Dwerror=true -Dfuzzers=true -Db_sanitize=address,undefined -Db_lundef=false \
        >"$build.log" 2>&1 || { cat "$build.log"; exit 1; }
fi
if [ ${#names[@]} -eq 0 ]; then
    mapfile -t files < <(grep -l LLVMFuzzerTestOneInput tests/fuzz/fuzz_*.c)
    for file in "${files[@]}"; do
        name=${file##*/fuzz_}
        names+=("${name%.c}")
    done
fi
ninja -C "$build" "${names[@]/#/tests/fuzz/fuzz_}" >"$build.log" 2>&1 || { tail -n 60 "$build.log"; exit 1; }

export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export ASAN_OPTIONS=quarantine_size_mb=16
found=$build/found

# Run one target for its time; its output is kept beside its findings.
fuzz() {
    local name=$1 more=()
    mkdir -p "$found/$name"
    [ -f "tests/fuzz/dict/$name.dict" ] && more=("-dict=tests/fuzz/dict/$name.dict")
    # The entropic schedule takes most of the time where an input has thousands of features.
    [[ $name = engine* ]] && more+=(-entropic=0)
    "$build/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -max_len=2048 -timeout=20 -rss_limit_mb=2048 \
        -print_final_stats=1 -artifact_prefix="$found/$name-" "${more[@]}" "$found/$name" "tests/fuzz/corpus/$name" \
        >"$found/$name.log" 2>&1
}

report() {
    local name=$1 ok=$2 log=$found/$1.log last runs speed
    last=$(grep -E '^#[0-9]+' "$log" | tail -n 1 || true)
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    speed=$((${runs:-0} / seconds))
    printf '%-14s %9s runs %7s/s  %s\n' "$name" "${runs:-0}" "$speed" "$(sed -nE 's/.*(cov: .*b) lim.*/\1/p' <<<"$last")"
    if ! $ok; then
        echo "$name: FOUND $(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1); what it did: $log"
        grep -E 'does not hold|ERROR: |engine_check|runtime error' "$log" | head -n 3
    fi
}

failed=0
for ((i = 0; i < ${#names[@]}; i += 2)); do
    pair=("${names[@]:i:2}") pids=()
    for name in "${pair[@]}"; do
        fuzz "$name" &
        pids+=($!)
    done
    for j in "${!pair[@]}"; do
        ok=true
        wait "${pids[j]}" || ok=false
        report "${pair[j]}" "$ok"
        $ok || failed=1
    done
done

# By edges only, not hit counts, so that the corpora stay small.
if $merge; then
    for name in "${names[@]}"; do
        corpus=tests/fuzz/corpus/$name
        "$build/tests/fuzz/fuzz_$name" -merge=1 -use_counters=0 "$corpus" "$found/$name" >"$found/$name.log" 2>&1
        echo "$name: $(find "$corpus" -type f | wc -l) inputs, $(du -sb "$corpus" | cut -f1) bytes"
    done
fi
exit $failed
