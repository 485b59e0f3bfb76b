#!/usr/bin/env python3
"""Prints which lines of a folder's sources ran, from the counters that gcov's programs left.

Usage: coverage.py ROOT BUILD FOLDER [--at-least PERCENT]

A line counts as run when any program ran it, also in a template or header. Exits 1 when fewer than
PERCENT of the lines ran; generated code is listed apart and not counted.
"""
import argparse
import collections
import concurrent.futures
import json
import pathlib
import subprocess
import sys


def lines_of(counter, root):
    """{file below root: {line: times it ran}} of one counter file."""
    done = subprocess.run(["gcov", "--json-format", "--stdout", counter], cwd=counter.parent, check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    result = {}
    for report in map(json.loads, done.stdout.splitlines()):
        for each in report["files"]:
            path = pathlib.Path(report["current_working_directory"], each["file"]).resolve()
            if path.is_relative_to(root):
                counts = result.setdefault(path.relative_to(root).as_posix(), collections.Counter())
                for line in each["lines"]:
                    counts[line["line_number"]] += line["count"]
    return result


def ranges(numbers):
    """[1, 2, 3, 7] as "1-3 7"."""
    runs = []
    for each in numbers:
        if runs and each == runs[-1][1] + 1:
            runs[-1][1] = each
        else:
            runs.append([each, each])
    return " ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def report(files):
    """Prints a row a file and returns (lines that ran, lines)."""
    ran = total = 0
    for name, counts in sorted(files.items()):
        if not counts:
            continue  # declarations only
        missed = sorted(line for line, count in counts.items() if count == 0)
        ran += len(counts) - len(missed)
        total += len(counts)
        share = 100 * (len(counts) - len(missed)) / len(counts)
        print(f"  {name:<42} {len(counts):5} lines {share:6.1f} %  {ranges(missed)}")
    return ran, total


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("root", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("folder")
    parser.add_argument("--at-least", type=float, default=0)
    arguments = parser.parse_args()
    files = collections.defaultdict(collections.Counter)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        counters = arguments.build.resolve().rglob("*.gcda")
        for found in pool.map(lambda each: lines_of(each, arguments.root), counters):
            for name, counts in found.items():
                if name.startswith(arguments.folder + "/"):
                    files[name].update(counts)
    if not files:
        sys.exit("no counters: has anything run?")
    generated = {name: counts for name, counts in files.items() if ".gen." in name}
    ran, total = report({name: counts for name, counts in files.items() if name not in generated})
    share = 100 * ran / total
    print(f"{arguments.folder}: {ran} of {total} lines, {share:.2f} %")
    if generated:
        ran, total = report(generated)
        print(f"generated: {ran} of {total} lines, {100 * ran / total:.2f} %")
    if share < arguments.at_least:
        sys.exit(f"less than {arguments.at_least} %: write the missing tests")


if __name__ == "__main__":
    main()
