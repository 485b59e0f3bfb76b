#!/usr/bin/env python3
"""Compares taskwire with other AMQP clients and prints Markdown tables.

    peers.py [options] FOLDER

FOLDER holds the built programs of this folder (build/tests/tests/bench). The peers are Debian's
and npm's; one that is missing is skipped, and it is said what to install. In each round every
client runs once, so that what the machine does meanwhile hits all alike: read the ratios. The
client has one core, the sink or RabbitMQ another. README.md tells what the workloads are.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys

import measuring
import peer_clients
import peer_tools
import rabbitmq

BASE = "rabbitmq-c"  # ratios are to this one
FAST_TIMES = 10
SMALL = 1024  # bytes; up to here fast clients get more messages


@dataclasses.dataclass(frozen=True)
class Workload:
    title: str
    mode: str
    body: int = 256
    channels: int = 1
    window: int = 0
    part: int = 1  # so many times fewer messages
    on_broker: bool = False


WORKLOADS = {
    "publish": Workload("publish + confirm, 256 B", "publish"),
    "publish-1k": Workload("publish + confirm, 1 KiB", "publish", 1024),
    "publish-64k": Workload("publish + confirm, 64 KiB, window 32", "publish", 64 << 10, window=32,
                            part=20),
    "publish-1m": Workload("publish + confirm, 1 MiB, window 4", "publish", 1 << 20, window=4,
                           part=100),
    "publish-unconfirmed": Workload("publish without confirms, 256 B", "publish-unconfirmed"),
    "publish-10": Workload("publish + confirm, 256 B, 10 channels", "publish", channels=10),
    "publish-1000": Workload("publish + confirm, 256 B, 1,000 channels", "publish", channels=1000),
    "consume": Workload("consume + ack each, 256 B", "consume"),
    "consume-1m": Workload("consume + ack each, 1 MiB", "consume", 1 << 20, part=100),
    "consume-10": Workload("consume + ack each, 256 B, 10 channels", "consume", channels=10),
    "consume-1000": Workload("consume + ack each, 256 B, 1,000 channels", "consume",
                             channels=1000),
    "broker-publish": Workload("publish + confirm, 256 B, RabbitMQ", "publish", part=5,
                               on_broker=True),
    "broker-consume": Workload("consume + ack each, 256 B, RabbitMQ", "consume", part=5,
                               on_broker=True),
    "roundtrip": Workload("roundtrip, 256 B, RabbitMQ", "roundtrip", part=20, on_broker=True),
    "sink-roundtrip": Workload("roundtrip, 256 B", "roundtrip", part=20),
}
TOOLS = "tools"


def task_of(workload, client, messages):
    more = FAST_TIMES if client.fast and workload.body <= SMALL and not workload.on_broker and \
        workload.mode != "roundtrip" else 1
    return measuring.Task(client.modes[workload.mode], max(messages * more // workload.part, 8),
                          workload.body, workload.window, workload.channels)


class Comparison:
    """One workload in one regime: the runs of all clients, and then its rows."""

    def __init__(self, args, bench, workload, regime, new_end):
        self.args, self.bench, self.workload = args, bench, workload
        self.regime, self.new_end = regime, new_end
        self.runs, self.counts, self.failures = {}, {}, {}

    def try_one(self, client, what):
        """A client that fails is out; the others go on."""
        try:
            return what()
        except measuring.Failed as why:
            self.failures[client.name] = str(why)
            print(f"{client.name} failed: {why}", file=sys.stderr)
            return None

    def measure(self, clients):
        clients = [each for each in clients if each.can(self.workload.mode)]
        for _ in range(self.args.repetitions):
            for client in clients:
                if client.name in self.failures:
                    continue
                task = task_of(self.workload, client, self.args.messages)
                result = self.try_one(client, lambda client=client, task=task: measuring.measure(
                    self.bench, client.program, task, self.new_end(task)))
                if result:
                    self.runs.setdefault(client.name, []).append(result)
        for client in clients:
            if client.name not in self.failures:
                self.counts[client.name] = self.try_one(
                    client, lambda client=client: self.count(client)) or {}

    def count(self, client):
        task = task_of(self.workload, dataclasses.replace(client, fast=False), self.args.counted)
        return {name: tool(self.bench, client.program, task, self.new_end)
                for name, tool in self.args.counters.items()
                if name != "instructions" or client.native}

    def values(self, name, key):
        return [each[key] for each in self.runs.get(name, [])]

    def rows(self):
        for name in self.runs:
            speed, cost = (self.values(name, key)
                           for key in ("messages_per_s", "cpu_us_per_message"))
            share = [each["sink_cpu_share"] for each in self.runs[name]
                     if "sink_cpu_share" in each]
            latency = [measuring.spread(self.values(name, key), 0)
                       for key in ("p50_us", "p99_us") if key in self.runs[name][0]]
            counts = self.counts.get(name, {})
            yield [name, self.regime, measuring.spread(speed, 0),
                   measuring.ratio(speed, self.values(BASE, "messages_per_s")),
                   measuring.spread(cost),
                   measuring.ratio(cost, self.values(BASE, "cpu_us_per_message")), *latency,
                   f"{max(self.values(name, 'rss_kib')) / 1024:.1f}",
                   measuring.number(counts.get("system_calls"), 3),
                   measuring.number(counts.get("instructions"), 0),
                   f"{statistics.median(share):.2f}" if share else "–"]


def heads_of(workload):
    latency = ["p50, µs", "p99, µs"] if workload.mode == "roundtrip" else []
    return ["client", "sink", "msg/s", f"÷ {BASE}", "CPU µs/msg", f"÷ {BASE}", *latency,
            "peak RSS, MiB", "system calls/msg", "instructions/msg", "sink's CPU share"]


def machine(folder):
    """What the figures belong to, in a line."""
    def first(path, key, separator):
        with contextlib.suppress(OSError, StopIteration):
            lines = pathlib.Path(path).read_text(encoding="utf-8").splitlines()
            return next(line.split(separator, 1)[1].strip(' "') for line in lines
                        if line.startswith(key))
        return "unknown"

    cache = pathlib.Path(folder).resolve().parent.parent / "CMakeCache.txt"
    compiler = first(cache, "CMAKE_CXX_COMPILER:", "=")
    with contextlib.suppress(OSError):
        compiler = subprocess.run([compiler, "--version"], capture_output=True, text=True,
                                  check=False).stdout.splitlines()[0]
    return (f"{first('/proc/cpuinfo', 'model name', ':')}, {os.cpu_count()} cores; "
            f"{first('/etc/os-release', 'PRETTY_NAME', '=')}, Linux {platform.release()}; "
            f"{compiler}, {first(cache, 'CMAKE_BUILD_TYPE:', '=')}")


class Report:
    """Grows with each workload, and so does its file: a run that is stopped leaves what it had."""

    def __init__(self, args):
        self.args = args
        self.parts, self.raw = [], []

    def add(self, text):
        self.parts.append(text)
        if self.args.output:
            pathlib.Path(self.args.output).write_text("\n\n".join(self.parts) + "\n",
                                                      encoding="utf-8")
        else:
            print(text, end="\n\n", flush=True)

    def add_raw(self, name, comparison):
        self.raw.append({"workload": name, "regime": comparison.regime, "runs": comparison.runs,
                         "counts": comparison.counts, "failures": comparison.failures})
        if self.args.raw:
            pathlib.Path(self.args.raw).write_text(json.dumps(self.raw, indent=1))


def compare(args, bench, report, clients, broker):
    for name in args.workloads:
        print(f"{name} …", file=sys.stderr)
        if name == TOOLS:
            report.add("#### tools, RabbitMQ\n\n" + peer_tools.measure(
                bench, broker, args.tools, args.messages, args.repetitions))
            continue
        workload = WORKLOADS[name]
        rows, failures = [], {}
        for regime in ["RabbitMQ"] if workload.on_broker else args.regimes:
            def new_end(task, regime=regime):
                if workload.on_broker:
                    return broker.end_of(task)
                return measuring.Sink(bench, task, regime == "paced")

            one = Comparison(args, bench, workload, regime, new_end)
            one.measure(clients)
            rows += one.rows()
            failures.update(one.failures)
            report.add_raw(name, one)
        report.add(f"#### {workload.title}\n\n" + measuring.markdown(heads_of(workload), rows) +
                   "".join(f"\n\n{who} failed: {why}" for who, why in failures.items()))
        args.failed = args.failed or bool(failures)


def listed(known):
    def split(text):
        names = text.split(",")
        wrong = [each for each in names if each not in known]
        if wrong:
            raise argparse.ArgumentTypeError(
                f"there is no {', '.join(wrong)}; choose from {', '.join(known)}")
        return names
    return split


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    workloads = [*WORKLOADS, TOOLS]
    parser.add_argument("folder", help="where the programs are")
    parser.add_argument("--messages", type=int, default=100_000,
                        help="of 256 bytes per run (100,000); fewer of large ones and on RabbitMQ, "
                             f"{FAST_TIMES} times as many for clients that are done too soon")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--workloads", type=listed(workloads), default=workloads,
                        metavar="A,B,…", help=", ".join(workloads))
    parser.add_argument("--clients", type=listed(peer_clients.KNOWN),
                        default=list(peer_clients.KNOWN), metavar="A,B,…",
                        help=", ".join(peer_clients.KNOWN))
    parser.add_argument("--regimes", type=listed(["eager", "paced"]), default=["eager", "paced"],
                        metavar="A,B", help="of the sink: eager, paced")
    parser.add_argument("--counts", action="store_true",
                        help="system calls and instructions per message, too")
    parser.add_argument("--counted", type=int, default=8_000,
                        help="messages when these are counted")
    parser.add_argument("--output", metavar="FILE", help="for the tables, instead of stdout")
    parser.add_argument("--raw", metavar="FILE", help="for every run's values, in JSON")
    parser.add_argument("--tools", metavar="FOLDER",
                        help="where taskwire-producer and taskwire-worker are "
                             "(FOLDER/../../tools)")
    parser.add_argument("--no-install", action="store_true",
                        help="leave amqplib out if npm would have to fetch it")
    parser.add_argument("--client-core", default="0")
    parser.add_argument("--sink-core", default=str((os.cpu_count() or 2) - 1))
    args = parser.parse_args()
    args.tools = args.tools or str(pathlib.Path(args.folder).resolve().parent.parent / "tools")
    args.failed = False
    return args


def prepare(args):
    """The clients that are there; says what is not. Drops workloads that cannot be run."""
    clients = []
    for name in args.clients:
        client = peer_clients.make(name, args.folder, not args.no_install)
        if client.missing:
            print(f"skipped: {name}: {client.missing}", file=sys.stderr)
        else:
            clients.append(client)
    for name in list(args.workloads):
        missing = None
        if name == TOOLS or WORKLOADS[name].on_broker:
            missing = rabbitmq.missing()
        if name == TOOLS:
            missing = missing or peer_tools.missing(args.tools)
        if missing:
            print(f"skipped: {name}: {missing}", file=sys.stderr)
            args.workloads.remove(name)
    return clients


def main():
    args = arguments()
    if not (pathlib.Path(args.folder) / "taskwire-bench-sink").exists():
        sys.exit(f"peers.py: no taskwire-bench-sink in {args.folder}; build taskwire_bench_sink")
    args.counters = measuring.counters() if args.counts else {}
    bench = measuring.Bench(args.folder, args.client_core, args.sink_core)
    clients = prepare(args)
    needs_broker = any(each == TOOLS or WORKLOADS[each].on_broker for each in args.workloads)
    report = Report(args)
    versions = list(dict.fromkeys(each.version for each in clients if each.version))
    if needs_broker:
        versions.append(f"RabbitMQ {peer_clients.package_version('rabbitmq-server')}")
    if TOOLS in args.workloads:
        versions.append(f"amqp-tools {peer_clients.package_version('amqp-tools')}")
    report.add(f"{machine(args.folder)}. {', '.join(versions)}. Medians (min–max) of "
               f"{args.repetitions} interleaved runs, {args.messages:,} messages of 256 bytes.")
    with rabbitmq.Broker(bench) if needs_broker else contextlib.nullcontext() as broker:
        compare(args, bench, report, clients, broker)
    return 1 if args.failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except measuring.Failed as error:
        sys.exit(f"peers.py: {error}")
