#!/usr/bin/env python3
"""Writes the connection target's seeds: short conversations in the target's own input format.

Usage: make_seeds.py FOLDER
A seed is a list of steps: an octet below 0xc0 is a chunk's length less one, the chunk follows; any
other octet is a command with its argument (see conversation.hpp).
"""
import struct
import sys

COMMANDS = ["open_channel", "close", "close_channel", "pass_seconds", "confirm_select", "consume",
            "get", "publish", "ack"]


def short(text):
    return bytes([len(text)]) + text


def long(text):
    return struct.pack(">I", len(text)) + text


def frame(kind, channel, payload):
    return struct.pack(">BHI", kind, channel, len(payload)) + payload + b"\xce"


def method(channel, class_id, number, arguments=b""):
    return frame(1, channel, struct.pack(">HH", class_id, number) + arguments)


def content(channel, start, body):
    header = struct.pack(">HHQH", 60, 0, len(body), 0x8000) + short(b"text/plain")
    bodies = b"".join(frame(3, channel, body[at:at + 100]) for at in range(0, len(body), 100))
    return start + frame(2, channel, header) + bodies


def receive(stream):
    steps = b""
    while stream:
        chunk, stream = stream[:0xC0], stream[0xC0:]
        steps += bytes([len(chunk) - 1]) + chunk
    return steps


def command(name, argument):
    index = COMMANDS.index(name)
    return bytes([next(v for v in range(0xC0, 0x100) if v % len(COMMANDS) == index), argument])


def deliver(tag, body):
    start = method(1, 60, 60, short(b"ctag") + struct.pack(">QB", tag, 0) + short(b"") + short(b"q"))
    return receive(content(1, start, body))


def seeds():
    capability = short(b"authentication_failure_close") + b"t\x01"
    properties = long(short(b"capabilities") + b"F" + long(capability))
    start = method(0, 10, 10, b"\0\x09" + properties + long(b"PLAIN AMQPLAIN") + long(b"en_US"))
    tune = method(0, 10, 30, struct.pack(">HIH", 2047, 131072, 60))
    hello = receive(start) + receive(tune) + receive(method(0, 10, 41, short(b"")))
    opened = command("open_channel", 0) + receive(method(1, 20, 11, long(b"")))
    consume = command("consume", 0) + receive(method(1, 60, 21, short(b"ctag")))
    confirm = command("confirm_select", 0) + receive(method(1, 85, 11))
    returned = content(1, method(1, 60, 50, struct.pack(">H", 312) + short(b"NO_ROUTE") +
                                 short(b"") + short(b"q")), b"abc")
    got = content(1, method(1, 60, 71, struct.pack(">QB", 1, 0) + short(b"") + short(b"q") +
                            struct.pack(">I", 3)), b"body")
    refused = method(1, 20, 40, struct.pack(">H", 404) + short(b"NOT_FOUND") +
                     struct.pack(">HH", 50, 10))
    ack = lambda tag, multiple: receive(method(1, 60, 80, struct.pack(">QB", tag, multiple)))
    nack = lambda tag: receive(method(1, 60, 120, struct.pack(">QB", tag, 0)))
    publish = lambda argument: command("publish", argument)
    return {
        "handshake": hello,
        "consume": hello + opened + consume + deliver(1, b"hello") + command("ack", 1) +
                   deliver(2, b"x" * 250) + command("ack", 2),
        "confirm": hello + opened + confirm + publish(1) + publish(2) + publish(3) + ack(2, 1) +
                   nack(3),
        "return": hello + opened + confirm + publish(2) + receive(returned) + ack(1, 0),
        "get": hello + opened + command("get", 0) + receive(got) + command("get", 0) +
               receive(method(1, 60, 72, short(b""))),
        "channel-close": hello + opened + confirm + receive(refused) + opened +
                         command("close_channel", 1) + receive(method(1, 20, 41)),
        "close": hello + opened + command("close", 0) + receive(method(0, 10, 51)),
        "peer-close": hello + opened + receive(method(0, 10, 50, struct.pack(">H", 320) +
                                                      short(b"bye") + struct.pack(">HH", 0, 0))),
        "blocked": hello + receive(method(0, 10, 60, short(b"low on memory"))) +
                   receive(method(0, 10, 61)) + receive(frame(8, 0, b"")) +
                   command("pass_seconds", 30),
        "timeout": hello + opened + consume + command("consume", 0) + command("pass_seconds", 31) +
                   command("pass_seconds", 31),
        "two-channels": hello + opened + command("open_channel", 0) +
                        receive(method(2, 20, 11, long(b""))) + consume + deliver(1, b"q" * 99),
    }


if __name__ == "__main__":
    for name, steps in seeds().items():
        with open(f"{sys.argv[1]}/{name}", "wb") as out:
            out.write(steps)
