# Sourced: one line per step of a script, with the time it took, and its output only on failure.
# shellcheck shell=bash

step_label='' step_start=0

now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

step() { # step LABEL: a terminal shows it while it runs
    step_label=$1
    step_start=$(now_ms)
    if [[ -t 1 ]]; then printf '  %-10s ...' "$step_label"; fi
}

step_done() { # step_done TEXT
    local ms=$(($(now_ms) - step_start))
    if [[ -t 1 ]]; then printf '\r'; fi
    printf '  %-10s %-58s %4d.%d s\n' "$step_label" "$1" $((ms / 1000)) $((ms % 1000 / 100))
}

quietly() { # quietly LOG COMMAND...: shows the log's end when the command fails
    local log=$1 status=0
    shift
    "$@" >"$log" 2>&1 </dev/null || status=$?
    if ((status != 0)); then
        if [[ -t 1 ]]; then printf '\n'; fi
        tail -n 60 "$log" >&2
        echo "failed with $status: $* (whole log: $log)" >&2
    fi
    return "$status"
}
