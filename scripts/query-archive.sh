#!/usr/bin/env bash
# Asks the archive in the cluster, also while it is written. See usage below.
set -euo pipefail
# shellcheck source=scripts/kubernetes.sh
source "$(dirname "${BASH_SOURCE[0]}")/kubernetes.sh"

usage() {
    cat <<'TEXT'
Usage: query-archive.sh [SQL] [--format table|csv|json] [--shard N]
       query-archive.sh --copy FILE [--shard N]

Prints what SQL selects from the archive, or a summary of it. Nothing can be changed by it. Tables: transactions,
offsets, dead_letters, meta.

  --format FORMAT  how rows are printed (table)
  --copy FILE      copies the archive as it is at this moment into FILE, an SQLite database. It is made in the pod first,
                   whose volume needs as much room again
  --shard N        only of this shard, from 0; without it each is asked, one after the other
  -h, --help       shows this text

Examples:
  query-archive.sh "SELECT count(*) FROM transactions"
  query-archive.sh "SELECT region_id, count(*), round(sum(amount), 2) FROM transactions GROUP BY 1" --format csv
  query-archive.sh --copy today.db
TEXT
}

statement=
format=
shard=
copy=
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
        --copy)
            copy=$(value_of "$@")
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
if [[ -n $copy ]]; then
    [[ -z $statement$format ]] || fail "--copy takes neither a statement nor --format" 64
    [[ ! -e $copy ]] || fail "$copy is there already; name another file, or remove it" 73
    [[ -d $(dirname "$copy") ]] || fail "there is no folder $(dirname "$copy")" 73
fi
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
if [[ -n $copy && $shards == *$'\n'* ]]; then fail "the archive has $count shards; choose one by --shard" 64; fi

require_running() {
    local state
    state=$(k get "pod/$1" --ignore-not-found \
        --output 'jsonpath={.status.containerStatuses[0].state.running.startedAt}')
    [[ -z $state ]] || return 0
    say "$script: $1 does not run:"
    why_not_ready app=atm-archive
    exit 69
}

# in_pod POD COMMAND WORD… runs runner on the pod's archive. Where that lies is said by the pod's environment.
in_pod() {
    # shellcheck disable=SC2016
    k exec "$1" -- sh -c 'command=$1; shift; exec runner "$command" "${DATABASE:-atm-transactions.db}" "$@"' sh "${@:2}"
}

part=
finish() { rm -f "$part" "$part.log"; }

# copy_from POD. The part has its name when it is whole: a connection that breaks off ends like one that is at its end.
copy_from() {
    local expected actual code=0
    part=$(mktemp "$copy.part.XXXXXX") || fail "nothing can be written beside $copy" 73
    trap finish EXIT
    in_pod "$1" backup - >"$part" 2>"$part.log" || code=$?
    expected=$(sed -n 's/^copied \([0-9]*\) bytes$/\1/p' "$part.log")
    actual=$(($(wc -c <"$part")))
    if ((code != 0)) || [[ $actual != "$expected" ]]; then
        grep -v '^copied ' "$part.log" >&2 || true
        fail "the archive was not copied; $actual bytes${expected:+ of $expected} came"
    fi
    mv -n "$part" "$copy"
    say "Copied $actual bytes from $1 to $copy"
}

if [[ -n $copy ]]; then
    require_running "atm-archive-$shards"
    copy_from "atm-archive-$shards"
    exit
fi
arguments=()
if [[ -n $statement ]]; then arguments+=("$statement"); fi
if [[ -n $format ]]; then arguments+=(--format "$format"); fi
for shard in $shards; do
    if ((count > 1)); then say "shard $shard:"; fi
    require_running "atm-archive-$shard"
    in_pod "atm-archive-$shard" query ${arguments[@]+"${arguments[@]}"}
done
