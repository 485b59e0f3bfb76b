#!/usr/bin/env bash
# Everything that judges this project, on a fresh machine or a used one: install, build, test.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/tests/support/steps.sh"

usage() {
    cat <<'END'
usage: tests/run.sh [--asan|--tsan] [--long] [CTEST-OPTION...]

Installs what is missing (Debian packages), builds with warnings as errors in build/tests and runs
the whole suite. Tests that need a broker start a private RabbitMQ; one that runs already is left
alone.

  --asan   the same with the address and undefined-behaviour sanitizers, in build/asan
  --tsan   the same with the thread sanitizer, in build/tsan
  --long   longer fuzzing, simulation and fault runs (sets TASKWIRE_TEST_LONG=1)

Other options go to ctest: tests/run.sh -R proto
END
}

build=$root/build/tests
flags=(-DCMAKE_BUILD_TYPE=RelWithDebInfo)
runner=()

sanitize() { # sanitize FOLDER SANITIZERS
    build=$root/build/$1
    flags=(-DCMAKE_BUILD_TYPE=Debug "-DCMAKE_CXX_FLAGS_DEBUG=-O1 -g1" "-DTASKWIRE_SANITIZE=$2")
}

main() {
    while (($# > 0)); do
        case $1 in
        --asan) sanitize asan address,undefined ;;
        --tsan)
            sanitize tsan thread
            # GCC 12's thread sanitizer cannot place its shadow where kernels randomise widely.
            if setarch -R true 2>/dev/null; then runner=(setarch -R); fi
            ;;
        --long) export TASKWIRE_TEST_LONG=1 ;;
        -h | --help) usage && return ;;
        *) break ;;
        esac
        shift
    done
    step packages
    "$root/tests/support/packages.sh" build broker tests fuzz
    step_done "everything is installed"
    step build
    mkdir -p "$build"
    quietly "$build/build.log" cmake -S "$root" -B "$build" -G Ninja "${flags[@]}" \
        -DTASKWIRE_BUILD_TESTS=ON -DTASKWIRE_BUILD_CODEGEN=ON -DTASKWIRE_WERROR=ON
    quietly "$build/build.log" cmake --build "$build"
    step_done "${build#"$root"/}, no warnings"
    "${runner[@]}" ctest --test-dir "$build" --output-on-failure --no-tests=error -j2 "$@"
}

main "$@"
