#!/usr/bin/env python3
"""Producers and workers under load while everything around them fails, on one node.

Usage: chaos.py SUBJECT PROXY BROKER_SH [--queue-type T] [--faults N] [--broker-kills N] [--tasks N]
                [--only KIND...]
       SUBJECT is `tools:PRODUCER,WORKER` or `library:LOAD`

Each kind of fault happens N times, in an order and with numbers that the seed decides
($TASKWIRE_TEST_SEED gives a run again). The verdict is a count: what was confirmed must be done.
"""
import argparse
import json
import os
import signal
import tempfile
import time

from chaos_support import (Broker, Fleet, LONG, PATIENCE_S, Proxy, judged, seeded, subject_of,
                           until)
from ledger import Recoveries

BREAKING = ["cut-up", "cut-down", "cut-reset", "reset", "close", "half-close-up", "half-close-down"]
SLOWING = ["stall", "stall-up", "stall-down", "delay", "throttle"]
OTHERS = ["kill-producer", "kill-worker", "alarm", "late-worker", "suspend-broker", "delete-queue"]
KINDS = BREAKING + SLOWING + OTHERS
# Acknowledgements are due in a second, and the broker looks five times in it.
CONF, ERL = "consumer_timeout = 1000", "-rabbit channel_tick_interval 200"


class Chaos:
    def __init__(self, folder, arguments, rng):
        self.rng, self.recoveries, self.faults = rng, Recoveries(), 0
        self.broker = Broker(arguments.broker_sh, os.path.join(folder, "broker"), conf=CONF, erl=ERL)
        self.queue_type = arguments.queue_type
        self.proxy = Proxy(arguments.proxy)
        self.ports = {kind: self.proxy.listen(self.broker.port) for kind in ("producer", "worker")}
        self.broker.declare("chaos", self.queue_type)
        urls = {f"{each}_urls": [f"amqp://guest:guest@127.0.0.1:{port}/"]
                for each, port in self.ports.items()}
        self.fleet = Fleet(folder, subject_of(arguments.subject), "chaos", rate=arguments.rate,
                           **urls)

    def moved_since(self, kind, when):
        return self.fleet.ledger.first_move(kind, when) is not None

    def run_for(self, time_s):
        end = time.monotonic() + time_s
        while time.monotonic() < end:
            self.fleet.tick()

    def await_recovery(self, fault, kind, ended_at, counts_from=None):
        since = counts_from or ended_at
        until(lambda: self.moved_since(kind, since), f"{kind}s after {fault}", self.fleet.tick)
        self.recoveries.add(fault, kind, self.fleet.ledger.first_move(kind, since) - ended_at)

    def break_connections(self, fault):
        """The end of such a fault is the end of the connection; what counts comes over a new one."""
        kind = self.rng.choice(["producer", "worker"])
        port = self.ports[kind]
        since = time.monotonic()
        until(lambda: self.proxy.ask("count", port)[0] > 0, "a connection", self.fleet.tick)
        way = "up" if fault.endswith("up") else "down"
        if fault.startswith("cut"):
            how = ["rst"] if fault == "cut-reset" else []
            self.proxy.ask("cut", port, way, self.rng.randrange(1, 20_000), *how)
            until(lambda: self.proxy.first(port, "ended", since), "the cut", self.fleet.tick)
        elif fault.startswith("half-close"):
            self.proxy.ask("half-close", port, way)
        else:
            self.proxy.ask(fault, port)
        ended_at = self.proxy.first(port, "ended", since) or time.monotonic()
        until(lambda: self.proxy.first(port, "accepted", ended_at), f"a connection after {fault}",
              self.fleet.tick)
        again_at = self.proxy.first(port, "accepted", ended_at)
        self.await_recovery(fault, kind, ended_at, again_at)

    def slow_connections(self, fault):
        kind = self.rng.choice(["producer", "worker"])
        port = self.ports[kind]
        if fault == "delay":
            self.proxy.ask("delay", port, self.rng.randrange(5, 100))
        elif fault == "throttle":
            self.proxy.ask("throttle", port, self.rng.randrange(2_000, 100_000))
        else:
            self.proxy.ask("stall", port, fault.partition("-")[2] or "both")
        # Some stalls outlast the heartbeats (2 s) and cost the connection.
        self.run_for(self.rng.choice([0.1, 0.3, 1.0]) if self.rng.random() < 0.95 else 5.0)
        self.proxy.ask("clear", port)
        self.await_recovery(fault, kind, time.monotonic())

    def kill_program(self, fault):
        kind = fault.partition("-")[2]
        all_of = self.fleet.producers if kind == "producer" else self.fleet.workers
        self.fleet.kill(kind, self.rng.randrange(len(all_of)))
        self.await_recovery(fault, kind, time.monotonic())

    def raise_alarm(self, fault):
        self.broker.alarm(True)
        self.run_for(self.rng.uniform(0.1, 0.5))
        self.await_recovery(fault, "producer", self.broker.alarm(False))

    def busy_worker(self):
        """One that has just done something: they end now and then, and are started again."""
        index, since = self.rng.randrange(len(self.fleet.workers)), time.monotonic()

        def is_busy():
            one = self.fleet.workers[index]
            return one and one.popen.poll() is None and \
                self.fleet.ledger.moves["worker", index].first_after(since) is not None

        until(is_busy, "a worker that works", self.fleet.tick)
        return index, self.fleet.workers[index].popen

    def suspend_worker(self, fault):
        """Its deliveries become overdue meanwhile: the broker closes its channel. One that happens to
        hold nothing is no such case: then it is another's turn."""
        before, deadline = self.overdue(), time.monotonic() + PATIENCE_S
        while self.overdue() == before:
            if time.monotonic() > deadline:
                raise AssertionError("no acknowledgement was overdue")
            index, one = self.busy_worker()
            one.send_signal(signal.SIGSTOP)
            try:
                end = time.monotonic() + 3.0
                while self.overdue() == before and time.monotonic() < end:
                    self.fleet.tick()
            finally:
                one.send_signal(signal.SIGCONT)
        own = self.fleet.ledger.moves["worker", index]
        ended_at, number = time.monotonic(), self.fleet.number
        until(lambda: own.first_newer(number), "the late worker", self.fleet.tick)
        self.recoveries.add(fault, "worker", own.first_newer(number) - ended_at)

    def suspend_broker(self, fault):
        """Some outlast the heartbeats and cost all connections."""
        self.broker.suspend()
        try:
            self.run_for(self.rng.uniform(0.1, 1.0) if self.rng.random() < 0.9 else 6.0)
        finally:
            self.broker.wake()
        ended_at = time.monotonic()
        for kind in ("producer", "worker"):
            self.await_recovery(fault, kind, ended_at)

    def delete_queue(self, fault):
        """When it is empty: with the queue go its tasks, and that is nobody's loss but the deleter's."""
        self.fleet.is_held = True
        self.fleet.await_quiet()
        self.broker.do("ctl", "-q", "delete_queue", "chaos")
        self.run_for(self.rng.uniform(0.0, 0.5))
        self.broker.declare("chaos", self.queue_type)
        self.fleet.is_held = False
        ended_at = time.monotonic()
        for kind in ("producer", "worker"):
            self.await_recovery(fault, kind, ended_at)

    def kill_broker(self, fault):
        self.broker.do("kill")
        self.run_for(self.rng.uniform(0.0, 0.5))
        self.broker.do("resume")
        ended_at = time.monotonic()
        for kind in ("producer", "worker"):
            self.await_recovery(fault, kind, ended_at)

    def do(self, fault):
        self.faults += 1
        if fault in BREAKING:
            self.break_connections(fault)
        elif fault in SLOWING:
            self.slow_connections(fault)
        else:
            {"kill-broker": self.kill_broker, "kill-producer": self.kill_program,
             "kill-worker": self.kill_program, "alarm": self.raise_alarm,
             "late-worker": self.suspend_worker, "suspend-broker": self.suspend_broker,
             "delete-queue": self.delete_queue}[fault](fault)

    def overdue(self):
        """How many consumers the broker has found too late."""
        with open(os.path.join(self.broker.folder, "node.log"), encoding="utf-8",
                  errors="replace") as log:
            return log.read().count("timed out waiting for delivery acknowledgement")

    def close(self):
        self.fleet.close()
        self.proxy.close()
        self.broker.do("stop")


def report(chaos, arguments, seed, begun):
    chaos.recoveries.print()
    print(json.dumps({"seed": seed, "subject": arguments.subject.partition(":")[0],
                      "queue": arguments.queue_type, "faults": chaos.faults, "overdue": chaos.overdue(),
                      "started": chaos.fleet.started, "seconds": round(time.monotonic() - begun),
                      **chaos.fleet.ledger.verdict()}))


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("subject")
    parser.add_argument("proxy")
    parser.add_argument("broker_sh")
    parser.add_argument("--queue-type", default="classic", choices=["classic", "quorum"])
    parser.add_argument("--faults", type=int, default=100 if LONG else 1)
    parser.add_argument("--broker-kills", type=int, default=None)
    parser.add_argument("--only", nargs="+", choices=[*KINDS, "kill-broker"], help="these kinds")
    parser.add_argument("--tasks", type=int, default=200_000 if LONG else 2_000)
    parser.add_argument("--rate", type=int, default=800, help="tasks per second")
    arguments = parser.parse_args()
    kills = arguments.faults if arguments.broker_kills is None else arguments.broker_kills
    seed, rng = seeded()
    # A quorum queue on one killed node may stay without a leader on RabbitMQ 3.10.8.
    plan = KINDS * arguments.faults + \
        ["kill-broker"] * (kills if arguments.queue_type == "classic" else 0)
    plan = [each for each in plan if each in (arguments.only or plan)]
    rng.shuffle(plan)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, judged(Chaos(folder, arguments, rng)) as chaos:
        until(lambda: chaos.moved_since("worker", 0.0), "the first task", chaos.fleet.tick)
        for number, fault in enumerate(plan):
            if LONG and number % 20 == 0:
                print(f"{time.monotonic() - begun:6.0f} s: fault {number} of {len(plan)}, "
                      f"{len(chaos.fleet.ledger.confirmed)} tasks confirmed", flush=True)
            chaos.do(fault)
            chaos.run_for(rng.uniform(0.0, 0.1))
        until(lambda: len(chaos.fleet.ledger.fed) >= arguments.tasks, "all tasks",
              chaos.fleet.tick, 10 * PATIENCE_S)
        chaos.fleet.settle()
        report(chaos, arguments, seed, begun)


if __name__ == "__main__":
    main()
