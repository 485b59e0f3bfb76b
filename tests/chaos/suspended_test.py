#!/usr/bin/env python3
"""A broker that says nothing is noticed within two heartbeat intervals, and used when it wakes up.

Usage: suspended_test.py LOAD BROKER_SH [COUNT]
"""
import os
import statistics
import sys
import tempfile
import time

from chaos_support import Broker, Process, count_of, until

COUNT_LONG, COUNT_SHORT = 30, 2
HEARTBEAT_S = 2
NOTICED_MAX_S = 2 * HEARTBEAT_S + 1
SILENCE = "lost: the peer has been silent for two heartbeat intervals"


class Pair:
    """A producer and a consumer of the library."""

    def __init__(self, folder, load, url):
        self.producer, self.consumer = (
            Process(folder, mode, [load, mode, url, "suspended", str(HEARTBEAT_S)],
                    mode == "produce") for mode in ("produce", "consume"))
        self.fed, self.confirmed, self.done = 0, [], []

    def feed(self):
        self.fed += 1
        os.write(self.producer.popen.stdin.fileno(), f"task-{self.fed}\n".encode())

    def await_last(self):
        """Returns when the last task that was fed is confirmed and done."""
        last = f"task-{self.fed}"

        def is_through():
            self.confirmed += self.producer.tail.lines()
            self.done += [line.split()[0] for line in self.consumer.tail.lines()]
            return self.confirmed[-1:] == [last] and last in self.done

        until(is_through, last, lambda: time.sleep(0.001))
        return time.monotonic()

    def await_notice(self, count):
        """When each has noticed the silence, for the count-th time."""
        result = []
        for each in (self.producer, self.consumer):
            until(lambda: each.said().count(SILENCE) >= count, "a notice")
            result.append(time.monotonic())
        return result

    def close(self):
        self.producer.close()
        self.consumer.close()


def suspend(broker, pair, number, is_busy):
    """Seconds until both noticed, and from the end until a task was confirmed and done again."""
    broker.suspend()
    begun = time.monotonic()
    try:
        if is_busy:
            for _ in range(100):
                pair.feed()
        noticed_s = max(pair.await_notice(number)) - begun
    finally:
        broker.wake()
    ended = time.monotonic()
    pair.feed()
    return noticed_s, pair.await_last() - ended


def words(times_s):
    return f"median {1000 * statistics.median(times_s):.0f} ms, max {1000 * max(times_s):.0f} ms"


def main():
    load, script, *more = sys.argv[1:]
    count = count_of(more, COUNT_SHORT, COUNT_LONG)
    with tempfile.TemporaryDirectory() as folder:
        broker = Broker(script, os.path.join(folder, "broker"))
        pair = None
        try:
            broker.declare("suspended", "classic")
            pair = Pair(folder, load, broker.url)
            pair.feed()
            pair.await_last()
            figures = [suspend(broker, pair, number + 1, number % 2 == 1) for number in range(count)]
            noticed_s, again_s = zip(*figures)
            print(f"{count} suspensions, heartbeat {HEARTBEAT_S} s: noticed by both clients after "
                  f"{words(noticed_s)}; from the end until a task was confirmed and done: "
                  f"{words(again_s)}")
            if max(noticed_s) > NOTICED_MAX_S:
                raise AssertionError(f"noticed after {max(noticed_s):.1f} s, not {NOTICED_MAX_S} s")
            if len(set(pair.confirmed)) != pair.fed or not set(pair.confirmed) <= set(pair.done):
                raise AssertionError(f"{pair.fed} fed, {len(set(pair.confirmed))} confirmed, "
                                     f"{len(set(pair.done))} done")
        except BaseException:
            if pair:
                print(pair.producer.said(), pair.consumer.said(), file=sys.stderr)
            raise
        finally:
            if pair:
                pair.close()
            broker.do("stop")


if __name__ == "__main__":
    main()
