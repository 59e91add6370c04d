#!/usr/bin/env bash
# A real Kafka broker on this machine, for tests and for trying things out. See usage below.
set -euo pipefail

image=apache/kafka:4.1.1
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

usage() {
    cat <<TEXT
Usage: kafka.sh start|stop|status|reset [--port PORT] [--data DIR] [--behind PORT]

  start    starts a broker on 127.0.0.1:PORT and returns once it answers
  stop     stops it; its data stays
  status   says whether it answers (exit code 0) or not (1)
  reset    stops it and deletes its data

  --port PORT   the port clients connect to (9092); PORT + 1 is taken as well, for the controller
  --data DIR    where its data, settings and log are kept (.kafka/PORT beside scripts/)
  --behind PORT a second listener on PORT + 2 of the broker, for a proxy that clients reach on this port (only with
                KAFKA_HOME)
  -h, --help    shows this text

With KAFKA_HOME set to an unpacked Kafka (4.0 or later, needs Java 17) that one runs; otherwise the image
$image runs in Docker, its data in a volume, and --data does not apply.
A topic that is written to without having been created gets 3 partitions.
TEXT
}

fail() {
    echo "kafka.sh: $1" >&2
    exit "${2:-1}"
}

# Whether anything listens on a port of this machine.
is_taken() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Whether the broker serves clients: asks for metadata (version 0, no topics) and looks whether a broker is in the
# answer. A listening port alone says less, and each of Kafka's own tools costs the start of a JVM.
answers() {
    local count
    count=$(
        exec 2>/dev/null
        exec 3<>"/dev/tcp/127.0.0.1/$port" || exit 1
        printf '\0\0\0\16\0\3\0\0\0\0\0\1\377\377\0\0\0\0' >&3
        timeout 2 head -c 12 <&3 | od -An -v -tu1 -j 11
    ) || return 1
    [[ ${count//[[:space:]]/} =~ ^[1-9][0-9]*$ ]]
}

# The broker's process, if the one we started still runs. The settings' path among its arguments tells it from another
# process that got the same number later.
running_process() {
    local process
    [[ -f $data/broker.pid ]] || return 1
    process=$(<"$data/broker.pid")
    [[ $process =~ ^[0-9]+$ ]] || return 1
    ps -ww -p "$process" -o args= 2>/dev/null | grep -qF -- "$data/server.properties" || return 1
    echo "$process"
}

# in_container, unless a process that was started with KAFKA_HOME runs there: whoever stops it may not have it set.
in_container() {
    [[ -z ${KAFKA_HOME:-} ]] && ! running_process >/dev/null
}

is_running() {
    if in_container; then
        [[ $(docker inspect -f '{{.State.Running}}' "$container" 2>/dev/null) == true ]]
    else
        running_process >/dev/null
    fi
}

require_tools() {
    if in_container; then
        command -v docker >/dev/null ||
            fail "no Docker here and KAFKA_HOME is not set. Install Docker, or unpack Kafka and set KAFKA_HOME" 69
        docker info >/dev/null 2>&1 ||
            fail "Docker does not answer. Start it, or unpack Kafka and set KAFKA_HOME" 69
        [[ $data_given == no ]] ||
            fail "--data needs KAFKA_HOME: in Docker the data is kept in the volume $container" 64
    else
        [[ -x $KAFKA_HOME/bin/kafka-server-start.sh ]] ||
            fail "KAFKA_HOME is $KAFKA_HOME, which holds no bin/kafka-server-start.sh" 78
        if ! command -v java >/dev/null && [[ ! -x ${JAVA_HOME:-}/bin/java ]]; then
            fail "Kafka needs Java 17 or later, and there is no java on PATH (Debian: openjdk-17-jre-headless)" 69
        fi
    fi
}

start_process() {
    local controller=$((port + 1)) settings=$data/server.properties home
    home=$(cd "$KAFKA_HOME" && pwd)
    if is_taken "$controller"; then
        fail "port $controller, which the controller of a broker on $port needs, is taken. Choose another --port" 69
    fi
    mkdir -p "$data"
    local proxied='' advertised=''
    if [[ -n $behind ]]; then
        proxied=,PROXIED://127.0.0.1:$((port + 2))
        advertised=,PROXIED://127.0.0.1:$behind
    fi
    cat >"$settings" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller$proxied
advertised.listeners=PLAINTEXT://127.0.0.1:$port$advertised
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=$data/log
num.partitions=3
auto.create.topics.enable=true
offsets.topic.replication.factor=1
offsets.topic.num.partitions=3
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=3
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
log.retention.check.interval.ms=10000
PROPERTIES
    export LOG_DIR=$data
    if [[ ! -f $data/log/meta.properties ]]; then
        "$home/bin/kafka-storage.sh" format --cluster-id "$("$home/bin/kafka-storage.sh" random-uuid)" \
            -c "$settings" >"$data/format.log" 2>&1 || fail "cannot prepare $data/log: $(tail -1 "$data/format.log")"
    fi
    # A session of its own: Ctrl-C in the terminal that started it is not meant for the broker.
    setsid "$home/bin/kafka-server-start.sh" "$settings" >"$data/server.log" 2>&1 </dev/null &
    echo $! >"$data/broker.pid"
    # Until the new process has its own arguments it is no broker, and on a busy machine that takes a moment.
    local deadline=$((SECONDS + 10))
    until running_process >/dev/null || [[ -s $data/server.log ]] || ((SECONDS > deadline)); do sleep 0.05; done
}

start_container() {
    docker rm -f "$container" >/dev/null 2>&1 || true
    # The controller's port is inside the container, so no two brokers meet there.
    docker run -d --name "$container" -p "127.0.0.1:$port:$port" -v "$container:/var/lib/kafka/data" \
        -e KAFKA_NODE_ID=1 -e KAFKA_PROCESS_ROLES=broker,controller \
        -e KAFKA_LISTENERS="PLAINTEXT://:$port,CONTROLLER://localhost:$((port + 1))" \
        -e KAFKA_ADVERTISED_LISTENERS="PLAINTEXT://127.0.0.1:$port" \
        -e KAFKA_CONTROLLER_LISTENER_NAMES=CONTROLLER \
        -e KAFKA_LISTENER_SECURITY_PROTOCOL_MAP=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT \
        -e KAFKA_CONTROLLER_QUORUM_VOTERS="1@localhost:$((port + 1))" \
        -e KAFKA_LOG_DIRS=/var/lib/kafka/data \
        -e KAFKA_NUM_PARTITIONS=3 -e KAFKA_AUTO_CREATE_TOPICS_ENABLE=true \
        -e KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR=1 -e KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS=3 \
        -e KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR=1 -e KAFKA_TRANSACTION_STATE_LOG_MIN_ISR=1 \
        -e KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS=3 \
        -e KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR=1 \
        -e KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR=1 \
        -e KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS=0 \
        -e KAFKA_LOG_RETENTION_CHECK_INTERVAL_MS=10000 \
        "$image" >/dev/null || fail "docker run $image failed"
}

last_words() {
    if in_container; then
        echo "docker logs $container says: $(docker logs --tail 1 "$container" 2>&1)"
    else
        echo "$data/server.log ends: $(tail -1 "$data/server.log")"
    fi
}

start() {
    require_tools
    if is_running; then
        echo "the broker on 127.0.0.1:$port is running already"
    else
        if is_taken "$port"; then fail "port $port is taken by something else. Choose another --port" 69; fi
        if in_container; then start_container; else start_process; fi
    fi
    # After a kill the broker checks its log before it answers, 10 s for some hundred MB.
    local deadline=$((SECONDS + 120))
    until answers; do
        is_running || fail "the broker ended while starting; $(last_words)"
        ((SECONDS < deadline)) || fail "the broker does not answer on 127.0.0.1:$port after 120 s; $(last_words)" 69
        sleep 0.2
    done
    echo "Kafka answers on 127.0.0.1:$port"
}

stop() {
    if in_container; then
        command -v docker >/dev/null || return 0
        is_running && docker stop -t 60 "$container" >/dev/null
        docker rm -f "$container" >/dev/null 2>&1 || true
    else
        local process deadline=$((SECONDS + 60))
        if process=$(running_process); then
            kill "$process"
            while running_process >/dev/null; do
                if ((SECONDS > deadline)); then kill -KILL "$process" 2>/dev/null || true; fi
                sleep 0.1
            done
        fi
        rm -f "$data/broker.pid"
    fi
    echo "no broker runs on 127.0.0.1:$port"
}

status() {
    if answers; then
        if is_running; then
            echo "Kafka answers on 127.0.0.1:$port"
        else
            echo "a Kafka that this script did not start answers on 127.0.0.1:$port"
        fi
    elif is_running; then
        echo "the broker on 127.0.0.1:$port runs, but does not answer"
        return 1
    else
        echo "no broker runs on 127.0.0.1:$port"
        return 1
    fi
}

reset() {
    stop
    if in_container; then
        docker volume rm "$container" >/dev/null 2>&1 || true
    else
        # Only what `start` made: DIR may hold other things.
        rm -rf "$data/log" "$data/logs"
        rm -f "$data/server.properties" "$data/server.log" "$data/format.log"
        rmdir "$data" 2>/dev/null || true
    fi
    echo "its data is deleted"
}

command=
port=9092
data=
data_given=no
behind=
while (($# > 0)); do
    case $1 in
        start | stop | status | reset)
            [[ -z $command ]] || fail "one command at a time, not $command and $1" 64
            command=$1
            ;;
        --port | --data | --behind)
            (($# > 1)) || fail "$1 needs a value" 64
            case $1 in
                --port) port=$2 ;;
                --data) data=$2 data_given=yes ;;
                --behind) behind=$2 ;;
            esac
            shift
            ;;
        -h | --help)
            usage
            exit 0
            ;;
        *) fail "unknown argument \"$1\"; kafka.sh -h lists them" 64 ;;
    esac
    shift
done
if [[ -z $command ]]; then
    usage >&2
    exit 64
fi
if ! [[ $port =~ ^[1-9][0-9]{0,4}$ ]] || ((port > 65534)); then fail "--port $port is not between 1 and 65534" 64; fi
if [[ -n $behind ]]; then
    [[ $behind =~ ^[1-9][0-9]{0,4}$ ]] || fail "--behind $behind is not between 1 and 65535" 64
    if in_container; then fail "--behind needs KAFKA_HOME" 64; fi
fi
data=${data:-$repository/.kafka/$port}
[[ $data == /* ]] || data=$PWD/$data
container=sluice-kafka-$port
"$command"
