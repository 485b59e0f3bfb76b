#!/usr/bin/python3
"""The workloads of ../client.cpp through pika's SelectConnection, its faster half:

    client_pika.py MODE PORT COUNT BODY WINDOW CHANNELS
"""

import json
import resource
import sys
import time

import pika


class Clock:
    """Wall and CPU time since it was made."""

    def __init__(self):
        self.usage = resource.getrusage(resource.RUSAGE_SELF)
        self.wall = time.monotonic()

    def report(self, mode, count, **more):
        wall = time.monotonic() - self.wall
        usage = resource.getrusage(resource.RUSAGE_SELF)
        user = usage.ru_utime - self.usage.ru_utime
        system = usage.ru_stime - self.usage.ru_stime
        with open("/proc/self/status", encoding="ascii") as status:
            peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
        print(json.dumps({"name": f"pika {mode}", "messages": count,
                          "messages_per_s": count / wall,
                          "cpu_us_per_message": (user + system) * 1e6 / count,
                          "user_us_per_message": user * 1e6 / count, "rss_kib": peak, **more}),
              flush=True)


class Client:
    def __init__(self, mode, port, count, body, window, channels):
        self.mode, self.count, self.wanted = mode, int(count), int(channels)
        self.window = max(int(window) // self.wanted, 1)  # of a channel
        self.body = b"x" * int(body)
        self.properties = pika.BasicProperties(delivery_mode=2)
        self.unsent = self.due = self.count
        self.channels = []
        self.ready = 0
        self.clock = None
        self.early = []  # deliveries from before the clock started
        self.times = []
        self.sent_at = 0.0
        self.connection = pika.SelectConnection(
            pika.ConnectionParameters("127.0.0.1", int(port), heartbeat=0),
            on_open_callback=lambda _: self.open_channel(),
            on_open_error_callback=self.give_up, on_close_callback=self.closed)

    def give_up(self, *what):
        sys.exit(f"pika: {what[-1]!r}")

    def closed(self, _, reason):
        if self.due > 0:
            self.give_up(reason)
        self.connection.ioloop.stop()

    def open_channel(self):
        self.connection.channel(on_open_callback=self.opened)

    def opened(self, channel):
        """Prepares one channel after the other; when all are ready, the clock starts."""
        self.channels.append(channel)
        if self.mode == "publish":
            channel.confirm_delivery(self.on_confirm, callback=lambda _: self.prepared())
        elif self.mode == "consume":
            channel.basic_qos(prefetch_count=self.window, callback=lambda _: channel.basic_consume(
                "q", self.on_delivery, callback=lambda _: self.prepared()))
        elif self.mode == "roundtrip":
            channel.basic_consume("q", self.on_return, auto_ack=True,
                                  callback=lambda _: self.prepared())
        else:
            self.prepared()

    def prepared(self):
        if len(self.channels) < self.wanted:
            self.open_channel()
            return
        self.clock = Clock()
        if self.mode == "publish":
            self.confirmed = {each.channel_number: 0 for each in self.channels}
            self.by_number = {each.channel_number: each for each in self.channels}
            for each in self.channels:
                self.publish(each, self.window)
        elif self.mode == "publish-unconfirmed":
            for each in self.channels:
                self.publish_batch(each, self.window)
        elif self.mode == "roundtrip":
            self.send_roundtrip()
        for each in self.early:
            self.on_delivery(*each)

    def publish(self, channel, count):
        count = min(count, self.unsent)
        self.unsent -= count
        for _ in range(count):
            channel.basic_publish("", "q", self.body, self.properties)
        return count

    def settle(self, count):
        self.due -= count
        if self.due == 0:
            self.clock.report(self.mode, self.count, **self.percentiles())
            self.connection.close()

    def on_confirm(self, frame):
        """One queue confirms in order."""
        if not isinstance(frame.method, pika.spec.Basic.Ack):
            self.give_up("a message was not confirmed")
        number, method = frame.channel_number, frame.method
        settled = method.delivery_tag - self.confirmed[number] if method.multiple else 1
        self.confirmed[number] += settled
        self.publish(self.by_number[number], settled)
        self.settle(settled)

    def publish_batch(self, channel, size):
        """What it writes waits in memory: what is asked behind a batch keeps the next one back,
        and at the end it shows that all has arrived."""
        count = self.publish(channel, size)

        def answered(_):
            self.settle(count)
            if self.unsent > 0:
                self.publish_batch(channel, size)
        if count > 0:
            channel.queue_declare("q", passive=True, callback=answered)

    def on_delivery(self, channel, method, _, __):
        if self.clock is None:
            self.early.append((channel, method, None, None))
        elif self.due > 0:
            channel.basic_ack(method.delivery_tag)
            self.settle(1)

    def send_roundtrip(self):
        self.sent_at = time.monotonic()
        self.publish(self.channels[0], 1)

    def on_return(self, *_):
        self.times.append((time.monotonic() - self.sent_at) * 1e6)
        self.settle(1)
        if self.due > 0:
            self.send_roundtrip()

    def percentiles(self):
        times = sorted(self.times)
        return {name: times[len(times) * share // 100]
                for name, share in (("p50_us", 50), ("p99_us", 99)) if times}


def main():
    if len(sys.argv) != 7:
        sys.exit(f"usage: {sys.argv[0]} MODE PORT COUNT BODY WINDOW CHANNELS")
    if sys.argv[1] not in ("publish", "publish-unconfirmed", "consume", "roundtrip"):
        sys.exit(f"pika: no mode {sys.argv[1]}")
    Client(*sys.argv[1:]).connection.ioloop.start()


if __name__ == "__main__":
    main()
