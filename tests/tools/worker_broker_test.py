#!/usr/bin/env python3
"""taskwire-worker does its work on a real broker: every task once, failed ones kept.

Usage: worker_broker_test.py PRODUCER WORKER BROKER_SH BROKER_DIR
"""
import json
import os
import signal
import subprocess
import sys
import unittest

import pika

import worker_support
from worker_support import Gate, WorkerCase, until


class Bodies(WorkerCase):
    def test_every_line_arrives_once(self):
        lines = "".join(f"{n}\n" for n in range(100_000))
        subprocess.run([worker_support.PRODUCER, "-q", "--url", self.broker, "--create",
                        self.queue], input=lines, text=True, check=True, timeout=60)
        out, err = self.work("--exit-when-empty", "-j", "2", self.queue)
        # Not assertEqual, which would be busy for hours with the differences of such lists.
        self.assertTrue(sorted(map(int, out.split())) == list(range(100_000)))
        self.assertEqual(self.count(), 0)
        self.assertIn("100000 written in ", err)

    def test_bodies_are_binary_and_end_with_nul(self):
        self.given(b"a\nb", b"", b"\xff\x00")
        out, _ = self.work("--exit-when-empty", "-0", self.queue)
        self.assertEqual(out, b"a\nb\0\0\xff\x00\0")

    def test_an_unread_pipe_costs_neither_the_connection_nor_a_body(self):
        self.given(*[b"x" * 1000] * 300)
        process = self.start("--heartbeat", "1s", "--exit-when-empty", self.queue)
        # More than two heartbeats: a worker stuck in write() would be cut off by the broker.
        with self.assertRaises(subprocess.TimeoutExpired):
            process.wait(timeout=4)
        out, _ = self.finish(process, expect=0)
        self.assertEqual(len(out), 300 * 1001)

    def test_a_reader_that_goes_away_ends_it_and_the_rest_stays(self):
        self.given(*[b"%06d" % n * 1000 for n in range(200)])
        process = self.start("--exit-when-empty", self.queue)
        process.stdout.read(1)
        process.stdout.close()
        self.assertEqual(process.wait(timeout=worker_support.PATIENCE_S), 128 + signal.SIGPIPE)
        with process.stderr:
            self.assertEqual(process.stderr.read().decode().count("\n"), 1)  # the summary
        self.assertGreater(self.count(), 150)

    def test_max_tasks_takes_no_more(self):
        self.given(b"1", b"2", b"3", b"4", b"5")
        out, _ = self.work("--max-tasks", "3", self.queue)
        self.assertEqual(out, b"1\n2\n3\n")
        self.until_count(2)


class Heartbeats(WorkerCase):
    def test_a_child_that_keeps_the_core_busy_costs_no_connection(self):
        """The broker has hung up after 6 s without a heartbeat; TASKWIRE_TEST_LONG=1 makes it 90 s."""
        busy_s = 90 if os.environ.get("TASKWIRE_TEST_LONG") == "1" else 8
        core = min(os.sched_getaffinity(0))
        self.given(b"busy")
        process = self.start(
            "-v", "--heartbeat", "2s", "--once", self.queue, "sh", "-c",
            f"echo begun; end=$(($(date +%s) + {busy_s})); while [ $(date +%s) -lt $end ]; do "
            "i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done; done; echo $TASK_REDELIVERED",
            preexec_fn=lambda: os.sched_setaffinity(0, {core}))
        out, err = process.communicate(timeout=busy_s + worker_support.PATIENCE_S)
        self.assertEqual(process.returncode, 0, err)
        self.assertEqual(out, b"begun\n0\n")
        self.assertNotIn(b"lost", err)
        self.assertEqual(self.count(), 0)


class Commands(WorkerCase):
    def test_a_body_reaches_stdin_unchanged(self):
        body = bytes(range(256)) * 300 + b"\0"
        self.given(body)
        out, _ = self.work("--once", self.queue, "cat")
        self.assertEqual(out, body)

    def test_the_child_is_told_of_its_task(self):
        self.given(b"body", message_id="m-1", type="resize", headers={"colour": "blue", "n": 7})
        out, _ = self.work(
            "--once", self.queue, "sh", "-c",
            'echo "$TASK_ID $TASK_ATTEMPT $TASK_REDELIVERED $TASK_QUEUE $TASK_TYPE $TASK_SLOT '
            '$TASK_H_COLOUR" "$@"; cat <&3', "sh", "{}", "{id}", "{attempt}", "-j")
        line, metadata = out.decode().split("\n", 1)
        self.assertEqual(line, f"m-1 1 0 {self.queue} resize 1 blue body m-1 1 -j")
        told = json.loads(metadata)
        self.assertEqual(told["headers"], {"colour": "blue", "n": 7})
        self.assertEqual(told["body_size"], 4)

    def test_the_broker_s_url_is_not_the_child_s(self):
        self.given(b"")
        env = {**os.environ, "AMQP_URL": "amqp://u:secret@h", "TASKWIRE_URL": "amqp://u:secret@h"}
        out, _ = self.work("--once", self.queue, "env", env=env)
        self.assertNotIn(b"secret", out)

    def test_a_line_of_shell(self):
        self.given(b"abc")
        out, _ = self.work("--once", self.queue, "--shell", "tr a-c A-C; echo $TASK_QUEUE")
        self.assertEqual(out.decode(), f"ABC{self.queue}\n")

    def test_a_busy_slot_gets_nothing_more(self):
        gate = Gate(self.folder.name)
        self.given(b"slow", *[b"quick"] * 9)
        process = self.start("--exit-when-empty", "-j", "2", self.queue, "--shell",
                             f'[ $(cat) = quick ] || {{ {gate.shell()}; }}; echo $TASK_SLOT')
        gate.await_begun()
        quick = [process.stdout.readline() for _ in range(9)]
        self.assertEqual(len(set(quick)), 1)
        gate.let_go()
        out, _ = self.finish(process, expect=0)
        self.assertEqual({b"1\n", b"2\n"}, {out, quick[0]})

    def test_commands_run_at_a_time(self):
        gate = Gate(self.folder.name)
        self.given(b"1", b"2", b"3")
        process = self.start("--exit-when-empty", "-j", "3", self.queue, "--shell", gate.shell())
        gate.await_begun(3)
        gate.let_go(3)
        _, err = self.finish(process, expect=0)
        self.assertIn("3 ok, 0 failed, 0 returned", err)

    def test_a_killed_worker_takes_its_child_along_and_the_task_runs_elsewhere(self):
        gate = Gate(self.folder.name)
        self.given(b"task")
        pid_file = os.path.join(self.folder.name, "pid")
        process = self.start(self.queue, "--shell", f"echo $$ >{pid_file}; {gate.shell()}")
        gate.await_begun()
        with open(pid_file, encoding="ascii") as file:
            pid = int(file.read())
        process.send_signal(signal.SIGKILL)
        until(lambda: not os.path.exists(f"/proc/{pid}") or
              open(f"/proc/{pid}/stat", encoding="ascii").read().split()[2] == "Z", "its end")
        out, _ = self.work("--once", self.queue, "--shell", 'echo "$TASK_REDELIVERED $(cat)"')
        self.assertEqual(out, b"1 task\n")

    def test_a_queue_of_other_arguments_is_used_as_it_is(self):
        self.channel.queue_declare(self.queue, durable=False,
                                   arguments={"x-max-length": 5, "x-queue-type": "classic"})
        self.publish(b"task")
        out, err = self.work("--exit-when-empty", self.queue, "cat")
        self.assertEqual(out, b"task")
        self.assertNotIn("created", err)

    def test_a_missing_queue_is_created_and_keeps_what_it_is_given(self):
        _, err = self.work("--exit-when-empty", self.queue, "cat")
        self.assertIn(f"created queue '{self.queue}', and '{self.failed}'", err)
        self.publish(b"task")
        self.until_count(1)
        # At least once, to its own failed queue: else this declaration would be refused.
        self.channel.queue_declare(self.queue, durable=True, arguments={
            "x-queue-type": "quorum", "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": self.failed, "x-overflow": "reject-publish",
            "x-dead-letter-strategy": "at-least-once"})


class Failures(WorkerCase):
    def test_a_failed_task_is_kept_with_the_reason(self):
        self.given(b"bad", message_id="m-7", expiration="600000", content_type="text/plain",
                   headers={"colour": "blue", "CC": ["elsewhere"], "x-death": [{"count": 1}]})
        _, err = self.work("--exit-when-empty", self.queue, "--shell",
                           "echo first >&2; echo out of paper >&2; exit 3", expect=1)
        self.assertIn(f"task m-7 failed: exit status 3: out of paper; kept in {self.failed}", err)
        self.assertIn(f"0 ok, 1 failed ({self.failed}), 0 returned", err)
        self.assertEqual(self.count(), 0)
        _, properties, body = self.take(self.failed)
        self.assertEqual(body, b"bad")
        self.assertEqual(properties.message_id, "m-7")
        self.assertEqual(properties.content_type, "text/plain")
        self.assertEqual(properties.delivery_mode, 2)
        self.assertIsNone(properties.expiration)
        headers = properties.headers
        del headers["taskwire-sequence"], headers["task-host"], headers["task-first-failed-at"]
        headers.pop("x-delivery-count", None)  # the broker's own
        self.assertEqual(headers, {
            "colour": "blue", "task-attempt": 1, "task-exit": 3, "task-exchange": "",
            "task-error": "exit status 3: out of paper", "task-routing-key": self.queue,
            "task-stderr": "first\nout of paper\n"})

    def test_the_attempt_counts_on(self):
        self.given(b"", headers={"task-attempt": 4})
        out, _ = self.work("--once", self.queue, "--shell", "echo $TASK_ATTEMPT; exit 1", expect=1)
        self.assertEqual(out, b"5\n")
        _, properties, _ = self.take(self.failed)
        self.assertEqual(properties.headers["task-attempt"], 5)
        self.assertRegex(properties.message_id, "^[0-9a-f]{8}-[0-9a-f]{4}-7")

    def test_a_task_that_takes_too_long_is_terminated(self):
        self.given(b"")
        self.work("--once", "--timeout", "300ms", "--kill-after", "300ms", self.queue, "--shell",
                  "trap '' TERM; while :; do sleep 0.05; done", expect=1)
        _, properties, _ = self.take(self.failed)
        self.assertRegex(properties.headers["task-error"], "^timed out after ")
        self.assertEqual(properties.headers["task-exit"], 128 + signal.SIGKILL)

    def test_a_command_that_cannot_be_executed_eats_no_tasks(self):
        self.given(b"1", b"2", b"3")
        _, err = self.work(self.queue, "./no-such-program", expect=78)
        self.assertIn("'./no-such-program': cannot execute: No such file or directory", err)
        self.until_count(3)

    def test_a_failed_queue_that_refuses_keeps_the_task_where_it_is(self):
        self.given(b"bad")
        self.channel.queue_declare(self.failed, arguments={"x-max-length": 0,
                                                           "x-overflow": "reject-publish"})
        process = self.start(self.queue, "false")
        line = process.stderr.readline().decode()
        self.assertIn(f"cannot keep a failed task in {self.failed} yet: nacked", line)
        self.assertEqual(self.count(), 0)
        process.send_signal(signal.SIGTERM)
        self.assertIn(b"waiting for 1 task", process.stderr.readline())
        process.send_signal(signal.SIGTERM)
        self.finish(process, expect=128 + signal.SIGTERM)
        self.until_count(1)


if __name__ == "__main__":
    producer, worker, broker_sh, directory = sys.argv[1:5]
    url = subprocess.run([broker_sh, "url", directory], check=True, stdout=subprocess.PIPE,
                         text=True).stdout.strip()
    worker_support.use(producer, worker, url)
    unittest.main(argv=[sys.argv[0], *sys.argv[5:]], verbosity=2)
