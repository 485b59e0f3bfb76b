#!/usr/bin/env python3
"""taskwire-producer when the broker pauses, refuses, hangs and dies. It has a node of its own.

Usage: producer_faults_test.py PRODUCER BROKER_SH
"""
import array
import fcntl
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import termios
import time
import unittest

import pika

import signals

PRODUCER, BROKER_SH = sys.argv[1:3]


def broker(*arguments, **options):
    return subprocess.run([BROKER_SH, arguments[0], FOLDER.name, *arguments[1:]], check=True, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options).stdout.strip()


def setUpModule():
    global FOLDER, URL
    FOLDER = tempfile.TemporaryDirectory(prefix="taskwire-faults-")
    broker("start", env={**os.environ, "TASKWIRE_BROKER_CONF": "max_message_size = 1024"})
    URL = broker("url")
    connection = pika.BlockingConnection(pika.URLParameters(URL))
    connection.channel().queue_declare("q", durable=True)
    connection.close()
    # RabbitMQ writes a declaration down some seconds later, and forgets it when it is killed before.
    broker("ctl", "eval", "mnesia:sync_log().")


def tearDownModule():
    broker("stop")
    FOLDER.cleanup()


def unread(pipe):
    size = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, size)
    return size[0]


class Running:
    """A producer whose stdin and stderr we hold."""

    def __init__(self, *arguments):
        self.read_end, write_end = os.pipe()
        self.stdin = os.fdopen(write_end, "wb", buffering=0)
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen([PRODUCER, "-u", URL, *arguments], stdin=self.read_end,
                                        stdout=subprocess.PIPE, stderr=self.errors)

    def send(self, data):
        """Returns when the producer has read it all."""
        self.stdin.write(data)
        self.until(lambda: unread(self.read_end) == 0)

    def stderr(self):
        return os.pread(self.errors.fileno(), 1 << 20, 0).decode()

    def until(self, condition):
        deadline = time.monotonic() + 60
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError("it never came to pass; stderr:\n" + self.stderr())
            time.sleep(0.01)

    def says(self, text):
        self.until(lambda: text in self.stderr())

    def end(self):
        self.stdin.close()
        self.process.communicate(timeout=60)
        os.close(self.read_end)
        self.said = self.stderr()
        self.errors.close()
        return self.process.returncode, self.said.rstrip("\n").split("\n")[-1]


class FaultsTest(unittest.TestCase):
    def setUp(self):
        self.rejects = pathlib.Path(FOLDER.name + "-rejects")
        self.addCleanup(self.rejects.unlink, missing_ok=True)
        self.node = int(pathlib.Path(FOLDER.name, "node.pid").read_text())

    def stop_node(self):
        """Returns when the last of its threads has stopped: until then it may still confirm."""
        os.kill(self.node, signal.SIGSTOP)
        deadline = time.monotonic() + 60
        tasks = pathlib.Path("/proc", str(self.node), "task")
        while not all(each.read_text().rpartition(")")[2].split()[0] == "T"
                      for each in tasks.glob("*/stat")):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.001)

    def hung_with_ten_tasks(self, *arguments):
        """A producer with ten tasks under way to a broker that hangs."""
        running = Running("--print", "id", "--rejects", str(self.rejects), *arguments, "q")
        running.stdin.write(b"first\n")
        running.process.stdout.readline()
        self.stop_node()
        running.send(b"".join(b"task %d\n" % i for i in range(10)))
        return running

    def test_a_second_interrupt_quits_at_once(self):
        running = self.hung_with_ten_tasks()
        try:
            running.process.send_signal(signal.SIGTERM)
            running.says("waiting for 10 tasks to be confirmed; once more quits at once")
            running.process.send_signal(signal.SIGINT)
            code, last = running.end()
        finally:
            os.kill(self.node, signal.SIGCONT)
        self.assertEqual(code, 130)
        self.assertRegex(last, r"^1 confirmed, 0 returned, 0 nacked, 10 unknown in ")
        self.assertEqual(self.rejects.read_bytes(), b"".join(b"task %d\n" % i for i in range(10)))

    def test_an_interrupt_waits_for_a_broker_that_hangs(self):
        running = self.hung_with_ten_tasks()
        try:
            running.process.send_signal(signal.SIGTERM)
            running.says("waiting for 10 tasks")
        finally:
            os.kill(self.node, signal.SIGCONT)
        code, last = running.end()
        self.assertEqual(code, 75)
        self.assertRegex(last, r"^11 confirmed, 0 returned, 0 nacked, 0 unknown in ")

    def test_a_broker_that_dies(self):
        running = self.hung_with_ten_tasks("--reconnect", "no")
        try:
            broker("kill")
            code, last = running.end()
            self.assertEqual(code, 75)
            self.assertIn("; 10 tasks unconfirmed\n  it is safe to run it again", running.said)
            self.assertRegex(last, r"^1 confirmed, 0 returned, 0 nacked, 10 unknown in ")
            self.assertEqual(self.rejects.read_bytes().count(b"\n"), 10)
        finally:
            broker("resume")
        running = Running("q")
        running.stdin.write(self.rejects.read_bytes())
        code, last = running.end()
        self.assertEqual(code, 0)
        self.assertRegex(last, r"^10 confirmed")

    def messages(self):
        """What is in the queue, as (id, body); the queue is empty then."""
        connection = pika.BlockingConnection(pika.URLParameters(URL))
        channel = connection.channel()
        found = []
        while (got := channel.basic_get("q", auto_ack=True))[0] is not None:
            found.append((got[1].message_id, got[2]))
        connection.close()
        return found

    def test_a_broker_that_dies_and_comes_back(self):
        self.messages()
        running = self.hung_with_ten_tasks()
        broker("kill")
        running.says("connection lost: ")
        running.stdin.write(b"".join(b"later %d\n" % i for i in range(2000)))  # more than the window
        broker("resume")
        code, last = running.end()
        self.assertEqual(code, 0, running.said)
        self.assertRegex(last, r"^2011 confirmed, 0 returned, 0 nacked, 0 unknown in ")
        self.assertEqual(running.said.count("connection lost: "), 1)
        self.assertEqual(running.said.count("back after "), 1)
        found = self.messages()
        wanted = {b"first", *[b"task %d" % i for i in range(10)], *[b"later %d" % i for i in range(2000)]}
        self.assertEqual({body for _, body in found}, wanted)
        # What came twice is the same task.
        self.assertEqual(len(set(found)), 2011)
        self.assertEqual(self.rejects.read_bytes(), b"")

    def test_a_broker_that_does_not_come_back_in_time(self):
        running = self.hung_with_ten_tasks("--reconnect", "300ms")
        try:
            broker("kill")
            running.says("; trying again for 300ms")
            code, last = running.end()
        finally:
            broker("resume")
        self.assertEqual(code, 75)
        self.assertIn("no broker at ", running.said)
        self.assertRegex(last, r"^1 confirmed, 0 returned, 0 nacked, 10 unknown in ")
        self.assertEqual(self.rejects.read_bytes().count(b"\n"), 10)

    def test_the_first_of_several_hosts_is_dead(self):
        done = subprocess.run([PRODUCER, "-u", f"amqp://127.0.0.1:1/,{URL}", "q", "x"],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)

    def test_a_broker_that_starts_later(self):
        broker("stop")
        try:
            running = Running("--reconnect", "60s", "q")
            running.says("no broker at ")
            self.assertIn("; trying again for 1m", running.stderr())
            running.stdin.write(b"task\n")
        finally:
            broker("resume")
        code, last = running.end()
        self.assertEqual(code, 0, running.said)
        self.assertRegex(last, r"^1 confirmed")

    def test_a_confirm_that_comes_too_late(self):
        running = Running("--confirm-timeout", "200ms", "--print", "id", "q")
        running.stdin.write(b"first\n")
        running.process.stdout.readline()
        self.stop_node()
        try:
            running.send(b"late\n")
            running.says("task 2 (line 2): not confirmed within 200ms")
        finally:
            os.kill(self.node, signal.SIGCONT)
        running.send(b"next\n")
        code, last = running.end()
        self.assertEqual(code, 75)
        self.assertRegex(last, r"^2 confirmed, 0 returned, 0 nacked, 1 unknown in ")

    def test_a_broker_that_stops_in_good_order(self):
        running = Running("--reconnect", "no", "--print", "id", "q")
        running.stdin.write(b"first\n")
        running.process.stdout.readline()
        try:
            broker("stop")
            running.process.wait(timeout=60)
        finally:
            broker("resume")
        code, last = running.end()
        self.assertEqual(code, 75)
        self.assertIn("closed the connection: broker forced connection closure", running.said)
        self.assertRegex(last, r"^1 confirmed, 0 returned, 0 nacked, 0 unknown in ")

    def test_a_paused_broker_is_announced(self):
        broker("ctl", "-q", "set_vm_memory_high_watermark", "0.0000001")
        try:
            running = Running("q")
            running.send(b"one\n")  # the broker tells only those who publish
            running.says("broker paused publishers: low on memory; waiting")
            running.stdin.write(b"two\n")
        finally:
            broker("ctl", "-q", "set_vm_memory_high_watermark", "0.4")
        running.says("broker takes messages again")
        code, last = running.end()
        self.assertEqual(code, 0)
        self.assertRegex(last, r"^2 confirmed, 0 returned, 0 nacked, 0 unknown in ")

    def test_a_paused_broker_that_dies_pauses_nothing_any_more(self):
        broker("ctl", "-q", "set_vm_memory_high_watermark", "0.0000001")  # not for the next boot
        running = Running("q")
        running.send(b"one\n")
        running.says("broker paused publishers: low on memory; waiting")
        running.stdin.write(b"two\n")
        broker("kill")
        broker("resume")
        running.says("back after ")
        code, last = running.end()
        self.assertEqual(code, 0, running.said)
        self.assertRegex(last, r"^2 confirmed, 0 returned, 0 nacked, 0 unknown in ")

    def test_a_task_too_large_for_the_broker(self):
        running = Running("q")
        running.stdin.write(b"small\n" + b"x" * 2048 + b"\n")
        code, last = running.end()
        self.assertEqual(code, 1)
        self.assertIn("task 2 (line 2): a task is 2 KiB; the broker takes 1 KiB\n"
                      "  raise max_message_size on the broker", running.said)
        self.assertRegex(last, r"1 refused here in ")

    def test_permissions(self):
        broker("ctl", "-q", "add_user", "limited", "pw")
        broker("ctl", "-q", "set_permissions", "limited", "", "other", "")
        done = subprocess.run([PRODUCER, "-u", URL.replace("guest:guest", "limited:pw"), "q", "x"],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 77, done.stderr)
        self.assertIn("user 'limited': ", done.stderr)
        self.assertIn("rabbitmqctl set_permissions -p / limited", done.stderr)


if __name__ == "__main__":
    signals.heed()
    unittest.main(argv=[sys.argv[0]], verbosity=2)
