#!/usr/bin/env python3
"""How taskwire-worker ends: signals, limits, and what it says when the broker says no.

Usage: worker_ending_test.py PRODUCER WORKER BROKER_SH BROKER_DIR
"""
import os
import pty
import signal
import subprocess
import sys
import unittest

import worker_support
from terminal import shown_on
from worker_support import Gate, WorkerCase


class Signals(WorkerCase):
    def begin(self, *arguments, prefix=""):
        """A worker that has begun with the first of two tasks."""
        self.gate = Gate(self.folder.name)
        self.given(b"1", b"2")
        process = self.start(*arguments, self.queue, "--shell", prefix + self.gate.shell())
        self.gate.await_begun()
        return process

    def test_the_first_lets_the_task_finish(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(number):
                process = self.begin()
                process.send_signal(number)
                line = process.stderr.readline().decode()
                self.assertIn("no more tasks; waiting for 1 task (", line)
                self.assertIn(number.name[3:], line)
                self.gate.let_go()
                _, err = self.finish(process, expect=0)
                self.assertIn("1 ok, 0 failed, 0 returned", err)
                self.until_count(1)
                self.channel.queue_purge(self.queue)

    def test_the_second_hands_the_task_back(self):
        process = self.begin()
        process.send_signal(signal.SIGINT)
        process.stderr.readline()
        process.send_signal(signal.SIGINT)
        _, err = self.finish(process, expect=130)
        self.assertIn("INT: terminating 1 task (", err)
        self.assertIn("0 ok, 0 failed, 1 returned", err)
        self.until_count(2)

    def test_a_child_that_ignores_term_is_killed(self):
        process = self.begin("--kill-after", "100ms", prefix="trap '' TERM; ")
        process.send_signal(signal.SIGTERM)
        process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        _, err = self.finish(process, expect=143)
        self.assertIn("0 ok, 0 failed, 1 returned", err)
        self.until_count(2)

    def test_the_third_ends_at_once(self):
        process = self.begin()
        for _ in range(2):
            process.send_signal(signal.SIGTERM)
            process.stderr.readline()
        self.finish(process, expect=143)
        self.channel.queue_purge(self.queue)
        self.publish(b"1")
        stubborn = self.start("--kill-after", "1h", self.queue, "--shell",
                              f"trap '' TERM; {self.gate.shell()}")
        self.gate.await_begun()
        for _ in range(2):
            stubborn.send_signal(signal.SIGTERM)
            stubborn.stderr.readline()
        stubborn.send_signal(signal.SIGTERM)
        self.finish(stubborn, expect=143)
        self.until_count(1)

    def test_patience_with_a_drain_can_end(self):
        process = self.begin("--drain-timeout", "100ms")
        process.send_signal(signal.SIGTERM)
        _, err = self.finish(process, expect=75)
        self.assertIn("--drain-timeout is over: terminating 1 task (", err)
        self.until_count(2)

    def test_an_idle_worker_ends_at_once(self):
        self.declare()
        process = self.start("-v", self.queue, "cat")
        self.assertIn(b"working on", process.stderr.readline())
        process.send_signal(signal.SIGTERM)
        self.finish(process, expect=0)

    def test_hangup_ignored_stays_ignored(self):
        self.given(b"task")
        gate = Gate(self.folder.name)
        process = self.start("--once", self.queue, "--shell", gate.shell(),
                             preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        gate.await_begun()
        process.send_signal(signal.SIGHUP)
        gate.let_go()
        _, err = self.finish(process, expect=0)
        self.assertNotIn("waiting for", err)


class Limits(WorkerCase):
    def test_once_is_one_task(self):
        self.given(b"1", b"2")
        out, _ = self.work("--once", "-j", "4", self.queue, "cat")
        self.assertEqual(out, b"1")
        self.until_count(1)

    def test_max_tasks_of_several_slots(self):
        self.given(*[b"x"] * 10)
        out, err = self.work("--max-tasks", "7", "-j", "3", self.queue, "cat")
        self.assertEqual(out, b"x" * 7)
        self.assertIn("7 ok, 0 failed", err)
        self.until_count(3)

    def test_idle_for_long_enough(self):
        self.given(b"1")
        out, err = self.work("-v", "--exit-when-idle", "200ms", self.queue, "cat")
        self.assertEqual(out, b"1")
        self.assertIn("no task for 200ms", err)

    def test_time_is_up_but_not_for_what_runs(self):
        self.given(b"1", b"2")
        out, _ = self.work("--max-time", "300ms", self.queue, "--shell", "sleep 0.7; cat")
        self.assertEqual(out, b"1")
        self.until_count(1)

    def test_the_command_can_stop_the_worker(self):
        self.given(b"1", b"2")
        out, err = self.work(self.queue, "--shell", "cat; exit 99")
        self.assertEqual(out, b"1")
        self.assertIn("asked for it with exit status 99", err)
        self.until_count(1)

    def test_stop_codes_are_chosen(self):
        self.given(b"1", b"2")
        self.work("--stop-codes", "3,40-42", self.queue, "--shell", "exit 41")
        self.until_count(1)

    def test_empty_waits_for_what_runs(self):
        gate = Gate(self.folder.name)
        self.given(b"1")
        process = self.start("--exit-when-empty", "-j", "2", self.queue, "--shell", gate.shell())
        gate.await_begun()
        self.publish(b"2")
        gate.await_begun()
        gate.let_go(2)
        _, err = self.finish(process, expect=0)
        self.assertIn("2 ok", err)


class Refusals(WorkerCase):
    def refused(self, *arguments, expect, url=None):
        out, err = self.work(*arguments, expect=expect, url=url)
        self.assertEqual(out, b"")
        return err

    def where(self):
        return self.broker.split("@")[1].rstrip("/")

    def test_a_wrong_password(self):
        err = self.refused(self.queue, expect=77, url=f"amqp://guest:secret@{self.where()}")
        self.assertEqual(err, f"taskwire-worker: login refused for user 'guest' at {self.where()}\n"
                              "  check the password in --url-file or $AMQP_URL; 'guest' works only "
                              "from localhost\n")

    def test_no_broker(self):
        err = self.refused("--reconnect", "no", self.queue, expect=69, url="amqp://127.0.0.1:1")
        self.assertEqual(err, "taskwire-worker: no broker at 127.0.0.1:1\n"
                              "  is it running? set --url or $AMQP_URL\n")

    def test_no_such_vhost(self):
        err = self.refused(self.queue, expect=77, url=f"{self.broker}nov")
        self.assertIn("no vhost 'nov'", err)

    def test_no_such_queue(self):
        err = self.refused("--must-exist", self.queue, expect=78)
        self.assertIn(f"queue '{self.queue}' does not exist\n  leave out --must-exist", err)

    def test_no_queue_for_failed_tasks(self):
        self.declare()
        err = self.refused("--must-exist", self.queue, "true", expect=78)
        self.assertIn(f"queue '{self.failed}', for tasks that fail, does not exist", err)

    def deleted_under(self, *arguments, expect):
        self.declare()
        process = self.start("-v", *arguments, self.queue, "cat")
        process.stderr.readline()
        self.channel.queue_delete(self.queue)
        return self.finish(process, expect)[1]

    def test_a_queue_that_is_deleted_under_it(self):
        err = self.deleted_under(expect=78)
        self.assertIn(f"queue '{self.queue}' was deleted", err)

    def test_a_cancel_that_shall_end_it(self):
        err = self.deleted_under("--on-cancel", "stop", expect=69)
        self.assertIn(f"the broker has cancelled the consumer of queue '{self.queue}'", err)

    def test_wrong_usage(self):
        for arguments, what in [((), "QUEUE is missing"), (("--bogus", "q"), "no option --bogus"),
                                (("-j", "0", "q"), "'0' is not a number from 1 to 1000"),
                                (("q", "--shell", "true", "cat"), "'cat' is one too many")]:
            with self.subTest(arguments):
                self.assertIn(what, self.refused(*arguments, expect=64))


class Terminal(WorkerCase):
    def test_a_status_line_where_it_is_asked_for(self):
        gate = Gate(self.folder.name)
        self.given(b"1")
        process = self.start("--once", "--progress", "bar", self.queue, "--shell", gate.shell())
        shown = b""
        while b"1/1 busy" not in shown:
            more = os.read(process.stderr.fileno(), 4096)
            self.assertTrue(more, shown)
            shown += more
        gate.let_go()
        self.finish(process, expect=0)

    def test_a_status_line_and_a_summary(self):
        gate = Gate(self.folder.name)
        self.given(b"1", b"2")
        master, slave = pty.openpty()
        process = self.start("--once", "--color", "never", self.queue, "--shell",
                             f"echo hello >&2; {gate.shell()}", stderr=slave,
                             env={**os.environ, "TERM": "xterm"})
        os.close(slave)
        shown = b""
        while b"1/1 busy" not in shown:
            shown += os.read(master, 4096)
        gate.let_go()
        shown += shown_on(master)
        self.finish(process, expect=0)
        self.assertIn(b"hello\r\n", shown)
        self.assertRegex(shown.decode().split("\r")[-2], "1 ok, 0 failed, 0 returned in ")


if __name__ == "__main__":
    producer, worker, broker_sh, directory = sys.argv[1:5]
    url = subprocess.run([broker_sh, "url", directory], check=True, stdout=subprocess.PIPE,
                         text=True).stdout.strip()
    worker_support.use(producer, worker, url)
    unittest.main(argv=[sys.argv[0], *sys.argv[5:]], verbosity=2)
