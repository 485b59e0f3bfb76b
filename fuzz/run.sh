#!/usr/bin/env bash
# Builds a fuzzer with clang 19 in build/fuzz and runs it with corpus, dictionary and limits.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
here=$root/fuzz
build=$root/build/fuzz
targets=(table method frame_stream connection session uri)
. "$root/tests/support/steps.sh"

usage() {
    cat <<'END'
usage: fuzz/run.sh [TARGET|all] [SECONDS]    fuzzes; 30 s, or 600 s with TASKWIRE_TEST_LONG=1
       fuzz/run.sh --save [TARGET|all]       minimises what was found into fuzz/corpus
       fuzz/run.sh --coverage [TARGET|all]   lines of the code under test that corpora reach

Targets: table method frame_stream connection session uri. `all` runs two at once. New inputs stay
in build/fuzz/corpus/TARGET for the next run; a crash is kept in build/fuzz/crashes and fails.
END
}

prepare() { # prepare PRESET
    if ! command -v clang++-19 >/dev/null; then
        echo "fuzz/run.sh: no clang++-19; tests/support/packages.sh build fuzz installs it" >&2
        return 69
    fi
    step build
    mkdir -p "$build" "$build/crashes"
    quietly "$build/build.log" cmake -S "$root" --preset fuzz
    quietly "$build/build.log" cmake --build "$build"
    step_done "fuzzers in ${build#"$root"/}"
    rm -rf "$build/seeds"
    "$here/seeds.py" "$root/tests/data/captures" "$root/proto/taskwire/spec.gen.hpp" "$build/seeds"
    "$here/dictionary.py" "$root"/proto/spec/*.xml >"$build/amqp.dict"
}

# The corpus that is committed, the seeds, past crashes and what earlier runs have found.
gather() { # gather TARGET
    local corpus=$build/corpus/$1
    mkdir -p "$corpus" "$build/seeds/$1"
    "$here/pack.py" unpack "$here/corpus/$1.pack" "$corpus"
    cp -r "$build/seeds/$1/." "$corpus"
    if [[ -d $here/regressions/$1 ]]; then cp -r "$here/regressions/$1/." "$corpus"; fi
}

limits() { # limits TARGET: libFuzzer's options
    local dictionary=$build/amqp.dict
    if [[ $1 == uri ]]; then dictionary=$here/uri.dict; fi
    # An input takes milliseconds; nothing needs a block of 16 MiB.
    echo -max_len=4096 -len_control=10 -timeout=10 -rss_limit_mb=400 -malloc_limit_mb=16 -dict="$dictionary"
}

fuzz() { # fuzz TARGET SECONDS
    local log=$build/$1.log executed status=0
    gather "$1"
    # shellcheck disable=SC2046
    ASAN_OPTIONS=quarantine_size_mb=16 "$build/fuzz/fuzz_$1" $(limits "$1") \
        -max_total_time="$2" -print_final_stats=1 -artifact_prefix="$build/crashes/$1-" \
        "$build/corpus/$1" >"$log" 2>&1 </dev/null || status=$?
    if ((status != 0)); then
        grep -v '^#' "$log" | tail -n 60 >&2
        echo "fuzz/run.sh: $1 failed; its input is in ${build#"$root"/}/crashes, all of it in $log" >&2
        return "$status"
    fi
    executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    printf '  %-13s %9d executions, %s\n' "$1" "$executed" \
        "$(sed -n 's/^#.*DONE *\(cov: [0-9]* ft: [0-9]* corp: [^ ]*\).*/\1/p' "$log")"
}

save() { # save TARGET
    local smallest=$build/smallest/$1
    gather "$1"
    rm -rf "$smallest"
    mkdir -p "$smallest" "$here/corpus"
    # shellcheck disable=SC2046
    quietly "$build/$1.merge.log" "$build/fuzz/fuzz_$1" $(limits "$1") -set_cover_merge=1 \
        "$smallest" "$build/corpus/$1"
    "$here/pack.py" pack "$smallest" "$here/corpus/$1.pack"
    echo "  $1: $(find "$smallest" -type f | wc -l) inputs, $(stat -c %s "$here/corpus/$1.pack") bytes"
}

main() {
    local what=fuzz target=all
    case ${1:-} in
    -h | --help) usage && return ;;
    --save) what=save && shift ;;
    --coverage) what=coverage && shift ;;
    -*) usage >&2 && return 64 ;;
    esac
    target=${1:-all}
    local seconds=${2:-$((${TASKWIRE_TEST_LONG:-0} == 1 ? 600 : 30))}
    if [[ $target != all && " ${targets[*]} " != *" $target "* ]]; then
        echo "fuzz/run.sh: no target '$target'" >&2 && return 64
    fi
    if [[ $target != all ]]; then targets=("$target"); fi
    prepare
    export -f fuzz gather save limits quietly
    export root here build
    printf '%s\n' "${targets[@]}" | xargs -P 2 -I {} bash -euo pipefail -c "$what {} $seconds"
}

main "$@"
