#!/usr/bin/env bash
# Starts the consumer in the cluster and shows what it says. See usage below.
set -euo pipefail
# shellcheck source=scripts/kubernetes.sh
source "$(dirname "${BASH_SOURCE[0]}")/kubernetes.sh"

usage() {
    cat <<'TEXT'
Usage: start-consumer.sh [options]

Starts the consumer, or gives one that runs other settings, and shows what it says until Ctrl-C. The consumer goes on.

  -f, --format FORMAT      detailed (default), compact, json, or none for the statistics alone
  -o, --offset WHERE       latest (default) or earliest: where to begin while the group has not read yet; after that it
                           goes on where it stopped
  -g, --group NAME         the consumer group (atm-consumer-group); a new name begins where --offset says
      --no-stats           no statistics
      --stats-interval N   statistics every N transactions (100); 0: at the end only
      --status-filter A,B  only these of SUCCESS, FAILED, TIMEOUT, INSUFFICIENT_FUNDS, CARD_BLOCKED
      --region-filter A,B  only these of US-WEST, US-EAST, US-CENTRAL, EU-WEST, EU-CENTRAL, APAC
      --archive            the consumer that archives in SQLite (format none, from the earliest); scripts/query-archive.sh
                           asks it. It has no group: it knows itself how far it is
      --no-follow          do not show what it says
  -h, --help               shows this text

What is not given is as the ConfigMap of its settings says. More consumers share the topic:
kubectl scale deployment/atm-consumer --replicas=2 -n kafka
TEXT
}

# one_of OPTION VALUE WORD…
one_of() {
    local option=$1 value=$2 word
    shift 2
    for word in "$@"; do if [[ $value == "$word" ]]; then return; fi; done
    fail "$option $value is none of: $*" 64
}

# each_of OPTION A,B WORD…: a word that does not exist would filter out everything without a word.
each_of() {
    local option=$1 values=$2 value
    shift 2
    [[ $values =~ ^[A-Z_-]+(,[A-Z_-]+)*$ ]] || fail "$option $values is not a list such as $1,$2" 64
    while IFS= read -r value; do one_of "$option" "$value" "$@"; done < <(tr , '\n' <<<"$values")
}

workload=deployment/atm-consumer
label=app=atm-consumer
follow=yes
format=FORMAT-
offset=OFFSET_RESET-
group=KAFKA_GROUP-
statistics=STATISTICS-
interval=STATISTICS_INTERVAL-
statuses=STATUS_FILTER-
regions=REGION_FILTER-
while (($# > 0)); do
    case $1 in
        --*=*)
            set -- "${1%%=*}" "${1#*=}" "${@:2}"
            continue
            ;;
        -f | --format | -o | --offset | -g | --group | --stats-interval | --status-filter | --region-filter)
            value=$(value_of "$@")
            case $1 in
                -f | --format)
                    one_of "$1" "$value" detailed compact json none
                    format=FORMAT=$value
                    ;;
                -o | --offset)
                    one_of "$1" "$value" earliest latest
                    offset=OFFSET_RESET=$value
                    ;;
                -g | --group)
                    [[ $value =~ ^[A-Za-z0-9._-]{1,200}$ ]] ||
                        fail "$1 $value is not a name of letters, digits, dots, dashes and underscores" 64
                    group=KAFKA_GROUP=$value
                    ;;
                --stats-interval)
                    [[ $value =~ ^[0-9]{1,9}$ ]] || fail "$1 $value is not a whole number from 0 to 999999999" 64
                    interval=STATISTICS_INTERVAL=$((10#$value))
                    ;;
                --status-filter)
                    each_of "$1" "$value" SUCCESS FAILED TIMEOUT INSUFFICIENT_FUNDS CARD_BLOCKED
                    statuses=STATUS_FILTER=$value
                    ;;
                --region-filter)
                    each_of "$1" "$value" US-WEST US-EAST US-CENTRAL EU-WEST EU-CENTRAL APAC
                    regions=REGION_FILTER=$value
                    ;;
            esac
            shift
            ;;
        --no-stats) statistics=STATISTICS=false ;;
        --archive)
            workload=statefulset/atm-archive
            label=app=atm-archive
            ;;
        --no-follow) follow=no ;;
        -h | --help)
            usage
            exit 0
            ;;
        *) unknown_argument "$1" ;;
    esac
    shift
done
if [[ $label == app=atm-archive && $group != KAFKA_GROUP- ]]; then
    fail "--group does not go with --archive, which keeps its own position" 64
fi
require_cluster
require_deployed "$workload"

before=$(generation "$workload")
set_environment "$workload" "$format" "$offset" "$group" "$statistics" "$interval" "$statuses" "$regions"
if [[ $(replicas "$workload") == 0 ]]; then
    # The archive has as many pods as it has shards.
    shards=$(k get "$workload" --output 'jsonpath={.spec.template.spec.containers[0].env[?(@.name=="SHARDS")].value}')
    scale "$workload" "${shards:-1}"
fi
# What a new pod says is shown from its beginning, of one that goes on only the last.
tail=20
if [[ $(generation "$workload") != "$before" ]]; then
    say "Starting ${workload#*/} with these settings …"
    tail=-1
fi
wait_until_ready "$workload" "$label" 120
if [[ $follow == no ]]; then exit 0; fi

# containers LABELS prints POD@STARTED of each that runs; one that starts again is another.
containers() {
    k get pods --selector "$1" --output 'jsonpath={range .items[*]}{.metadata.name}@'\
'{.status.containerStatuses[0].state.running.startedAt}{"\n"}{end}' | sed '/@$/d'
}

# follow_pods shows what they say, also what those say that come later or take their place: a process for each, since
# `kubectl logs --selector --follow` keeps to the pods that it finds at first.
follow_pods() {
    # Of each that is followed CONTAINER=PROCESS; and all that have been.
    local followed=' ' known=' ' prefix=false running container entry lines
    while true; do
        # Where the cluster does not answer for a while, nothing is new.
        running=$(containers "$(newest "$label")" 2>/dev/null) || running=
        if [[ $prefix == false && $running == *$'\n'* ]]; then
            # From now on it matters whose word it is, also of one that has been alone until now.
            prefix=true
            for entry in $followed; do kill "${entry#*=}" 2>/dev/null || true; done
            followed=' '
        fi
        for entry in $followed; do
            if ! is_running "${entry#*=}"; then followed=${followed/ $entry / }; fi
        done
        for container in $running; do
            if [[ $followed == *" $container="* ]]; then continue; fi
            lines=--tail=$tail
            if [[ $known == *" $container "* ]]; then lines=--since=3s; fi
            k logs "${container%@*}" --follow "$lines" --prefix="$prefix" 2>/dev/null &
            followed+="$container=$! "
            known+="$container "
        done
        # Whoever comes from now on is shown from his beginning.
        if [[ $known != ' ' ]]; then tail=-1; fi
        sleep 2
    done
}

follower=
finish() {
    end_apart "$follower"
    say ""
    say "${workload#*/} goes on in the cluster. To stop it: kubectl scale $workload --replicas=0 -n $namespace"
}
say "Showing what ${workload#*/} says, until Ctrl-C …"
trap finish EXIT
trap 'exit 0' INT
apart follow_pods
follower=$apart
wait_for "$follower"
