#!/usr/bin/env bash
# Puts faults into runs against a real Kafka and proves after each that nothing was lost. See usage below.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/dependencies.sh
source scripts/dependencies.sh
# shellcheck source=scripts/driving.sh
source scripts/driving.sh

usage() {
    cat <<'USAGE'
Usage: scripts/chaos.sh [--rounds N] [--seed S] [--round R] [--quick] [--least N] [--json FILE]
       [--write]

Builds runner and driver, starts a broker of its own in a temporary folder, and runs rounds. In each a stream is produced
exactly once and archived exactly once, a program is stopped at an exact call, a fault is put there (kill -9 of producer,
archiver, both or broker, a zombie, a bad network, a full disk, a lock, a reader), and in the end `runner verify` must find
each record in the archive once. Prints a table of fault and phase, and ends with 1 if any round failed.
--rounds N     rounds (as many as there are pairs of fault and phase)
--seed S       decides the rounds and what is chance in them (1); the same seed gives the same rounds
--round R      only this one of them, to see a failure again
--kills        only rounds in which producer or archiver are killed
--also FILE,…  count the rounds of earlier sessions into the table too: what --json wrote
--quick        one kill a round instead of eighteen
--least N      fail if fewer faults were put where they were meant to be
--json FILE    write every round as JSON
--write        update the table in docs/reliability.md

Variables:
KAFKA_HOME     an unpacked Kafka distribution; needed, because the broker is killed too
TOXIPROXY      a toxiproxy-server, as a program or packed (.xz); without it faults of the network are left out
CHAOS_FOLDER   where the temporary folder is made (TMPDIR)

Filling a disk needs root, for a small disk of its own; without it that fault is left out.
USAGE
}

for argument in "$@"; do
    case $argument in
    -h | --help)
        usage
        exit 0
        ;;
    esac
done

[[ -n ${KAFKA_HOME:-} ]] || die "KAFKA_HOME is not set: the broker is killed, which needs one of our own"
ensure_packages no "${build_packages[@]}"
if [[ -n ${TOXIPROXY:-} ]]; then ensure_packages no curl; fi
runner=$(build_runner)
for product in chaos FaultPoint; do
    build_product "$product" || die "the build failed"
done
driver=$(dirname "$runner")/chaos

parent=${CHAOS_FOLDER:-${TMPDIR:-/tmp}}
work=$(mktemp -d "$parent/sluice-chaos.XXXXXX")
port=$((20000 + RANDOM % 2000 * 5))
broker=(--port "$port" --data "$work/kafka")
finish() {
    stop_driver
    # A broker that stands still hears no other signal.
    if [[ -f $work/kafka/broker.pid ]]; then kill -CONT "$(<"$work/kafka/broker.pid")" 2>/dev/null || true; fi
    scripts/kafka.sh reset "${broker[@]}" >&2 || true
    if mountpoint -q "$work/disk"; then umount "$work/disk"; fi
    if compgen -G "$work/runs/round-*" >/dev/null; then
        say "What the failed rounds wrote is in $work/runs"
        rm -rf "$work/disk" "$work/toxiproxy-server"
    else
        rm -rf "$work"
    fi
}
end_on_signals finish

mkdir "$work/runs" "$work/disk"
options=(--runner "$runner" --folder "$work/runs" --broker "$port" --data "$work/kafka")
if [[ -n ${TOXIPROXY:-} ]]; then
    case $TOXIPROXY in
    *.xz) xz -dc "$TOXIPROXY" >"$work/toxiproxy-server" ;;
    *) cp "$TOXIPROXY" "$work/toxiproxy-server" ;;
    esac
    chmod 755 "$work/toxiproxy-server"
    broker+=(--behind $((port + 3)))
    options+=(
        --toxiproxy "$work/toxiproxy-server" --proxy-port $((port + 3)) --upstream "127.0.0.1:$((port + 2))")
else
    say "TOXIPROXY is not set: the faults of the network are left out"
fi
if ((EUID == 0)) && mount -t tmpfs -o size=40m tmpfs "$work/disk" 2>/dev/null; then
    options+=(--disk "$work/disk")
else
    say "No small disk can be mounted: the full disk is left out"
fi
scripts/kafka.sh start "${broker[@]}" >&2 || die "no broker"

run_driver "$driver" "$@" "${options[@]}"
