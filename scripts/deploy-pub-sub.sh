#!/usr/bin/env bash
# Builds the image and puts producer, consumer and archive into the cluster. See usage below.
set -euo pipefail
# shellcheck source=scripts/kubernetes.sh
source "$(dirname "${BASH_SOURCE[0]}")/kubernetes.sh"
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
overlay=$repository/manifests/overlays/local
images="atm-producer:latest atm-consumer:latest"

usage() {
    cat <<'TEXT'
Usage: deploy-pub-sub.sh [--no-build] [--overlay FOLDER] [--dry-run]

Builds the image, makes it known to the cluster that kubectl speaks to, and applies manifests/overlays/local: producer
(which stands still until scripts/start-producer.sh), consumer and archive, in the namespace kafka, with their topic.
Again, it applies what has changed; what runs keeps its number of replicas, and its pods where nothing changed for them.

  --no-build        takes the image that the cluster has: for changes of settings and pipelines. Needs no Docker
  --overlay FOLDER  applies another kustomization, such as one of your own over manifests/overlays/local
  --dry-run         checks everything, says what it would do, and changes nothing
  -h, --help        shows this text

Settings: manifests/base/settings/*.env, pipelines: pipelines/*.json.

Variables:
  IMAGE_LOADER        a command that reads the image from standard input (docker save) and makes it known to the cluster.
                      Without it kind, minikube, k3d, k3s, Docker Desktop and containerd on this machine are told apart
  DOCKER_BUILD_FLAGS  further words for docker build
TEXT
}

build=yes
dry_run=no
while (($# > 0)); do
    case $1 in
        --*=*)
            set -- "${1%%=*}" "${1#*=}" "${@:2}"
            continue
            ;;
        --no-build) build=no ;;
        --overlay)
            overlay=$(value_of "$@")
            [[ -f $overlay/kustomization.yaml ]] || fail "--overlay $overlay holds no kustomization.yaml" 64
            overlay=$(cd "$overlay" && pwd)
            shift
            ;;
        --dry-run) dry_run=yes ;;
        -h | --help)
            usage
            exit 0
            ;;
        *) unknown_argument "$1" ;;
    esac
    shift
done

# The image

# as_root COMMAND…
as_root() {
    if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

# What makes the image known to the cluster, in words, as a command (none: it knows it already), the program that it needs,
# and whether the command reads the image from standard input.
loader_name=
loader=()
loader_needs=
reads_image=yes

# choose_loader goes by what the nodes say of themselves; a context may have any name.
choose_loader() {
    local nodes count name provider profile runtime version
    if [[ -n ${IMAGE_LOADER:-} ]]; then
        loader_name="IMAGE_LOADER ($IMAGE_LOADER)"
        loader=(bash -c "$IMAGE_LOADER")
        return
    fi
    nodes=$(kubectl get nodes --output 'jsonpath={range .items[*]}{.metadata.name}|{.spec.providerID}|'\
'{.metadata.labels.minikube\.k8s\.io/name}|{.status.nodeInfo.containerRuntimeVersion}|'\
'{.status.nodeInfo.kubeletVersion}{"\n"}{end}') || fail "cannot list the cluster's nodes; set IMAGE_LOADER" 69
    count=$(grep -c . <<<"$nodes") || fail "the cluster has no node" 69
    IFS='|' read -r name provider profile runtime version <<<"$nodes"
    # By what they were split at, which none of them has in it.
    case "$provider|$profile|$name|$runtime" in
        kind://*)
            loader_name=kind
            loader_needs=kind
            reads_image=no
            # kind://docker/CLUSTER/NODE
            provider=${provider#kind://*/}
            # shellcheck disable=SC2206
            loader=(kind load docker-image $images --name "${provider%%/*}")
            ;;
        *'|'?*'|'*'|docker://'*)
            # Not `minikube image load`, which leaves a tag as it was where a container that runs uses it
            # (kubernetes/minikube#23023). docker-env speaks to one node only.
            ((count == 1)) || fail "this minikube has $count nodes. Say by IMAGE_LOADER which command reads the image and \
makes it known to each" 78
            loader_name=minikube
            loader_needs=minikube
            # shellcheck disable=SC2016
            loader=(bash -c 'there=$(minikube --profile "$0" docker-env --shell bash) && eval "$there" && docker load' "$profile")
            ;;
        *'|'?*'|'*'|'*)
            loader_name=minikube
            loader_needs=minikube
            reads_image=no
            # shellcheck disable=SC2206
            loader=(minikube --profile "$profile" image load --daemon $images)
            ;;
        *'||k3d-'*)
            loader_name=k3d
            loader_needs=k3d
            reads_image=no
            # k3d-CLUSTER-server-0
            name=${name#k3d-}
            # shellcheck disable=SC2206
            loader=(k3d image import --cluster "${name%-*-*}" $images)
            ;;
        *'|docker://'*) loader_name="Docker itself, which runs the cluster" ;;
        *)
            if ((count > 1)) || [[ $name != "$(uname -n | tr '[:upper:]' '[:lower:]')" ]]; then
                fail "the node $name is not this machine, and neither kind, minikube, k3d nor Docker Desktop. Say by \
IMAGE_LOADER which command reads the image and makes it known to every node" 78
            fi
            case $version in
                *+k3s*)
                    loader_name=k3s
                    loader_needs=k3s
                    loader=(as_root k3s ctr images import -)
                    ;;
                *)
                    loader_name=containerd
                    loader_needs=ctr
                    loader=(as_root ctr --namespace k8s.io images import -)
                    ;;
            esac
            ;;
    esac
    if [[ -n $loader_needs ]]; then
        command -v "$loader_needs" >/dev/null ||
            fail "the cluster runs in $loader_name, and there is no $loader_needs on PATH. Install it, or set IMAGE_LOADER" 69
    fi
}

build_image() {
    local revision=unknown created=1970-01-01T00:00:00Z version found
    # The commit and time of what goes into the image, and not those of today: the same sources are to give the same
    # image, and leave alone what runs.
    local sources="Dockerfile Package.swift Sources pipelines"
    # shellcheck disable=SC2086
    if found=$(git -C "$repository" log -1 --format='%h %cI' -- $sources 2>/dev/null) && [[ -n $found ]]; then
        revision=${found% *}
        created=${found#* }
        if [[ -n $(git -C "$repository" status --porcelain -- $sources) ]]; then revision+=-dirty; fi
    fi
    version=$(sed -n 's/.* number = "\(.*\)"$/\1/p' "$repository/Sources/Runner/Commands/Version.swift")
    say "Building the image; a few minutes the first time …"
    # shellcheck disable=SC2086
    docker build ${DOCKER_BUILD_FLAGS:-} --build-arg "VERSION=$version" --build-arg "REVISION=$revision" \
        --build-arg "CREATED=$created" \
        --tag atm-producer:latest --tag atm-consumer:latest "$repository" >&2 || fail "the image cannot be built"
}

load_image() {
    if ((${#loader[@]} == 0)); then return; fi
    say "Loading the image by $loader_name …"
    if [[ $reads_image == yes ]]; then
        # shellcheck disable=SC2086
        docker save $images | "${loader[@]}" >&2
    else
        "${loader[@]}" >&2
    fi || fail "the image cannot be loaded by $loader_name"
}

# The manifests

# live WORKLOAD JSONPATH prints what it has now, or nothing if it is not there.
live() { k get "$1" --ignore-not-found --output "jsonpath=$2"; }

# settings_hash NAME of the settings that NAME's pods have in their environment: a change is to replace them.
settings_hash() {
    awk -v name="$1" '
        /^---$/ { document = ""; next }
        { document = document $0 "\n" }
        $0 ~ "^  name: atm-(kafka|" name ")-settings$" { printf "%s", document }
    ' <<<"$rendered" | cksum | awk '{ print $1 }'
}

# The manifests as the overlay has them, and a kustomization over it with what only a deployment knows.
rendered=
over=

# write_kustomization IMAGE-ID
write_kustomization() {
    local name kind image
    cat <<YAML
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: ["../$(basename "$overlay")"]
replicas:
$(running_replicas)
patches:
YAML
    for name in producer consumer archive; do
        kind=Deployment
        if [[ $name == archive ]]; then kind=StatefulSet; fi
        image=${1:-$(live "$kind/atm-$name" '{.spec.template.metadata.annotations.image-id}')}
        cat <<YAML
  - target: { kind: $kind, name: atm-$name }
    patch: |
      apiVersion: apps/v1
      kind: $kind
      metadata: { name: any }
      spec:
        template:
          metadata:
            annotations: { settings-hash: "$(settings_hash "$name")", image-id: "${image:-none}" }
YAML
    done
}

# check_shards: the number of shards belongs to the files that are there.
check_shards() {
    local live_shards wanted_shards
    live_shards=$(live statefulset/atm-archive '{.spec.template.spec.containers[0].env[?(@.name=="SHARDS")].value}')
    wanted_shards=$(awk '/^ *- name: SHARDS$/ { getline; gsub(/[^0-9]/, ""); print; exit }' <<<"$rendered")
    if [[ -n $live_shards && $live_shards != "$wanted_shards" ]]; then
        fail "the archive has $live_shards shards, the manifests $wanted_shards. To change that is a migration \
(docs/kubernetes.md); to deploy the rest, say by --overlay which kustomization has $live_shards" 78
    fi
}

# running_replicas keeps what runs as it runs, and what was stopped stopped. Where the manifests leave a number open, so does
# this: once it has been applied, the next `kubectl apply` without it would set it to 1.
running_replicas() {
    local workload count
    for workload in Deployment/atm-producer Deployment/atm-consumer StatefulSet/atm-archive; do
        count=$(live "$workload" '{.spec.replicas}')
        if [[ -n $count ]] && states_replicas "$workload"; then echo "  - { name: ${workload#*/}, count: $count }"; fi
    done
}

# states_replicas KIND/NAME
states_replicas() {
    awk -v kind="${1%/*}" -v name="${1#*/}" '
        function judge() { if (is_kind && is_name && has) found = 1; is_kind = is_name = has = 0 }
        /^---$/ { judge() }
        $0 == "kind: " kind { is_kind = 1 }
        $0 == "  name: " name { is_name = 1 }
        /^  replicas: / { has = 1 }
        END { judge(); exit !found }
    ' <<<"$rendered"
}

# make_topic has a producer that makes no transaction connect: it creates a topic that is missing, and shows whether the
# cluster reaches Kafka at all.
make_topic() {
    say "Looking for Kafka and the topic $(topic) …"
    topic_job=$(new_job_name atm-producer-topic)
    # Not exactly once, for which it would take over from a producer that runs.
    create_job "$topic_job" "" COUNT=0 TTL- DELIVERY=at-least-once
    await_job "$topic_job" ||
        fail "no producer can work in this cluster. Kafka must run at $(live configmap/atm-kafka-settings \
            '{.data.KAFKA_BROKERS}'), or manifests/base/settings/kafka.env say where" 69
    k delete job "$topic_job" --ignore-not-found >/dev/null
    topic_job=
}

topic_job=
finish() {
    if [[ -n $over ]]; then rm -rf "$over"; fi
    if [[ -n $topic_job ]]; then k delete job "$topic_job" --ignore-not-found --wait=false >/dev/null 2>&1 || true; fi
}

if [[ $build == yes ]]; then require_docker; fi
require_cluster
[[ -f $overlay/kustomization.yaml ]] || fail "$overlay is missing; use the scripts of a whole checkout" 78
trap finish EXIT
rendered=$(kubectl kustomize "$overlay") || fail "the manifests are wrong" 78
check_shards
image=
if [[ $build == yes ]]; then
    choose_loader
    if [[ $dry_run == no ]]; then
        build_image
        load_image
        image=$(docker image inspect --format '{{.Id}}' atm-producer:latest)
    else
        say "Would build atm-producer:latest and atm-consumer:latest from $repository"
        say "Would load them by $loader_name"
    fi
fi

# Beside the overlay, because kustomize takes relative paths only.
over=$(mktemp -d "$(dirname "$overlay")/.deploy.XXXXXX")
write_kustomization "$image" >"$over/kustomization.yaml"
if [[ $dry_run == yes ]]; then
    if has_namespace; then
        k apply --kustomize "$over" --dry-run=server
    else
        say "Would create the namespace $namespace"
        k apply --kustomize "$over" --dry-run=client
    fi
    say "Nothing was changed."
    exit 0
fi
has_namespace || kubectl apply --filename "$repository/manifests/namespace.yaml" >&2
k apply --kustomize "$over" >&2 || fail "the manifests cannot be applied"
make_topic
"$repository/scripts/prepare-volumes.sh"
say "Waiting for consumer and archive …"
wait_until_ready deployment/atm-consumer app=atm-consumer 180
wait_until_ready statefulset/atm-archive app=atm-archive 180
k get deployment,statefulset,pod --selector "$system_label"
cat >&2 <<'TEXT'

Deployed. Next:
  scripts/start-producer.sh -r 50        fifty transactions a second
  scripts/ttl-wrapper.sh -r 10 -t 60     ten a second for a minute
  scripts/start-consumer.sh              shows them
  scripts/query-archive.sh               what is in the archive
  scripts/cleanup-pub-sub.sh             removes it all
TEXT
