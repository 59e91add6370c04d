#!/usr/bin/env bash
# Removes producer, consumer and archive from the cluster. See usage below.
set -euo pipefail
# shellcheck source=scripts/kubernetes.sh
source "$(dirname "${BASH_SOURCE[0]}")/kubernetes.sh"
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

usage() {
    cat <<'TEXT'
Usage: cleanup-pub-sub.sh [--delete-topic] [--keep-archive] [--force]

Stops and removes producer, consumer and archive, with their settings and with the archive's disk. Kafka, its namespace
and the images stay.

  --delete-topic  deletes the topic and all that is in it as well
  --keep-archive  keeps the archive's disk: a later deployment goes on with it
  --force         does not ask
  -h, --help      shows this text

It may be interrupted and started again, and does nothing where nothing is left.
TEXT
}

delete_topic=no
keep_archive=no
force=no
while (($# > 0)); do
    case $1 in
        --delete-topic) delete_topic=yes ;;
        --keep-archive) keep_archive=yes ;;
        --force) force=yes ;;
        -h | --help)
            usage
            exit 0
            ;;
        *) unknown_argument "$1" ;;
    esac
    shift
done
require_cluster

# Not persistentvolumeclaim, which goes last, nor pod, which goes with its owner.
kinds=deployment,statefulset,job,poddisruptionbudget,service,configmap,secret,serviceaccount,networkpolicy

disks() {
    k get persistentvolumeclaim --selector app=atm-archive --output name
}

# delete_the_topic has a pod do it that reaches Kafka as a producer does.
delete_the_topic() {
    local job arguments
    if ! is_deployed deployment/atm-producer; then
        k apply --filename "$repository/manifests/producer-deployment.yaml" >/dev/null ||
            fail "the topic cannot be deleted without the producer's settings"
    fi
    job=$(new_job_name atm-producer-topic)
    arguments=$(k get deployment/atm-producer --output 'jsonpath={.spec.template.spec.containers[0].args}')
    create_job "$job" '["delete-topic",'"${arguments#\[}" COUNT=0
    await_job "$job" || fail "the topic is still there; start this script again" 69
    k logs "job/$job" >&2
}

if ! has_namespace; then
    say "Nothing is left to remove: there is no namespace $namespace."
    exit 0
fi
left=$(k get "$kinds" --selector "$system_label" --output name)
disks=
if [[ $keep_archive == no ]]; then disks=$(disks); fi
if [[ -z $left && -z $disks && $delete_topic == no ]]; then
    say "Nothing is left to remove."
    exit 0
fi

if [[ $force == no ]]; then
    say "This removes from the namespace $namespace of $(kubectl config current-context 2>/dev/null || echo 'this cluster'):"
    printf '%s\n' "$left" "$disks" | sed '/^$/d; s/^/  /' >&2
    if [[ -n $disks ]]; then say "The archive is lost with its disk; --keep-archive keeps it."; fi
    if [[ $delete_topic == yes ]]; then say "The topic $(topic) is deleted with all that is in it."; fi
    [[ -t 0 ]] || fail "nobody can be asked here; say --force to go on" 64
    read -r -p "Go on? [y/N] " answer
    if ! [[ $answer =~ ^[yY]([eE][sS])?$ ]]; then
        say "Nothing was removed."
        exit 1
    fi
fi

if [[ -n $left ]]; then
    stop_producers
    say "Removing consumer and archive; what they have read is finished first …"
    for workload in deployment/atm-consumer statefulset/atm-archive; do
        k delete "$workload" --ignore-not-found --cascade=foreground --timeout=300s >/dev/null ||
            fail "$workload has not ended within 300 s; start this script again"
    done
fi
if [[ $delete_topic == yes ]]; then delete_the_topic; fi
k delete "$kinds" --selector "$system_label" --cascade=foreground --timeout=300s >/dev/null ||
    fail "not all has ended within 300 s; start this script again"
if [[ $keep_archive == no ]]; then
    k delete persistentvolumeclaim --selector app=atm-archive --timeout=120s >/dev/null ||
        fail "the archive's disk is still in use; start this script again"
fi
say "Removed."
