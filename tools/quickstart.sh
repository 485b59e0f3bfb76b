#!/usr/bin/env bash
# The work-queue tutorial, run for real: tasks through RabbitMQ to two workers, of which one is
# killed in the middle of a task. What was done is counted outside of taskwire.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/tests/support/steps.sh"

usage() {
    cat <<'END'
usage: tools/quickstart.sh [--tools DIR]

Installs what is missing (Debian packages), builds the tools and runs 20 tasks through a private
RabbitMQ, which is gone afterwards. One of two workers is killed with SIGKILL in the middle of a
task. Exits 0 only if all 20 tasks were confirmed and done.

  --tools DIR   use taskwire-producer and taskwire-worker of DIR instead of building them

environment:
  AMQP_URL      use this broker instead of a private one
END
}

tasks=20
deadline_s=60
tools='' temp='' queue='' own_broker='' victim='' victim_task='' victim_id=''
declare -A worker_pids=()

fail() {
    if [[ -t 1 ]]; then printf '\n'; fi
    tail -v -n 20 "$temp"/*.log >&2 2>/dev/null || true
    echo "quickstart: $*" >&2
    exit 1
}

# A private broker dies with its queues; a borrowed one gets rid of ours if amqp-tools are here.
remove_queue() {
    local name url=${AMQP_URL/%\///%2f} # a bare slash means the vhost "" to these tools
    amqp-delete-queue -u "$url" -q "$queue" >/dev/null 2>&1 || echo "queue $queue is left behind"
    for name in failed retry.{1000,10000,60000,600000,3600000}; do
        amqp-delete-queue -u "$url" -q "$queue.$name" >/dev/null 2>&1 || true
    done
}

clean_up() {
    trap '' INT TERM
    if ((${#worker_pids[@]} > 0)); then
        kill -KILL "${worker_pids[@]}" 2>/dev/null || true
        wait "${worker_pids[@]}" 2>/dev/null || true
    fi
    if [[ $own_broker ]]; then
        "$root/tests/support/broker.sh" stop "$temp/broker" || true
    elif [[ $queue ]]; then
        remove_queue
    fi
    if [[ $temp ]]; then rm -rf "$temp"; fi
}

install_packages() {
    step packages
    if [[ ! $tools ]]; then "$root/tests/support/packages.sh" build; fi
    if [[ ! ${AMQP_URL:-} ]]; then "$root/tests/support/packages.sh" broker; fi
    step_done "everything is installed"
}

build_tools() {
    [[ ! $tools ]] || return 0
    local build=$root/build/quickstart
    step build
    mkdir -p "$build"
    quietly "$build/build.log" cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
        -DTASKWIRE_BUILD_TESTS=OFF -DTASKWIRE_BUILD_EXAMPLES=OFF
    quietly "$build/build.log" cmake --build "$build" --target taskwire-producer taskwire-worker
    tools=$build/tools
    step_done "taskwire-producer and taskwire-worker in ${tools#"$root"/}"
}

start_broker() {
    queue=quickstart
    if [[ ${AMQP_URL:-} ]]; then
        queue=taskwire.quickstart.$(date +%s).$$
        return 0
    fi
    step broker
    own_broker=yes
    "$root/tests/support/broker.sh" start "$temp/broker"
    AMQP_URL=$("$root/tests/support/broker.sh" url "$temp/broker")
    export AMQP_URL
    local place=${AMQP_URL##*@}
    step_done "a private RabbitMQ at ${place%/}"
}

# The work of one task: its body is "task NUMBER DOTS", each dot a tenth of a second. It writes to
# the ledger what it does, so that the count does not rest on what taskwire says of itself.
write_work_script() {
    cat >"$temp/work.sh" <<'END'
#!/bin/sh
# usage: work.sh WORKER LEDGER
read -r _ number dots || true # a body has no newline at its end
echo "start $1 $number $TASK_ID $TASK_REDELIVERED" >>"$2"
sleep "$((${#dots} / 10)).$((${#dots} % 10))"
echo "done $1 $number $TASK_ID $TASK_REDELIVERED" >>"$2"
END
    chmod +x "$temp/work.sh"
    : >"$temp/ledger"
}

start_worker() { # start_worker NAME
    "$tools/taskwire-worker" "$queue" -- "$temp/work.sh" "$1" "$temp/ledger" \
        </dev/null >"$temp/worker-$1.log" 2>&1 &
    worker_pids[$1]=$!
}

publish() {
    local number
    local -a bodies=()
    for ((number = 1; number <= tasks; ++number)); do
        # The odd ones are heavy: dealt out in turn, they would all go to the same worker.
        bodies+=("task $number $( ((number % 2)) && echo ...... || echo .)")
    done
    "$tools/taskwire-producer" --create --print id "$queue" "${bodies[@]}" \
        </dev/null >"$temp/confirmed" 2>"$temp/producer.log" || fail "the producer ended with $?"
}

# Waits on the ledger until both workers have done something and one has begun a heavy task.
kill_one_worker() {
    local event worker number id _ tail_pid
    local -A did=()
    exec 3< <(exec tail -n +1 -s 0.05 -f "$temp/ledger")
    tail_pid=$!
    while read -t "$deadline_s" -r -u 3 event worker number id _; do
        if [[ $event == 'done' ]]; then
            did[$worker]=yes
        elif ((${#did[@]} == 2 && number % 2 == 1)); then
            victim=$worker victim_task=$number victim_id=$id
            kill -KILL "${worker_pids[$worker]}"
            break
        fi
    done
    kill "$tail_pid"
    exec 3<&-
    [[ $victim ]] || fail "no worker started its second task within $deadline_s s"
    wait "${worker_pids[$victim]}" 2>/dev/null || true
    unset "worker_pids[$victim]"
}

count_done() { sed -n 's/^done [^ ]* [^ ]* \([^ ]*\).*/\1/p' "$temp/ledger" | sort -u | wc -l; }

# Gives up when nothing moves any more; the verdict is the count's alone.
await_all_done() {
    local count last=-1 deadline=0
    while count=$(count_done) && ((count < tasks)); do
        if ((count != last)); then
            last=$count deadline=$((SECONDS + 15))
        fi
        ((SECONDS < deadline)) || return 0
        sleep 0.05
    done
}

# TERM lets a worker finish, acknowledge and leave; anything but 0 would be a broken promise.
drain_workers() {
    local name
    kill -TERM "${worker_pids[@]}"
    for name in "${!worker_pids[@]}"; do
        wait "${worker_pids[$name]}" || fail "worker $name ended with $?"
        unset "worker_pids[$name]"
    done
}

print_table() {
    awk -v victim="$victim" -v victim_task="$victim_task" '
        $1 == "start" {
            again = ($5 != "" && $5 != "0" && $5 != "false")
            key = $2 SUBSEP again
            line[key] = line[key] " " $3
            names[$2] = 1
        }
        END {
            printf "\n  %-8s %-38s %s\n", "worker", "tasks begun, first delivery", "redelivered"
            for (i = 65; i <= 67; ++i) {
                name = sprintf("%c", i)
                if (!(name in names)) continue
                note = name == victim ? "killed in task " victim_task : ""
                row = sprintf("  %-8s %-38s %s%s", name, substr(line[name, 0], 2),
                    substr(line[name, 1], 2), note)
                sub(/ +$/, "", row)
                print row
            }
            printf "\n"
        }' "$temp/ledger"
}

# The verdict: every id that the producer printed as confirmed must have a "done" in the ledger.
judge() {
    local confirmed finished lost
    sort -u "$temp/confirmed" >"$temp/confirmed.ids"
    sed -n 's/^done [^ ]* [^ ]* \([^ ]*\).*/\1/p' "$temp/ledger" | sort -u >"$temp/done.ids"
    confirmed=$(wc -l <"$temp/confirmed.ids")
    finished=$(comm -12 "$temp/confirmed.ids" "$temp/done.ids" | wc -l)
    lost=$(comm -23 "$temp/confirmed.ids" "$temp/done.ids" | wc -l)
    echo "$confirmed confirmed, $finished done, $lost lost"
    ((confirmed == tasks && finished == tasks && lost == 0)) || exit 1
    grep -qE "^done [^ ]+ $victim_task $victim_id (1|true|yes)$" "$temp/ledger" ||
        fail "task $victim_task, cut off by the kill, came again without the redelivered flag"
}

main() {
    while (($# > 0)); do
        case $1 in
        --tools) tools=$(cd "${2:?--tools needs a folder}" && pwd) && shift 2 ;;
        -h | --help) usage && return ;;
        *) usage >&2 && exit 64 ;;
        esac
    done
    temp=$(mktemp -d)
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    echo "taskwire: $tasks tasks, two workers, one of them killed in the middle of a task"
    install_packages
    build_tools
    start_broker
    write_work_script
    step publish
    publish
    start_worker A
    start_worker B
    step_done "$(wc -l <"$temp/confirmed") tasks confirmed, workers A and B at work"
    step 'kill -9'
    kill_one_worker
    start_worker C
    step_done "worker $victim, in the middle of task $victim_task; C takes its place"
    step work
    await_all_done
    drain_workers
    step_done "$(count_done) done, the workers have drained and left"
    print_table
    judge
}

main "$@"
