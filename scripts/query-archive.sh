#!/usr/bin/env bash
# Asks the archive in the cluster, also while it is written. See usage below.
set -euo pipefail
# shellcheck source=scripts/kubernetes.sh
source "$(dirname "${BASH_SOURCE[0]}")/kubernetes.sh"

usage() {
    cat <<'TEXT'
Usage: query-archive.sh [SQL] [--format table|csv|json] [--shard N]

Prints what SQL selects from the archive, or a summary of it. Nothing can be changed by it. Tables: transactions,
offsets, dead_letters, meta.

  --format FORMAT  how rows are printed (table)
  --shard N        only of this shard, from 0; without it each is asked, one after the other
  -h, --help       shows this text

Examples:
  query-archive.sh "SELECT count(*) FROM transactions"
  query-archive.sh "SELECT region_id, count(*), round(sum(amount), 2) FROM transactions GROUP BY 1" --format csv
TEXT
}

statement=
format=
shard=
while (($# > 0)); do
    case $1 in
        --*=*)
            set -- "${1%%=*}" "${1#*=}" "${@:2}"
            continue
            ;;
        --format)
            format=$(value_of "$@")
            case $format in
                table | csv | json) ;;
                *) fail "--format $format is none of: table csv json" 64 ;;
            esac
            shift
            ;;
        --shard)
            shard=$(value_of "$@")
            [[ $shard =~ ^[0-9]{1,4}$ ]] || fail "--shard $shard is not a number from 0" 64
            shift
            ;;
        -h | --help)
            usage
            exit 0
            ;;
        -?*) unknown_argument "$1" ;;
        *)
            [[ -z $statement ]] || fail "one statement at a time; put it in quotes" 64
            statement=$1
            ;;
    esac
    shift
done
require_cluster
require_deployed statefulset/atm-archive

count=$(replicas statefulset/atm-archive)
if [[ $count == 0 ]]; then
    fail "the archive is stopped. Start it: scripts/start-consumer.sh --archive --no-follow" 69
fi
if [[ -n $shard ]]; then
    if ((10#$shard >= count)); then fail "there is no shard $shard; the archive has $count, from 0" 64; fi
    shards=$((10#$shard))
else
    shards=$(seq 0 $((count - 1)))
fi
# Where the archive lies is said by the environment of its pod.
# shellcheck disable=SC2016
query='exec runner query "${DATABASE:-atm-transactions.db}" "$@"'
arguments=()
if [[ -n $statement ]]; then arguments+=("$statement"); fi
if [[ -n $format ]]; then arguments+=(--format "$format"); fi
for shard in $shards; do
    if ((count > 1)); then say "shard $shard:"; fi
    state=$(k get "pod/atm-archive-$shard" --ignore-not-found \
        --output 'jsonpath={.status.containerStatuses[0].state.running.startedAt}')
    if [[ -z $state ]]; then
        say "$script: atm-archive-$shard does not run:"
        why_not_ready app=atm-archive
        exit 69
    fi
    k exec "atm-archive-$shard" -- sh -c "$query" runner ${arguments[@]+"${arguments[@]}"}
done
