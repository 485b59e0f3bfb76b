#!/usr/bin/env python3
"""taskwire-worker on a broker that loses patience, and on one that dies.

Usage: worker_outage_test.py PRODUCER WORKER BROKER_SH
It has a broker of its own, because it kills it.
"""
import os
import subprocess
import sys
import tempfile
import unittest

import worker_support
from worker_support import Gate, WorkerCase


class Outage(WorkerCase):
    @classmethod
    def setUpClass(cls):
        cls.home = tempfile.TemporaryDirectory()
        cls.directory = os.path.join(cls.home.name, "broker")
        # Acknowledgements are due in a second, and the broker looks every 200 ms.
        cls.ask("start", TASKWIRE_BROKER_CONF="consumer_timeout = 1000",
                TASKWIRE_BROKER_ERL_ARGS="-rabbit channel_tick_interval 200")
        cls.url = cls.ask("url").strip()

    @classmethod
    def tearDownClass(cls):
        cls.ask("stop")
        cls.home.cleanup()

    @classmethod
    def ask(cls, command, **environment):
        return subprocess.run([BROKER_SH, command, cls.directory], check=True, timeout=120,
                              stdout=subprocess.PIPE, text=True,
                              env={**os.environ, **environment}).stdout

    def test_1_an_acknowledgement_that_comes_too_late(self):
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

    def test_2_a_broker_that_dies(self):
        gate = Gate(self.folder.name)
        self.given(b"task")
        process = self.start(self.queue, "--shell", gate.shell())
        gate.await_begun()
        self.ask("kill")
        _, err = self.finish(process, expect=69)
        self.assertIn("taskwire-worker: the connection to ", err)
        self.assertIn("terminating 1 task (", err)
        self.assertIn("0 ok, 0 failed, 1 returned", err)


if __name__ == "__main__":
    producer, worker, BROKER_SH = sys.argv[1:4]
    worker_support.use(producer, worker, "")
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
