#!/usr/bin/env bash
# Keeps the manifests that apply alone the same as those that kustomize puts together.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/dependencies.sh
source scripts/dependencies.sh

usage() {
    cat <<'USAGE'
Usage: scripts/render-manifests.sh [--check]

Writes manifests/producer-deployment.yaml and manifests/consumer-deployment.yaml, each with all that it needs, from
manifests/overlays/local. Run it after a change to manifests/ or pipelines/. Needs kubectl, and no cluster.
--check  change nothing; fail if they are not as they would be written
USAGE
}

check=no
for argument in "$@"; do
    case $argument in
    -h | --help)
        usage
        exit 0
        ;;
    --check) check=yes ;;
    *)
        usage >&2
        die "unknown argument $argument"
        ;;
    esac
done
command -v kubectl >/dev/null || die "there is no kubectl on PATH; see https://kubernetes.io/docs/tasks/tools/"

# Beside the overlays, because kustomize takes no folder by an absolute path.
work=$(mktemp -d manifests/overlays/render.XXXXXX)
trap 'rm -rf "$work"' EXIT

# render NAME prints the overlay without what belongs to another of the three.
render() {
    cat >"$work/kustomization.yaml" <<YAML
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../local]
patches:
  - target: { labelSelector: "app,app!=$1" }
    patch: |
      \$patch: delete
      apiVersion: any
      kind: Any
      metadata: { name: any }
YAML
    echo "# Made by scripts/render-manifests.sh from manifests/overlays/local; a change belongs there."
    kubectl kustomize "$work"
}

stale=()
for name in producer consumer; do
    file=manifests/$name-deployment.yaml
    render "atm-$name" >"$work/$name.yaml"
    if [[ $check == no ]]; then
        cat "$work/$name.yaml" >"$file"
    elif ! diff -u "$file" "$work/$name.yaml" >&2; then
        stale+=("$file")
    fi
done
((${#stale[@]} == 0)) || die "not as manifests/overlays/local has it: ${stale[*]}. Run scripts/render-manifests.sh"
