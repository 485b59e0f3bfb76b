#!/usr/bin/env python3
"""Both tools against servers that mean harm: what they print, how they end, what memory they take.

Usage: hostile_test.py PRODUCER WORKER
"""
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

PRODUCER, WORKER = sys.argv[1:3]
PATIENCE_S = 100
MEMORY_MAX_KIB = 96 * 1024

# Escape sequences in ASCII, in UTF-8 and in Latin-1: a title, a cleared screen, colour.
RUDE = b"\x1b]0;owned\x07\x1b[2J\r\n\xc2\x9b31m\x9b31m\x00\x7f end"
NOT_FOR_TERMINALS = re.compile("[\x00-\x09\x0b-\x1f\x7f\x80-\x9f]")

START, START_OK, TUNE, OPEN, OPEN_OK = (10, 10), (10, 11), (10, 30), (10, 40), (10, 41)
CLOSE, CLOSE_OK, BLOCKED = (10, 50), (10, 51), (10, 60)
CHANNEL_OPEN, CHANNEL_OPEN_OK, CHANNEL_CLOSE, CHANNEL_CLOSE_OK = (20, 10), (20, 11), (20, 40), (20, 41)
DECLARE, DECLARE_OK, SELECT, SELECT_OK = (50, 10), (50, 11), (85, 10), (85, 11)
QOS, QOS_OK, CONSUME, CONSUME_OK, CANCEL, CANCEL_OK = ((60, each) for each in (10, 11, 20, 21, 30, 31))
PUBLISH, RETURN, DELIVER, ACK = (60, 40), (60, 50), (60, 60), (60, 80)


def short(text):
    return bytes([len(text)]) + text


def frame(kind, channel, payload):
    return struct.pack(">BHI", kind, channel, len(payload)) + payload + b"\xce"


def method(channel, which, arguments=b""):
    return frame(1, channel, struct.pack(">HH", *which) + arguments)


def closing(which, channel, code, text):
    return method(channel, which, struct.pack(">H", code) + short(text) + struct.pack(">HH", 0, 0))


def content(channel, body, flags=0, properties=b""):
    return frame(2, channel, struct.pack(">HHQH", 60, 0, len(body), flags) + properties) + \
        (frame(3, channel, body) if body else b"")


def delivery(channel, tag, body, message_id=b"id"):
    return method(channel, DELIVER, short(b"c") + struct.pack(">QB", tag, 0) + short(b"") + short(b"q")) + \
        content(channel, body, 0x0080, short(message_id))


SAID = {
    START_OK: lambda channel: method(0, TUNE, struct.pack(">HIH", 10, 131072, 0)),
    OPEN: lambda channel: method(0, OPEN_OK, b"\0"),
    CHANNEL_OPEN: lambda channel: method(channel, CHANNEL_OPEN_OK, b"\0\0\0\0"),
    DECLARE: lambda channel: method(channel, DECLARE_OK, short(b"q") + bytes(8)),
    SELECT: lambda channel: method(channel, SELECT_OK),
    QOS: lambda channel: method(channel, QOS_OK),
    CONSUME: lambda channel: method(channel, CONSUME_OK, short(b"c")),
    CANCEL: lambda channel: method(channel, CANCEL_OK, short(b"c")),
    CHANNEL_CLOSE: lambda channel: method(channel, CHANNEL_CLOSE_OK),
    CLOSE: lambda channel: method(0, CLOSE_OK),
}


class Server(threading.Thread):
    """Answers as an obedient broker would, but for what `said` says in its place."""

    def __init__(self, said=None, first=None, then_silent=False):
        super().__init__(daemon=True)
        self.said = {**SAID, **(said or {})}
        self.first = first
        self.then_silent = then_silent
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"amqp://guest:s3cret@127.0.0.1:{self.listener.getsockname()[1]}/"
        self.start()

    def run(self):
        while True:
            try:
                peer = self.listener.accept()[0]
            except OSError:
                return  # the test is over
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        with peer:
            try:
                self.converse(peer)
            except OSError:
                pass  # the tool has left: its exit status says whether it should have

    def converse(self, peer):
        source = peer.makefile("rb")
        source.read(8)
        start = struct.pack(">BBI", 0, 9, 0) + struct.pack(">I", 5) + b"PLAIN" + struct.pack(">I", 5) + b"en_US"
        if self.first is not None:
            peer.sendall(self.first)
            while self.then_silent and source.read(1):
                pass
            return
        peer.sendall(method(0, START, start))
        while head := source.read(7):
            kind, channel, size = struct.unpack(">BHI", head)
            payload = source.read(size + 1)
            if kind != 1:
                continue
            which = struct.unpack(">HH", payload[:4])
            if which in self.said:
                answer = self.said[which](channel)
                for each in [answer] if isinstance(answer, bytes) else answer:
                    peer.sendall(each)

    def stop(self):
        self.listener.close()


class Ending:
    """What a tool did before that server."""

    def __init__(self, command, server):
        began = time.monotonic()
        environment = {**os.environ, "TASKWIRE_RECONNECT": "no", "TERM": "xterm"}
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            process = subprocess.Popen([command[0], "-u", server.url, *command[1:]], stdout=output,
                                       stderr=errors, stdin=subprocess.DEVNULL, env=environment)
            guard = threading.Timer(PATIENCE_S, process.kill)
            guard.start()
            _, status, usage = os.wait4(process.pid, 0)
            guard.cancel()
            process.returncode = os.waitstatus_to_exitcode(status)
            self.status = process.returncode
            self.seconds = time.monotonic() - began
            self.memory_kib = usage.ru_maxrss
            for file in (output, errors):
                file.seek(0)
            self.output = output.read()
            self.raw_errors = errors.read()
        server.stop()

    @property
    def errors(self):
        return self.raw_errors.decode()  # it is UTF-8, or the test fails


PRODUCE = [PRODUCER, "q", "a task"]
WORK = [WORKER, "q", "--", "true"]


class Hostile(unittest.TestCase):
    def judge(self, ending, status):
        self.assertEqual(ending.status, status, ending.errors)
        self.assertNotRegex(ending.errors, NOT_FOR_TERMINALS)
        self.assertNotIn("s3cret", ending.errors)
        self.assertLess(ending.memory_kib, MEMORY_MAX_KIB)
        self.assertTrue(ending.errors.endswith("\n"))
        return ending

    def test_what_is_no_broker_is_told_at_once(self):
        for first in (b"HTTP/1.1 400 Bad Request\r\n\r\n" + RUDE, b"\x15\x03\x01\x00\x02\x02\x46",
                      b"AMQP\x00\x01\x00\x00", RUDE, bytes(100_000), b"\x01\x00\x00\xff\xff\xff\xff",
                      b"\x01\x00\x00\x00\x00\x00\x00\x00"):
            for command in (PRODUCE, WORK):
                with self.subTest(first=first[:20], tool=command[0]):
                    ending = self.judge(Ending(command, Server(first=first, then_silent=True)), 69)
                    tls_alert = first.startswith(b"\x15")
                    self.assertIn("speaks TLS only" if tls_alert else "does not speak AMQP 0-9-1",
                                  ending.errors)
                    self.assertLess(ending.seconds, 5)

    def test_a_server_that_says_nothing_costs_the_handshakes_time(self):
        endings = []
        threads = [threading.Thread(target=lambda command=command: endings.append(
            Ending(command, Server(first=b"", then_silent=True)))) for command in (PRODUCE, WORK)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        for each in endings:
            self.judge(each, 69)
            self.assertIn("accepted the connection but does not answer", each.errors)
            self.assertLess(each.seconds, 20)
        self.assertEqual(len(endings), 2)

    def test_a_refusal_may_not_drive_the_terminal(self):
        refusals = {
            START_OK: ((403, 77), (530, 77), (320, 69), (0, 69), (65535, 69)),
            OPEN: ((530, 77), (402, 69)),
        }
        for which, codes in refusals.items():
            for code, status in codes:
                for command in (PRODUCE, WORK):
                    with self.subTest(which=which, code=code, tool=command[0]):
                        said = {which: lambda channel, code=code: closing(CLOSE, 0, code, RUDE)}
                        self.judge(Ending(command, Server(said)), status)

    def test_a_closed_channel_may_not_either(self):
        for code, status in ((403, 77), (405, 78), (406, 78), (541, 69)):
            for command in (PRODUCE, WORK):
                with self.subTest(code=code, tool=command[0]):
                    text = b"inequivalent arg for queue '" + RUDE + b"' in vhost '/'"
                    said = {DECLARE: lambda channel, code=code: closing(CHANNEL_CLOSE, channel, code, text)}
                    self.judge(Ending(command, Server(said)), status)

    def test_a_returned_task_may_not_either(self):
        returned = struct.pack(">H", 312) + short(RUDE) + short(b"") + short(RUDE)
        said = {PUBLISH: lambda channel: [
            method(0, BLOCKED, short(RUDE)), method(0, (10, 61)),
            # Its number is the first header, as the producer wrote it.
            method(channel, RETURN, returned) + content(
                channel, b"a task", 0x2000, struct.pack(">I", 27) + b"\x11taskwire-sequencel" + struct.pack(">Q", 1)),
            method(channel, ACK, struct.pack(">QB", 1, 0))]}
        ending = self.judge(Ending(PRODUCE, Server(said)), 1)
        self.assertIn("1 returned", ending.errors)

    def test_a_task_may_not_either(self):
        said = {CONSUME: lambda channel: [SAID[CONSUME](channel), delivery(channel, 1, RUDE, RUDE)],
                ACK: lambda channel: closing(CLOSE, 0, 320, RUDE)}
        for command in (["--", "true"], ["--", "sh", "-c", "cat >&2; exit 77"]):
            with self.subTest(command=command):
                ending = Ending([WORKER, "-v", "--once", "q", *command], Server(said))
                # A command's own stderr passes through as it is; ours does not.
                ours = b"\n".join(line for line in ending.raw_errors.split(b"\n")
                                  if line.startswith(b"taskwire-worker"))
                self.assertNotRegex(ours.decode(), NOT_FOR_TERMINALS)
                self.assertIn(b"task ", ours)

    def test_bombs_for_the_worker(self):
        begun = lambda channel: method(channel, DELIVER, short(b"c") + bytes(9) + short(b"") + short(b"q"))
        deep = b"\x01k" + b"".join(b"A" + struct.pack(">I", 5 * left) for left in range(26_000, -1, -1))
        bombs = {
            "a body of 2^62 bytes": lambda channel: begun(channel) + frame(
                2, channel, struct.pack(">HHQH", 60, 0, 1 << 62, 0)),
            "26,000 nested arrays": lambda channel: begun(channel) + frame(
                2, channel, struct.pack(">HHQH", 60, 0, 0, 0x2000) + struct.pack(">I", len(deep)) + deep),
            "a frame of 4 GiB": lambda channel: struct.pack(">BHI", 3, channel, 0xffffffff),
            "a method nobody knows": lambda channel: method(channel, (60, 999)),
        }
        for name, bomb in bombs.items():
            with self.subTest(name=name):
                said = {CONSUME: lambda channel, bomb=bomb: [SAID[CONSUME](channel), bomb(channel)]}
                self.assertLess(self.judge(Ending(WORK, Server(said)), 69).seconds, 10)

    def test_deliveries_that_never_stop_cost_no_more_than_their_limit(self):
        def flood(channel):
            yield SAID[CONSUME](channel)
            for tag in range(1, 1_000_001, 1_000):
                yield b"".join(delivery(channel, each, b"x" * 100) for each in range(tag, tag + 1_000))
        ending = self.judge(Ending([WORKER, "q", "--", "sleep", "60"], Server({CONSUME: flood})), 69)
        self.assertIn("the peer delivers but does not read acknowledgements", ending.errors)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
