#!/usr/bin/env python3
"""What was confirmed survives: a restarted broker, a killed broker, a killed worker.

Usage: survival_test.py PRODUCER WORKER BROKER_SH
It has a broker of its own, because it stops and kills it.
"""
import os
import signal
import subprocess
import sys
import tempfile
import unittest

PRODUCER, WORKER, BROKER = sys.argv[1:4]


class Survival(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.directory = os.path.join(cls.folder.name, "broker")
        cls.broker("start")
        cls.url = cls.broker("url").strip()

    @classmethod
    def tearDownClass(cls):
        cls.broker("stop")
        cls.folder.cleanup()

    @classmethod
    def broker(cls, command):
        return subprocess.run([BROKER, command, cls.directory], check=True, timeout=120,
                              stdout=subprocess.PIPE, text=True).stdout

    def produce(self, queue, lines, *options):
        done = subprocess.run([PRODUCER, "--url", self.url, "--create", *options, queue],
                              input="".join(f"{line}\n" for line in lines), text=True, timeout=60,
                              stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"{len(lines)} confirmed, 0 returned", done.stderr)

    def work(self, queue):
        done = subprocess.run([WORKER, "--url", self.url, "--exit-when-empty", "-j", "2", queue],
                              text=True, timeout=60, capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return sorted(int(line) for line in done.stdout.split())

    def test_an_orderly_restart_loses_nothing(self):
        self.produce("restarted", range(5000))
        self.broker("restart")
        self.assertEqual(self.work("restarted"), list(range(5000)))

    def test_a_killed_broker_loses_nothing_it_confirmed(self):
        # A classic queue: after a kill RabbitMQ 3.10.8 may leave a quorum queue on a single node
        # without a leader for ever, for any client; nothing is lost, but nothing comes either.
        self.produce("killed", range(5000), "--queue-type", "classic")
        self.broker("kill")
        self.broker("resume")
        self.assertEqual(self.work("killed"), list(range(5000)))

    def test_a_killed_workers_task_runs_elsewhere_and_says_so(self):
        self.produce("handed-on", ["task"])
        begun, tell = os.pipe()
        first = subprocess.Popen(
            [WORKER, "--url", self.url, "handed-on", "--", "sh", "-c",
             f"echo begun >/proc/{os.getpid()}/fd/{tell}; sleep 600"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.assertEqual(os.read(begun, 6), b"begun\n")
        finally:
            first.send_signal(signal.SIGKILL)
            first.wait()
            os.close(begun)
            os.close(tell)
        second = subprocess.run(
            [WORKER, "--url", self.url, "--once", "handed-on", "--", "sh", "-c",
             'echo "$TASK_REDELIVERED $(cat)"'], text=True, timeout=60, capture_output=True)
        self.assertEqual(second.stdout, "1 task\n", second.stderr)
        self.assertEqual(second.returncode, 0)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]], verbosity=2)
