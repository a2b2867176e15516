#!/usr/bin/env bash
# All tests, from a fresh clone: installs what is missing, builds with gcc and with clang, runs everything with the first and
# again under AddressSanitizer and UndefinedBehaviorSanitizer with the second, and prints counts.
#   tests/run.sh [--seeds N] [--torture]    N: how many seeds the simulator plays (2000); a tenth under the sanitizers
#   --torture: with rounds of random kills and faults, bad days and hostile clients too, some ten minutes more
set -euo pipefail
cd "$(dirname "$0")/.."

seeds=2000 leave_out=(--no-suite torture)
while [ $# -gt 0 ]; do
    case "$1" in
        --seeds) seeds=${2:?--seeds takes a number}; shift 2 ;;
        --torture) leave_out=(); shift ;;
        --help) sed -n '2,5s/^# //p' tests/run.sh; exit 0 ;;
        *) echo "run.sh: unknown option '$1'; --help lists the options" >&2; exit 2 ;;
    esac
done

packaging/packages.sh test

passed=0 failed=0 skipped=0

# One build folder and its whole suite; the counts are meson's own.
suite() {
    local dir=$1 compiler=$2 seed_count=$3
    shift 3
    echo "== $dir: build with $compiler"
    if [ ! -f "$dir/build.ninja" ]; then
        CC=$compiler meson setup "$dir" -Dwerror=true "$@" >"$dir.log" 2>&1 || { cat "$dir.log"; exit 1; }
    fi
    meson configure "$dir" -Dsim_seeds="$seed_count"
    ninja -C "$dir" >"$dir.log" 2>&1 || { tail -n 60 "$dir.log"; exit 1; }
    echo "== $dir: test"
    meson test -C "$dir" --no-rebuild --print-errorlogs --num-processes 2 "${leave_out[@]}" || true
    count "$dir/meson-logs/testlog.json"
}

count() {
    read -r p f s < <(python3 - "$1" <<'PY'
import json, sys
results = [json.loads(line)["result"] for line in open(sys.argv[1])]
ok = sum(r in ("OK", "EXPECTEDFAIL") for r in results)
skip = sum(r == "SKIP" for r in results)
print(ok, len(results) - ok - skip, skip)
PY
)
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

suite build-gcc gcc "$seeds"
suite build-sanitized clang $((seeds / 10)) -Db_sanitize=address,undefined -Db_lundef=false

# The README's first command, on DynamoDB Local and on the project's own endpoint.
for options in "--records 20000" "--fake --records 100000"; do
    echo "== packaging/quickstart.sh $options"
    # shellcheck disable=SC2086 # the options are words
    if packaging/quickstart.sh $options; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$skipped" -eq 0 ]
