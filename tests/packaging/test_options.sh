#!/usr/bin/env bash
# The command lines of the quickstart and of tests/run.sh: what is wrong is refused before anything is installed, built
# or started.
set -euo pipefail
script=$(dirname "$0")/../../packaging/quickstart.sh
failed=0

# expect CODE WORDS ARGUMENT...
expect() {
    local code=$1 words=$2 rc=0 said
    shift 2
    said=$(env -u AWS_REGION -u AWS_DEFAULT_REGION -u AWS_ACCESS_KEY_ID bash "$script" "$@" 2>&1) || rc=$?
    if [ "$rc" -ne "$code" ] || [[ $said != *"$words"* ]]; then
        printf '%s %s: exit %s, %s\n  expected: exit %s, %s\n' "${script##*/}" "$*" "$rc" "$said" "$code" "$words"
        failed=1
    fi
}

expect 0 '--records N' --help
expect 2 "unknown option '--nope'" --nope
expect 2 "--records takes a whole number from 1 to 999999999, not '0'" --records 0
expect 2 "--records takes a whole number from 1 to 999999999, not '1e6'" --records 1e6
expect 2 "--workers takes a whole number from 1 to 999999999, not '-1'" --workers -1
expect 2 'a value is missing after --partitions' --partitions
expect 2 '--fake and --aws exclude each other' --fake --aws
expect 2 '--create goes with --aws' --create
expect 2 '--aws needs --table' --aws
expect 2 '--aws needs --region' --aws --table t
expect 1 'no credentials: export AWS_ACCESS_KEY_ID' --aws --table t --region eu-west-1

script=$(dirname "$0")/../run.sh
expect 0 '--only NAME' --help
expect 0 'quickstart ' --help
expect 2 "unknown option '--nope'" --nope
expect 2 "unknown phase 'nope'" --only gcc,nope
expect 1 '--only takes names of phases' --only
exit $failed
