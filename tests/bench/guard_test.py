#!/usr/bin/env python3
"""Holds what a message costs to the bounds in bounds.json: counts, never times.

    guard_test.py FOLDER

FOLDER holds the built programs. Instructions and system calls need valgrind and strace, and a
kernel that lets them trace; without them those counts are skipped, and said to be.
"""

import json
import pathlib
import sys

import measuring

SKIPPED = 77


def counts(bench, mode, tools):
    def new_end(task):
        return measuring.Sink(bench, task)

    name, workload = mode.split(":")
    program = [f"{bench.folder}/taskwire-bench-{name}"]
    task = measuring.Task(workload, 20_000)
    result = {"allocations": measuring.measure(bench, program, task, new_end(task))
              ["allocations_per_message"]}
    for counted, tool in tools.items():
        result[counted] = tool(bench, program, measuring.Task(workload, 8_000), new_end)
    return result


def main():
    bench = measuring.Bench(sys.argv[1])
    bounds = json.loads((pathlib.Path(__file__).parent / "bounds.json").read_text())
    tools = measuring.counters()
    failed = False
    for mode, limits in bounds.items():
        for name, value in counts(bench, mode, tools).items():
            over = value > limits[name]
            failed = failed or over
            print(f"{'TOO MANY' if over else 'ok':8} {mode:22} {name:13} "
                  f"{value:10.3f} of {limits[name]} a message")
    if failed:
        return 1
    return 0 if len(tools) == 2 else SKIPPED


if __name__ == "__main__":
    sys.exit(main())
