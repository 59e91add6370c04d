#!/usr/bin/env bash
# Builds everything and runs every test; ends with how many passed, failed and were skipped, and why.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/dependencies.sh
source scripts/dependencies.sh

usage() {
    cat <<'USAGE'
Usage: scripts/test.sh [--no-install] [--require-kafka] [--quick]

Installs what is missing, checks format and scripts, builds, and runs every test, those against a real Kafka
included if KAFKA_HOME names an unpacked Kafka distribution or Docker is there.
--no-install     say which packages are missing instead of installing them
--require-kafka  fail if a test that needs a real Kafka was skipped
--quick          leave out the run under the thread sanitizer, the allocation counts, the faults of scripts/chaos.sh and
                 the fuzzers
TOXIPROXY        names a toxiproxy-server, for the faults of the network
USAGE
}

install=yes
require_kafka=no
quick=no
for argument in "$@"; do
    case $argument in
    -h | --help)
        usage
        exit 0
        ;;
    --no-install) install=no ;;
    --require-kafka) require_kafka=yes ;;
    --quick) quick=yes ;;
    *)
        usage >&2
        die "unknown argument $argument"
        ;;
    esac
done

packages=("${build_packages[@]}" "${test_packages[@]}")
if [[ -n ${KAFKA_HOME:-} ]] && ! command -v java >/dev/null; then packages+=(openjdk-17-jre-headless); fi
ensure_packages "$install" "${packages[@]}"
ensure_swift

work=$(mktemp -d "${TMPDIR:-/tmp}/sluice-test.XXXXXX")
# What the tests and the compiler leave behind goes with it.
export TMPDIR=$work
kafka_port=""
finish() {
    if [[ -n $kafka_port ]]; then scripts/kafka.sh stop --port "$kafka_port" --data "$work/kafka" >&2 || true; fi
    rm -rf "$work"
}
trap finish EXIT

mapfile -t traits < <(build_traits)
passed=0
failed=0
skipped=0
reasons=()

# check NAME COMMAND… counts as one test.
check() {
    local name=$1
    shift
    say "== $name"
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        say "FAILED: $name"
    fi
}

# swift_tests NAME ARGUMENT… runs swift test and adds up what its tests say.
swift_tests() {
    local name=$1 log=$work/swift-test.log status=0
    shift
    say "== $name"
    # A test that hangs is a failure, not a wait without end.
    timeout --kill-after=10 1200 swift test "${traits[@]}" "$@" >"$log" 2>&1 || status=$?
    grep -vE '^(◇|✔|➜)|^\[[0-9]+/[0-9]+\] ' "$log" | tail -n 200 >&2 || true
    local more_passed more_failed more_skipped
    more_passed=$(grep -cE '^. Test [^ ].* passed after [0-9.]+ seconds' "$log" || true)
    more_failed=$(grep -cE '^. Test [^ ].* failed after [0-9.]+ seconds' "$log" || true)
    more_skipped=$(grep -cE '^. (Test|Suite) .* skipped' "$log" || true)
    passed=$((passed + more_passed))
    failed=$((failed + more_failed))
    skipped=$((skipped + more_skipped))
    while IFS= read -r line; do reasons+=("$line"); done < <(grep -E '^. (Test|Suite) .* skipped' "$log" | cut -c1-200)
    if ((status != 0 && more_failed == 0)); then
        failed=$((failed + 1))
        say "FAILED: $name (swift test ended with $status)"
    fi
}

# Holds the hot paths to their allocations a record, those with Kafka where there is one.
allocation_counts() {
    local product options=()
    for product in benchmarks AllocationCount; do build_product "$product" || return 1; done
    if [[ -n ${KAFKA_TEST_BROKERS:-} ]]; then options=(--brokers "$KAFKA_TEST_BROKERS"); fi
    "$(dirname "$RUNNER")/benchmarks" allocations --check "${options[@]}"
}

check "format" swift format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks \
    Chaos Driving Fuzzing
mapfile -t shell_files < <(ls scripts/*.sh; [[ -f .ci/run ]] && echo .ci/run)
check "scripts" shellcheck -x "${shell_files[@]}"
check "alert rules" promtool check rules manifests/monitoring/alerts.yaml
check "alerts" promtool test rules manifests/monitoring/alerts-test.yaml
if command -v kubectl >/dev/null; then
    check "manifests that apply alone" scripts/render-manifests.sh --check
else
    skipped=$((skipped + 1))
    reasons+=("manifests that apply alone: there is no kubectl on PATH")
fi
check "release build" build_product runner
RUNNER=$(swift build -c release --show-bin-path)/runner
export RUNNER

if [[ -n ${KAFKA_HOME:-} ]] || docker info >/dev/null 2>&1; then
    kafka_port=$((20000 + RANDOM % 5000 * 2))
    if scripts/kafka.sh start --port "$kafka_port" --data "$work/kafka" >&2; then
        export KAFKA_TEST_BROKERS=127.0.0.1:$kafka_port
    else
        failed=$((failed + 1))
        say "FAILED: starting Kafka"
    fi
else
    say "No real Kafka: KAFKA_HOME is not set and Docker does not answer. The tests that need one are skipped."
fi

if [[ $quick == no ]]; then
    check "allocation counts" allocation_counts
fi
swift_tests "tests of the framework and the runner" --filter '^(PipelineTests|RunnerTests|BenchmarksTests|ChaosTests)\.'
# One at a time: these have servers, processes and bounds in time, and the machine has few cores.
swift_tests "tests of the stages" --no-parallel --filter '^StagesTests\.'
swift_tests "tests of the whole" --no-parallel --filter '^SystemTests\.'
if [[ $quick == no ]]; then
    TSAN_OPTIONS="suppressions=$PWD/Tests/thread-sanitizer.supp" \
        swift_tests "tests of the framework under the thread sanitizer" \
        --sanitize=thread --scratch-path .build/thread-sanitizer --filter '^PipelineTests\.'
fi

if [[ $quick == no ]]; then
    if [[ -n ${KAFKA_HOME:-} ]]; then
        check "forty faults" env CHAOS_FOLDER="$work" scripts/chaos.sh --quick --rounds 56 --least 40 --seed "${CHAOS_SEED:-1}"
    fi
    check "fuzzers" scripts/fuzz.sh --seconds 20
    # What whoever has only the packages of the README builds.
    check "build without probes" swift build --scratch-path .build/without-probes --product runner
fi

say ""
if ((${#reasons[@]} > 0)); then
    say "Skipped:"
    printf '  %s\n' "${reasons[@]}" >&2
fi
if [[ $require_kafka == yes && -z ${KAFKA_TEST_BROKERS:-} ]]; then
    failed=$((failed + 1))
    say "FAILED: tests that need a real Kafka were skipped"
fi
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0))
