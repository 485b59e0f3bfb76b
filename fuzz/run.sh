#!/usr/bin/env bash
# Builds a fuzzer with clang 19 in build/fuzz and runs it with corpus, dictionary and limits.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
here=$root/fuzz
build=$root/build/fuzz
targets=(table method frame_stream connection session uri)
. "$root/tests/support/steps.sh"
# Freed blocks are kept aside to catch their use, in moderation: else they are most of the memory.
export ASAN_OPTIONS=quarantine_size_mb=4:malloc_context_size=10

usage() {
    cat <<'END'
usage: fuzz/run.sh [TARGET|all] [SECONDS]    fuzzes; 30 s, or 600 s with TASKWIRE_TEST_LONG=1
       fuzz/run.sh --save [TARGET|all]       minimises what was found into fuzz/corpus
       fuzz/run.sh --coverage [TARGET|all]   how much of the code under test the corpus reaches

Targets: table method frame_stream connection session uri. `all` runs two at once. New inputs stay
in build/fuzz/corpus/TARGET for the next run; a crash is kept in build/fuzz/crashes and fails.
END
}

prepare() { # prepare CMAKE-OPTION...
    if ! command -v clang++-19 >/dev/null; then
        echo "fuzz/run.sh: no clang++-19; tests/support/packages.sh build fuzz installs it" >&2
        return 69
    fi
    step build
    mkdir -p "$build" "$build/crashes"
    quietly "$build/build.log" cmake -S "$root" --preset fuzz -B "$build" "$@"
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
    # An input takes milliseconds, and no block of 16 MiB. What an input may use is entry.cpp's
    # affair; the whole process also holds ASan's records, which grow for a while.
    echo -max_len=4096 -len_control=10 -timeout=10 -rss_limit_mb=800 -malloc_limit_mb=16 \
        -dict="$dictionary" -artifact_prefix="$build/crashes/$1-"
}

fuzz() { # fuzz TARGET SECONDS
    local log=$build/$1.log executed status=0
    gather "$1"
    # shellcheck disable=SC2046
    "$build/fuzz/fuzz_$1" $(limits "$1") \
        -max_total_time="$2" -print_final_stats=1 \
        "$build/corpus/$1" >"$log" 2>&1 </dev/null || status=$?
    if ((status != 0)); then
        grep -v '^#' "$log" | tail -n 60 >&2
        echo "fuzz/run.sh: $1 failed; see ${build#"$root"/}/crashes, and $log" >&2
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
    quietly "$build/$1.merge.log" "$build/fuzz/fuzz_$1" $(limits "$1") -set_cover_merge=1 -use_counters=0 \
        "$smallest" "$build/corpus/$1"
    "$here/pack.py" pack "$smallest" "$here/corpus/$1.pack"
    printf '  %-13s %5d inputs, %d bytes\n' "$1" "$(find "$smallest" -type f | wc -l)" \
        "$(stat -c %s "$here/corpus/$1.pack")"
}

# What the committed corpus and the seeds reach, not what chance adds.
coverage() { # coverage TARGET
    local -a judged=("$root/proto/taskwire")
    if [[ $1 == uri ]]; then judged=("$root/lib/taskwire/uri.cpp"); fi
    gather "$1"
    LLVM_PROFILE_FILE=$build/$1.profraw quietly "$build/$1.log" \
        "$build/fuzz/fuzz_$1" -runs=0 "$build/corpus/$1"
    llvm-profdata-19 merge -o "$build/$1.profdata" "$build/$1.profraw"
    echo "$1:"
    llvm-cov-19 report "$build/fuzz/fuzz_$1" -instr-profile="$build/$1.profdata" "${judged[@]}" |
        awk '/%/ && $10 != "0.00%" { printf "  %-26s %4d lines, %s\n", $1, $8, $10 }'
}

main() {
    local what=fuzz target
    local -a instrument=()
    case ${1:-} in
    -h | --help) usage && return ;;
    --save) what=save && shift ;;
    --coverage)
        what=coverage && shift
        build=$root/build/fuzz-coverage
        instrument=(-DCMAKE_CXX_FLAGS="-fprofile-instr-generate -fcoverage-mapping")
        ;;
    -*) usage >&2 && return 64 ;;
    esac
    target=${1:-all}
    local seconds=${2:-30}
    if [[ -z ${2:-} && ${TASKWIRE_TEST_LONG:-} == 1 ]]; then seconds=600; fi
    if [[ $target != all && " ${targets[*]} " != *" $target "* ]]; then
        echo "fuzz/run.sh: no target '$target'" >&2 && return 64
    fi
    if [[ $target != all ]]; then targets=("$target"); fi
    prepare "${instrument[@]}"
    export -f fuzz gather save coverage limits quietly
    export root here build
    printf '%s\n' "${targets[@]}" | xargs -P 2 -I {} bash -euo pipefail -c "$what {} $seconds"
}

main "$@"
