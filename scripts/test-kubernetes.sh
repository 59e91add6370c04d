#!/usr/bin/env bash
# Tries the image, the manifests and the scripts for Kubernetes on a real cluster. See usage below.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/dependencies.sh
source scripts/dependencies.sh

usage() {
    cat <<'TEXT'
Usage: test-kubernetes.sh [--list] [--only CHECK]… [--keep]

Deploys to a cluster that is for tests alone, checks what the scripts promise, and removes everything again, the topic
atm-transactions and the archive included.

  --list        says which checks there are
  --only CHECK  runs this one alone, on what is deployed already; may be given several times
  --keep        leaves the deployment there

Variables:
  TEST_CLUSTER        the command under which kubectl reaches the cluster; empty: kubectl reaches it anyway
  IMAGE_LOADER        as for deploy-pub-sub.sh
  DOCKER_BUILD_FLAGS  as for deploy-pub-sub.sh
  KAFKA_STOP          a command that kills the broker, and KAFKA_START one that starts it again with its data and returns
                      when it answers; without them the outage is not tried
TEXT
}

# In this order: a later one may use what an earlier one has sent.
checks=(
    arguments
    missing_tools
    image_loaders
    manifests
    deploy
    image
    pod_security
    deploy_again
    time_to_live
    burst
    impossible_run
    exactly_once
    consumer_formats
    consumer_filters
    statistics
    stop_and_drain
    interrupted_run
    interrupted_wait
    configuration_change
    shared_topic
    archive_pod_deleted
    archive_copied
    broker_outage
    full_speed
    cleanup
    cleanup_of_the_topic
)

selected=()
whole=yes
keep=no
while (($# > 0)); do
    case $1 in
        --list)
            printf '%s\n' "${checks[@]}"
            exit 0
            ;;
        --only)
            (($# > 1)) || die "--only needs a check"
            [[ " ${checks[*]} " == *" $2 "* ]] || die "there is no check $2; --list names them"
            selected+=("$2")
            whole=no
            shift
            ;;
        --keep) keep=yes ;;
        -h | --help)
            usage
            exit 0
            ;;
        *)
            usage >&2
            die "unknown argument $1"
            ;;
    esac
    shift
done

work=$(mktemp -d "${TMPDIR:-/tmp}/sluice-kubernetes.XXXXXX")
archive_database=atm-transactions.db

# Tools of the checks

# inside COMMAND… where kubectl reaches the cluster.
inside() {
    # shellcheck disable=SC2086
    ${TEST_CLUSTER:-} "$@"
}

k() { inside kubectl --namespace kafka "$@"; }

# wrong WORDS ends a check.
wrong() {
    say "    $*"
    exit 1
}

# expect_code CODE COMMAND… runs it, and keeps what it says in $work/said.
expect_code() {
    local expected=$1 code=0
    shift
    "$@" >"$work/said" 2>&1 </dev/null || code=$?
    if ((code != expected)); then
        sed 's/^/    /' "$work/said" >&2
        wrong "expected exit code $expected, got $code from: $*"
    fi
}

# expect_said PATTERN in what the last expect_code ran.
expect_said() {
    grep -qE -- "$1" "$work/said" || {
        sed 's/^/    /' "$work/said" >&2
        wrong "expected it to say: $1"
    }
}

# within LOW VALUE HIGH, with decimals.
within() { awk -v low="$1" -v value="$2" -v high="$3" 'BEGIN { exit !(low <= value && value <= high) }'; }

# eventually SECONDS WORDS COMMAND…
eventually() {
    local deadline=$((SECONDS + $1)) words=$2
    shift 2
    until "$@"; do
        ((SECONDS < deadline)) || wrong "not so in time: $words"
        sleep 0.5
    done
}

# value OBJECT JSONPATH
value() { k get "$1" --output "jsonpath=$2"; }

# archive_says SQL prints one value.
archive_says() { inside scripts/query-archive.sh "$1" --format csv 2>/dev/null | tail -n 1 | tr -d '\r'; }

rows() { archive_says "SELECT count(*) FROM transactions"; }

# rows_are NUMBER
rows_are() { [[ $(rows) == "$1" ]]; }

# archive_reaches NUMBER: exactly, since each transaction is in it once; and it stays so.
archive_reaches() {
    eventually "${2:-60}" "$1 rows in the archive ($(rows))" rows_are "$1"
    [[ $(archive_says "SELECT sum(read) - sum(rows) - sum(dropped) FROM offsets") == 0 ]] ||
        wrong "the archive has repeated or dead transactions"
}

# total FILE of what a run or a stop has printed.
total() { sed -n 's/^  total \([0-9,]*\) records.*/\1/p' "$1" | tr -d , | tail -n 1; }

# run_for ARGUMENT… runs ttl-wrapper.sh and puts what it sent into $sent.
sent=
run_for() {
    inside scripts/ttl-wrapper.sh "$@" >"$work/run" 2>"$work/run.log" || {
        cat "$work/run.log" "$work/run" >&2
        wrong "ttl-wrapper.sh $* failed"
    }
    sent=$(total "$work/run")
}

# pod_of NAME prints its pods, name and uid, which are others when a pod was replaced.
pod_of() {
    k get pods --selector "app=$1" \
        --output 'jsonpath={range .items[?(@.status.phase=="Running")]}{.metadata.name} {.metadata.uid}{"\n"}{end}'
}

restarts() {
    k get pods --selector system=kafka-pub-sub \
        --output 'jsonpath={range .items[*]}{.status.containerStatuses[*].restartCount} {end}' |
        tr ' ' '\n' | awk '{ sum += $1 } END { print sum + 0 }'
}

# interruptible OUTPUT COMMAND… runs it in the background, as in a terminal: in a process group of its own, so that Ctrl-C
# reaches all of it, and with that signal as it is there, also where these checks themselves run in the background, which ignores
# it. What it says goes to OUTPUT and OUTPUT.log, its process is in $interruptible.
interruptible() {
    local output=$1
    shift
    set -m
    inside env --default-signal=INT "$@" >"$output" 2>"$output.log" </dev/null &
    interruptible=$!
    set +m
}

# interrupt CODE presses Ctrl-C, and expects it to end with the code.
interrupt() {
    local code=0
    kill -INT -- "-$interruptible"
    wait "$interruptible" || code=$?
    ((code == $1)) || wrong "ended with $code after Ctrl-C, not with $1"
}

# show_consumer WHAT SECONDS PATTERN ARGUMENT… follows start-consumer.sh until it has said the pattern, ends it by
# Ctrl-C, and leaves what it said in $work/shown.
show_consumer() {
    local seconds=$1 pattern=$2
    shift 2
    interruptible "$work/shown" scripts/start-consumer.sh "$@"
    eventually "$seconds" "start-consumer.sh $* says $pattern" grep -qE -- "$pattern" "$work/shown"
    interrupt 0
}

# The checks

check_arguments() {
    local script
    for script in deploy-pub-sub start-producer stop-producer start-consumer ttl-wrapper cleanup-pub-sub query-archive; do
        expect_code 0 "scripts/$script.sh" --help
        expect_said "^Usage: $script.sh"
        expect_code 0 "scripts/$script.sh" -h
        expect_code 64 "scripts/$script.sh" --teapot
        expect_said 'unknown argument "--teapot"'
    done
    expect_code 64 scripts/start-producer.sh --rate
    expect_code 64 scripts/start-producer.sh --rate 0
    expect_code 64 scripts/start-producer.sh -r fast
    expect_code 64 scripts/start-producer.sh -r 1000001
    expect_code 64 scripts/ttl-wrapper.sh -r 5
    expect_said "--ttl"
    expect_code 64 scripts/ttl-wrapper.sh --ttl 0
    expect_code 64 scripts/ttl-wrapper.sh --ttl=-5
    expect_code 64 scripts/ttl-wrapper.sh --ttl soon
    expect_code 64 scripts/start-consumer.sh --format xml
    expect_code 64 scripts/start-consumer.sh --offset middle
    expect_code 64 scripts/start-consumer.sh --status-filter SUCCESS,FAILD
    expect_said "FAILD is none of: SUCCESS"
    expect_code 64 scripts/start-consumer.sh --region-filter mars
    expect_code 64 scripts/start-consumer.sh --stats-interval often
    expect_code 64 scripts/start-consumer.sh --archive --group any
    expect_code 64 scripts/query-archive.sh "SELECT 1" "SELECT 2"
    expect_code 64 scripts/query-archive.sh --format xml
    expect_code 64 scripts/query-archive.sh --copy
    expect_code 64 scripts/query-archive.sh --copy copy.db "SELECT 1"
    expect_code 73 scripts/query-archive.sh --copy README.md
    expect_code 73 scripts/query-archive.sh --copy nowhere/copy.db
    expect_code 64 scripts/deploy-pub-sub.sh --overlay scripts
}

check_missing_tools() {
    local program script folder=$work/few-tools
    mkdir -p "$folder"
    for program in bash env awk basename cat date dirname grep sed tail tr; do
        ln -sf "$(command -v "$program")" "$folder/$program"
    done
    for script in deploy-pub-sub start-producer stop-producer start-consumer cleanup-pub-sub query-archive "ttl-wrapper -t 5"; do
        # shellcheck disable=SC2086
        set -- scripts/${script/ /.sh }
        if (($# == 1)); then set -- "$1.sh"; fi
        if [[ $1 == *deploy* ]]; then set -- "$1" --no-build; fi
        expect_code 69 env PATH="$folder" "$@"
        expect_said "there is no kubectl on PATH"
        expect_code 69 inside env KUBECONFIG=/dev/null "$@"
        expect_said "kubectl knows no cluster"
    done
    cat >"$work/nowhere" <<'YAML'
apiVersion: v1
kind: Config
clusters: [{ name: nowhere, cluster: { server: "https://127.0.0.1:1" } }]
contexts: [{ name: nowhere, context: { cluster: nowhere, user: nobody } }]
users: [{ name: nobody, user: {} }]
current-context: nowhere
YAML
    expect_code 69 inside env KUBECONFIG="$work/nowhere" scripts/start-producer.sh
    expect_said "the cluster of kubectl's context nowhere does not answer"
    expect_code 69 env PATH="$folder" scripts/deploy-pub-sub.sh
    expect_said "there is no docker on PATH"
    expect_code 69 inside env DOCKER_HOST=unix:///nowhere scripts/deploy-pub-sub.sh
    expect_said "Docker does not answer"
}

check_deploy() {
    inside scripts/cleanup-pub-sub.sh --force >&2
    expect_code 69 inside scripts/start-producer.sh
    expect_said "not deployed"
    expect_code 0 inside scripts/deploy-pub-sub.sh --dry-run
    [[ -z $(k get deployment --selector system=kafka-pub-sub --output name) ]] || wrong "--dry-run has deployed"
    expect_code 0 inside scripts/deploy-pub-sub.sh
    [[ $(value deployment/atm-producer '{.spec.replicas}') == 0 ]] || wrong "the producer was started"
    [[ $(value deployment/atm-consumer '{.status.availableReplicas}') == 1 ]] || wrong "no consumer is there"
    [[ $(value statefulset/atm-archive '{.status.availableReplicas}') == 1 ]] || wrong "no archive is there"
    # A topic that an earlier test left is no matter: from here on all counts are differences.
    [[ $(rows) =~ ^[0-9]+$ ]] || wrong "the archive cannot be asked"
    expect_code 64 inside scripts/query-archive.sh "DELETE FROM transactions"
}

# Each kind of cluster is known by what its nodes say of themselves. Tools that do nothing stand for the real ones.
check_image_loaders() {
    local program loader nodes host folder=$work/stand-ins
    host=$(uname -n | tr '[:upper:]' '[:lower:]')
    mkdir -p "$folder"
    cat >"$folder/kubectl" <<'STUB'
#!/bin/sh
if [ "$1 $2" = "get nodes" ]; then printf '%s\n' "$NODES"; fi
STUB
    chmod +x "$folder/kubectl"
    for program in docker kind minikube k3d k3s ctr; do ln -sf kubectl "$folder/$program"; done
    while read -r loader nodes; do
        expect_code 0 env -u IMAGE_LOADER NODES="$nodes" PATH="$folder:$PATH" scripts/deploy-pub-sub.sh --dry-run
        expect_said "^Would load them by $loader"
    done <<TEXT
kind a-control-plane|kind://docker/a/a-control-plane||containerd://2.0.3|v1.33.1
minikube minikube||minikube|docker://28.0.4|v1.33.1
minikube minikube||minikube|containerd://2.0.3|v1.33.1
k3d k3d-a-server-0|k3s://k3d-a-server-0||containerd://2.0.5-k3s1|v1.33.1+k3s1
Docker docker-desktop|||docker://28.0.4|v1.32.2
k3s $host|k3s://$host||containerd://2.0.5-k3s1|v1.33.1+k3s1
containerd $host|||containerd://2.0.3|v1.33.1
TEXT
    expect_code 78 env -u IMAGE_LOADER NODES="elsewhere|aws:///a/i-1||containerd://2.0.3|v1.33.1" PATH="$folder:$PATH" \
        scripts/deploy-pub-sub.sh --dry-run
    expect_said "the node elsewhere is not this machine"
}

check_manifests() {
    expect_code 0 inside scripts/render-manifests.sh --check
    inside kubectl get namespace kafka >/dev/null 2>&1 || inside kubectl apply --filename manifests/namespace.yaml >/dev/null
    expect_code 0 k apply --dry-run=server --kustomize manifests/overlays/production
    expect_said '^poddisruptionbudget.policy/atm-archive created'
    expect_code 0 k apply --dry-run=server --filename manifests/producer-deployment.yaml \
        --filename manifests/consumer-deployment.yaml
}

check_image() { expect_code 0 scripts/check-image.sh; }

check_pod_security() {
    inside kubectl label --dry-run=server --overwrite namespace kafka \
        pod-security.kubernetes.io/enforce=restricted >"$work/said" 2>&1
    if grep -q atm- "$work/said"; then
        cat "$work/said" >&2
        wrong "a pod would be refused"
    fi
}

check_deploy_again() {
    local before
    k scale deployment/atm-consumer --replicas=2 >/dev/null
    k rollout status deployment/atm-consumer --timeout=60s >/dev/null
    expect_code 0 inside scripts/start-producer.sh -r 7
    before=$(pod_of atm-producer; pod_of atm-consumer; pod_of atm-archive)
    expect_code 0 inside scripts/deploy-pub-sub.sh
    [[ $(pod_of atm-producer; pod_of atm-consumer; pod_of atm-archive) == "$before" ]] ||
        wrong "pods were replaced though nothing had changed"
    expect_code 0 inside scripts/start-producer.sh --rate=7
    expect_said "runs already"
    [[ $(pod_of atm-producer; pod_of atm-consumer; pod_of atm-archive) == "$before" ]] ||
        wrong "the same pace again has restarted the producer"
    expect_code 0 inside scripts/stop-producer.sh
    expect_code 0 inside scripts/stop-producer.sh
    expect_said "No producer runs"
    expect_code 0 k apply --kustomize manifests/overlays/local
    [[ $(value deployment/atm-consumer '{.spec.replicas}') == 2 ]] || wrong "applying by hand has changed the number of consumers"
    k scale deployment/atm-consumer --replicas=1 >/dev/null
    expect_code 0 inside scripts/deploy-pub-sub.sh --no-build
}

check_time_to_live() {
    local before job
    before=$(rows)
    run_for -r 50 -t 20
    within 990 "$sent" 1010 || wrong "sent $sent of 1000"
    within 49.5 "$(sed -n 's|^Actual rate: *\([0-9.]*\)/s.*|\1|p' "$work/run")" 50.5 || wrong "wrong rate"
    within 19.8 "$(sed -n 's|^Elapsed: *\([0-9.]*\) s$|\1|p' "$work/run")" 20.6 || wrong "wrong time"
    grep -q '^remaining .* stops at about' "$work/run.log" || wrong "no remaining time was shown"
    job=$(sed -n 's/.*(job \(.*\)).*/\1/p' "$work/run.log")
    [[ $(value "job/$job" '{.status.conditions[?(@.type=="Complete")].status}') == True ]] || wrong "the job is not complete"
    [[ $(k get pods --selector "job-name=$job" --output 'jsonpath={.items[*].status.containerStatuses[0].restartCount}') == 0 ]] ||
        wrong "the pod was restarted"
    archive_reaches $((before + sent))
}

# A run whose pod cannot begin is said so, and does not wait for ever.
check_impossible_run() {
    k set image deployment/atm-producer runner=atm-producer:missing >/dev/null
    expect_code 1 inside scripts/ttl-wrapper.sh -t 5
    k rollout undo deployment/atm-producer >/dev/null
    expect_said 'The run cannot begin:'
    expect_said 'ErrImageNeverPull'
    [[ -z $(active_jobs) ]] || wrong "a job goes on"
}

active_jobs() { k get jobs --output 'jsonpath={.items[?(@.status.active)].metadata.name}'; }

# Of producers that deliver exactly once the last to begin fences off the others, so nothing may begin beside one by accident.
check_exactly_once() {
    local before producer
    before=$(rows)
    k set env deployment/atm-producer DELIVERY=exactly-once SEED=$RANDOM >/dev/null
    expect_code 0 inside scripts/start-producer.sh -r 100
    producer=$(pod_of atm-producer)
    expect_code 78 inside scripts/ttl-wrapper.sh -t 5
    expect_said 'only one producer may run'
    expect_code 0 inside scripts/deploy-pub-sub.sh --no-build
    [[ $(pod_of atm-producer) == "$producer" && $(restarts) == 0 ]] || wrong "deploying has ended the producer"
    expect_code 0 inside scripts/stop-producer.sh
    sent=$(total "$work/said")
    k set env deployment/atm-producer DELIVERY- SEED- >/dev/null
    archive_reaches $((before + sent))
}

check_burst() {
    local before
    before=$(rows)
    run_for -r 100 -t 10 -b
    ((sent == 1000)) || wrong "sent $sent of 1000"
    archive_reaches $((before + sent))
}

check_consumer_formats() {
    local group=formats-$RANDOM
    show_consumer 60 '^│ ATM +ATM-[0-9]{4} +│$' --format detailed --offset earliest --group "$group-1"
    show_consumer 60 '^[! ] [0-9:.]{12}  [A-Z_]+ +[0-9.]+ [A-Z]{3}  [A-Z_]+ +ATM-[0-9]{4}  [A-Z-]+$' \
        -f compact -o earliest -g "$group-2" --stats-interval 100
    eventually 5 "statistics" grep -q '^── Statistics: [0-9,]*00 transactions ──' "$work/shown"
    show_consumer 60 '^\{"transaction_id":"[0-9a-f-]{36}","atm_id":.*"timestamp":"[^"]*Z"\}$' \
        -f json -o earliest -g "$group-3" --no-stats
    ! grep -q Statistics "$work/shown" || wrong "--no-stats shows statistics"
}

check_consumer_filters() {
    show_consumer 60 ' FAILED .*(APAC|EU-WEST)$' -f compact -o earliest -g "filters-$RANDOM" --no-stats \
        --status-filter FAILED,TIMEOUT --region-filter APAC,EU-WEST
    if grep '^[! ] [0-9:.]*  ' "$work/shown" | grep -vE '(FAILED|TIMEOUT) .*(APAC|EU-WEST)$' >&2; then
        wrong "the filter lets others through"
    fi
}

# The consumer's own sums, by an independent way: those of the archive.
check_statistics() {
    local count grouped success
    count=$(rows)
    grouped=$(sed ':again; s/^\([0-9]*\)\([0-9]\{3\}\)/\1,\2/; t again' <<<"$count" | sed 's/^,//')
    show_consumer 60 "^── Statistics: $grouped transactions ──" -f none -o earliest -g "statistics-$RANDOM" \
        --stats-interval "$count"
    success=$(archive_says "SELECT count(*) FROM transactions WHERE status_code = 'SUCCESS'")
    [[ $(sed -n "/Statistics: $grouped /,\$p" "$work/shown" | awk '/ SUCCESS / { gsub(",", "", $3); print $3; exit }') == "$success" ]] ||
        wrong "the statistics do not say $success successful"
    expect_code 0 inside scripts/start-consumer.sh --no-follow
}

check_stop_and_drain() {
    local before stopping
    before=$(rows)
    expect_code 0 inside scripts/start-producer.sh -r 2000
    sleep 5
    stopping=$SECONDS
    expect_code 0 inside scripts/stop-producer.sh
    ((SECONDS - stopping < 45)) || wrong "it took longer than the grace period"
    expect_said '^produce: stopped$'
    archive_reaches $((before + $(total "$work/said")))
    k delete pod --selector app=atm-consumer --timeout=45s >/dev/null || wrong "the consumer did not end in time"
    k rollout status deployment/atm-consumer --timeout=60s >/dev/null
}

check_interrupted_run() {
    local before
    before=$(rows)
    interruptible "$work/run" scripts/ttl-wrapper.sh -r 300 -t 600
    eventually 60 "a run" grep -q '^remaining' "$work/run.log"
    sleep 3
    interrupt 130
    grep -q '^produce: stopped$' "$work/run" || wrong "no statistics"
    archive_reaches $((before + $(total "$work/run")))
    [[ -z $(active_jobs) ]] || wrong "a job goes on"
}

# Ctrl-C while a script waits for a pod is no fault of the pod.
check_interrupted_wait() {
    interruptible "$work/run" scripts/start-producer.sh -r 3
    until grep -q '^Starting' "$work/run.log"; do
        kill -0 "$interruptible" 2>/dev/null || wrong "it ended before it started anything"
        sleep 0.1
    done
    sleep 0.3
    interrupt 130
    if grep 'not ready' "$work/run.log" >&2; then wrong "the pod is blamed"; fi
    expect_code 0 inside scripts/stop-producer.sh
}

check_configuration_change() {
    local archive copy=$work/checkout
    mkdir -p "$copy"
    cp -R manifests pipelines scripts "$copy"
    archive=$(pod_of atm-archive)
    sed -i.before 's/^FORMAT=.*/FORMAT=compact/; s/^STATISTICS_INTERVAL=.*/STATISTICS_INTERVAL=77/' "$copy/manifests/base/settings/consumer.env"
    sed -i.before 's/"rate": "[^"]*"/"rate": 33/' "$copy/pipelines/produce.json"
    grep -q '"rate": 33' "$copy/pipelines/produce.json" || wrong "produce.json has another form now"
    expect_code 0 inside "$copy/scripts/deploy-pub-sub.sh" --no-build
    run_for -t 5 -r 40
    eventually 30 "the consumer's new settings" consumer_logs '── Statistics: 77 transactions'
    consumer_logs ' ATM-[0-9]{4}  [A-Z-]+$' || wrong "the format is not compact"
    [[ $(pod_of atm-archive) == "$archive" ]] || wrong "the archive was restarted, which nothing had changed for"
    run_for -t 10
    within 325 "$sent" 335 || wrong "the changed pipeline sent $sent, not 330"
    expect_code 0 inside scripts/deploy-pub-sub.sh --no-build
}

# consumer_logs PATTERN
consumer_logs() {
    k logs deployment/atm-consumer --tail=-1 >"$work/consumer.log" 2>/dev/null && grep -qE -- "$1" "$work/consumer.log"
}

check_shared_topic() {
    local pod first settings=(-f json --no-stats -o latest -g "shared-$RANDOM")
    expect_code 0 inside scripts/start-consumer.sh "${settings[@]}" --no-follow
    interruptible "$work/followed" scripts/start-consumer.sh "${settings[@]}"
    k scale deployment/atm-consumer --replicas=2 >/dev/null
    k rollout status deployment/atm-consumer --timeout=60s >/dev/null
    # Long enough for both to have their share; what comes before is read by one.
    run_for -r 10 -t 15
    first=$sent
    run_for -r 200 -t 10
    eventually 30 "both consumers have shown $((first + sent)) transactions" shown_by_all $((first + sent))
    [[ $(sort -u "$work/identities" | wc -l) == "$((first + sent))" ]] || wrong "a transaction was shown twice"
    for pod in $(k get pods --selector app=atm-consumer --field-selector status.phase=Running --output name); do
        k logs "$pod" --tail=-1 >"$work/consumer.log"
        grep -q '^{"transaction_id"' "$work/consumer.log" || wrong "$pod has shown nothing"
        # Also to whoever has looked since before there were two.
        grep -qF "[$pod/runner] {" "$work/followed" || wrong "start-consumer.sh has not shown what $pod says"
    done
    interrupt 0
    [[ $(grep -o '"transaction_id":"[^"]*"' "$work/followed" | sort -u | wc -l) == "$((first + sent))" ]] ||
        wrong "start-consumer.sh has not shown all"
    k scale deployment/atm-consumer --replicas=1 >/dev/null
    expect_code 0 inside scripts/start-consumer.sh --no-follow
}

# shown_by_all COUNT
shown_by_all() {
    k logs --selector app=atm-consumer --tail=-1 | sed -n 's/^{"transaction_id":"\([^"]*\)".*/\1/p' >"$work/identities"
    [[ $(wc -l <"$work/identities") -ge $1 ]]
}

# run_apart ARGUMENT… is a run with a time limit in the background; its process is in $apart.
run_apart() {
    inside scripts/ttl-wrapper.sh "$@" >"$work/run" 2>"$work/run.log" </dev/null &
    apart=$!
    eventually 60 "a run" grep -q '^remaining' "$work/run.log"
}

check_archive_pod_deleted() {
    local before
    before=$(rows)
    run_apart -r 2000 -t 25
    sleep 4
    k delete pod atm-archive-0 >/dev/null
    eventually 60 "the archive is back" archive_runs
    sleep 4
    k delete pod atm-archive-0 --force --grace-period=0 >/dev/null 2>&1
    wait "$apart" || wrong "the run failed"
    eventually 60 "the archive is back" archive_runs
    archive_reaches $((before + $(total "$work/run"))) 90
    k exec atm-archive-0 -- runner verify "$archive_database" >"$work/said" 2>&1 || {
        cat "$work/said" >&2
        wrong "the archive is not sound"
    }
}

archive_runs() {
    [[ $(k get pod atm-archive-0 --ignore-not-found --output 'jsonpath={.metadata.deletionTimestamp}:{.status.containerStatuses[0].ready}') == :true ]]
}

# The copy is asked by the image, which is the one runner that is sure to be here.
check_archive_copied() {
    local copy=$work/copy count before
    mkdir -p "$copy"
    run_apart -r 1000 -t 12
    sleep 3
    before=$(rows)
    expect_code 0 inside scripts/query-archive.sh --copy "$copy/copy.db" --shard 0
    [[ $(ls "$copy") == copy.db ]] || wrong "the copy left something behind"
    wait "$apart" || wrong "the run failed"
    count=$(of_copy query copy.db "SELECT count(*) FROM transactions" --format csv | tail -n 1 | tr -d '\r')
    within $((before + 1)) "$count" $(($(rows) - 1)) || wrong "the copy has $count rows, before it there were $before"
    of_copy verify copy.db >"$work/said" || {
        cat "$work/said" >&2
        wrong "the copy is not sound"
    }
    [[ -z $(k exec atm-archive-0 -- sh -c 'ls /data | grep -F .backup') ]] || wrong "the pod keeps a copy"
}

of_copy() {
    docker run --rm --network none --user "$(id -u):$(id -g)" --volume "$work/copy:/data" atm-consumer:latest "$@"
}

# ready_states prints True or False for each running pod.
ready_states() {
    k get pods --selector system=kafka-pub-sub --field-selector status.phase=Running \
        --output 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}'
}

none_ready() { [[ $(ready_states) == *False* && $(ready_states) != *True* ]]; }

all_ready() { [[ $(ready_states) == *True* && $(ready_states) != *False* ]]; }

check_broker_outage() {
    local before restarts down
    if [[ -z ${KAFKA_STOP:-} || -z ${KAFKA_START:-} ]]; then
        say "    skipped: KAFKA_STOP and KAFKA_START are not set"
        exit 77
    fi
    before=$(rows)
    restarts=$(restarts)
    run_apart -r 500 -t 40
    eventually 10 "producer, consumer and archive are ready" all_ready
    sleep 3
    bash -c "$KAFKA_STOP" >"$work/broker.log" 2>&1
    down=$SECONDS
    # Five seconds until a pod says so, two until it is asked, one for what asking takes here.
    eventually 8 "no pod is ready without the broker ($(ready_states))" none_ready
    expect_code 1 k exec atm-archive-0 -- runner health
    expect_said 'the server has not answered for'
    expect_code 0 k exec atm-archive-0 -- runner health http://127.0.0.1:9400/live
    sleep $((down + 10 - SECONDS))
    bash -c "$KAFKA_START" >>"$work/broker.log" 2>&1
    eventually 15 "all pods are ready again ($(ready_states))" all_ready
    wait "$apart" || wrong "the run failed"
    within 19000 "$(total "$work/run")" 20200 || wrong "sent $(total "$work/run") of 20000"
    # At least once: what was under way may have been written twice by an idempotent producer that was made anew, and
    # the archive tells such a one by its id.
    eventually 90 "the archive has it all" rows_are $((before + $(total "$work/run")))
    [[ $(restarts) == "$restarts" ]] || wrong "a pod was restarted by the outage"
}

# memory prints the most that each running pod's runner has had in memory, and fails if it was the pod's limit.
memory() {
    local pod most
    for pod in $(k get pods --selector system=kafka-pub-sub --field-selector status.phase=Running --output name); do
        # shellcheck disable=SC2016
        most=$(k exec "$pod" -- awk '/^VmHWM:/ { print $2 }' /proc/1/status)
        within 10000 "${most:-0}" $((192 * 1024)) || wrong "$pod has had $most KiB in memory"
        printf '%s %d MiB  ' "${pod#pod/}" $((most / 1024))
    done
}

check_full_speed() {
    local before restarts most
    expect_code 0 inside scripts/start-consumer.sh -f none --stats-interval 1000000 -g "speed-$RANDOM" --no-follow
    before=$(rows)
    restarts=$(restarts)
    run_apart -b -t 15
    sleep 8
    most=$(memory)
    say "    at full speed: $most"
    wait "$apart" || wrong "the run failed"
    sent=$(total "$work/run")
    within 100000 "$sent" 1000000000 || wrong "only $sent in fifteen seconds"
    say "    $sent in fifteen seconds"
    archive_reaches $((before + sent)) 180
    most=$(memory)
    say "    archived: $most"
    [[ $(restarts) == "$restarts" ]] || wrong "a pod was restarted"
    k get pods --selector system=kafka-pub-sub --output yaml >"$work/pods"
    ! grep -q OOMKilled "$work/pods" || wrong "a pod met its memory limit"
    expect_code 0 inside scripts/start-consumer.sh --no-follow
}

# What is left of us in the cluster, whatever its kind.
left() {
    k get all,configmap,secret,persistentvolumeclaim,poddisruptionbudget,serviceaccount,networkpolicy \
        --selector system=kafka-pub-sub --output name
}

check_cleanup() {
    expect_code 64 inside scripts/cleanup-pub-sub.sh
    expect_said "--force"
    expect_code 0 inside scripts/start-producer.sh -r 20
    expect_code 0 inside scripts/cleanup-pub-sub.sh --force --keep-archive
    expect_said '^produce: stopped$'
    [[ $(left) == persistentvolumeclaim/data-atm-archive-0 ]] || wrong "left: $(left)"
    expect_code 0 inside scripts/deploy-pub-sub.sh --no-build
    within 1000 "$(rows)" 1000000000 || wrong "the archive was not kept"
    expect_code 0 inside scripts/cleanup-pub-sub.sh --force
    eventually 30 "nothing is left" nothing_left
    expect_code 0 inside scripts/cleanup-pub-sub.sh --force
    expect_said "Nothing is left"
}

nothing_left() { [[ -z $(left) ]]; }

check_cleanup_of_the_topic() {
    expect_code 0 inside scripts/cleanup-pub-sub.sh --force --delete-topic
    expect_said "deleted the topic atm-transactions"
    eventually 30 "nothing is left" nothing_left
    expect_code 0 inside scripts/cleanup-pub-sub.sh --force --delete-topic
    expect_said "there is no topic atm-transactions"
    eventually 30 "nothing is left" nothing_left
}

# Running them

finish() {
    trap - INT TERM
    if [[ $keep == no && $whole == yes ]]; then
        inside scripts/cleanup-pub-sub.sh --force --delete-topic >/dev/null 2>&1 || true
    fi
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# state_of_things is for a check that failed.
state_of_things() {
    k get pods --selector system=kafka-pub-sub --output wide >&2 || true
    local pod
    for pod in $(k get pods --selector system=kafka-pub-sub --output name); do
        say "    -- $pod"
        k logs "$pod" --tail=8 2>&1 | cut -c1-200 | sed 's/^/    /' >&2 || true
    done
}

inside kubectl --request-timeout=10s get --raw /readyz >/dev/null 2>&1 ||
    die "kubectl reaches no cluster by: ${TEST_CLUSTER:+$TEST_CLUSTER }kubectl; set TEST_CLUSTER"
# settle brings things to where the next check expects them.
settle() {
    inside scripts/stop-producer.sh >/dev/null 2>&1 || true
    k scale deployment/atm-consumer --replicas=1 >/dev/null 2>&1 || true
    inside scripts/start-consumer.sh --no-follow >/dev/null 2>&1 || true
}

if [[ $whole == yes ]]; then selected=("${checks[@]}"); fi
passed=0
failed=0
skipped=0
for check in "${selected[@]}"; do
    say "== $check"
    began=$SECONDS
    code=0
    # Not as part of a condition, where bash would go on after a command that fails.
    (
        set -e
        "check_$check"
    ) &
    wait $! || code=$?
    case $code in
        0)
            passed=$((passed + 1))
            say "   passed in $((SECONDS - began)) s"
            ;;
        77) skipped=$((skipped + 1)) ;;
        *)
            failed=$((failed + 1))
            say "FAILED: $check, after $((SECONDS - began)) s"
            state_of_things
            # Nothing can be said of what is not there.
            if [[ $check == deploy ]]; then break; fi
            settle
            ;;
    esac
done
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0))
