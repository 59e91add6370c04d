#!/usr/bin/env bash
# Shows the whole in ten seconds: 2,000 transactions a second into a broker in memory, out again into an archive.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/dependencies.sh
source scripts/dependencies.sh

usage() {
    cat <<'USAGE'
Usage: scripts/demo.sh [--no-install]

Installs what is missing, builds runner, runs producer and archive side by side for ten seconds at 2,000
transactions a second over the embedded broker, and shows what is in the archive.
--no-install: say which packages are missing instead of installing them.
USAGE
}

install=yes
for argument in "$@"; do
    case $argument in
    -h | --help)
        usage
        exit 0
        ;;
    --no-install) install=no ;;
    *)
        usage >&2
        die "unknown argument $argument"
        ;;
    esac
done

ensure_packages "$install" "${build_packages[@]}"
runner=$(build_runner)

folder=$(mktemp -d "${TMPDIR:-/tmp}/sluice-demo.XXXXXX")
archive=$folder/atm-transactions.db
say ""
say "Ten seconds at 2,000 transactions a second, through a broker in memory (a demonstration: it keeps nothing) …"
say ""
# The archive stops two seconds after the producer, so that it has everything.
env -u KAFKA_TOPIC -u COUNT -u SEED -u BURST -u UNTIL -u FORMAT -u STATUS_FILTER -u REGION_FILTER \
    RATE=2000 TTL=10s DATABASE="$archive" OFFSET_RESET=earliest \
    "$runner" pipelines/produce.json pipelines/consume-to-sqlite.json --embedded-broker \
    --set consume-to-sqlite:stages.ttl.after=12s
say ""
say "What is in the archive (runner query $archive):"
"$runner" query "$archive"
cat <<NEXT

Try next:
  $runner query $archive "SELECT transaction_type, count(*), round(avg(amount), 2) FROM transactions GROUP BY 1"
  scripts/install.sh                             # puts runner on your PATH
  scripts/kafka.sh start                         # a real Kafka on 127.0.0.1:9092
  RATE=50 TTL=60s runner pipelines/produce.json  # fifty a second for a minute
  runner pipelines/consume-to-sqlite.json        # archive them, each exactly once; Ctrl-C and start again as you like
NEXT
