#!/usr/bin/env bash
# All tests, from a fresh clone: installs what is missing, builds with gcc and with clang, runs everything with the
# first and again under AddressSanitizer and UndefinedBehaviorSanitizer with the second, what has threads under
# ThreadSanitizer, each fuzzer for 20 seconds; and prints counts.
#   tests/run.sh [--seeds N] [--rounds N] [--deep] [--only NAME[,NAME...]]
#   --seeds N: how many seeds the simulator plays (5000); a tenth of them under the sanitizers
#   --rounds N: how many rounds of random kills and faults the torture plays (50); a fifth under the sanitizers
#   --deep: with the unit tests under valgrind too, one or two minutes more
#   --only NAME,...: only these phases, in this order:
#       gcc         build with gcc, every test
#       sanitized   the same with clang and AddressSanitizer, UndefinedBehaviorSanitizer
#       threads     what has threads, with clang and ThreadSanitizer
#       fuzz        each fuzzer for 20 seconds
#       valgrind    the unit tests of gcc's build under valgrind
#       quickstart  the README's first command, on DynamoDB Local and on fakeddb
# What each test is for, and how to run one: tests/README.md.
set -euo pipefail
cd "$(dirname "$0")/.."

phases=(gcc sanitized threads fuzz valgrind quickstart)
seeds=5000 rounds=50 wanted=(gcc sanitized threads fuzz quickstart)

# "a,b" as the list of wanted phases.
only() {
    local name
    IFS=, read -ra wanted <<<"$1"
    for name in "${wanted[@]}"; do
        if [[ " ${phases[*]} " != *" $name "* ]]; then
            echo "run.sh: unknown phase '$name'; --help lists the phases" >&2
            exit 2
        fi
    done
}

while [ $# -gt 0 ]; do
    case "$1" in
        --seeds) seeds=${2:?--seeds takes a number}; shift 2 ;;
        --rounds) rounds=${2:?--rounds takes a number}; shift 2 ;;
        --deep) wanted+=(valgrind); shift ;;
        --only) only "${2:?--only takes names of phases}"; shift 2 ;;
        --help) sed -n '2,18s/^# //p' tests/run.sh; exit 0 ;;
        *) echo "run.sh: unknown option '$1'; --help lists the options" >&2; exit 2 ;;
    esac
done

packaging/packages.sh test

passed=0 failed=0 skipped=0

# A build folder, made with this compiler and these options if it is not there yet.
build_folder() {
    local dir=$1 compiler=$2
    shift 2
    echo "== $dir: build with $compiler"
    if [ ! -f "$dir/build.ninja" ]; then
        CC=$compiler meson setup "$dir" -Dwerror=true "$@" >"$dir.log" 2>&1 || { cat "$dir.log"; exit 1; }
    fi
}

# One build folder and its whole suite, with a part of the seeds and rounds; the counts are meson's own.
suite() {
    local dir=$1 compiler=$2 seed_count=$((seeds / $3)) round_count=$((rounds / $4))
    shift 4
    build_folder "$dir" "$compiler" "$@"
    meson configure "$dir" -Dsim_seeds="$((seed_count > 0 ? seed_count : 1))" \
        -Dtorture_rounds="$((round_count > 0 ? round_count : 1))"
    ninja -C "$dir" >"$dir.log" 2>&1 || { tail -n 60 "$dir.log"; exit 1; }
    echo "== $dir: test"
    meson test -C "$dir" --no-rebuild --print-errorlogs --num-processes 2 || true
    count "$dir/meson-logs/testlog.json"
}

# Adds up the results, and prints what the tests measured: lines that say so, and the last one of those that count.
count() {
    read -r p f s < <(python3 - "$1" <<'PY'
import json, sys
tests = [json.loads(line) for line in open(sys.argv[1])]
for t in tests:
    name = t["name"].split(" / ")[-1]
    lines = t.get("stdout", "").strip().splitlines()
    figures = [line[len("figure: "):] for line in lines if line.startswith("figure: ")]
    if name in ("sim", "sim_mutants", "torture"):
        figures.append(lines[-1] if lines else "said nothing")
    for line in figures:
        print(f"{name}: {line}", file=sys.stderr)
results = [t["result"] for t in tests]
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
    local dir=build-tsan names targets=(daemon/ddbsidecard client/ctl/ddbsidecarctl client/c/examples/foopojo)
    targets+=(tests/fakeddb/fakeddb tests/integration/writer)
    build_folder "$dir" clang -Db_sanitize=thread -Db_lundef=false
    mapfile -t names < <(tests_like "$dir" unit '(http|io)_.*|client_client|client_open')
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
    packaging/packages.sh valgrind
    build_folder build-gcc gcc
    ninja -C build-gcc >build-gcc.log 2>&1 || { tail -n 60 build-gcc.log; exit 1; }
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

for phase in "${phases[@]}"; do
    if [[ " ${wanted[*]} " != *" $phase "* ]]; then
        continue
    fi
    case "$phase" in
        gcc) suite build-gcc gcc 1 1 ;;
        sanitized) suite build-sanitized clang 10 5 -Db_sanitize=address,undefined -Db_lundef=false ;;
        threads) threads ;;
        fuzz) step tests/fuzz/run.sh --seconds 20 ;;
        valgrind) under_valgrind ;;
        quickstart)
            step packaging/quickstart.sh --records 20000
            step packaging/quickstart.sh --fake --records 100000
            ;;
    esac
done

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$skipped" -eq 0 ]
