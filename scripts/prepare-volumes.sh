#!/usr/bin/env bash
# Gives the archive's volumes to the archive's user where the cluster does not do it by itself.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/dependencies.sh
source scripts/dependencies.sh

usage() {
    cat <<'USAGE'
Usage: scripts/prepare-volumes.sh

For clusters whose volumes are folders of the node that somebody made by hand (hostPath): they belong to root, and
Kubernetes does not give them to a pod's group (fsGroup) as it does with other volumes, so that the archive ends with
"Permission denied". A pod in kube-system that runs as root for a moment hands each to the archive's user. Where volumes
come from a provisioner (kind, minikube, k3s, Docker Desktop, clouds) it does nothing, nor where it may not look at volumes. It
can be run again.
USAGE
}

for argument in "$@"; do
    case $argument in
    -h | --help)
        usage
        exit 0
        ;;
    *)
        usage >&2
        die "unknown argument $argument"
        ;;
    esac
done
command -v kubectl >/dev/null || die "there is no kubectl on PATH; see https://kubernetes.io/docs/tasks/tools/"

k() { kubectl --namespace kafka "$@"; }

# of KIND NAME JSONPATH
of() { k get "$1" "$2" --output "jsonpath=$3"; }

container='{.spec.template.spec.containers[0]'
replicas=$(of statefulset atm-archive '{.spec.replicas}') || die "there is no archive yet: kubectl apply -k manifests/overlays/local"
image=$(of statefulset atm-archive "$container.image}")
pull=$(of statefulset atm-archive "$container.imagePullPolicy}")
owner=$(of statefulset atm-archive '{.spec.template.spec.securityContext.fsGroup}')

# hand_over VOLUME FOLDER-AS-JSON NODE prints "given" unless the volume was the archive's already.
hand_over() {
    local pod=prepare-$1
    kubectl --namespace kube-system delete pod "$pod" --ignore-not-found >/dev/null
    kubectl --namespace kube-system create --filename - >/dev/null <<YAML
apiVersion: v1
kind: Pod
metadata: { name: $pod, labels: { system: kafka-pub-sub } }
spec:
  nodeName: $3
  restartPolicy: Never
  automountServiceAccountToken: false
  containers:
    - name: chown
      image: $image
      imagePullPolicy: $pull
      command: [sh, -c, "test $owner = \$(stat -c %u /volume) || { chown $owner:$owner /volume && echo given; }"]
      securityContext:
        runAsUser: 0
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: { drop: [ALL], add: [CHOWN] }
      volumeMounts: [{ name: volume, mountPath: /volume }]
  volumes: [{ name: volume, hostPath: $2 }]
YAML
    kubectl --namespace kube-system wait "pod/$pod" --for=jsonpath='{.status.phase}'=Succeeded --timeout=60s >/dev/null ||
        die "the pod $pod in kube-system did not succeed; kubectl -n kube-system describe pod $pod says why"
    kubectl --namespace kube-system logs "$pod"
    kubectl --namespace kube-system delete pod "$pod" >/dev/null
}

for ((index = 0; index < replicas; index++)); do
    pod=atm-archive-$index
    k wait "persistentvolumeclaim/data-$pod" --for=jsonpath='{.status.phase}'=Bound --timeout=180s >/dev/null ||
        die "the claim data-$pod has no volume; kubectl -n kafka describe pvc data-$pod says why"
    volume=$(of persistentvolumeclaim "data-$pod" '{.spec.volumeName}')
    # Volumes are no namespace's: somebody who has rights in ours alone may not read them.
    if [[ $(kubectl auth can-i get persistentvolumes 2>/dev/null) == no ]]; then
        say "Whether the volume of $pod is a folder of the node cannot be seen; it is left as it is"
        continue
    fi
    folder=$(of persistentvolume "$volume" '{.spec.hostPath}')
    provisioner=$(of persistentvolume "$volume" '{.metadata.annotations.pv\.kubernetes\.io/provisioned-by}')
    if [[ -z $folder || -n $provisioner ]]; then continue; fi
    k wait "pod/$pod" --for=condition=PodScheduled --timeout=60s >/dev/null || die "the pod $pod has no node yet"
    node=$(of pod "$pod" '{.spec.nodeName}')
    outcome=$(hand_over "$volume" "$folder" "$node")
    if [[ $outcome == given ]]; then
        say "The volume of $pod, a folder of the node $node, belongs to the archive's user now ($owner)"
        # At once, rather than after the pause that Kubernetes makes between restarts.
        k delete pod "$pod" --wait=false >/dev/null
    fi
done
