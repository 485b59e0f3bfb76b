#!/usr/bin/env python3
"""The fault proxy itself, between plain sockets.

Usage: fault_proxy_test.py PROXY
"""
import socket
import sys
import time
import unittest

from chaos_support import Proxy


class FaultProxy(unittest.TestCase):
    def setUp(self):
        self.proxy = Proxy(sys.argv[1])
        self.addCleanup(self.proxy.close)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.server.close)
        self.port = self.proxy.listen(self.server.getsockname()[1])
        self.near, self.far = self.connect()

    def connect(self):
        near = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        self.server.settimeout(10)
        far, _ = self.server.accept()
        far.settimeout(10)
        self.addCleanup(near.close)
        self.addCleanup(far.close)
        return near, far

    @staticmethod
    def take(from_, size):
        data = b""
        while len(data) < size and (more := from_.recv(size - len(data))):
            data += more
        return data

    def test_forwards_both_ways_and_counts(self):
        sent = bytes(range(256)) * 400
        self.near.sendall(sent)
        self.assertEqual(self.take(self.far, len(sent)), sent)
        self.far.sendall(b"answer")
        self.assertEqual(self.take(self.near, 6), b"answer")
        self.assertEqual(self.proxy.ask("count", self.port), [1, 1, len(sent), 6])

    def test_cuts_at_the_byte(self):
        self.assertEqual(self.proxy.ask("cut", self.port, "up", 7), [1])
        self.near.sendall(b"0123456789")
        self.assertEqual(self.take(self.far, 10), b"0123456")
        self.assertEqual(self.near.recv(1), b"")

    def test_resets(self):
        self.proxy.ask("cut", self.port, "down", 3, "rst")
        self.far.sendall(b"0123456789")
        with self.assertRaises(ConnectionResetError):
            while self.near.recv(1):
                pass
        with self.assertRaises(ConnectionResetError):
            self.far.recv(1)

    def test_closes_half(self):
        self.proxy.ask("half-close", self.port, "down")
        self.assertEqual(self.near.recv(1), b"")
        self.near.sendall(b"still")
        self.assertEqual(self.take(self.far, 5), b"still")

    def test_stalls_one_way_and_loses_nothing(self):
        self.proxy.ask("stall", self.port, "up")
        self.near.sendall(b"held")
        self.far.sendall(b"goes")
        self.assertEqual(self.take(self.near, 4), b"goes")
        self.far.settimeout(0.2)
        with self.assertRaises(TimeoutError):
            self.far.recv(1)
        self.far.settimeout(10)
        self.proxy.ask("clear", self.port)
        self.assertEqual(self.take(self.far, 4), b"held")

    def test_stalls_for_a_time(self):
        begun = time.monotonic()
        self.proxy.ask("stall", self.port, "both", 300)
        self.near.sendall(b"x")
        self.assertEqual(self.far.recv(1), b"x")
        self.assertGreaterEqual(time.monotonic() - begun, 0.299)

    def test_holds_back_who_sends_into_a_stall(self):
        self.proxy.ask("stall", self.port, "up")
        self.near.setblocking(False)
        sent = 0
        with self.assertRaises(BlockingIOError):
            while sent < 64 << 20:
                sent += self.near.send(bytes(65536))

    def test_delays_and_throttles(self):
        self.proxy.ask("delay", self.port, 200)
        begun = time.monotonic()
        self.near.sendall(b"x")
        self.assertEqual(self.far.recv(1), b"x")
        self.assertGreaterEqual(time.monotonic() - begun, 0.199)
        self.proxy.ask("clear", self.port)
        self.proxy.ask("throttle", self.port, 100_000)
        begun = time.monotonic()
        self.near.sendall(bytes(50_000))
        self.take(self.far, 50_000)
        self.assertGreaterEqual(time.monotonic() - begun, 0.3)

    def test_changes_its_target(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            other.settimeout(10)
            self.proxy.ask("target", self.port, other.getsockname()[1])
            with socket.create_connection(("127.0.0.1", self.port), timeout=10) as near:
                far, _ = other.accept()
                with far:
                    near.sendall(b"x")
                    self.assertEqual(far.recv(1), b"x")

    def test_refuses_what_it_does_not_know(self):
        for wrong in (["explode", self.port], ["cut", self.port, "up"], ["reset", 1]):
            with self.assertRaises(AssertionError):
                self.proxy.ask(*wrong)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
