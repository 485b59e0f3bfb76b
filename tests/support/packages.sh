#!/usr/bin/env bash
# Installs the Debian packages that this project needs, and only those that are missing.
set -euo pipefail

usage() {
    cat <<'END'
usage: packages.sh SET...

  build    compiler, CMake and the libraries of the client and its tools
  broker   RabbitMQ, for a private node; its system service is not started
  tests    what the test suite needs besides
  fuzz     clang 19 with libFuzzer, and what reads its coverage
  peers    the clients and tools that tests/bench/peers.py compares with
  captures what recording tests/data/captures anew needs besides

Needs root or sudo only when something is missing. CI=true never asks for a password.
END
}

packages_of() {
    case $1 in
    build)
        echo g++ cmake ninja-build libasio-dev libssl-dev libcli11-dev libfmt-dev \
            nlohmann-json3-dev
        ;;
    broker) echo rabbitmq-server ;;
    tests)
        echo doctest-dev libpugixml-dev amqp-specs amqp-tools openssl python3-pika procps \
            libbenchmark-dev librabbitmq-dev pkg-config strace valgrind
        ;;
    fuzz) echo clang-19 libclang-rt-19-dev llvm-19 ;;
    peers)
        echo librabbitmq-dev golang-go golang-github-rabbitmq-amqp091-go-dev python3-pika nodejs \
            npm amqp-tools strace valgrind
        ;;
    captures)
        echo g++ tshark python3-pika python3-amqp amqp-tools ruby-bunny librabbitmq-dev golang-go \
            golang-github-rabbitmq-amqp091-go-dev
        ;;
    *) echo "packages.sh: no package set '$1'" >&2 && return 64 ;;
    esac
}

is_installed() {
    # One word per architecture of the package; not-installed is one, too.
    [[ $(dpkg-query -W -f ' ${db:Status-Status} ' "$1" 2>/dev/null) == *" installed "* ]]
}

as_root() {
    if ((EUID == 0)); then
        "$@"
    elif [[ ${CI:-} == true ]]; then
        sudo -n "$@"
    else
        sudo "$@"
    fi
}

install_missing() {
    local log status=0
    log=$(mktemp)
    # sudo drops the environment, hence `env` behind it.
    local -a apt=(env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get -y -q
        -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300)
    {
        as_root "${apt[@]}" update &&
            as_root "${apt[@]}" install --no-install-recommends "$@"
    } </dev/null >"$log" 2>&1 || status=$?
    ((status == 0)) || cat "$log" >&2
    rm -f "$log"
    return "$status"
}

# Debian starts a service as soon as it is installed. We only borrow RabbitMQ's files, and a broker
# nobody asked for must not open port 5672: so, only when it is us who install it, and only where
# the administrator has no policy of his own, services stay off while apt runs and at next boot.
policy=/usr/sbin/policy-rc.d

forbid_services() {
    [[ ! -e $policy ]] || return 0
    trap 'as_root rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
}

disable_services() {
    if command -v systemctl >/dev/null; then
        as_root systemctl disable rabbitmq-server.service epmd.service epmd.socket || true
    fi >/dev/null 2>&1
}

main() {
    local set packages package
    local -a missing=()
    case ${1:-} in
    -h | --help) usage && return ;;
    '') usage >&2 && return 64 ;;
    esac
    for set in "$@"; do
        packages=$(packages_of "$set")
        for package in $packages; do
            is_installed "$package" || missing+=("$package")
        done
    done
    ((${#missing[@]} > 0)) || return 0
    local command="apt-get install --no-install-recommends ${missing[*]}"
    if ! command -v apt-get >/dev/null; then
        echo "packages.sh: no apt-get here; please install: ${missing[*]}" >&2
        return 1
    fi
    if ((EUID != 0)) && ! command -v sudo >/dev/null; then
        printf '%s\n' "packages.sh: packages are missing, and we are neither root nor have sudo." \
            "As root, please run: $command" >&2
        return 1
    fi
    if [[ " ${missing[*]} " == *" rabbitmq-server "* ]]; then
        forbid_services
        install_missing "${missing[@]}"
        disable_services
    else
        install_missing "${missing[@]}"
    fi
}

main "$@"
