#!/usr/bin/env bash
# The quickstart's command line: what is wrong is refused before anything is installed, built or started.
set -euo pipefail
script=$(dirname "$0")/../../packaging/quickstart.sh
failed=0

# expect CODE WORDS ARGUMENT...
expect() {
    local code=$1 words=$2 rc=0 said
    shift 2
    said=$(env -u AWS_REGION -u AWS_DEFAULT_REGION -u AWS_ACCESS_KEY_ID bash "$script" "$@" 2>&1) || rc=$?
    if [ "$rc" -ne "$code" ] || [[ $said != *"$words"* ]]; then
        printf 'quickstart.sh %s: exit %s, %s\n  expected: exit %s, %s\n' "$*" "$rc" "$said" "$code" "$words"
        failed=1
    fi
}

expect 0 '--records N' --help
expect 2 "unknown option '--nope'" --nope
expect 2 "--records takes a whole number from 1 to 999999999, not '0'" --records 0
expect 2 "--records takes a whole number from 1 to 999999999, not '1e6'" --records 1e6
expect 2 "--workers takes a whole number from 1 to 999999999, not '-1'" --workers -1
expect 2 'a value is missing behind --partitions' --partitions
expect 2 '--fake and --aws exclude each other' --fake --aws
expect 2 '--create goes with --aws' --create
expect 2 '--aws needs --table' --aws
expect 2 '--aws needs --region' --aws --table t
expect 1 'no credentials: export AWS_ACCESS_KEY_ID' --aws --table t --region eu-west-1
exit $failed
