#!/usr/bin/env bash
# All tests, from a fresh clone: installs what is missing, builds with gcc and with clang, runs everything with the
# first and again under AddressSanitizer and UndefinedBehaviorSanitizer with the second, what has threads under
# ThreadSanitizer, each fuzzer for 20 seconds; and prints counts.
#   tests/run.sh [--seeds N] [--torture] [--deep]
#   --seeds N: how many seeds the simulator plays (2000); a tenth of them under the sanitizers
#   --torture: with rounds of random kills and faults, bad days and hostile clients too, some ten minutes more
#   --deep: with the unit tests under valgrind too, one or two minutes more
set -euo pipefail
cd "$(dirname "$0")/.."

seeds=2000 leave_out=(--no-suite torture) deep=false
while [ $# -gt 0 ]; do
    case "$1" in
        --seeds) seeds=${2:?--seeds takes a number}; shift 2 ;;
        --torture) leave_out=(); shift ;;
        --deep) deep=true; shift ;;
        --help) sed -n '2,8s/^# //p' tests/run.sh; exit 0 ;;
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

# The names of the tests of a build folder's suite that fit.
tests_like() {
    meson introspect "$1" --tests | python3 -c '
import json, re, sys
for t in json.load(sys.stdin):
    if "ddbsidecar:" + sys.argv[1] in t["suite"] and re.fullmatch(sys.argv[2], t["name"]):
        print(t["name"])' "$2" "$3"
}

# What has threads: the lanes and what they share with the loop, the C client, whole jobs over two lanes. Only that is
# built. A race ends the program, and with it the test.
threads() {
    local dir=build-tsan names targets=(daemon/ddbsidecard daemon/ddbsidecarctl client/foopojo)
    targets+=(tests/fakeddb/fakeddb tests/integration/writer)
    echo "== $dir: build with clang"
    if [ ! -f "$dir/build.ninja" ]; then
        CC=clang meson setup "$dir" -Dwerror=true -Db_sanitize=thread -Db_lundef=false >"$dir.log" 2>&1 ||
            { cat "$dir.log"; exit 1; }
    fi
    mapfile -t names < <(tests_like "$dir" unit 'io_.*|client_client|client_open')
    for name in "${names[@]}"; do
        targets+=("tests/unit/${name%%_*}/test_$name")
    done
    ninja -C "$dir" "${targets[@]}" >"$dir.log" 2>&1 || { tail -n 60 "$dir.log"; exit 1; }
    echo "== $dir: test"
    TSAN_OPTIONS=halt_on_error=1 meson test -C "$dir" --no-rebuild --print-errorlogs --num-processes 2 \
        "${names[@]}" integration_job integration_outage || true
    count "$dir/meson-logs/testlog.json"
}

# Left out: base_mem counts the pages of the C library's malloc, which valgrind replaces; io_listener takes every
# descriptor there is, of which valgrind keeps some for itself; client_symbols and pyclient run no C code of ours.
under_valgrind() {
    local names
    echo "== build-gcc: unit tests under valgrind"
    mapfile -t names < <(tests_like build-gcc unit '(?!base_mem$|io_listener$|client_symbols$|pyclient$).*')
    meson test -C build-gcc --no-rebuild --print-errorlogs --num-processes 2 --timeout-multiplier 20 \
        --wrapper 'valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite,indirect' \
        "${names[@]}" || true
    count build-gcc/meson-logs/testlog-valgrind.json
}

# A step that is one program.
step() {
    echo "== $*"
    if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

suite build-gcc gcc "$seeds"
suite build-sanitized clang $((seeds / 10)) -Db_sanitize=address,undefined -Db_lundef=false
threads
step tests/fuzz/run.sh --seconds 20
if $deep; then
    packaging/packages.sh valgrind
    under_valgrind
fi

# The README's first command, on DynamoDB Local and on the project's own endpoint.
step packaging/quickstart.sh --records 20000
step packaging/quickstart.sh --fake --records 100000

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$skipped" -eq 0 ]
