#!/usr/bin/env bash
# The main job, from a fresh clone: install what is missing, build, start a DynamoDB endpoint and ddbsidecard, run the
# example job foopojo with several processes, scan the table back, and compare every record.
#
#   packaging/quickstart.sh [OPTION]...      as root, or as a user with sudo if packages are missing
#     --records N      records to write (100000)
#     --partitions N   in so many partitions (16)
#     --workers N      by so many processes at a time (4)
#     --fake           write to fakeddb, the project's own test endpoint, instead of DynamoDB Local; needs no Java
#     --aws            write to the real DynamoDB, which costs money: --table and --region say where; credentials
#                      are those of AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN
#     --table T        the table's name (foopojo-supplementary)
#     --region R       the region (AWS_REGION, AWS_DEFAULT_REGION)
#     --create         with --aws: make the table, on demand, if it is not there; it is yours to delete
#     --keep           leave endpoint, daemon and files for a look around, and say how to stop them
#     --help
#
# DynamoDB Local is downloaded once, to ${XDG_CACHE_HOME:-~/.cache}/ddbsidecar. Exit codes: 0 every record was found
# again, 1 not so, 2 usage, 130 interrupted. No process is left behind unless --keep asks for it.
set -euo pipefail
cd "$(dirname "$0")/.."

records=100000 partitions=16 workers=4 kind=local table='' region='' create='' keep=''
work='' endpoint_pid='' daemon_pid='' job_pid='' other_pid='' jars='' partial='' endpoint=''

say() { printf '%s\n' "$*"; }
step() { printf '== %s\n' "$*"; }
die() { printf 'quickstart: %s\n' "$*" >&2; exit 1; }
usage() { printf 'quickstart: %s; --help lists the options\n' "$*" >&2; exit 2; }

whole_number() {
    case "$2" in
        '' | *[!0-9]* | 0* | ??????????*) usage "$1 takes a whole number from 1 to 999999999, not '$2'" ;;
    esac
}

options() {
    local other=''
    while [ $# -gt 0 ]; do
        case "$1" in
            --records | --partitions | --workers | --table | --region)
                [ $# -ge 2 ] || usage "a value is missing after $1" ;;
        esac
        case "$1" in
            --records) whole_number "$1" "$2"; records=$2; shift ;;
            --partitions) whole_number "$1" "$2"; partitions=$2; shift ;;
            --workers) whole_number "$1" "$2"; workers=$2; shift ;;
            --table) table=$2; shift ;;
            --region) region=$2; shift ;;
            --fake | --aws)
                [ -z "$other" ] || [ "$other" = "$1" ] || usage "--fake and --aws exclude each other"
                other=$1; kind=${1#--} ;;
            --create) create=--create ;;
            --keep) keep=yes ;;
            --help) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' packaging/quickstart.sh; exit 0 ;;
            *) usage "unknown option '$1'" ;;
        esac
        shift
    done
    if [ "$kind" = aws ]; then
        options_aws
        return
    fi
    [ -z "$create" ] || usage "--create goes with --aws"
    table=${table:-foopojo-supplementary}
    region=${region:-us-east-1}
}

options_aws() {
    region=${region:-${AWS_REGION:-${AWS_DEFAULT_REGION:-}}}
    [ -n "$table" ] || usage "--aws needs --table: the table to write to, with the string key pojoId"
    [ -n "$region" ] || usage "--aws needs --region"
    if [ -z "${AWS_ACCESS_KEY_ID:-}" ] || [ -z "${AWS_SECRET_ACCESS_KEY:-}" ]; then
        die "no credentials: export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" \
            "(aws configure export-credentials --format env prints them)"
    fi
}

# ---- processes ----

# Run in the background and wait, so that a signal to this script is seen at once and not when the command ends.
watched() {
    local rc=0
    "$@" &
    other_pid=$!
    wait "$other_pid" || rc=$?
    other_pid=''
    return $rc
}

# The same with the output in a log, which is shown if the command fails.
logged() {
    local log=$work/$1.log
    shift
    watched "$@" >"$log" 2>&1 && return
    tail -n 30 "$log" >&2
    return 1
}

# A server of ours: it ends with this script, even if that is killed, unless it is to be kept.
server() {
    local log=$work/$1.log
    shift
    if [ -n "$keep" ]; then
        setsid "$@" </dev/null >"$log" 2>&1 &
    else
        setpriv --pdeathsig TERM "$@" </dev/null >"$log" 2>&1 &
    fi
}

alive() { [ -n "$1" ] && kill -0 "$1" 2>/dev/null; }

# Ask a process of ours to end, wait up to $2 seconds, then end it.
stop() {
    local pid=$1 left=$(($2 * 10))
    alive "$pid" || return 0
    kill -TERM "$pid" 2>/dev/null || true
    while alive "$pid" && [ "$left" -gt 0 ]; do
        sleep 0.1
        left=$((left - 1))
    done
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
}

finish() {
    local rc=$?
    trap '' INT TERM HUP
    stop "$other_pid" 5
    stop "$job_pid" 5
    [ -z "$partial" ] || rm -rf "$partial"
    if [ -n "$keep" ] && [ -n "$daemon_pid" ] && [ "$rc" -ne 130 ]; then
        kept
    else
        stop "$daemon_pid" 20
        stop "$endpoint_pid" 5
        [ -z "$work" ] || rm -rf "$work"
    fi
    exit "$rc"
}

kept() {
    say "kept, because of --keep:"
    say "  export DDBSIDECAR_SOCKET=$work/socket        then build/client/ctl/ddbsidecarctl status"
    say "  endpoint $endpoint, region $region, table $table"
    say "  the job's files in $work/pojos, logs in $work"
    say "  to stop and remove it all: kill $daemon_pid $endpoint_pid; rm -r $work"
}

# ---- what is needed ----

java_fits() {
    local version
    version=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1) || return 1
    [ "${version:-0}" -ge 17 ]
}

# DynamoDB Local's jars in $jars; or 1 after saying why not.
local_jars() {
    local pom=packaging/dynamodb-local/pom.xml version cache
    version=$(sed -n 's/.*<dynamodb-local.version>\(.*\)<.*/\1/p' "$pom")
    cache=${XDG_CACHE_HOME:-${HOME:-/var/tmp}/.cache}/ddbsidecar
    jars=$cache/dynamodb-local-$version
    if ! java_fits; then
        packaging/packages.sh default-jre-headless || { say "Java cannot be installed"; return 1; }
        java_fits || { say "DynamoDB Local needs Java 17 or later, which is not here"; return 1; }
    fi
    [ ! -d "$jars" ] || return 0
    command -v mvn >/dev/null || packaging/packages.sh maven || { say "Maven cannot be installed"; return 1; }
    step "downloading DynamoDB Local $version from Maven Central, 50 MB, to $cache"
    partial=$jars.$$
    mkdir -p "$partial" || { say "$cache cannot be made: set XDG_CACHE_HOME"; return 1; }
    logged maven mvn --batch-mode --quiet --strict-checksums --file "$pom" "-Dmaven.repo.local=$work/maven" \
        dependency:copy-dependencies -DincludeScope=runtime "-DoutputDirectory=$partial" ||
        { say "Maven cannot download DynamoDB Local: is Maven Central reachable?"; return 1; }
    mv -T "$partial" "$jars" 2>/dev/null || [ -d "$jars" ] # or another run was faster
}

build() {
    local wipe=''
    step "building into ./build"
    if [ -f build/build.ninja ]; then
        logged setup meson configure build -Dbuildtype=release -Dtests=true || die "./build is not usable: remove it"
    else
        # A configuring that was interrupted leaves a folder that meson takes for configured, and ninja has no file.
        [ ! -f build/meson-private/cmd_line.txt ] || wipe=--wipe
        logged setup meson setup build $wipe --buildtype=release ||
            die "meson cannot set up ./build, see above; if the folder is the cause: rm -r build, and try again"
    fi
    logged build ninja -C build daemon/ddbsidecard client/ctl/ddbsidecarctl client/c/examples/foopojo tests/fakeddb/fakeddb ||
        die "the build failed, see above; if ./build is the cause: rm -r build, and try again"
}

# ---- the parts of the run ----

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

port_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1"); }

# Made-up credentials, so that the user's own go nowhere.
own_credentials() {
    unset AWS_SESSION_TOKEN
    export AWS_ACCESS_KEY_ID=fake AWS_SECRET_ACCESS_KEY=fake
}

start_fake() {
    own_credentials
    server endpoint build/tests/fakeddb/fakeddb --port 0 --port-file "$work/port" --region "$region" \
        --memory-mib $((1024 + records / 1000))
    endpoint_pid=$!
    await "$endpoint_pid" endpoint test -s "$work/port"
    endpoint=http://127.0.0.1:$(cat "$work/port")
}

# Everything is kept in its memory: about 3 KB a record.
start_local() {
    local port heap_mib=$((512 + records * 3 / 1000)) free_mib
    free_mib=$(sed -n 's/^MemAvailable: *\([0-9]*\)....kB/\1/p' /proc/meminfo)
    [ "$heap_mib" -lt "${free_mib:-0}" ] || die "DynamoDB Local keeps records in memory and needs some $heap_mib MiB" \
        "for $records; ${free_mib:-0} are free: take fewer --records, or --fake, which needs a tenth"
    own_credentials
    port=$(free_port)
    server endpoint java "-Xmx${heap_mib}m" -cp "$jars/*" software.amazon.dynamodb.services.local.main.ServerRunner \
        -inMemory -disableTelemetry -port "$port"
    endpoint_pid=$!
    await "$endpoint_pid" endpoint port_open "$port"
    endpoint=http://127.0.0.1:$port
}

# Wait until a command succeeds; a server that ends before has said why in its log.
await() {
    local pid=$1 name=$2 left=300
    shift 2
    until "$@" >/dev/null 2>&1; do
        if ! alive "$pid" || [ "$left" -eq 0 ]; then
            tail -n 20 "$work/$name.log" >&2
            die "$name does not start, see above"
        fi
        sleep 0.1
        left=$((left - 1))
    done
}

aws_endpoint() {
    case $region in
        cn-*) echo "https://dynamodb.$region.amazonaws.com.cn" ;;
        *) echo "https://dynamodb.$region.amazonaws.com" ;;
    esac
}

prepare_table() {
    local made=$create found
    [ "$kind" = aws ] || made=--create
    watched python3 packaging/quickstart/table.py --endpoint "$endpoint" --region "$region" --table "$table" \
        $made >"$work/table" || { [ "$kind" != local ] || tail -n 20 "$work/endpoint.log" >&2; exit 1; }
    [ "$kind" = aws ] || return 0
    read -r found _ <"$work/table"
    say "$table in $region holds about $found items (a count that may be hours old)."
    say "This run takes $records write units, and reading the whole table back a read unit for each 4 KB. On demand a million"
    say "write units cost about 0.63 USD and a million read units 0.13 USD in us-east-1; other regions differ."
    say "The records stay in the table."
}

start_daemon() {
    : >"$work/ddbsidecard.conf" # a configuration of this host is not for this run
    server ddbsidecard build/daemon/ddbsidecard --config "$work/ddbsidecard.conf" --socket "$work/socket" \
        --endpoint "$endpoint" --region "$region"
    daemon_pid=$!
    await "$daemon_pid" ddbsidecard ctl status
}

ctl() { watched build/client/ctl/ddbsidecarctl --socket "$work/socket" "$@"; }

# User and system time of a process in clock ticks.
ticks() { sed 's/.*) //' "/proc/$1/stat" | { read -r _ _ _ _ _ _ _ _ _ _ _ user system _; echo $((user + system)); }; }

die_of_daemon() {
    tail -n 20 "$work/ddbsidecard.log" >&2
    die "ddbsidecard has ended while the job runs, see above"
}

run_job() {
    setpriv --pdeathsig TERM build/client/c/examples/foopojo --table "$table" --records "$records" --partitions "$partitions" \
        --workers "$workers" --socket "$work/socket" --output "$work/pojos" >"$work/figures" 2>"$work/job.log" &
    job_pid=$!
    watched python3 packaging/quickstart/progress.py --ctl build/client/ctl/ddbsidecarctl --socket "$work/socket" \
        --total "$records" --pid "$job_pid" --daemon "$daemon_pid" || [ $? -ne 3 ] || die_of_daemon
    local rc=0
    wait "$job_pid" || rc=$?
    job_pid=''
    [ "$rc" -eq 0 ] && return
    tail -n 20 "$work/ddbsidecard.log" "$work/job.log" >&2
    die "the job failed, see above"
}

# name=value of the job's last line
figure() { sed -n "s/.*\\b$1=\\([^ ]*\\).*/\\1/p" "$work/figures"; }

verify() {
    local others=''
    [ "$kind" = aws ] && others=--others
    watched python3 packaging/quickstart/verify.py --endpoint "$endpoint" --region "$region" --table "$table" \
        --files "$work/pojos" --records "$records" --temporary "$work" $others ||
        die "the table is not what was written"
}

summary() {
    python3 - "$records" "$(figure seconds)" "$(figure cpu_seconds)" "$1" "$(getconf CLK_TCK)" <<'PY'
import sys
records, seconds, clients, ticks, hertz = map(float, sys.argv[1:])
rate = f"{records / seconds:,.0f} records/s"
if records < 5000:  # the clock's ticks are too coarse
    print(rate)
else:
    print(f"{rate}; CPU per record: daemon {ticks / hertz / records * 1e6:.2f} us, "
          f"clients {clients / records * 1e6:.2f} us (making the records included)")
PY
}

main() {
    local before
    options "$@"
    trap finish EXIT
    trap 'exit 130' INT TERM HUP
    work=$(mktemp -d "${TMPDIR:-/tmp}/ddbsidecar.XXXXXX")
    [ ${#work} -le 90 ] || { rmdir "$work"; work=$(mktemp -d /tmp/ddbsidecar.XXXXXX); } # a socket's path has 107 bytes
    packaging/packages.sh build || die "the build needs these packages"
    if [ "$kind" = local ] && ! local_jars; then
        say "going on with fakeddb, the project's own test endpoint, as --fake would"
        kind=fake
    fi
    build
    case $kind in
        aws) endpoint=${AWS_ENDPOINT_URL_DYNAMODB:-${AWS_ENDPOINT_URL:-$(aws_endpoint)}} ;;
        fake) start_fake; say "endpoint: fakeddb, the project's own, at $endpoint" ;;
        local) start_local; say "endpoint: DynamoDB Local ${jars##*-}, in memory, at $endpoint" ;;
    esac
    prepare_table
    start_daemon
    step "foopojo: $records records in $partitions partitions by $workers workers at a time"
    before=$(ticks "$daemon_pid")
    run_job
    step "ddbsidecarctl status"
    ctl status || true # what it says is to be read; the verdict comes below
    step "ddbsidecarctl flush"
    ctl flush --timeout 60s || die "the daemon did not flush, see above"
    before=$(($(ticks "$daemon_pid") - before))
    step "reading table $table back and comparing"
    verify
    summary "$before"
}

main "$@"
