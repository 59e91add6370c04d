#!/usr/bin/env bash
# Starts the producer in the cluster, or changes the pace of one that runs. See usage below.
set -euo pipefail
# shellcheck source=scripts/kubernetes.sh
source "$(dirname "${BASH_SOURCE[0]}")/kubernetes.sh"

usage() {
    cat <<'TEXT'
Usage: start-producer.sh [-r RATE] [-b]

Starts the producer, which sends transactions until scripts/stop-producer.sh. One that runs gets the new pace.

  -r, --rate RATE   transactions a second, 0.1 to 1000000
  -b, --burst       alone: as many as it can; with --rate: each second's transactions at once at the second's start
  -h, --help        shows this text

What is not given is as the ConfigMap atm-producer-settings says; where that says nothing, 5 a second, evenly.
With a time limit: scripts/ttl-wrapper.sh.
TEXT
}

rate=
burst=no
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
require_cluster
require_deployed deployment/atm-producer

# shellcheck disable=SC2046
require_alone $(pods app=atm-producer,job-name)
before=$(generation deployment/atm-producer)
# Its words are NAME=VALUE and NAME-.
# shellcheck disable=SC2046
set_environment deployment/atm-producer $(pace_settings "$rate" "$burst")
scale deployment/atm-producer 1
if [[ $(generation deployment/atm-producer) == "$before" ]]; then
    say "The producer runs already, $(pace "$rate" "$burst")."
else
    say "Starting the producer, $(pace "$rate" "$burst") …"
fi
wait_until_ready deployment/atm-producer app=atm-producer 120
cat >&2 <<TEXT
It sends to the topic $(topic) until you stop it.
  kubectl logs -f deployment/atm-producer -n $namespace
  scripts/start-consumer.sh        shows what it sends
  scripts/stop-producer.sh         stops it and shows what it sent
TEXT
