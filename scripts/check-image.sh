#!/usr/bin/env bash
# Checks that the image is what the Dockerfile promises. See usage below.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/dependencies.sh
source scripts/dependencies.sh

usage() {
    cat <<'USAGE'
Usage: scripts/check-image.sh [IMAGE]

Checks a built image (atm-producer:latest): its size, its user, its labels; that it makes and archives records with a
read-only root file system, without a network, without a capability; that it says when it is ready; that it drains on
SIGTERM. Needs Docker.
USAGE
}

image=atm-producer:latest
for argument in "$@"; do
    case $argument in
    -h | --help)
        usage
        exit 0
        ;;
    -*)
        usage >&2
        die "unknown argument $argument"
        ;;
    *) image=$argument ;;
    esac
done
command -v docker >/dev/null || die "there is no docker on PATH; see https://docs.docker.com/get-docker/"
docker info >/dev/null 2>&1 || die "Docker does not answer: is its daemon running, and may this user speak with it?"
docker image inspect "$image" >/dev/null 2>&1 ||
    die "there is no image $image. Build it: docker build -t atm-producer:latest -t atm-consumer:latest ."

container=""
finish() { if [[ -n $container ]]; then docker rm --force "$container" >/dev/null; fi; }
trap finish EXIT

of() { docker image inspect --format "$1" "$image"; }

confined=(--network none --read-only --cap-drop ALL --security-opt no-new-privileges --memory 192m)

most=130000000
size=$(of '{{.Size}}')
((size <= most)) || die "$image has $size bytes; it may have $most"

user=$(of '{{.Config.User}}')
[[ $user =~ ^[1-9][0-9]*(:[0-9]+)?$ ]] || die "$image runs as '$user', which Kubernetes cannot tell from root"

for label in title description licenses version revision created; do
    [[ -n $(of "{{index .Config.Labels \"org.opencontainers.image.$label\"}}") ]] || die "$image has no label $label"
done

[[ $(of '{{json .Config.Healthcheck.Test}}' 2>/dev/null) == '["CMD","runner","health"]' ]] || die "$image asks runner for no health"

libraries=$(docker run --rm "${confined[@]}" --entrypoint ldd "$image" /usr/local/bin/runner)
if grep -E 'not found|libswift|libFoundation' <<<"$libraries" >&2; then die "runner wants libraries that the image has not"; fi

# One broker in memory, written by one pipeline and archived by the other.
report=$(docker run --rm "${confined[@]}" --tmpfs "/data:uid=${user%%:*},mode=700" --env BURST=unlimited "$image" \
    pipelines/produce.json pipelines/consume-to-sqlite.json --embedded-broker --set produce:source.count=1000 \
    --set consume-to-sqlite:stages.ttl.after=4s 2>&1) || die "$image does not run confined: $report"
(($(grep -c 'total 1,000 records' <<<"$report") == 2)) || die "a thousand records were not made and archived: $report"

container=$(docker run --detach "${confined[@]}" --env RATE=50 "$image" pipelines/produce.json --embedded-broker)
for ((tries = 0; tries < 100; tries++)); do
    if health=$(docker exec "$container" runner health 2>&1); then break; fi
    sleep 0.1
done
[[ $health == ready ]] || die "it is not ready after ten seconds: $health"
docker stop --time 45 "$container" >/dev/null
code=$(docker container inspect --format '{{.State.ExitCode}}' "$container")
ending=$(docker logs "$container" 2>&1 | tail -8)
[[ $code == 0 && $ending == *"produce: stopped"* ]] || die "SIGTERM ended it with $code, not with a drain: $ending"

say "$image: $((size / 1000000)) MB, runs as $user, confined, and drains on SIGTERM"
