# Sourced by the scripts for Kubernetes: what they share. Runs under bash 3.2 too, which is what macOS has.
# shellcheck shell=bash

# Kafka lives in this namespace as well, so nothing here ever deletes it.
namespace=kafka
# Read by the scripts that source this file.
# shellcheck disable=SC2034
system_label=system=kafka-pub-sub
script=$(basename "$0")

# Some commands of kubectl answer Ctrl-C by an error like any other, and bash without a trap would go on with that: it would
# say of a pod that it is not ready, or has not ended.
trap 'say ""; exit 130' INT
trap 'exit 143' TERM

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "$script: $1"
    exit "${2:-1}"
}

# Inside our namespace.
k() { kubectl --namespace "$namespace" "$@"; }

# Arguments

unknown_argument() { fail "unknown argument \"$1\"; $script -h lists them" 64; }

# value_of OPTION REST… prints what stands behind the option.
value_of() {
    if (($# < 2)) || [[ -z $2 || $2 == -?* ]]; then fail "$1 needs a value; $script -h says which" 64; fi
    printf '%s\n' "$2"
}

# check_rate N: what a rate-gate takes.
check_rate() {
    if ! [[ $1 =~ ^[0-9]{1,7}(\.[0-9]{1,6})?$ ]] ||
        ! awk -v rate="$1" 'BEGIN { exit !(rate >= 0.1 && rate <= 1000000) }'; then
        fail "--rate $1 is not a number from 0.1 to 1000000" 64
    fi
}

# What must be there

require_docker() {
    local reason
    command -v docker >/dev/null ||
        fail "there is no docker on PATH. Install Docker (https://docs.docker.com/get-docker/), or use --no-build" 69
    reason=$(docker version --format '{{.Server.Version}}' 2>&1) ||
        fail "Docker does not answer: $(last_line "$reason"). Start it, or use --no-build" 69
}

require_kubectl() {
    command -v kubectl >/dev/null ||
        fail "there is no kubectl on PATH. Install it: https://kubernetes.io/docs/tasks/tools/" 69
}

require_cluster() {
    local reason context
    require_kubectl
    reason=$(kubectl --request-timeout=10s get --raw /readyz 2>&1) && return
    context=$(kubectl config current-context 2>/dev/null) || context=
    if [[ -z $context ]]; then
        fail "kubectl knows no cluster. Start one (kind create cluster, minikube start, …), or set KUBECONFIG" 69
    fi
    fail "the cluster of kubectl's context $context does not answer: $(last_line "$reason"). \
Start it, or choose another: kubectl config use-context NAME" 69
}

# require_deployed WORKLOAD
require_deployed() {
    local reason
    reason=$(k get "$1" --output name 2>&1) && return
    case $reason in
        *NotFound* | *"not found"*) fail "$1 is not deployed. Run scripts/deploy-pub-sub.sh first" 69 ;;
        *) fail "cannot look for $1: $(last_line "$reason")" 69 ;;
    esac
}

# is_deployed WORKLOAD. Whoever may not look, or gets no answer, is told so: "not there" would be a guess.
is_deployed() {
    local found
    found=$(k get "$1" --ignore-not-found --output name) || fail "cannot look for $1" 69
    [[ -n $found ]]
}

# has_namespace. It is taken to be there by whoever may not look.
has_namespace() {
    local reason
    reason=$(kubectl get namespace "$namespace" --output name 2>&1) && return
    case $reason in
        *NotFound*) return 1 ;;
        *Forbidden*) return 0 ;;
        *) fail "cannot look for the namespace $namespace: $(last_line "$reason")" 69 ;;
    esac
}

last_line() { printf '%s\n' "$1" | sed '/^[[:space:]]*$/d' | tail -n 1; }

# Time

# clock_time SECONDS-FROM-NOW as 14:03:07. GNU's date and the BSDs' are asked differently.
clock_time() {
    local at=$(($(date +%s) + $1))
    date -d "@$at" +%T 2>/dev/null || date -r "$at" +%T
}

# span SECONDS as 03:07 or 1:03:07.
span() {
    local seconds=$1
    if ((seconds < 0)); then seconds=0; fi
    if ((seconds >= 3600)); then
        printf '%d:%02d:%02d\n' $((seconds / 3600)) $((seconds / 60 % 60)) $((seconds % 60))
    else
        printf '%02d:%02d\n' $((seconds / 60)) $((seconds % 60))
    fi
}

# Background work

# apart COMMAND… runs it in the background in a process group of its own, so that Ctrl-C in the terminal is this
# script's to handle; its number is in $apart.
apart() {
    set -m
    "$@" </dev/null &
    apart=$!
    set +m
}

is_running() { kill -0 "$1" 2>/dev/null; }

# end_apart PROCESS
end_apart() {
    [[ -n $1 ]] || return 0
    kill -- "-$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}

# wait_for PROCESS waits to its end, whatever signals come between.
wait_for() {
    while is_running "$1"; do wait "$1" || true; done
}

# Workloads

# set_environment WORKLOAD NAME=VALUE|NAME-… sets or takes back what a script's flags say over the ConfigMap. The same
# again changes nothing and restarts nothing.
set_environment() {
    local reason
    reason=$(k set env "$@" 2>&1 >/dev/null) || fail "cannot change the settings of $1: $(last_line "$reason")"
}

# topic prints the name of the one that is written and read.
topic() {
    local name
    name=$(k get configmap/atm-kafka-settings --ignore-not-found --output 'jsonpath={.data.KAFKA_TOPIC}' 2>/dev/null) || true
    echo "${name:-atm-transactions}"
}

# replicas WORKLOAD
replicas() { k get "$1" --output 'jsonpath={.spec.replicas}'; }

generation() { k get "$1" --output 'jsonpath={.metadata.generation}'; }

scale() {
    local reason
    reason=$(k scale "$1" --replicas="$2" 2>&1 >/dev/null) || fail "cannot scale $1: $(last_line "$reason")"
}

# pods LABELS prints the names of those that are not finished.
pods() {
    k get pods --selector "$1" --field-selector 'status.phase!=Succeeded,status.phase!=Failed' \
        --output 'jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}'
}

# newest LABELS prints the labels that only the pods have which are not on their way out.
newest() {
    local revision
    revision=$(
        k get pods --selector "$1" --output 'jsonpath={range .items[*]}{.metadata.deletionTimestamp}|'\
'{.metadata.labels.pod-template-hash}|{.metadata.labels.controller-revision-hash}{"\n"}{end}' | grep '^|' | tail -n 1
    ) || revision=
    case $revision in
        '' | '||') printf '%s\n' "$1" ;;
        *'|') printf '%s,pod-template-hash=%s\n' "$1" "$(cut -d '|' -f 2 <<<"$revision")" ;;
        *) printf '%s,controller-revision-hash=%s\n' "$1" "$(cut -d '|' -f 3 <<<"$revision")" ;;
    esac
}

# why_not_ready LABELS says of each pod what keeps it, and its last words.
why_not_ready() {
    local found name phase reason last
    found=$(
        k get pods --selector "$1" --output 'jsonpath={range .items[*]}{.metadata.name}{"|"}{.status.phase}{"|"}'\
'{.status.containerStatuses[*].state.waiting.reason}{.status.conditions[?(@.reason=="Unschedulable")].message}{"|"}'\
'{.status.containerStatuses[*].lastState.terminated.exitCode}{"\n"}{end}' 2>/dev/null
    ) || found=
    if [[ -z $found ]]; then
        # Such as a quota, or an admission that refuses it.
        say "  there is no pod; the last warnings of the namespace $namespace:"
        warnings
        return
    fi
    while IFS='|' read -r name phase reason last; do
        # Of a run that is over.
        if [[ $phase == Succeeded ]]; then continue; fi
        say "  pod $name: $phase${reason:+, $reason}${last:+, ended with $last before}"
        case $reason in
            ErrImageNeverPull | ErrImagePull | ImagePullBackOff)
                say "    The image is not on the node. Deploy without --no-build, or say by IMAGE_LOADER how it gets there."
                ;;
            '' | CrashLoopBackOff) k logs "$name" --tail=5 2>/dev/null | sed 's/^/    /' >&2 || true ;;
            *) warnings "involvedObject.name=$name" ;;
        esac
    done <<<"$found"
}

# warnings [SELECTOR] shows the last that the cluster has made, of an object or of the namespace.
warnings() {
    k get events --field-selector "type=Warning${1:+,$1}" --sort-by=.lastTimestamp \
        --output 'jsonpath={range .items[*]}{.involvedObject.name}{": "}{.message}{"\n"}{end}' 2>/dev/null |
        tail -n 3 | sed 's/^/    /' >&2 || true
}

# wait_until_ready WORKLOAD LABELS SECONDS
wait_until_ready() {
    local reason since=$SECONDS
    reason=$(k rollout status "$1" --timeout="$3s" 2>&1 >/dev/null) && return
    say "$script: $1 is not ready after $((SECONDS - since)) s: $(last_line "$reason")"
    why_not_ready "$2"
    exit 1
}

# new_job_name NAME: a job's name that no other run has.
new_job_name() { printf '%s-%s-%04x\n' "$1" "$(date -u +%Y%m%d-%H%M%S)" "$RANDOM"; }

# create_job NAME ARGUMENTS-AS-JSON|"" NAME=VALUE|NAME-… makes a job from the producer's pod template, with its own
# environment. One attempt: a second would send records twice.
create_job() {
    local name=$1 arguments=$2 template container patch reason
    shift 2
    template=$(k get deployment/atm-producer --output 'jsonpath={.spec.template}')
    container=$(k get deployment/atm-producer --output 'jsonpath={.spec.template.spec.containers[0].name}')
    patch='{"spec":{"template":{"spec":{"restartPolicy":"Never"}}}}'
    if [[ -n $arguments ]]; then
        patch='{"spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"'$container'","args":'$arguments'}]}}}}'
    fi
    # By kubectl alone: nothing else is sure to be there that edits JSON.
    reason=$(
        {
            printf '{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"%s","labels":%s},"spec":%s%s}}' "$name" \
                '{"app":"atm-producer","system":"kafka-pub-sub"}' \
                '{"backoffLimit":0,"ttlSecondsAfterFinished":3600,"template":' "$template" |
                kubectl patch --local --filename - --type strategic --patch "$patch" --output json |
                kubectl set env --local --filename - "$@" --output json |
                k create --filename -
        } 2>&1 >/dev/null
    ) || fail "cannot create the job $name: $(last_line "$reason")"
}

# job_state NAME prints complete, failed, active or gone.
job_state() {
    local conditions
    conditions=$(k get "job/$1" --ignore-not-found \
        --output 'jsonpath={.metadata.name}:{range .status.conditions[?(@.status=="True")]}{.type} {end}' 2>/dev/null) ||
        { echo unknown && return; }
    case $conditions in
        '') echo gone ;;
        *Complete*) echo complete ;;
        *Failed*) echo failed ;;
        *) echo active ;;
    esac
}

# How long a job's pod may take to begin, in seconds: an image may have to be pulled, a node to be added.
beginning_limit=180

# job_beginning NAME SECONDS-SO-FAR prints begun, waiting, or stuck where it cannot begin or has not in time.
job_beginning() {
    local state
    # Of a container that has begun, when.
    state=$(k get pods --selector "job-name=$1" --output 'jsonpath={.items[*].status.containerStatuses[*].state.waiting.reason}'\
'{.items[*].status.containerStatuses[*].state.running.startedAt}'\
'{.items[*].status.containerStatuses[*].state.terminated.startedAt}' 2>/dev/null) || state=
    case $state in
        *Err* | *BackOff* | InvalidImageName) echo stuck ;;
        [0-9]*) echo begun ;;
        *) if (($2 < beginning_limit)); then echo waiting; else echo stuck; fi ;;
    esac
}

# await_job NAME waits for its end; false if it failed or cannot begin, which is shown.
await_job() {
    local state since=$SECONDS
    while state=$(job_state "$1") && [[ $state == active || $state == unknown ]]; do
        if [[ $(job_beginning "$1" $((SECONDS - since))) == stuck ]]; then break; fi
        sleep 0.5
    done
    if [[ $state == complete ]]; then return; fi
    why_not_ready "job-name=$1"
    return 1
}

# What the runner says

# final_report FILE prints the report that ends a runner's log, or nothing if the log ends before it.
final_report() {
    awk '
        /^[^ ].*: (done|done, time to live is over|stopped|failed)$/ { report = ""; inside = 1 }
        inside && /^[^ ]/ && !/: (done|done, time to live is over|stopped|failed)$/ { inside = 0 }
        inside { report = report $0 "\n" }
        END { printf "%s", report }
    ' "$1"
}

# The producer's pace

# pace_settings RATE|"" yes|no prints what --rate and --burst come to, as set_environment and create_job take it. A burst
# of a rate is each second's records at once, so that RATE times seconds is what is sent.
pace_settings() {
    if [[ -n $1 ]]; then echo "RATE=$1"; else echo RATE-; fi
    case $1:$2 in
        *:no) echo BURST- ;;
        :yes) echo BURST=unlimited ;;
        *) echo BURST=per-second ;;
    esac
}

# pace RATE|"" yes|no for people.
pace() {
    case $1:$2 in
        :yes) echo "as fast as it can" ;;
        :no) echo "at the rate of its settings (5 a second by default)" ;;
        *:yes) echo "$1 a second, each second's at once" ;;
        *) echo "$1 a second" ;;
    esac
}

# What may run beside what

# producer_setting NAME prints what the producer's pods have of it.
producer_setting() {
    local value
    value=$(k get deployment/atm-producer \
        --output "jsonpath={.spec.template.spec.containers[0].env[?(@.name==\"$1\")].value}" 2>/dev/null) || value=
    if [[ -z $value ]]; then
        value=$(k get configmap/atm-producer-settings --ignore-not-found --output "jsonpath={.data.$1}" 2>/dev/null) || value=
    fi
    echo "$value"
}

# require_alone POD… fails if one of them would be fenced off: of producers that deliver exactly once under one
# transactional id, which ours have, only the last to begin goes on.
require_alone() {
    (($# > 0)) || return 0
    [[ $(producer_setting DELIVERY) == exactly-once ]] || return 0
    fail "with DELIVERY=exactly-once only one producer may run, and $1 does. Stop it first: scripts/stop-producer.sh" 78
}

# Stopping

# The logs that are being read, a process each, and where they go; for follow_logs, whose trap ends them.
followers=
work=

# end_followers is for the end of a script that follows logs.
end_followers() {
    local process
    for process in $followers; do end_apart "$process"; done
    followers=
    if [[ -n $work ]]; then rm -rf "$work"; fi
}

# read_log POD prints the end of its log and what follows; more than a report's lines, in case it ends before it is read. A
# container that is only being made has none yet.
read_log() {
    until k logs "$1" --follow --tail=200 2>/dev/null || [[ -z $(k get pod "$1" --ignore-not-found --output name) ]]; do
        sleep 0.2
    done
}

# follow_logs POD… reads each one's log into $work/POD.log, for what is said while it stops is gone with it. Returns when
# all are being read, or after some seconds, since one that has not begun has nothing to tell.
follow_logs() {
    local pod deadline=$((SECONDS + 5))
    work=$(mktemp -d "${TMPDIR:-/tmp}/sluice-logs.XXXXXX")
    trap end_followers EXIT
    for pod in "$@"; do
        apart read_log "$pod" >"$work/$pod.log" 2>/dev/null
        followers+=" $apart"
    done
    for pod in "$@"; do
        while [[ ! -s $work/$pod.log ]] && ((SECONDS < deadline)); do sleep 0.1; done
    done
}

# active_jobs prints the jobs of the producer that are not over.
active_jobs() {
    k get jobs --selector app=atm-producer \
        --output 'jsonpath={range .items[*]}{.metadata.name}{" "}{.status.conditions[?(@.status=="True")].type}{"\n"}{end}' |
        awk '!/Complete|Failed/ { print $1 }'
}

# stop_producers ends the producer and its jobs and prints what each pod sent.
stop_producers() {
    local running jobs pod process deadline
    # Pods first: a job that begins between the two is stopped and not waited for, rather than the other way round.
    running=$(pods app=atm-producer)
    jobs=$(active_jobs)
    if [[ -z $jobs && -z $running ]] &&
        { ! is_deployed deployment/atm-producer || [[ $(replicas deployment/atm-producer) == 0 ]]; }; then
        say "No producer runs."
        return
    fi
    say "Stopping the producer; what it has made is sent first …"
    # shellcheck disable=SC2086
    follow_logs $running
    if is_deployed deployment/atm-producer; then scale deployment/atm-producer 0; fi
    if [[ -n $jobs ]]; then
        # shellcheck disable=SC2086
        k delete job $jobs --ignore-not-found --cascade=foreground --wait=false >/dev/null
    fi
    for pod in $running; do
        k wait --for=delete "pod/$pod" --timeout=300s >/dev/null 2>&1 || fail "$pod has not ended within 300 s"
    done
    # A log ends with its container; a connection that outlives it has nothing to tell.
    deadline=$((SECONDS + 10))
    for process in $followers; do
        while is_running "$process" && ((SECONDS < deadline)); do sleep 0.1; done
    done
    for pod in $running; do
        say "$pod:"
        if [[ -n $(final_report "$work/$pod.log") ]]; then
            final_report "$work/$pod.log"
        else
            say "  it left no statistics; it had not begun, or was cut off"
        fi
    done
}
