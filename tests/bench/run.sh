#!/usr/bin/env bash
# Builds the benchmarks with optimisation in build/bench and prints their tables.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/support/steps.sh"
build=$root/build/bench

step packages
"$root/tests/support/packages.sh" build tests
step_done "everything is installed"
step build
mkdir -p "$build"
quietly "$build/build.log" cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DTASKWIRE_BUILD_TESTS=ON
quietly "$build/build.log" cmake --build "$build" --target bench_codec
step_done "${build#"$root"/}"
"$root/tests/bench/codec.py" "$build/tests/bench/bench_codec" "$@"
