#!/usr/bin/env python3
"""taskwire-producer on a real broker: what it publishes, says and exits with.

Usage: producer_broker_test.py PRODUCER BROKER_SH, with the shared node's folder in
$TASKWIRE_BROKER_DIR. What is published is read back with python3-pika.
"""
import os
import pty
import select
import signal
import subprocess
import sys
import unittest
import uuid

import pika

import signals
from terminal import shown_on

PRODUCER, BROKER_SH = sys.argv[1:3]
FOLDER = os.environ["TASKWIRE_BROKER_DIR"]
URL = subprocess.check_output([BROKER_SH, "url", FOLDER], text=True).strip()


class Done:
    def __init__(self, process, stdout, stderr):
        self.code = process.returncode
        self.stdout = stdout.decode()
        self.stderr = stderr.decode()
        self.last = self.stderr.rstrip("\n").split("\n")[-1]


def producer(*arguments, stdin=b"", url=URL):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TASKWIRE_")}
    environment["AMQP_URL"] = url
    process = subprocess.Popen([PRODUCER, *arguments], stdin=subprocess.PIPE, env=environment,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return Done(process, *process.communicate(stdin, timeout=120))


def lines_of(count):
    return b"".join(b"%d\n" % i for i in range(1, count + 1))


class ProducerTest(unittest.TestCase):
    def setUp(self):
        self.connection = pika.BlockingConnection(pika.URLParameters(URL))
        self.channel = self.connection.channel()
        self.queue = "producer-" + uuid.uuid4().hex

    def tearDown(self):
        for name in (self.queue, self.queue + ".failed"):
            self.channel.queue_delete(name)
        self.connection.close()

    def declare(self, **options):
        self.channel.queue_declare(self.queue, **{"durable": True, **options})

    def count(self):
        return self.channel.queue_declare(self.queue, passive=True).method.message_count

    def take_all(self):
        taken = []
        while True:
            method, properties, body = self.channel.basic_get(self.queue, auto_ack=True)
            if method is None:
                return taken
            taken.append((properties, body))

    def bodies(self):
        return [body for _, body in self.take_all()]

    def test_a_hundred_thousand_lines(self):
        done = producer("--create", self.queue, stdin=lines_of(100000))
        self.assertEqual(done.code, 0, done.stderr)
        self.assertIn(f"created quorum queue '{self.queue}'", done.stderr)
        self.assertRegex(done.last, r"^100000 confirmed, 0 returned, 0 nacked, 0 unknown in ")
        self.assertEqual(self.count(), 100000)
        self.assertEqual(done.stdout, "")

    def test_framings(self):
        self.declare()
        every_byte = bytes(range(256))
        self.assertEqual(producer("-0", self.queue, stdin=b"a\nb\0\nc\r\n\0last").code, 0)
        self.assertEqual(producer("-w", self.queue, stdin=every_byte + b"\n").code, 0)
        self.assertEqual(producer("-d", "--", self.queue, stdin=b"x-y--z").code, 0)
        self.assertEqual(producer("--keep-empty", self.queue, stdin=b"\r\n\n1").code, 0)
        self.assertEqual(producer(self.queue, "[1,2]", "", "--", "-x").code, 0)
        self.assertEqual(self.bodies(), [b"a\nb", b"\nc\r\n", b"last", every_byte + b"\n", b"x-y",
                                         b"z", b"", b"", b"1", b"[1,2]", b"", b"-x"])

    def test_files(self):
        self.declare()
        done = producer(self.queue, "-f", __file__, BROKER_SH)
        self.assertEqual(done.code, 0, done.stderr)
        taken = self.take_all()
        with open(__file__, "rb") as first, open(BROKER_SH, "rb") as second:
            self.assertEqual([body for _, body in taken], [first.read(), second.read()])
        self.assertEqual([properties.headers["filename"] for properties, _ in taken],
                         [__file__, BROKER_SH])
        done = producer(self.queue, "-f", __file__, "/no/such/file")
        self.assertEqual(done.code, 66)
        self.assertIn("cannot read /no/such/file", done.stderr)
        self.assertEqual(self.count(), 0)

    def test_ids_in_input_order(self):
        self.declare()
        done = producer("--print", "id", self.queue, stdin=lines_of(5000))
        taken = self.take_all()
        self.assertEqual([body for _, body in taken], lines_of(5000).split())
        self.assertEqual(done.stdout.split("\n"),
                         [properties.message_id for properties, _ in taken] + [""])
        again = [producer("--id", "sha256", "--print", "id", self.queue, "x").stdout for _ in "12"]
        self.assertEqual(again[0], "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881\n")
        self.assertEqual(again[0], again[1])
        self.assertEqual(producer("--id", "line", "--print", "id", self.queue, stdin=b"\na\n\nb").stdout,
                         "2\n4\n")

    def test_a_reader_who_goes_does_not_stop_us(self):
        self.declare()
        done = subprocess.run(["bash", "-c", 'seq 20000 | "$0" -u "$1" --print id "$2" | head -n 1; '
                               'exit ${PIPESTATUS[1]}', PRODUCER, URL, self.queue],
                              capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"20000 confirmed", done.stderr)
        self.assertEqual(done.stdout.count(b"\n"), 1)

    def test_a_missing_queue_leaves_stdin_alone(self):
        done = subprocess.run(["sh", "-c", '"$0" -u "$1" "$2"; echo $?; cat', PRODUCER, URL, self.queue],
                              input=b"precious\n", capture_output=True, timeout=60)
        self.assertEqual(done.stdout, b"78\nprecious\n")
        self.assertEqual(done.stderr.decode(),
                         f"taskwire-producer: queue '{self.queue}' does not exist\n"
                         f"  taskwire-producer --create {self.queue} …, or start a worker first\n")

    def test_bodies_leave_stdin_alone(self):
        self.declare()
        done = subprocess.run(["sh", "-c", '"$0" -q -u "$1" "$2" body; cat', PRODUCER, URL, self.queue],
                              input=b"precious\n", capture_output=True, timeout=60)
        self.assertEqual((done.stdout, done.stderr), (b"precious\n", b""))

    def test_exchanges(self):
        done = producer("-e", "amq.direct", "-r", self.queue, "a", "b")
        self.assertEqual(done.code, 1)
        self.assertIn(f"task 2: exchange 'amq.direct' routes key '{self.queue}' to no queue", done.stderr)
        self.assertRegex(done.last, r"^0 confirmed, 2 returned, 0 nacked, 0 unknown in ")
        self.declare()
        self.channel.queue_bind(self.queue, "amq.direct", "key")
        self.assertEqual(producer("-e", "amq.direct", "-r", "key", "a").code, 0)
        self.assertEqual(producer("-e", "", "-r", self.queue, "b").code, 0)
        self.assertEqual(self.bodies(), [b"a", b"b"])
        done = producer("-e", "no-such-exchange", "a")
        self.assertEqual(done.code, 78)
        self.assertIn("exchange 'no-such-exchange' does not exist", done.stderr)

    def test_who_is_refused_learns_why(self):
        address = URL.split("@")[1].rstrip("/")
        done = producer(self.queue, "x", url=f"amqp://guest:hunter2@{address}/")
        self.assertEqual(done.code, 77)
        self.assertIn(f"login refused for user 'guest' at {address}\n", done.stderr)
        self.assertNotIn("hunter2", done.stderr)
        done = producer(self.queue, "x", url=f"amqp://guest:guest@{address}/nov")
        self.assertEqual(done.code, 77)
        self.assertIn("no vhost 'nov'\n  the default vhost is written %2f", done.stderr)
        port = subprocess.check_output([BROKER_SH, "free-port"], text=True).strip()
        done = producer(self.queue, "x", url=f"amqp://127.0.0.1:{port}/")
        self.assertEqual(done.code, 69)
        self.assertEqual(done.stderr, f"taskwire-producer: no broker at 127.0.0.1:{port}\n"
                                      "  is it running? set --url or $AMQP_URL\n")

    def test_a_queue_with_other_arguments_is_used_as_it_is(self):
        self.declare(durable=False, arguments={"x-max-length": 1000})
        done = producer("--create", self.queue, "a")
        self.assertEqual(done.code, 0, done.stderr)
        self.assertNotIn("created", done.stderr)
        self.assertEqual(self.bodies(), [b"a"])

    def test_a_full_queue_nacks(self):
        self.declare(arguments={"x-max-length": 2, "x-overflow": "reject-publish"})
        path = f"/tmp/{self.queue}"
        done = producer("--window", "1", "--rejects", path, self.queue, stdin=b"a\nb\nc\nd\n")
        self.addCleanup(os.remove, path)
        self.assertEqual(done.code, 1)
        self.assertRegex(done.last, r"^2 confirmed, 0 returned, 2 nacked, 0 unknown in ")
        self.assertIn("task 3 (line 3): the broker could not take it; is the queue full?", done.stderr)
        with open(path, "rb") as rejects:
            self.assertEqual(rejects.read(), b"c\nd\n")
        self.assertEqual(producer("--rejects", path, "--stop-on-error", "-W", "1", self.queue, "e", "f", "g").code, 1)
        with open(path, "rb") as rejects:
            self.assertEqual(rejects.read(), b"e\n")

    def test_tasks_too_large_for_us(self):
        self.declare()
        done = producer("--max-size", "3", self.queue, stdin=b"abc\nabcd\nab\n")
        self.assertEqual(done.code, 1)
        self.assertIn("task 2 (line 2): it is larger than --max-size", done.stderr)
        self.assertRegex(done.last, r"^2 confirmed, 0 returned, 0 nacked, 0 unknown, 1 refused here in ")
        self.assertEqual(self.bodies(), [b"abc", b"ab"])

    def test_an_interrupt_waits_for_confirms(self):
        self.declare()
        endless = subprocess.Popen(["yes", "task"], stdout=subprocess.PIPE)
        process = subprocess.Popen([PRODUCER, "-u", URL, "--print", "id", self.queue],
                                   stdin=endless.stdout, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        endless.stdout.close()
        os.read(process.stdout.fileno(), 1)
        process.send_signal(signal.SIGINT)
        done = Done(process, *process.communicate(timeout=60))
        endless.wait()
        self.assertEqual(done.code, 75, done.stderr)
        self.assertRegex(done.last, r" confirmed, 0 returned, 0 nacked, 0 unknown in ")
        confirmed = int(done.last.split()[0])
        self.assertEqual(self.count(), confirmed)
        self.assertEqual(done.stdout.count("\n"), confirmed)
        self.assertIn(f"stopped after line {confirmed};", done.stderr)

    def test_hangup_ignored_stays_ignored(self):
        self.declare()
        process = subprocess.Popen([PRODUCER, "-u", URL, "--print", "id", self.queue],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        self.addCleanup(process.kill)
        for body in (b"first", b"second"):  # a signal that was heeded has been by the second one's end
            process.stdin.write(body + b"\n")
            process.stdin.flush()
            process.stdout.readline()
            process.send_signal(signal.SIGHUP)
        done = Done(process, *process.communicate(b"third\n", timeout=60))
        self.assertEqual(done.code, 0, done.stderr)
        self.assertEqual(self.bodies(), [b"first", b"second", b"third"])

    def test_a_bar_on_a_terminal_only(self):
        self.declare()
        path = f"/tmp/{self.queue}"
        with open(path, "wb") as file:
            file.write(lines_of(30000))
        self.addCleanup(os.remove, path)
        main_end, terminal = pty.openpty()
        with open(path, "rb") as file:
            process = subprocess.Popen([PRODUCER, "-u", URL, self.queue], stdin=file, stderr=terminal,
                                       env={**os.environ, "TERM": "xterm"})
        os.close(terminal)
        shown = shown_on(main_end)
        self.assertEqual(process.wait(timeout=60), 0)
        self.assertRegex(shown.decode(), r"/30 000 \d+% ")
        self.assertRegex(shown.decode(), r"\r\x1b\[K30000 confirmed, [^\r]*\r\n$")
        with open(path, "rb") as file:
            quiet = producer(self.queue, stdin=file.read())
        self.assertNotIn("\x1b", quiet.stderr)

    def test_somebody_at_a_terminal_gets_help(self):
        main_end, terminal = pty.openpty()
        done = subprocess.run([PRODUCER, "-u", URL, self.queue], stdin=terminal, capture_output=True, timeout=60)
        os.close(terminal)
        os.close(main_end)
        self.assertEqual(done.returncode, 64)
        self.assertTrue(done.stderr.startswith(b"usage: taskwire-producer [OPTIONS] QUEUE BODY..."))
        self.assertEqual(producer().code, 64)

    def test_our_parents_pipe_stays_blocking(self):
        self.declare()
        read_end, write_end = os.pipe()
        os.write(write_end, b"a\n")
        os.close(write_end)
        subprocess.run([PRODUCER, "-q", "-u", URL, self.queue], stdin=read_end, check=True, timeout=60)
        self.assertTrue(os.get_blocking(read_end))
        os.close(read_end)


if __name__ == "__main__":
    signals.heed()
    unittest.main(argv=[sys.argv[0]], verbosity=2)
