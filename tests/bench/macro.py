#!/usr/bin/env python3
"""Measures clients against the sink, interleaved, and prints a Markdown table.

    macro.py [options] FOLDER MODE...

FOLDER holds the built programs; a MODE is PROGRAM:WORKLOAD, such as client:publish-await,
rabbitmqc:publish or floor:consume. Every round runs each of them once, so that what the machine
does meanwhile hits all alike. The sink runs on one core, the client on another. peers.py compares
with all the others.
"""

import argparse
import dataclasses
import os
import statistics
import sys

import measuring

HEADS = ["client", "sink", "msg/s", "CPU µs/msg", "sink's CPU share", "peak RSS, MiB",
         "system calls/msg", "instructions/msg", "allocations/msg"]


def measure(args, regime):
    bench = measuring.Bench(args.folder, args.client_core, args.sink_core)

    def new_end(task):
        return measuring.Sink(bench, task, regime == "paced", args.confirm_each)

    jobs = {}
    for mode in args.modes:
        program, workload = mode.split(":")
        jobs[mode] = ([f"{args.folder}/taskwire-bench-{program}"],
                      measuring.Task(workload, args.count, args.body, args.window, args.channels))
    runs = {mode: [] for mode in jobs}
    for _ in range(args.runs):
        for mode, (program, task) in jobs.items():
            runs[mode].append(measuring.measure(bench, program, task, new_end(task)))
    counts = measuring.counters() if args.counts else {}
    return [row(mode, regime, runs[mode], {
        name: count(bench, program, dataclasses.replace(task, count=args.counted), new_end)
        for name, count in counts.items()}) for mode, (program, task) in jobs.items()]


def row(mode, regime, runs, counts):
    def values(key):
        return [each[key] for each in runs]

    return [mode, regime, measuring.spread(values("messages_per_s"), 0),
            measuring.spread(values("cpu_us_per_message")),
            f"{statistics.median(values('sink_cpu_share')):.2f}",
            f"{max(values('rss_kib')) / 1024:.1f}",
            measuring.number(counts.get("system_calls"), 4),
            measuring.number(counts.get("instructions"), 0),
            measuring.number(runs[-1].get("allocations_per_message"), 3)]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="where the programs are")
    parser.add_argument("modes", nargs="+", metavar="PROGRAM:WORKLOAD")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--count", type=int, default=300_000, help="messages per run")
    parser.add_argument("--counted", type=int, default=20_000,
                        help="messages when system calls and instructions are counted")
    parser.add_argument("--body", type=int, default=256, help="bytes")
    parser.add_argument("--window", type=int, default=0,
                        help="messages; default 1024, prefetch 256")
    parser.add_argument("--channels", type=int, default=1)
    parser.add_argument("--regime", default="eager,paced")
    parser.add_argument("--confirm-each", action="store_true", help="one confirm per message")
    parser.add_argument("--counts", action="store_true", help="system calls and instructions too")
    parser.add_argument("--client-core", default="0")
    parser.add_argument("--sink-core", default=str((os.cpu_count() or 2) - 1))
    return parser.parse_args()


def main():
    args = arguments()
    rows = []
    for regime in args.regime.split(","):
        rows += measure(args, regime)
    print(measuring.markdown(HEADS, rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
