#!/usr/bin/env bash
# Which lines of proto/ its tests run, by gcov; then those of lib/, for information.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/tests/support/steps.sh"

usage() {
    cat <<'END'
usage: tests/coverage.sh [--proto]

Builds in build/coverage without optimisation, runs the tests of proto and prints for each of its
files how many lines ran, and which did not; exits 1 when it is less than 95 %. Generated code is
counted apart. Then the same for lib and its tests, without a limit.

  --proto  proto only
END
}

build=$root/build/coverage

measure() { # measure FOLDER TESTS REPORT-OPTION...
    local folder=$1 tests=$2
    shift 2
    step build
    quietly "$build/build.log" cmake --build "$build" --target "tests/$folder/all"
    step_done "tests of $folder"
    step test
    find "$build" -name '*.gcda' -delete
    quietly "$build/test.log" ctest --test-dir "$build" -R "$tests" --no-tests=error -j2
    step_done "tests of $folder"
    python3 "$root/tests/support/coverage.py" "$root" "$build" "$folder" "$@"
}

main() {
    local proto_only=false
    case ${1:-} in
    --proto) proto_only=true ;;
    -h | --help) usage && return ;;
    '') ;;
    *) usage >&2 && return 64 ;;
    esac
    "$root/tests/support/packages.sh" build tests
    mkdir -p "$build"
    quietly "$build/build.log" cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug \
        "-DCMAKE_CXX_FLAGS_DEBUG=-O0 --coverage" -DTASKWIRE_BUILD_TESTS=ON \
        -DTASKWIRE_BUILD_TOOLS=OFF -DTASKWIRE_BUILD_EXAMPLES=OFF
    measure proto '^proto-' --at-least 95
    $proto_only || measure lib '^lib\.'
}

main "$@"
