"""Runs a client program against the other end and measures it: the one place that does."""

import dataclasses
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

DEADLINE_S = 300
QUEUE = "q"  # all programs use this one


class Failed(Exception):
    """A program that was measured did not do what it was asked; the text says which and why."""


@dataclasses.dataclass(frozen=True)
class Task:
    """What a client program is asked to do: the words of its command line but the port."""
    mode: str
    count: int  # messages
    body: int = 256  # bytes
    window: int = 0  # messages; 0: 256 when consuming, else 1024
    channels: int = 1

    @property
    def consumes(self):
        return self.mode.startswith("consume")

    def words(self, port):
        window = self.window or (256 if self.consumes else 1024)
        return [self.mode, str(port), str(self.count), str(self.body), str(window),
                str(self.channels)]


@dataclasses.dataclass(frozen=True)
class Bench:
    """Where the programs are, and on which cores they run."""
    folder: str
    client_core: str = "0"
    sink_core: str = "0"

    def pinned(self, command):
        """The command on the client's core, with all that it starts."""
        return ["taskset", "-c", self.client_core, *command]


class Sink:
    """A running sink. A context: ends with it."""

    def __init__(self, bench, task, paced=False, confirm_each=False):
        command = ["taskset", "-c", bench.sink_core, f"{bench.folder}/taskwire-bench-sink",
                   "--body", str(task.body)]
        command += ["--paced"] if paced else []
        command += ["--confirm-each"] if confirm_each else []
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        first = self.process.stdout.readline().split()
        if not first:
            raise Failed(f"the sink did not start: {' '.join(command)}")
        self.port = first[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(DEADLINE_S)
        self.process.stdout.close()

    def finish(self, task):
        """What it saw of the connection that has ended: all messages, or the run is worth nothing.
        """
        seen = json.loads(self.process.stdout.readline())
        count = seen["settled" if task.consumes else "published"]
        if count < task.count:
            raise Failed(f"{task.mode}: the sink saw {count} of {task.count} messages")
        return {"sink_cpu_share": seen["cpu_share"]}


def run(command):
    """Runs it and returns what it said, or says what was wrong with it."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True,
                              timeout=DEADLINE_S)
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip() or "it says nothing").splitlines()[-1]
        raise Failed(f"exit status {error.returncode}: {last} ({' '.join(command)})") from None
    except subprocess.TimeoutExpired:
        raise Failed(f"not done after {DEADLINE_S} s: {' '.join(command)}") from None


def measure(bench, program, task, end):
    """One run: the program's own report and what the other end saw. `end` is a context with a
    `port` and `finish(task)`, such as a Sink; `program` the words that start the client."""
    with end as other:
        ran = run(bench.pinned(program + task.words(other.port)))
        try:
            said = json.loads(ran.stdout)
        except json.JSONDecodeError:
            raise Failed(f"it says no result but {ran.stdout!r}: {' '.join(program)}") from None
        return {**said, **other.finish(task)}


def timed(bench, command, **streams):
    """Wall and CPU time of a whole command and of all that it waited for; `streams` as in Popen."""
    began = time.monotonic()
    # Of timeout's own time there is next to nothing, and wait4 knows no deadline.
    with subprocess.Popen(["timeout", str(DEADLINE_S), *bench.pinned(command)],
                          **streams) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise Failed(f"exit status {process.returncode}: {' '.join(command)}")
    return {"wall_s": time.monotonic() - began, "cpu_s": usage.ru_utime + usage.ru_stime}


def per_message(task, count_of):
    """A count per message: the difference of two runs, so that the handshake does not count."""
    few = dataclasses.replace(task, count=max(task.count // 4, 1))
    return (count_of(task) - count_of(few)) / (task.count - few.count)


def instructions(bench, program, task, new_end):
    """User-space instructions, by callgrind: the machine's own counter is often not permitted.
    `new_end(task)` makes the other end of one run."""
    def count_of(task):
        with tempfile.NamedTemporaryFile() as out, new_end(task) as end:
            ran = run(bench.pinned(["valgrind", "--tool=callgrind",
                                    f"--callgrind-out-file={out.name}", *program,
                                    *task.words(end.port)]))
            end.finish(task)
            return int(re.search(r"Collected : (\d+)", ran.stderr).group(1))
    return per_message(task, count_of)


def system_calls(bench, program, task, new_end):
    """Of all threads. strace makes a program slow: what wakes up now and then shows more of it."""
    def count_of(task):
        with tempfile.NamedTemporaryFile("r") as out, new_end(task) as end:
            run(bench.pinned(["strace", "-f", "-c", "-o", out.name, *program,
                              *task.words(end.port)]))
            end.finish(task)
            return int(re.search(r"^100\.00.*?(\d+)\s+(?:\d+\s+)?total$", out.read(), re.M)
                       .group(1))
    return per_message(task, count_of)


def works(command):
    """Is the program there, and does it run another one?"""
    try:
        return subprocess.run(command + ["true"], capture_output=True,
                              check=False).returncode == 0
    except FileNotFoundError:
        return False


def counters():
    """The counts that this machine lets us take, by name."""
    result = {}
    if works(["strace", "-c", "-o", "/dev/null"]):
        result["system_calls"] = system_calls
    if works(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]):
        result["instructions"] = instructions
    for name, tool in (("system_calls", "strace"), ("instructions", "valgrind")):
        if name not in result:
            why = f"{tool} may not trace here" if shutil.which(tool) else f"apt-get install {tool}"
            print(f"not counted: {name}: {why}", file=sys.stderr)
    return result


def spread(values, digits=2):
    low, high = min(values), max(values)
    return f"{statistics.median(values):,.{digits}f} ({low:,.{digits}f}–{high:,.{digits}f})"


def ratio(values, base):
    """Of medians."""
    if not values or not base or statistics.median(base) == 0:
        return "–"
    return f"{statistics.median(values) / statistics.median(base):.2f}"


def number(value, digits):
    return "–" if value is None else f"{value:,.{digits}f}"


def markdown(heads, rows):
    return "\n".join(f"| {' | '.join(row)} |" for row in [heads, ["---"] * len(heads), *rows])
