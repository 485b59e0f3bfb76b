#!/usr/bin/env python3
"""Measures clients against the sink, interleaved, and prints a Markdown table.

    macro.py [options] FOLDER MODE...

FOLDER holds the built programs; a MODE is PROGRAM:WORKLOAD, such as client:publish-await,
rabbitmqc:publish or floor:consume. Every round runs each of them once, so that what the machine
does meanwhile hits all alike. The sink runs on one core, the client on another.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile

DEADLINE_S = 300


class Sink:
    """A running sink; what it saw of each connection comes from `seen`."""

    def __init__(self, args, paced):
        command = ["taskset", "-c", args.sink_core, f"{args.folder}/taskwire-bench-sink",
                   "--body", str(args.body)]
        command += ["--paced"] if paced else []
        command += ["--confirm-each"] if args.confirm_each else []
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        self.port = self.process.stdout.readline().split()[1]

    def seen(self):
        return json.loads(self.process.stdout.readline())

    def stop(self):
        self.process.stdin.close()
        self.process.wait(DEADLINE_S)


def command_of(args, mode, port, count):
    program, workload = mode.split(":")
    return [f"{args.folder}/taskwire-bench-{program}", workload, port, str(count),
            str(args.body)] + ([str(args.window)] if args.window else [])


def run_once(args, mode, sink):
    command = ["taskset", "-c", args.client_core] + command_of(args, mode, sink.port, args.count)
    output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True,
                            timeout=DEADLINE_S).stdout
    result = json.loads(output)
    result["sink_cpu_share"] = sink.seen()["cpu_share"]
    return result


def per_message(args, count_of):
    """A count per message: the difference of two runs, so that the handshake does not count."""
    few, many = args.counted // 4, args.counted
    return (count_of(many) - count_of(few)) / (many - few)


def instructions(args, mode, sink):
    """User-space instructions, by callgrind: the machine's own counter is often not permitted."""
    def count_of(count):
        with tempfile.NamedTemporaryFile() as out:
            command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}"]
            ran = subprocess.run(command + command_of(args, mode, sink.port, count),
                                 capture_output=True, text=True, check=True, timeout=DEADLINE_S)
            sink.seen()
            return int(re.search(r"Collected : (\d+)", ran.stderr).group(1))
    return per_message(args, count_of)


def system_calls(args, mode, sink):
    def count_of(count):
        with tempfile.NamedTemporaryFile("r") as out:
            command = ["strace", "-f", "-c", "-o", out.name]
            subprocess.run(command + command_of(args, mode, sink.port, count),
                           stdout=subprocess.DEVNULL, check=True, timeout=DEADLINE_S)
            sink.seen()
            return int(re.search(r"^100\.00.*?(\d+)\s+(?:\d+\s+)?total$", out.read(), re.M)
                       .group(1))
    return per_message(args, count_of)


def spread(values, digits=2):
    low, high = min(values), max(values)
    return f"{statistics.median(values):,.{digits}f} ({low:,.{digits}f}–{high:,.{digits}f})"


def measure(args, regime):
    sink = Sink(args, regime == "paced")
    runs = {mode: [] for mode in args.modes}
    for _ in range(args.runs):
        for mode in args.modes:
            runs[mode].append(run_once(args, mode, sink))
    rows = []
    for mode, results in runs.items():
        row = {"name": mode, "regime": regime,
               **{key: [each[key] for each in results]
                  for key in ("messages_per_s", "cpu_us_per_message", "sink_cpu_share",
                              "rss_kib")},
               "allocations": results[-1].get("allocations_per_message")}
        if args.counts:
            row["calls"] = system_calls(args, mode, sink)
            row["instructions"] = instructions(args, mode, sink)
        rows.append(row)
    sink.stop()
    return rows


def table(rows):
    lines = ["| client | sink | msg/s | CPU µs/msg | sink's CPU share | peak RSS, MiB "
             "| system calls/msg | instructions/msg | allocations/msg |",
             "|---|---|---|---|---|---|---|---|---|"]
    for row in rows:
        counted = [f"{row[key]:,.{digits}f}" if row.get(key) is not None else "–"
                   for key, digits in (("calls", 4), ("instructions", 0), ("allocations", 3))]
        lines.append(" | ".join(
            [f"| {row['name']}", row["regime"], spread(row["messages_per_s"], 0),
             spread(row["cpu_us_per_message"]),
             f"{statistics.median(row['sink_cpu_share']):.2f}",
             f"{max(row['rss_kib']) / 1024:.1f}", *counted]) + " |")
    return "\n".join(lines)


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
    parser.add_argument("--window", type=int, help="messages; default 1024, prefetch 256")
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
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
