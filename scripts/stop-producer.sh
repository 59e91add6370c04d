#!/usr/bin/env bash
# Stops the producer and runs with a time limit, and shows what they sent. See usage below.
set -euo pipefail
# shellcheck source=scripts/kubernetes.sh
source "$(dirname "${BASH_SOURCE[0]}")/kubernetes.sh"

usage() {
    cat <<'TEXT'
Usage: stop-producer.sh

Stops the producer that scripts/start-producer.sh started and every run of scripts/ttl-wrapper.sh that is under way, and
prints their final statistics. What was made is sent and acknowledged first. Where none runs, it does nothing.

  -h, --help   shows this text
TEXT
}

while (($# > 0)); do
    case $1 in
        -h | --help)
            usage
            exit 0
            ;;
        *) unknown_argument "$1" ;;
    esac
done
require_cluster
stop_producers
