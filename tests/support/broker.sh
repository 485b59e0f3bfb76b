#!/usr/bin/env bash
# A private RabbitMQ node for tests: everything it owns lies in one folder, and it listens on
# loopback only. It knows nothing of a system broker and works as root and as any other user.
set -euo pipefail

usage() {
    cat <<'END'
usage: broker.sh COMMAND DIR [ARGS...]

  start DIR [PEER]   boot a fresh node in DIR (a node left there by an aborted run is stopped and
                     its data removed); with PEER, the folder of a running node, join its cluster
  stop DIR           orderly stop; data and log stay in DIR; nothing running is fine too
  restart DIR        orderly stop, then boot with the same data and ports
  kill DIR           SIGKILL the node
  resume DIR         boot again after kill or stop, with the same data and ports
  ctl DIR ARGS...    rabbitmqctl against this node
  url DIR            print amqp://guest:guest@127.0.0.1:PORT/
  tls-url DIR        the same with TLS, and with whom to trust (after TASKWIRE_BROKER_TLS)
  free-port          print a loopback port nobody listens on

environment:
  TASKWIRE_BROKER_CONF     lines appended to rabbitmq.conf by start; restart and resume rewrite
                           the file when it is set
  TASKWIRE_BROKER_TLS      folder of certificates.sh: start opens a port with TLS, too; it takes
                           client certificates and the login mechanism EXTERNAL
  TASKWIRE_BROKER_TIMEOUT  seconds to wait for boot and stop, default 60
  TASKWIRE_RABBITMQ_BIN    folder of the server's own scripts, default /usr/lib/rabbitmq/bin
END
}

# Debian's /usr/sbin wrappers insist on the user rabbitmq and its folders; the scripts below do not.
bin=${TASKWIRE_RABBITMQ_BIN:-/usr/lib/rabbitmq/bin}
timeout_s=${TASKWIRE_BROKER_TIMEOUT:-60}
dir='' node='' amqp_port='' tls_port='' tls_dir='' dist_port='' epmd_port='' peer=''

fail() {
    echo "broker.sh: $*" >&2
    exit 1
}

# Ports below the kernel's ephemeral range are never taken by somebody's outgoing connection, so a
# node gets its own back after kill and resume.
free_port() {
    local low high=32767 port
    read -r low _ </proc/sys/net/ipv4/ip_local_port_range 2>/dev/null || low=32768
    ((low > high)) || high=$((low - 1))
    ((high >= 12000)) || high=32767
    while :; do
        port=$((10000 + (RANDOM * 32768 + RANDOM) % (high - 10000)))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

load() {
    [[ -f $dir/broker.env ]] || fail "no broker was started in $dir"
    # shellcheck source=/dev/null
    . "$dir/broker.env"
}

# A pid file outlives a reboot, so the process must also carry our mark in its command line.
alive() { # alive NAME MARK
    local pid
    [[ -s $dir/$1.pid ]] && pid=$(<"$dir/$1.pid") || return 1
    { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -q -- "$2 "
}

node_alive() { alive node "-taskwire_node $node"; }
epmd_alive() { alive epmd "-port $epmd_port"; }

# The dead child of a slow init stays a zombie; one that is about to exec has no command line yet.
is_dead() { # is_dead PID
    local stat
    { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 0
    [[ ${stat##*) } == [ZX]* ]]
}

await_false() { # await_false PREDICATE
    local deadline=$((SECONDS + timeout_s))
    while "$1"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.05
    done
}

# Nothing of the caller's Erlang or RabbitMQ settings may leak into the node, nor the reverse.
node_env() {
    unset NOTIFY_SOCKET ERL_LIBS ERL_FLAGS ERL_AFLAGS ERL_ZFLAGS "${!RABBITMQ_@}"
    export HOME=$dir LC_ALL=C.UTF-8 ERL_INETRC=$dir/inetrc ERL_CRASH_DUMP=$dir/erl_crash.dump
    export ERL_EPMD_PORT=$epmd_port ERL_EPMD_ADDRESS=127.0.0.1
    export RABBITMQ_NODENAME=$node RABBITMQ_DIST_PORT=$dist_port
    export RABBITMQ_CONF_ENV_FILE=$dir/rabbitmq-env.conf
    export RABBITMQ_CONFIG_FILE=$dir/rabbitmq RABBITMQ_ADVANCED_CONFIG_FILE=$dir/advanced.config
    export RABBITMQ_ENABLED_PLUGINS_FILE=$dir/enabled_plugins
    export RABBITMQ_MNESIA_BASE=$dir/data RABBITMQ_LOG_BASE=$dir RABBITMQ_LOGS=-
    export RABBITMQ_PID_FILE=$dir/rabbitmq.pid
    # Port 0: rabbitmqctl listens on any free port instead of fighting for eleven fixed ones.
    export RABBITMQ_CTL_DIST_PORT_MIN=0 RABBITMQ_CTL_DIST_PORT_MAX=0
    export RABBITMQ_CTL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}"
    # Two schedulers keep the memory small.
    export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1} \
        +S 2:2 -start_epmd false ${TASKWIRE_BROKER_ERL_ARGS:-}"
}

# The user of EXTERNAL is the certificate's common name.
tls_conf() {
    cat <<END
listeners.ssl.loopback = 127.0.0.1:$tls_port
ssl_options.cacertfile = $tls_dir/ca.pem
ssl_options.certfile = $tls_dir/server.pem
ssl_options.keyfile = $tls_dir/server.key
ssl_options.versions.1 = tlsv1.3
ssl_options.versions.2 = tlsv1.2
ssl_options.verify = verify_peer
ssl_options.fail_if_no_peer_cert = false
ssl_cert_login_from = common_name
auth_mechanisms.1 = PLAIN
auth_mechanisms.2 = AMQPLAIN
auth_mechanisms.3 = EXTERNAL
END
}

write_conf() {
    {
        echo "listeners.tcp.loopback = 127.0.0.1:$amqp_port"
        # A small disk must not block publishers, and the quorum log must not fill it.
        echo "disk_free_limit.absolute = 1MB"
        echo "raft.wal_max_size_bytes = 67108864"
        echo "log.console.level = info"
        if [[ $peer ]]; then
            echo "cluster_formation.peer_discovery_backend = classic_config"
            echo "cluster_formation.classic_config.nodes.1 = $peer"
            echo "cluster_formation.classic_config.nodes.2 = $node"
        fi
        [[ ! $tls_dir ]] || tls_conf
        printf '%s\n' "${TASKWIRE_BROKER_CONF:-}"
    } >"$dir/rabbitmq.conf"
}

write_files() { # write_files [PEER]
    local cookie
    mkdir -p "$dir/data"
    cookie=$(od -An -N20 -tx1 /dev/urandom | tr -d ' \n')
    if [[ ${1:-} ]]; then
        # Members of a cluster share the port mapper and the cookie of the first.
        peer=$(sed -n 's/^node=//p' "$1/broker.env")
        epmd_port=$(sed -n 's/^epmd_port=//p' "$1/broker.env")
        cookie=$(<"$1/.erlang.cookie")
    else
        epmd_port=$(free_port)
    fi
    amqp_port=$(free_port) dist_port=$(free_port) tls_port='' tls_dir=''
    if [[ ${TASKWIRE_BROKER_TLS:-} ]]; then
        tls_port=$(free_port) tls_dir=$(cd "$TASKWIRE_BROKER_TLS" && pwd)
    fi
    # The port in the name keeps members of a cluster apart; "localhost" needs no DNS (inetrc).
    node=taskwire-$amqp_port@localhost
    printf '%s=%s\n' node "$node" amqp_port "$amqp_port" dist_port "$dist_port" \
        epmd_port "$epmd_port" peer "$peer" tls_port "$tls_port" >"$dir/broker.env"
    printf 'tls_dir=%q\n' "$tls_dir" >>"$dir/broker.env"
    (umask 077 && echo "$cookie" >"$dir/.erlang.cookie")
    chmod 400 "$dir/.erlang.cookie"
    echo '{host, {127,0,0,1}, ["localhost"]}. {lookup, [file, native]}.' >"$dir/inetrc"
    echo '[].' >"$dir/advanced.config"
    echo "[${tls_dir:+rabbitmq_auth_mechanism_ssl}]." >"$dir/enabled_plugins"
    : >"$dir/rabbitmq-env.conf"
    write_conf
}

# Both daemons get a session of their own: Ctrl-C in the terminal is for the caller's trap alone.
# They must not hold the caller's pipes open either: ctest would wait for the end of file.
launch() { # launch NAME COMMAND...
    local name=$1
    shift
    setsid "$@" </dev/null >>"$dir/$name.log" 2>&1 &
    echo $! >"$dir/$name.pid"
    disown
}

boot() {
    local before deadline=$((SECONDS + timeout_s))
    if [[ ! $peer ]] && ! epmd_alive; then
        launch epmd epmd -address 127.0.0.1 -port "$epmd_port"
        # It is not yet what it will be until setsid has become it.
        until epmd_alive; do
            kill -0 "$(<"$dir/epmd.pid")" 2>/dev/null && ((SECONDS < deadline)) || return 1
            sleep 0.01
        done
    fi
    : >>"$dir/node.log" # to be counted in before the node writes to it
    before=$(grep -cs 'Server startup complete' "$dir/node.log" || true)
    rm -f "$dir/booted"
    # The variable makes the script exec the node, so that the pid is the node's own; the argument
    # is the mark by which we know it again, unknown to Erlang and harmless.
    (node_env && RUNNING_UNDER_SYSTEMD=true launch node \
        "$bin/rabbitmq-server" -taskwire_node "$node")
    until (($(grep -cs 'Server startup complete' "$dir/node.log" || true) > before)); do
        ! is_dead "$(<"$dir/node.pid")" || return 1
        [[ $peer ]] || epmd_alive || return 1
        ((SECONDS < deadline)) || return 1
        sleep 0.05
    done
    : >"$dir/booted"
}

boot_failed() {
    tail -n 60 "$dir/node.log" >&2 || true
    halt || true
    halt_epmd || true
    fail "RabbitMQ did not start (it has ${timeout_s} s); its log is $dir/node.log"
}

halt() {
    if node_alive; then
        # RabbitMQ takes TERM as the request for an orderly stop, but loses it while it boots.
        if [[ -e $dir/booted ]]; then
            kill -TERM "$(<"$dir/node.pid")" 2>/dev/null || true
            await_false node_alive || true
        fi
        if node_alive; then
            kill -KILL "$(<"$dir/node.pid")" 2>/dev/null || true
            await_false node_alive
        fi
    fi
    rm -f "$dir/node.pid"
}

halt_epmd() {
    if [[ ! $peer ]] && epmd_alive; then
        kill -TERM "$(<"$dir/epmd.pid")" 2>/dev/null || true
        await_false epmd_alive
    fi
    rm -f "$dir/epmd.pid"
}

start() { # start [PEER]
    local attempt
    [[ -x $bin/rabbitmq-server ]] || fail "no $bin/rabbitmq-server; install rabbitmq-server"
    if [[ -f $dir/broker.env ]]; then
        load
        halt
        halt_epmd
        find "$dir" -mindepth 1 -delete
    elif [[ -n $(ls -A "$dir") ]]; then
        fail "$dir is not empty and no broker's"
    fi
    # Another program may take a port between our look and the node's bind: look again then.
    for attempt in 1 2 3 4 5; do
        peer=''
        write_files "$@"
        ! boot || return 0
        [[ ! $peer ]] && ! epmd_alive || grep -qsiE 'eaddrinuse|in use' "$dir/node.log" || break
        ((attempt < 5)) || break
        halt
        halt_epmd
        find "$dir" -mindepth 1 -delete
    done
    boot_failed
}

resume() {
    load
    node_alive && fail "the node in $dir runs already"
    [[ ! -v TASKWIRE_BROKER_CONF ]] || write_conf
    boot || boot_failed
}

main() {
    local command=${1:-}
    case $command in
    free-port) free_port && return ;;
    start | stop | restart | kill | resume | ctl | url | tls-url) ;;
    -h | --help) usage && return ;;
    *) usage >&2 && exit 64 ;;
    esac
    [[ ${2:-} ]] || { usage >&2 && exit 64; }
    [[ $command != start ]] || mkdir -p "$2"
    if [[ $command == stop && ! -f $2/broker.env ]]; then
        return
    fi
    dir=$(cd "$2" && pwd)
    shift 2
    case $command in
    start) start "$@" ;;
    stop) load && halt && halt_epmd ;;
    restart) load && halt && resume ;;
    kill) load && kill -KILL "$(<"$dir/node.pid")" && await_false node_alive ;;
    resume) resume ;;
    ctl) load && node_env && exec "$bin/rabbitmqctl" "$@" ;;
    url) load && echo "amqp://guest:guest@127.0.0.1:$amqp_port/" ;;
    tls-url)
        load
        [[ $tls_port ]] || fail "the broker in $dir was started without TASKWIRE_BROKER_TLS"
        echo "amqps://guest:guest@127.0.0.1:$tls_port/?cacertfile=$tls_dir/ca.pem"
        ;;
    esac
}

main "$@"
