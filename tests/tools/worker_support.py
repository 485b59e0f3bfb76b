"""What the tests of taskwire-worker share: a queue of their own, and workers that never outlive them."""
import os
import signal
import subprocess
import tempfile
import time
import unittest
import uuid

import pika

import signals

PRODUCER, WORKER, URL = "", "", ""  # set by use()
PATIENCE_S = 60


def use(producer, worker, url):
    global PRODUCER, WORKER, URL
    signals.heed()
    PRODUCER, WORKER, URL = producer, worker, url


def until(condition, what):
    """Waits for what tells nobody when it happens, such as a count in the broker."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"in vain waited for {what}")
        time.sleep(0.02)


class Gate:
    """A named pipe at which tasks say that they have begun and wait to be let go on."""

    def __init__(self, folder):
        self.begun = os.path.join(folder, "begun-" + uuid.uuid4().hex)
        self.release = os.path.join(folder, "release-" + uuid.uuid4().hex)
        os.mkfifo(self.begun)
        os.mkfifo(self.release)
        self._begun = os.open(self.begun, os.O_RDWR)  # both ends: nobody waits for an open
        self._release = os.open(self.release, os.O_RDWR)

    def shell(self):
        return f"echo >{self.begun}; read go <{self.release}"

    def await_begun(self, count=1):
        for _ in range(count):
            os.read(self._begun, 1)

    def let_go(self, count=1):
        os.write(self._release, b"\n" * count)


class WorkerCase(unittest.TestCase):
    url = None  # None: the shared broker

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.broker = self.url or URL
        self.connection = pika.BlockingConnection(pika.URLParameters(self.broker))
        self.channel = self.connection.channel()
        self.queue = "work-" + uuid.uuid4().hex[:12]
        self.failed = self.queue + ".failed"
        self.addCleanup(self.drop_queues)

    def drop_queues(self):
        try:
            for name in (self.queue, self.failed):
                self.channel.queue_delete(name)
            self.connection.close()
        except pika.exceptions.AMQPError:
            pass  # a test has killed this broker

    def declare(self):
        self.channel.queue_declare(self.queue, durable=True)
        self.channel.confirm_delivery()

    def publish(self, *bodies, **properties):
        for body in bodies:
            self.channel.basic_publish("", self.queue, body, pika.BasicProperties(**properties))

    def given(self, *bodies, **properties):
        self.declare()
        self.publish(*bodies, **properties)

    def count(self, queue=None):
        """Ready messages: those that no consumer holds."""
        return self.channel.queue_declare(queue or self.queue, passive=True).method.message_count

    def until_count(self, count, queue=None):
        until(lambda: self.count(queue) == count, f"{count} messages in {queue or self.queue}")

    def take(self, queue=None):
        method, properties, body = self.channel.basic_get(queue or self.queue, auto_ack=True)
        self.assertIsNotNone(method, "the queue is empty")
        return method, properties, body

    def command(self, *arguments, url=None):
        return [WORKER, "--url", url or self.broker, *arguments]

    def work(self, *arguments, expect=0, url=None, env=None):
        """Runs a worker to its end; returns its stdout and stderr."""
        done = subprocess.run(self.command(*arguments, url=url), stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=PATIENCE_S, env=env)
        err = done.stderr.decode()
        self.assertEqual(done.returncode, expect, err)
        return done.stdout, err

    def start(self, *arguments, **options):
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                   "stderr": subprocess.PIPE, **options}
        process = subprocess.Popen(self.command(*arguments), **options)
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.communicate()

    def finish(self, process, expect):
        """Awaits the end of a worker; returns its stdout and stderr."""
        out, err = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, expect, err)
        return out, err.decode() if err is not None else ""
