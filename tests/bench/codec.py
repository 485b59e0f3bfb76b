#!/usr/bin/env python3
"""The codec's cost beside librabbitmq's, as a table of medians and ratios.

usage: codec.py BENCH_CODEC [--repetitions N] [--quick]

Nanoseconds are medians of repetitions that Google Benchmark interleaves at random, so that noise
hits both alike. Instructions are counted by valgrind's callgrind: they need no permission, no
hardware counter, and do not vary; without valgrind their columns stay empty.
"""
import argparse
import json
import re
import shutil
import statistics
import subprocess
import sys

SECONDS_MAX = 600
COUNTS = (1_000, 11_000)


def nanoseconds(program, repetitions, seconds):
    run = subprocess.run(
        [program, f"--benchmark_repetitions={repetitions}", f"--benchmark_min_time={seconds}",
         "--benchmark_enable_random_interleaving=true", "--benchmark_format=json"],
        check=True, capture_output=True, text=True, timeout=SECONDS_MAX)
    times = {}
    for each in json.loads(run.stdout)["benchmarks"]:
        if each["run_type"] == "iteration":
            times.setdefault(each["run_name"], []).append(each["cpu_time"])
    return {name: statistics.median(values) for name, values in times.items()}


def collected(program, name, times):
    run = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, "--count", name,
         str(times)], check=True, capture_output=True, text=True, timeout=SECONDS_MAX)
    return int(re.search(r"Collected : (\d+)", run.stderr).group(1))


def instructions(program, names):
    """Per operation: what a longer run takes more than a shorter one, so start-up cancels out."""
    if shutil.which("valgrind") is None:
        print("no instructions: valgrind is not installed (tests/support/packages.sh bench)",
              file=sys.stderr)
        return {}
    fewer, more = COUNTS
    return {name: (collected(program, name, more) - collected(program, name, fewer)) /
            (more - fewer) for name in names}


def number(value, digits):
    return "–" if value is None else f"{value:.{digits}f}"


def ratio(ours, theirs):
    return "–" if ours is None else f"{theirs / ours:.1f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("program")
    parser.add_argument("--repetitions", type=int, default=15)
    parser.add_argument("--quick", action="store_true", help="only to see that it works")
    options = parser.parse_args()
    names = subprocess.run([options.program, "--list"], check=True, capture_output=True, text=True,
                           timeout=SECONDS_MAX).stdout.split("\n")[:-1]
    operations = list(dict.fromkeys(name.rsplit("/", 1)[0] for name in names))
    times = nanoseconds(options.program, 1 if options.quick else options.repetitions,
                        0.001 if options.quick else 0.05)
    counts = instructions(options.program, names[:2] if options.quick else names)
    print("| operation | ns | librabbitmq | ratio | instructions | librabbitmq | ratio |")
    print("|---|---|---|---|---|---|---|")
    for each in operations:
        ours, theirs = (f"{each}/{who}" for who in ("taskwire", "librabbitmq"))
        print(f"| {each} | {number(times[ours], 1)} | {number(times[theirs], 1)} "
              f"| {ratio(times[ours], times[theirs])} "
              f"| {number(counts.get(ours), 0)} | {number(counts.get(theirs), 0)} "
              f"| {ratio(counts.get(ours), counts.get(theirs))} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
