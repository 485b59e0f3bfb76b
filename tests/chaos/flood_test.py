#!/usr/bin/env python3
"""Publishing into a broker that has blocked publishers takes the window's memory and no more.

Usage: flood_test.py LOAD BROKER_SH [COUNT]

One program never waits: what its window does not hold is refused at once. Another one waits for
room, as it should: nothing is refused, and it holds its 1,000 unconfirmed messages only.
"""
import os
import selectors
import sys
import tempfile
import time

from chaos_support import Broker, Process, count_of, figures, until

COUNT_LONG, COUNT_SHORT = 1_000_000, 150_000
HELD = 101_000  # unconfirmed_count_max and waiting_count_max
BODY = 256
LINE = 200  # is the message-id, too
# For each message that is held: two strings, the properties, the handler, an entry of the window.
OVERHEAD_MAX = 640
PATIENT_GROWTH_MAX_KB = 4096


def is_blocked(broker):
    """Has it stopped reading from a connection that publishes?"""
    return "blocked" in broker.do("ctl", "-q", "list_connections", "state")


def await_alarm(broker, pid):
    until(lambda: is_blocked(broker), "a blocked connection", lambda: time.sleep(0.05))
    return figures(pid)


def begin(folder, load, broker, mode, number):
    """A program that has connected, and what it holds then."""
    process = Process(folder, mode, [load, mode, broker.url, mode, number], mode == "produce")
    until(lambda: broker.do("ctl", "-q", "list_channels", "confirm").split()[1:] == ["true"],
          "a publisher", lambda: time.sleep(0.05))
    return process


def heedless(folder, load, broker, count):
    idle = begin(folder, load, broker, "flood", "0")
    before_kb = figures(idle.popen.pid)["rss_kb"]
    idle.close()
    broker.alarm(True)
    process, counts = Process(folder, "flood", [load, "flood", broker.url, "flood", str(count)]), [""]

    def said(words):
        counts[:] = process.tail.lines()[-1:] or counts
        return counts[-1] == words

    try:
        until(lambda: said(f"0 {count - HELD}"), f"{count - HELD} refusals")
        if not is_blocked(broker):
            raise AssertionError("the broker did not block the connection")
        peak_kb = figures(process.popen.pid)["peak_kb"]
        broker.alarm(False)
        until(lambda: said(f"{HELD} {count - HELD}"), f"{HELD} confirmations")
        after = figures(process.popen.pid)
    finally:
        process.close()
    growth_kb = peak_kb - before_kb
    print(f"never waiting: {count} published, {count - HELD} refused at once, {HELD} confirmed "
          f"afterwards; resident: {before_kb} kB idle, {peak_kb} kB at most while blocked "
          f"({1024 * growth_kb / HELD:.0f} bytes a message held), {after['peak_kb']} kB at most")
    limit_kb = before_kb + HELD * (BODY + OVERHEAD_MAX) // 1024
    if after["peak_kb"] > limit_kb:
        raise AssertionError(f"{after['peak_kb']} kB, more than {limit_kb} kB")


def patient(folder, load, broker, count):
    process = begin(folder, load, broker, "produce", "30")
    before_kb = figures(process.popen.pid)["rss_kb"]
    lines = b"".join(b"%0*d\n" % (LINE, number) for number in range(count))
    broker.alarm(True)
    confirmed, sent = 0, 0
    try:
        to = process.popen.stdin.fileno()
        with selectors.DefaultSelector() as selector:
            selector.register(to, selectors.EVENT_WRITE)
            # Until it takes no more: it has what its window holds, and the pipe is full.
            while selector.select(1.0):
                sent += os.write(to, lines[sent:sent + 65536])
        blocked = await_alarm(broker, process.popen.pid)
        if process.tail.lines() or sent > len(lines) // 10:
            raise AssertionError(f"{sent} bytes were taken from it while it was blocked")
        broker.alarm(False)

        def is_confirmed():
            nonlocal confirmed, sent
            try:
                sent += os.write(to, lines[sent:sent + 65536]) if sent < len(lines) else 0
            except BlockingIOError:
                pass
            confirmed += len(process.tail.lines())
            return confirmed == count

        until(is_confirmed, f"{count} confirmations", lambda: time.sleep(0.002))
        after = figures(process.popen.pid)
    finally:
        process.close()
    print(f"waiting for room: {count} published, none refused, all confirmed afterwards; resident: "
          f"{before_kb} kB idle, {blocked['peak_kb']} kB at most while blocked, "
          f"{after['peak_kb']} kB at most")
    if after["peak_kb"] > before_kb + PATIENT_GROWTH_MAX_KB:
        raise AssertionError(f"it grew by {after['peak_kb'] - before_kb} kB")


def main():
    load, script, *more = sys.argv[1:]
    count = count_of(more, COUNT_SHORT, COUNT_LONG)
    with tempfile.TemporaryDirectory() as folder:
        broker = Broker(script, os.path.join(folder, "broker"))
        try:
            for name, run, messages in (("flood", heedless, count), ("produce", patient, count // 10)):
                broker.declare(name, "classic")
                run(folder, load, broker, messages)
        finally:
            broker.do("stop")


if __name__ == "__main__":
    main()
