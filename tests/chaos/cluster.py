#!/usr/bin/env python3
"""Producers and workers on a cluster of three nodes, one of which fails at a time.

Usage: cluster.py SUBJECT BROKER_SH [--kills N] [--suspensions N] [--partitions N] [--tasks N]
       SUBJECT is `tools:PRODUCER,WORKER` or `library:LOAD`

The queue is a quorum queue with a member on each node; every program is given all three URLs. In
turn nodes are killed (SIGKILL) and booted again, suspended (SIGSTOP of every thread) until all
clients have left them, and suspended until the others have declared them down. No program may end:
they must find another node by themselves. The verdict is a count: what was confirmed must be done.
"""
import argparse
import concurrent.futures
import itertools
import json
import os
import tempfile
import time

from chaos_support import Broker, Fleet, LONG, PATIENCE_S, judged, seeded, subject_of, until
from ledger import Recoveries

QUEUE = "cluster"
# With pause_minority a node that wakes up after it was declared down stays apart for ever: when
# RabbitMQ 3.10.8 looks whether it is in a minority, the others are back already. Nodes that say
# nothing are declared down after 9 to 15 s, not after 45 to 75 s.
CONF, ERL = "cluster_partition_handling = autoheal", "-kernel net_ticktime 12"


class Cluster:
    def __init__(self, script, folder):
        first = Broker(script, os.path.join(folder, "node0"), conf=CONF, erl=ERL)
        self.nodes = [first]
        try:
            for index in (1, 2):
                self.nodes.append(Broker(script, os.path.join(folder, f"node{index}"), first, CONF,
                                         ERL))
            first.declare(QUEUE, "quorum")
            members = first.eval(f"{self.queue()}, length(maps:get(nodes, amqqueue:get_type_state(Q))).")
            if int(members) != 3:
                raise AssertionError(f"the queue has {members} members, not 3")
        except BaseException:
            self.close()
            raise
        self.names = {each.eval("node().").strip("'\n"): each for each in self.nodes}

    @staticmethod
    def queue():
        return f"{{ok, Q}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<\"/\">>, queue, <<\"{QUEUE}\">>))"

    def leader(self):
        name = self.nodes[0].eval(f"{self.queue()}, element(2, amqqueue:get_pid(Q)).")
        return self.names[name.strip("'\n")]

    def is_whole(self):
        """Each sees all three, and each member of the queue could be spared."""
        everywhere = "element(1, rpc:multicall(rabbit_nodes:all(), {}, {}, []))"
        running = everywhere.format("rabbit_nodes", "all_running")
        critical = everywhere.format("rabbit_quorum_queue", "list_with_minimum_quorum")
        # A node that is booting answers with no list.
        found = self.nodes[0].eval(f"{{[is_list(R) andalso length(R) || R <- {running}], "
                                   f"[C || C <- {critical}]}}.")
        return found.strip() == "{[3,3,3],[[],[],[]]}"

    def running(self, of):
        """How many nodes another one than this sees."""
        other = next(each for each in self.nodes if each is not of)
        return int(other.eval("length(rabbit_nodes:all_running())."))

    def close(self):
        for each in reversed(self.nodes):
            each.do("stop")


class Chaos:
    def __init__(self, folder, arguments, rng):
        self.rng, self.recoveries = rng, Recoveries()
        self.faults, self.leaders_hit = 0, 0
        self.pool = concurrent.futures.ThreadPoolExecutor(1)
        self.cluster = Cluster(arguments.broker_sh, folder)
        self.in_turn = itertools.cycle(self.cluster.nodes)
        urls = [each.url for each in self.cluster.nodes]
        self.fleet = Fleet(folder, subject_of(arguments.subject), QUEUE, rate=arguments.rate,
                           producer_urls=urls, worker_urls=urls)

    def meanwhile(self, call, *arguments):
        """Something slow, while the load goes on."""
        done = self.pool.submit(call, *arguments)
        until(done.done, call.__name__, self.fleet.tick, 4 * PATIENCE_S)
        return done.result()

    def run_for(self, time_s):
        end = time.monotonic() + time_s
        until(lambda: time.monotonic() >= end, "time", self.fleet.tick)

    def await_every(self, what, newer_than):
        """When each of the programs handled a task newer than that one: {kind: [...]}, ascending."""
        result = {}
        for kind, all_of in (("producer", self.fleet.producers), ("worker", self.fleet.workers)):
            each = [self.fleet.ledger.moves[kind, index] for index in range(len(all_of))]
            until(lambda: all(one.first_newer(newer_than) for one in each),
                  f"every {kind}: {what}", self.fleet.tick)
            result[kind] = sorted(one.first_newer(newer_than) for one in each)
        return result

    def await_recovery(self, fault, ended_at):
        """Until each of the programs has handled a task that was fed after the fault."""
        for kind, times in self.await_every(fault, self.fleet.number).items():
            self.recoveries.add(fault, f"first {kind}", times[0] - ended_at)
            self.recoveries.add(fault, f"every {kind}", times[-1] - ended_at)

    def await_whole(self):
        until(lambda: self.meanwhile(self.cluster.is_whole), "a whole cluster", self.fleet.tick)

    def kill(self, node):
        self.meanwhile(node.do, "kill")
        self.await_recovery("killed", time.monotonic())
        self.run_for(self.rng.uniform(0.0, 1.0))
        self.meanwhile(node.do, "resume")
        self.await_recovery("booted again", time.monotonic())

    def suspend(self, node, until_declared_down):
        kind = "partitioned" if until_declared_down else "suspended"
        node.suspend()
        try:
            self.await_recovery(kind, time.monotonic())
            if until_declared_down:
                until(lambda: self.meanwhile(self.cluster.running, node) == 2, "a node declared down",
                      self.fleet.tick)
        finally:
            node.wake()
        self.await_recovery(f"no longer {kind}", time.monotonic())

    def do(self, fault):
        self.faults += 1
        node = next(self.in_turn)
        leader = self.meanwhile(self.cluster.leader)
        if fault.endswith("leader"):
            node = leader
        self.leaders_hit += node is leader
        if fault.startswith("kill"):
            self.kill(node)
        else:
            self.suspend(node, fault.startswith("partition"))
        self.await_whole()

    def verdict(self):
        started = {"producer": len(self.fleet.producers), "worker": len(self.fleet.workers)}
        if self.fleet.started != started:
            raise AssertionError(f"{started} were started, but then again: {self.fleet.started}")
        self.fleet.settle()
        until(lambda: self.cluster.nodes[0].do("ctl", "-q", "list_queues", "messages").split()[-1]
              == "0", "an empty queue", self.fleet.tick)
        return self.fleet.ledger.verdict()

    def close(self):
        self.fleet.close()
        self.pool.shutdown()
        self.cluster.close()


def plan_of(arguments, rng):
    plan = ["kill"] * arguments.kills + ["suspend"] * arguments.suspensions + \
        ["partition"] * arguments.partitions
    rng.shuffle(plan)
    return ["kill-leader", *plan]


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("subject")
    parser.add_argument("broker_sh")
    parser.add_argument("--kills", type=int, default=12 if LONG else 1)
    parser.add_argument("--suspensions", type=int, default=6 if LONG else 1)
    parser.add_argument("--partitions", type=int, default=4 if LONG else 0)
    parser.add_argument("--tasks", type=int, default=50_000 if LONG else 3_000)
    parser.add_argument("--rate", type=int, default=400 if LONG else 200, help="tasks per second")
    arguments = parser.parse_args()
    seed, rng = seeded()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, judged(Chaos(folder, arguments, rng)) as chaos:
        chaos.await_every("begin", 0)
        for fault in plan_of(arguments, rng):
            print(f"{time.monotonic() - begun:6.1f} s: {fault}, "
                  f"{len(chaos.fleet.ledger.confirmed)} tasks confirmed", flush=True)
            chaos.do(fault)
        until(lambda: len(chaos.fleet.ledger.fed) >= arguments.tasks, "all tasks",
              chaos.fleet.tick, 10 * PATIENCE_S)
        counts = chaos.verdict()
        chaos.recoveries.print()
        print(json.dumps({"seed": seed, "subject": arguments.subject.partition(":")[0],
                          "faults": chaos.faults, "of_these_on_the_leader": chaos.leaders_hit,
                          "seconds": round(time.monotonic() - begun), **counts}))


if __name__ == "__main__":
    main()
