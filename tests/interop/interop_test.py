#!/usr/bin/env python3
"""Real clients read what our producer sends, and our worker reads what they send.

Usage: interop_test.py PRODUCER WORKER AMQP_URL
The judges are python3-pika and amqp-tools (librabbitmq); neither shares code with us.
"""
import json
import subprocess
import sys
import time
import unittest
import uuid

import pika

PRODUCER, WORKER, URL = sys.argv[1:4]
# librabbitmq reads a trailing slash as the vhost "".
AMQP_TOOLS_URL = URL.rstrip("/") + "/%2f"


def run(*command, stdin=b"", expect=0, env=None):
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=60, env=env)
    if done.returncode != expect:
        raise AssertionError(f"{command} exits {done.returncode}, not {expect}:\n"
                             f"{done.stdout.decode()}\n{done.stderr.decode()}")
    return done.stdout


class Interop(unittest.TestCase):
    def setUp(self):
        self.connection = pika.BlockingConnection(pika.URLParameters(URL))
        self.channel = self.connection.channel()
        self.queue = "interop-" + uuid.uuid4().hex
        self.channel.queue_declare(self.queue, durable=True)

    def tearDown(self):
        for name in (self.queue, self.queue + ".failed"):
            self.channel.queue_delete(name)
        self.connection.close()

    def get(self):
        method, properties, body = self.channel.basic_get(self.queue, auto_ack=True)
        self.assertIsNotNone(method, "the queue is empty")
        return method, properties, body

    def test_pika_reads_every_property_of_ours(self):
        before = int(time.time())
        printed = run(PRODUCER, "--url", URL, "--content-type", "text/plain", "--type", "resize",
                      "--correlation-id", "c-1", "--reply-to", "answers", "--priority", "7",
                      "--app-id", "shop", "--ttl", "10m", "-H", "colour=blue", "-H", "n=ä",
                      "--print", "id", self.queue, "hello")
        method, properties, body = self.get()
        self.assertEqual(body, b"hello")
        self.assertEqual(method.exchange, "")
        self.assertEqual(method.routing_key, self.queue)
        self.assertEqual(properties.delivery_mode, 2)
        self.assertEqual(properties.content_type, "text/plain")
        self.assertEqual(properties.type, "resize")
        self.assertEqual(properties.correlation_id, "c-1")
        self.assertEqual(properties.reply_to, "answers")
        self.assertEqual(properties.priority, 7)
        self.assertEqual(properties.app_id, "shop")
        self.assertEqual(properties.expiration, "600000")
        self.assertEqual(properties.message_id, printed.decode().strip())
        self.assertEqual(uuid.UUID(properties.message_id).version, 7)
        self.assertTrue(before <= properties.timestamp <= time.time() + 1)
        own = {k: v for k, v in properties.headers.items() if k != "taskwire-sequence"}
        self.assertEqual(own, {"colour": "blue", "n": "ä"})
        self.assertIsNone(properties.content_encoding)
        self.assertIsNone(properties.user_id)

    def test_amqp_tools_read_ours(self):
        body = bytes(range(256)) * 3
        run(PRODUCER, "--url", URL, "-w", self.queue, stdin=body)
        self.assertEqual(run("amqp-get", "--url", AMQP_TOOLS_URL, "-q", self.queue), body)

    def test_bodies_around_the_frame_size(self):
        for size in (0, 1, 131072 - 8, 131072 - 7, 10 * 1024 * 1024):
            body = (bytes(range(251)) * (size // 251 + 1))[:size]
            keep = ["--keep-empty"] if size == 0 else []
            run(PRODUCER, "--url", URL, "-w", *keep, self.queue, stdin=body)
            self.assertTrue(self.get()[2] == body, f"a body of {size} bytes changed")

    def test_our_worker_reads_pika(self):
        headers = {"s": "text", "i": 5, "neg": -3, "yes": True, "list": ["a", 1],
                   "nested": {"deep": {"er": "x"}}, "none": None}
        self.channel.confirm_delivery()
        self.channel.basic_publish("", self.queue, b"a\0b\nc", pika.BasicProperties(
            content_type="application/x-test", content_encoding="identity", headers=headers,
            delivery_mode=2, priority=4, correlation_id="corr", reply_to="back",
            expiration="60000", message_id="id-17", timestamp=1700000000, type="kind",
            user_id="guest", app_id="pika-test"))
        out = run(WORKER, "--url", URL, "--once", self.queue, "--", "sh", "-c",
                  "cat <&3; echo; env | grep ^TASK_ | sort; echo BODY; od -An -tx1")
        lines = out.decode().split("\n")
        meta = json.loads(lines[0])
        environment = dict(each.split("=", 1) for each in lines if each.startswith("TASK_"))
        self.assertIn("61 00 62 0a 63", out.decode())
        self.assertEqual(environment["TASK_ID"], "id-17")
        self.assertEqual(environment["TASK_TYPE"], "kind")
        self.assertEqual(environment["TASK_CONTENT_TYPE"], "application/x-test")
        self.assertEqual(environment["TASK_CORRELATION_ID"], "corr")
        self.assertEqual(environment["TASK_REPLY_TO"], "back")
        self.assertEqual(environment["TASK_PRIORITY"], "4")
        self.assertEqual(environment["TASK_TIMESTAMP"], "1700000000")
        self.assertEqual(environment["TASK_BODY_SIZE"], "5")
        self.assertEqual(environment["TASK_REDELIVERED"], "0")
        self.assertEqual(environment["TASK_H_S"], "text")
        self.assertEqual(environment["TASK_H_I"], "5")
        self.assertEqual(environment["TASK_H_NEG"], "-3")
        self.assertEqual(meta["headers"], headers)
        self.assertEqual(self.channel.queue_declare(self.queue, passive=True).method.message_count,
                         0)

    def test_our_worker_reads_amqp_tools(self):
        run("amqp-publish", "--url", AMQP_TOOLS_URL, "-r", self.queue, "-p", "-b", "from C")
        out = run(WORKER, "--url", URL, "--exit-when-empty", self.queue)
        self.assertEqual(out, b"from C\n")

    def test_a_parked_task_keeps_its_properties(self):
        self.channel.basic_publish("", self.queue, b"boom", pika.BasicProperties(
            headers={"k": "v"}, message_id="id-boom", content_type="text/plain", delivery_mode=2,
            correlation_id="corr"))
        run(WORKER, "--url", URL, "--exit-when-empty", self.queue, "--", "sh", "-c",
            "echo reason >&2; exit 65", expect=1)
        method, properties, body = self.channel.basic_get(self.queue + ".failed", auto_ack=True)
        self.assertIsNotNone(method, "nothing was parked")
        self.assertEqual(body, b"boom")
        self.assertEqual(properties.message_id, "id-boom")
        self.assertEqual(properties.correlation_id, "corr")
        self.assertEqual(properties.content_type, "text/plain")
        self.assertEqual(properties.delivery_mode, 2)
        self.assertEqual(properties.headers["k"], "v")
        self.assertEqual(properties.headers["task-routing-key"], self.queue)
        self.assertIn("reason", str(properties.headers["task-stderr"]))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]], verbosity=2)
