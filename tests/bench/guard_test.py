#!/usr/bin/env python3
"""Holds what a message costs to the bounds in bounds.json: counts, never times.

    guard_test.py FOLDER

FOLDER holds the built programs. Instructions and system calls need valgrind and strace, and a
kernel that lets them trace; without them those counts are skipped, and said to be.
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys

import macro

SKIPPED = 77


def works(command):
    """Is the program there, and does it run another one?"""
    return shutil.which(command[0]) is not None and subprocess.run(
        command + ["true"], capture_output=True, check=False).returncode == 0


def options(folder):
    return argparse.Namespace(folder=folder, body=256, window=None, confirm_each=False,
                              sink_core="0", client_core="0", count=20_000, counted=8_000)


def counts(args, mode, sink, tools):
    result = {"allocations": macro.run_once(args, mode, sink)["allocations_per_message"]}
    for name, tool in tools.items():
        result[name] = tool(args, mode, sink)
    return result


def main():
    args = options(sys.argv[1])
    bounds = json.loads((pathlib.Path(__file__).parent / "bounds.json").read_text())
    tools = {}
    if works(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]):
        tools["instructions"] = macro.instructions
    if works(["strace", "-c", "-o", "/dev/null"]):
        tools["system_calls"] = macro.system_calls
    sink = macro.Sink(args, paced=False)
    failed = False
    for mode, limits in bounds.items():
        for name, value in counts(args, mode, sink, tools).items():
            over = value > limits[name]
            failed = failed or over
            print(f"{'TOO MANY' if over else 'ok':8} {mode:22} {name:13} "
                  f"{value:10.3f} of {limits[name]} a message")
    sink.stop()
    missing = {"instructions", "system_calls"} - tools.keys()
    if missing:
        print(f"not counted here: {', '.join(sorted(missing))}")
    if failed:
        return 1
    return SKIPPED if missing else 0


if __name__ == "__main__":
    sys.exit(main())
