#!/usr/bin/env bash
# Measures what the runner does, beside plain C programs that do the same work on the same broker. See usage below.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/dependencies.sh
source scripts/dependencies.sh
# shellcheck source=scripts/driving.sh
source scripts/driving.sh

usage() {
    cat <<'USAGE'
Usage: scripts/bench.sh [NAME…] [--pairs N] [--json FILE] [--write] [--list] [OPTION…]

Builds runner and benchmarks, starts a broker of its own in a temporary folder where one is needed, runs the
benchmarks NAME… (all of them without a name), and prints their tables.
--pairs N      rounds that count, after one that does not (5)
--json FILE    write every sample as JSON
--write        update the tables in docs/performance.md
--list         say what benchmarks there are
Every other option goes to the driver; .build/release/benchmarks --help shows them all.

Variables:
ANCHORS        a folder with a Makefile that builds the programs `produce` and `archive`, which the project is compared
               with; without it the comparisons run without them
KAFKA_HOME     an unpacked Kafka distribution, which the broker is started from; without it from Docker
KAFKA_BROKERS  a broker that runs already, used instead of one of its own
BENCH_PORT     the port of its own broker (a random one); the next port is taken too
BENCH_FOLDER   where the temporary folder is made (TMPDIR); should be on the disk that is to be measured
USAGE
}

starts_broker=yes
for argument in "$@"; do
    case $argument in
    -h | --help)
        usage
        exit 0
        ;;
    --list | --needs-broker) starts_broker=no ;;
    esac
done

ensure_packages no "${build_packages[@]}"
runner=$(build_runner)
for product in benchmarks AllocationCount CallgrindAid; do
    build_product "$product" || die "the build failed"
done
driver=$(dirname "$runner")/benchmarks

if [[ $starts_broker == no ]]; then exec "$driver" "$@"; fi

parent=${BENCH_FOLDER:-${TMPDIR:-/tmp}}
work=$(mktemp -d "$parent/sluice-bench.XXXXXX")
broker=(--port "${BENCH_PORT:-$((20000 + RANDOM % 5000 * 2))}")
if [[ -n ${KAFKA_HOME:-} ]]; then broker+=(--data "$work/kafka"); fi
has_broker=no
finish() {
    stop_driver
    if [[ $has_broker == yes ]]; then scripts/kafka.sh reset "${broker[@]}" >&2 || true; fi
    rm -rf "$work"
}
end_on_signals finish

mkdir "$work/runs"
options=(--runner "$runner" --folder "$work/runs")
if [[ -n ${ANCHORS:-} ]]; then
    make -C "$ANCHORS" BUILD="$work/anchors" >&2 || die "the anchors in $ANCHORS do not build"
    options+=(--anchors "$work/anchors")
fi
if "$driver" --needs-broker "$@"; then
    brokers=${KAFKA_BROKERS:-}
    if [[ -z $brokers ]]; then
        # Before the start: an interruption while it starts must stop it too.
        has_broker=yes
        scripts/kafka.sh start "${broker[@]}" >&2 || die "no broker; KAFKA_BROKERS can name one"
        brokers=127.0.0.1:${broker[1]}
    fi
    options+=(--brokers "$brokers")
    if [[ -n ${KAFKA_HOME:-} ]]; then options+=(--kafka-home "$KAFKA_HOME"); fi
fi

run_driver "$driver" "$@" "${options[@]}"
