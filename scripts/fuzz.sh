#!/usr/bin/env bash
# Feeds the readers of files, records and settings with what a fuzzer thinks of. See usage below.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/dependencies.sh
source scripts/dependencies.sh

usage() {
    cat <<'USAGE'
Usage: scripts/fuzz.sh [definition|record|settings]… [--seconds N]

Builds the fuzzers in Fuzzing/ with libFuzzer and runs them one after the other, all without a name. An input that ends one
is kept in the folder and named; make a test of it.
--seconds N   how long each runs (60)

Variables:
FUZZ_CORPUS   a folder where the inputs found are kept from run to run (a temporary one)
USAGE
}

seconds=60
names=()
while (($# > 0)); do
    case $1 in
    -h | --help)
        usage
        exit 0
        ;;
    --seconds)
        (($# > 1)) || die "--seconds needs a value"
        seconds=$2
        shift
        ;;
    definition | record | settings) names+=("$1") ;;
    *)
        usage >&2
        die "unknown argument $1"
        ;;
    esac
    shift
done
if ((${#names[@]} == 0)); then names=(definition record settings); fi

ensure_packages no "${build_packages[@]}"
ensure_swift
corpus=${FUZZ_CORPUS:-}
if [[ -z $corpus ]]; then
    corpus=$(mktemp -d "${TMPDIR:-/tmp}/sluice-fuzz.XXXXXX")
    trap 'rmdir "$corpus" 2>/dev/null || [[ -n $(find "$corpus" -name "crash-*" -o -name "timeout-*") ]] || rm -rf "$corpus"' EXIT
fi
# Every module is built so that the fuzzer sees which branches an input takes. libFuzzer brings a main function that SwiftPM
# has no use for: the first one, ours, counts.
build=(--package-path Fuzzing -c release -Xswiftc -sanitize=fuzzer -Xcc -fsanitize=fuzzer-no-link
    -Xcxx -fsanitize=fuzzer-no-link -Xswiftc -use-ld=lld -Xlinker --allow-multiple-definition)
status=0
for name in "${names[@]}"; do
    swift build "${build[@]}" --product "${name^}" >&2 || die "the build failed"
    program=$(swift build "${build[@]}" --show-bin-path)/${name^}
    mkdir -p "$corpus/$name"
    seeds=Fuzzing/Seeds/$name
    if [[ $name == definition ]]; then seeds=pipelines; fi
    say "== $name, $seconds s"
    "$program" "$corpus/$name" "$seeds" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 \
        -artifact_prefix="$corpus/$name/" -print_final_stats=1 2>&1 | grep -E '^(stat|SUMMARY|Done|==|Test unit)' >&2 ||
        status=1
    if compgen -G "$corpus/$name/crash-*" >/dev/null || compgen -G "$corpus/$name/timeout-*" >/dev/null; then
        say "FAILED: what ended it is in $corpus/$name"
        status=1
    fi
done
exit "$status"
