#!/usr/bin/env python3
"""The example programs against a real broker: what they print, and what becomes of their tasks.

Usage: examples_test.py PROGRAM_FOLDER LIB_FOLDER BROKER_SH   (TASKWIRE_BROKER_DIR: the broker's)
"""
import os
import pathlib
import queue
import re
import signal
import subprocess
import sys
import threading
import unittest

PROGRAMS, LIB, BROKER_SH = (pathlib.Path(each) for each in sys.argv[1:4])
PATIENCE_S = 30


def broker(*command):
    folder = os.environ["TASKWIRE_BROKER_DIR"]
    return subprocess.run([BROKER_SH, command[0], folder, *command[1:]], check=True,
                          capture_output=True, text=True, timeout=60).stdout.strip()


URL = broker("url")
ENVIRONMENT = dict(os.environ, AMQP_URL=URL)


def new_task(*words):
    return subprocess.run([PROGRAMS / "new_task", *words], env=ENVIRONMENT, capture_output=True,
                          text=True, timeout=PATIENCE_S)


def ready_tasks():
    rows = broker("ctl", "-q", "list_queues", "name", "messages", "durable", "type").splitlines()
    return [row.split("\t")[1:] for row in rows if row.startswith("task_queue\t")]


class Worker:
    """A running worker whose lines can be awaited."""

    def __init__(self):
        self.process = subprocess.Popen([PROGRAMS / "worker"], env=ENVIRONMENT, text=True,
                                        stdout=subprocess.PIPE)
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def line(self):
        return self.lines.get(timeout=PATIENCE_S)

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(PATIENCE_S)
        self.reader.join()
        self.process.stdout.close()
        return code


class Examples(unittest.TestCase):
    def tearDown(self):
        broker("ctl", "-q", "delete_queue", "task_queue")

    def test_tasks_are_sent_done_and_acknowledged(self):
        worker = Worker()
        self.assertEqual(worker.line(), " [*] Waiting for messages. To exit press CTRL+C")
        sent = new_task("A", "short", "task.")
        self.assertEqual((sent.returncode, sent.stdout), (0, " [x] Sent A short task.\n"))
        sent = new_task()
        self.assertEqual((sent.returncode, sent.stdout), (0, " [x] Sent hello\n"))
        self.assertEqual([worker.line() for _ in range(4)],
                         ["Received a message: A short task.", "Done",
                          "Received a message: hello", "Done"])
        self.assertEqual(worker.interrupt(), 0)
        self.assertEqual(ready_tasks(), [["0", "true", "classic"]])

    def test_a_task_that_was_interrupted_is_not_lost(self):
        self.assertEqual(new_task("long" + "." * 100).returncode, 0)
        worker = Worker()
        worker.line()
        self.assertEqual(worker.line(), "Received a message: long" + "." * 100)
        self.assertEqual(worker.interrupt(), 0)
        self.assertIsNone(worker.line())
        self.assertEqual(ready_tasks(), [["1", "true", "classic"]])


class Overview(unittest.TestCase):
    def test_it_is_what_the_readme_shows(self):
        shown = re.search(r"```cpp\n(.*?)```", (LIB / "README.md").read_text(), re.S)[1]
        self.assertIn(shown, (LIB / "examples" / "overview.cpp").read_text())
        self.assertLessEqual(len(shown.splitlines()), 22)

    def test_it_runs(self):
        ended = subprocess.run([PROGRAMS / "overview", URL], text=True, capture_output=True,
                               timeout=PATIENCE_S)
        self.assertEqual((ended.returncode, ended.stdout), (0, "confirmed\nhello\n"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
