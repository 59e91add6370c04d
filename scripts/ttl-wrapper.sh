#!/usr/bin/env bash
# Runs a producer in the cluster for a given time and shows what it sent. See usage below.
set -euo pipefail
# shellcheck source=scripts/kubernetes.sh
source "$(dirname "${BASH_SOURCE[0]}")/kubernetes.sh"

usage() {
    cat <<'TEXT'
Usage: ttl-wrapper.sh -t SECONDS [-r RATE] [-b]

Sends transactions for a time, shows how much of it is left, and then how many were sent, how fast and in what time.

  -t, --ttl SECONDS  how long; also with a unit, such as 90s, 5m or 1h
  -r, --rate RATE    transactions a second, 0.1 to 1000000
  -b, --burst        alone: as many as it can; with --rate: each second's transactions at once at the second's start, so
                     that -r 100 -t 10 -b sends 1000
  -h, --help         shows this text

Ctrl-C ends the run early: what was made is sent first. The run is a job of its own in the cluster and keeps the time by
itself: it ends on time even where this script does not. What is not given is as the ConfigMap atm-producer-settings says;
where that says nothing, 5 a second, evenly.

Exit codes: 0 ran to its end, 1 the run failed, 64 usage, 69 no cluster or not deployed, 130 ended early by Ctrl-C or
scripts/stop-producer.sh.
TEXT
}

rate=
burst=no
ttl=
while (($# > 0)); do
    case $1 in
        --*=*)
            set -- "${1%%=*}" "${1#*=}" "${@:2}"
            continue
            ;;
        -r | --rate)
            rate=$(value_of "$@")
            shift
            ;;
        -t | --ttl)
            ttl=$(value_of "$@")
            shift
            ;;
        -b | --burst) burst=yes ;;
        -h | --help)
            usage
            exit 0
            ;;
        *) unknown_argument "$1" ;;
    esac
    shift
done
if [[ -n $rate ]]; then check_rate "$rate"; fi
[[ -n $ttl ]] || fail "say by --ttl for how many seconds it is to run; without a limit: scripts/start-producer.sh" 64
[[ $ttl =~ ^([0-9]{1,9})([smh]?)$ ]] || fail "--ttl $ttl is not a number of seconds, nor one such as 90s, 5m or 1h" 64
case ${BASH_REMATCH[2]} in
    m) seconds=$((10#${BASH_REMATCH[1]} * 60)) ;;
    h) seconds=$((10#${BASH_REMATCH[1]} * 3600)) ;;
    *) seconds=$((10#${BASH_REMATCH[1]})) ;;
esac
# What the pipeline's stage takes.
if ((seconds < 1 || seconds > 3660 * 86400)); then fail "--ttl $ttl is not from 1 second to 3660 days" 64; fi
require_cluster
require_deployed deployment/atm-producer

job=$(new_job_name atm-producer-ttl)
# Holds log, the runner's; state, how the run ended; stop, which asks for its early end.
folder=
watcher=
# Whether the job is to be deleted at the script's end, since nobody would see its result.
abandon=no

finish() {
    end_apart "$watcher"
    if [[ $abandon == yes ]]; then k delete job "$job" --ignore-not-found --wait=false >/dev/null 2>&1 || true; fi
    if [[ -n $folder ]]; then rm -rf "$folder"; fi
}

# show LINE: over the last one on a terminal; elsewhere every ten seconds.
shown_at=-10
show() {
    if [[ -t 2 ]]; then
        printf '\r%s\033[K' "$1" >&2
    elif ((SECONDS - shown_at >= 10)); then
        say "$1"
        shown_at=$SECONDS
    fi
}

end_live_line() {
    if [[ -t 2 ]]; then printf '\r\033[K' >&2; fi
}

# sent_so_far as the runner says every ten seconds.
sent_so_far() {
    local count
    count=$(grep -o '· total [0-9,]*' "$folder/log" | tail -n 1) || return 0
    printf ', %s sent\n' "${count##* }"
}

# show_progress BEGUN|"" STARTED-WATCHING
show_progress() {
    local remaining
    if [[ -n $1 ]]; then
        remaining=$(($1 + seconds - SECONDS))
        if ((remaining > 0)); then
            show "remaining $(span "$remaining") of $(span "$seconds"), stops at about $(clock_time "$remaining")$(sent_so_far)"
        else
            show "time is over, delivering the last …"
        fi
    elif ((SECONDS - $2 >= 5)); then
        show "waiting for the run to begin: $(last_line "$(k get pods --selector "job-name=$job" --no-headers 2>&1)")"
    fi
}

# watch_run follows the run to its end. It runs apart, because bash may answer a signal with a syntax error of its own
# making while it works out $( ), and only a script that does nothing but wait hears every one.
watch_run() {
    local state=active begun='' watching=$SECONDS follower='' asked=no
    : >"$folder/log"
    while [[ $state == active || $state == unknown ]]; do
        if [[ $asked == no && -e $folder/stop ]]; then
            asked=yes
            end_live_line
            say "Stopping the run; what it has made is sent first …"
            k delete job "$job" --ignore-not-found --cascade=foreground --wait=false >/dev/null
        fi
        # A new connection begins with the log's beginning; one that brings nothing must not take away what is there.
        if [[ -s $folder/log.new ]]; then mv "$folder/log.new" "$folder/log"; fi
        if [[ -z $follower ]] || ! is_running "$follower"; then
            state=$(job_state "$job")
            if [[ $state == active && ($asked == no || ! -s $folder/log) ]]; then
                k logs "job/$job" --follow >"$folder/log.new" 2>/dev/null &
                follower=$!
            fi
        fi
        if [[ -z $begun ]] && grep -q 'ttl.*will stop' "$folder/log"; then begun=$SECONDS; fi
        if [[ -z $begun && $state == active && $asked == no ]] &&
            [[ $(job_beginning "$job" $((SECONDS - watching))) == stuck ]]; then
            end_live_line
            say "The run cannot begin:"
            why_not_ready "job-name=$job"
            k delete job "$job" --ignore-not-found --wait=false >/dev/null
            state=stuck
        fi
        if [[ $asked == no ]]; then show_progress "$begun" "$watching"; fi
        sleep 1
    done
    end_live_line
    if [[ -s $folder/log.new ]]; then mv "$folder/log.new" "$folder/log"; fi
    if [[ $state == complete || $state == failed ]] && k logs "job/$job" >"$folder/log.new" 2>/dev/null && [[ -s $folder/log.new ]]; then
        mv "$folder/log.new" "$folder/log"
    fi
    echo "$state" >"$folder/state"
}

trap finish EXIT
trap 'abandon=no; exit 129' HUP
folder=$(mktemp -d "${TMPDIR:-/tmp}/sluice-ttl.XXXXXX")
# shellcheck disable=SC2046
require_alone $(pods app=atm-producer)
if [[ $(replicas deployment/atm-producer) != 0 ]]; then
    say "Note: a producer without a time limit runs too, and goes on. This run is counted by itself."
fi
abandon=yes
# Its words are NAME=VALUE and NAME-.
# shellcheck disable=SC2046
create_job "$job" "" "TTL=${seconds}s" $(pace_settings "$rate" "$burst")
say "Producing for $seconds s, $(pace "$rate" "$burst"), into $(topic) (job $job) …"
apart watch_run
watcher=$apart
stopped=no
trap 'stopped=yes; : >"$folder/stop"' INT TERM
wait_for "$watcher"
watcher=
[[ -s $folder/state ]] || fail "the watch over the job $job has failed; kubectl logs -f job/$job -n $namespace shows it"
abandon=no
trap 'exit 130' INT TERM

state=$(<"$folder/state")
if [[ $state == stuck ]]; then exit 1; fi
report=$(final_report "$folder/log")
if [[ -z $report ]]; then
    say "The run ended without statistics ($state)."
    why_not_ready "job-name=$job"
    if [[ $stopped == yes ]]; then exit 130; fi
    exit 1
fi
figure='^  total \(.*\) records, actual rate \(.*\), elapsed \([^,]*\), .*'
cat <<TEXT
Total sent:   $(sed -n "s|$figure|\1|p" <<<"$report") transactions
Actual rate:  $(sed -n "s|$figure|\2|p" <<<"$report")
Elapsed:      $(sed -n "s|$figure|\3|p" <<<"$report")

$report
TEXT
case $stopped:$state in
    no:complete) ;;
    no:failed)
        say "The run failed; its log: kubectl logs job/$job -n $namespace"
        exit 1
        ;;
    *) exit 130 ;;
esac
