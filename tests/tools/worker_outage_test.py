#!/usr/bin/env python3
"""taskwire-worker on a broker that loses patience, on connections that are cut, and on a broker
that dies.

Usage: worker_outage_test.py PRODUCER WORKER BROKER_SH FAULT_PROXY
It has brokers of its own, because it kills one.
"""
import os
import signal
import subprocess
import sys
import tempfile
import unittest

import worker_support
from worker_support import Gate, WorkerCase, until

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "chaos"))
from chaos_support import Broker, Proxy  # noqa: E402


class OutageCase(WorkerCase):
    conf = erl = ""

    @classmethod
    def setUpClass(cls):
        cls.home = tempfile.TemporaryDirectory()
        cls.node = Broker(BROKER_SH, os.path.join(cls.home.name, "broker"), conf=cls.conf,
                          erl=cls.erl)
        cls.url = cls.node.url

    @classmethod
    def tearDownClass(cls):
        cls.node.do("stop")
        cls.home.cleanup()


class Patience(OutageCase):
    # Acknowledgements are due in a second, and the broker looks every 200 ms.
    conf = "consumer_timeout = 1000"
    erl = "-rabbit channel_tick_interval 200"

    def test_an_acknowledgement_that_comes_too_late(self):
        gate = Gate(self.folder.name)
        self.given(b"task", message_id="m-1")
        process = self.start("--exit-when-empty", self.queue, "--shell",
                             f"[ $TASK_REDELIVERED = 1 ] || {{ {gate.shell()}; }}; cat")
        gate.await_begun()
        line = process.stderr.readline().decode()
        self.assertIn("task m-1: a task ran longer than the 1.0s that the broker allows", line)
        out, err = self.finish(process, expect=0)
        self.assertEqual(out, b"task")
        self.assertIn("1 ok, 0 failed, 1 returned", err)

    def test_bodies_whose_reader_is_slow_come_again(self):
        bodies = [letter * 100_000 for letter in (b"a", b"b", b"c")]  # more than a pipe holds
        self.given(*bodies)
        process = self.start("--exit-when-empty", self.queue)
        self.assertIn("longer than the 1.0s that the broker allows",
                      process.stderr.readline().decode())
        out, err = self.finish(process, expect=0)
        self.assertEqual(set(out.split()), set(bodies), err)
        self.assertEqual(self.count(), 0)


class Outages(OutageCase):
    """The worker reaches its broker through a proxy, which ends connections and refuses new ones.
    What it says is followed in a file."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.proxy = Proxy(FAULT_PROXY)
        cls.port = cls.proxy.listen(cls.node.port)
        cls.nobody = int(subprocess.check_output([BROKER_SH, "free-port"]))

    @classmethod
    def tearDownClass(cls):
        cls.proxy.close()
        super().tearDownClass()

    def setUp(self):
        super().setUp()
        self.addCleanup(self.come_back)

    def start(self, *arguments, **options):
        self.log = tempfile.NamedTemporaryFile(dir=self.folder.name)
        self.addCleanup(self.log.close)
        self.heard = 0
        url = f"amqp://guest:guest@127.0.0.1:{self.port}/"
        return super().start("-u", url, "-v", *arguments, stderr=self.log, **options)

    def command(self, *arguments, url=None):
        return [worker_support.WORKER, *arguments]

    def said(self):
        """Since the last outage began."""
        with open(self.log.name, encoding="utf-8") as log:
            return log.read()[self.heard:]

    def until_said(self, what):
        try:
            until(lambda: what in self.said(), f"'{what}'")
        except AssertionError as fault:
            raise AssertionError(f"{fault} in:\n{self.said()}") from None

    def ended(self, process, expect=0):
        """Awaits the end of a worker; returns its stdout."""
        out, _ = process.communicate(timeout=worker_support.PATIENCE_S)
        self.assertEqual(process.returncode, expect, self.said())
        return out

    def drained(self, process, expect=0):
        process.send_signal(signal.SIGTERM)
        return self.ended(process, expect)

    def begun(self, *arguments, command="echo ran", **properties):
        """A worker whose task has begun, and what holds the task."""
        gate = Gate(self.folder.name)
        self.given(b"task", **properties)
        process = self.start(*arguments, self.queue, "--shell", f"{command}; {gate.shell()}")
        gate.await_begun()
        return process, gate

    def go(self):
        self.heard += len(self.said())
        self.proxy.ask("target", self.port, self.nobody)
        self.proxy.ask("reset", self.port)
        self.until_said("trying again")

    def come_back(self):
        self.proxy.ask("target", self.port, self.node.port)

    def until_back(self):
        self.come_back()
        self.until_said("back after")

    def test_a_task_runs_on_and_is_acknowledged_when_it_comes_again(self):
        process, gate = self.begun(message_id="m-1")
        self.go()
        self.until_back()
        self.until_said("task m-1: delivered again while it runs")
        gate.let_go()
        self.until_count(0)
        self.assertEqual(self.drained(process), b"ran\n")
        self.assertIn("1 ok, 0 failed, 0 returned", self.said())
        self.assertEqual(self.count(), 0)

    def test_a_task_that_ends_in_the_outage_does_not_run_again(self):
        process, gate = self.begun(message_id="m-1")
        self.go()
        gate.let_go()
        self.until_said("task m-1 is done; it is acknowledged when it is delivered again")
        self.until_back()
        self.until_said("task m-1: delivered again, but it is done")
        self.assertEqual(self.drained(process), b"ran\n")
        self.assertEqual(self.count(), 0)

    def test_any_slot_may_get_it_again(self):
        gate = Gate(self.folder.name)
        self.declare()
        for number in range(4):
            self.publish(b"%d" % number, message_id=f"m-{number}")
        process = self.start("-j", "4", self.queue, "--shell", f"cat; echo; {gate.shell()}")
        gate.await_begun(4)
        for _ in range(3):
            self.go()
            self.until_back()
        for number in range(4):
            self.until_said(f"task m-{number}: delivered again while it runs")
        gate.let_go(4)
        out = self.drained(process)
        self.assertEqual(sorted(out.split()), [b"0", b"1", b"2", b"3"])
        self.assertEqual(self.count(), 0)

    def test_the_same_id_on_another_body_is_another_task(self):
        process, gate = self.begun(message_id="m-1", command="cat; echo")
        self.go()
        gate.let_go()
        self.until_said("task m-1 is done")
        self.channel.queue_purge(self.queue)
        self.publish(b"other", message_id="m-1")
        self.channel.basic_get(self.queue)
        self.channel.basic_recover(requeue=True)  # so that it comes redelivered
        self.until_back()
        gate.await_begun()
        gate.let_go()
        self.assertEqual(self.drained(process), b"task\nother\n")

    def test_without_an_id_it_is_begun_anew(self):
        process, gate = self.begun()
        self.go()
        self.until_said("without a message id")
        self.until_back()
        gate.await_begun()
        gate.let_go()
        self.assertEqual(self.drained(process), b"ran\nran\n")
        self.assertIn("1 ok, 0 failed, 1 returned", self.said())

    def test_what_must_not_overlap_is_terminated(self):
        process, gate = self.begun("--on-lost", "kill", message_id="m-1")
        self.go()
        self.until_said("terminating task m-1, as --on-lost says")
        self.until_back()
        gate.await_begun()
        gate.let_go()
        self.assertEqual(self.drained(process), b"ran\nran\n")

    def test_told_to_end_in_an_outage(self):
        process, gate = self.begun(message_id="m-1")
        self.go()
        process.send_signal(signal.SIGTERM)
        self.until_said("TERM: no more tasks")
        gate.let_go()
        self.assertEqual(self.ended(process, expect=75), b"ran\n")
        self.assertIn("task m-1 is done, but its channel has closed", self.said())
        self.until_count(1)

    def test_bodies_come_again_unless_they_were_acknowledged(self):
        self.given(*(b"%d" % each for each in range(1000)))
        process = self.start(self.queue)
        self.until_count(0)
        for _ in range(3):
            self.go()
            self.until_back()
        self.until_count(0)
        out = self.drained(process)
        self.assertEqual({int(line) for line in out.split()}, set(range(1000)))
        self.assertEqual(self.count(), 0)

    def test_a_failed_task_is_kept_when_the_outage_is_over(self):
        gate = Gate(self.folder.name)
        self.given(b"task", message_id="m-1")
        self.channel.queue_declare(self.failed, durable=True)
        process = self.start(self.queue, "--shell", f"{gate.shell()}; exit 3")
        gate.await_begun()
        self.go()
        gate.let_go()
        self.until_said("cannot keep a failed task")
        self.until_back()
        self.until_count(1, self.failed)
        self.until_said("task m-1 failed")
        self.until_count(0)
        self.drained(process)
        self.assertEqual([self.count(self.queue), self.count(self.failed)], [0, 1])

    def test_it_may_start_before_its_broker(self):
        self.given(b"task")
        self.proxy.ask("target", self.port, self.nobody)
        process = self.start("--exit-when-empty", self.queue, "cat")
        self.until_said("trying again")
        self.come_back()
        self.assertEqual(self.ended(process), b"task")

    def test_a_second_host_is_tried(self):
        self.given(b"task")
        process = self.start("-u", f"amqp://127.0.0.1:{self.nobody}", "-u", self.node.url,
                             "--exit-when-empty", self.queue, "cat")
        self.assertEqual(self.ended(process), b"task")

    def test_an_outage_that_lasts_too_long(self):
        process, _ = self.begun("--reconnect", "100ms", message_id="m-1")
        self.go()
        self.assertEqual(self.ended(process, expect=69), b"ran\n")
        self.assertIn("terminating 1 task (m-1)", self.said())
        self.assertIn("0 ok, 0 failed, 1 returned", self.said())

    def test_many_that_start_at_once_create_the_queue_together(self):
        workers = [self.start("--exit-when-idle", "300ms", self.queue, "true") for _ in range(6)]
        for each in workers:
            self.ended(each)

    def test_an_outage_that_is_not_to_be_waited_out(self):
        process, _ = self.begun("--reconnect", "no", message_id="m-1")
        self.proxy.ask("reset", self.port)
        self.ended(process, expect=69)
        self.assertIn("terminating 1 task (m-1)", self.said())

    def test_z_a_broker_that_dies(self):
        process, gate = self.begun(message_id="m-1", delivery_mode=2)
        self.node.eval("mnesia:sync_log().")  # or RabbitMQ forgets a queue as young as this one
        self.node.do("kill")
        self.until_said("trying again")
        gate.let_go()
        self.until_said("task m-1 is done")
        self.node.do("resume")
        self.until_said("task m-1: delivered again, but it is done")
        self.assertEqual(self.drained(process), b"ran\n")
        self.assertIn("1 ok, 0 failed, 0 returned", self.said())


if __name__ == "__main__":
    producer, worker, BROKER_SH, FAULT_PROXY = sys.argv[1:5]
    worker_support.use(producer, worker, "")
    unittest.main(argv=[sys.argv[0], *sys.argv[5:]], verbosity=2)
