#!/usr/bin/env python3
"""Writes seeds, inputs of the targets, from recorded sessions of real clients.

Usage: seeds.py CAPTURES SPEC_GEN_HPP FOLDER
CAPTURES is tests/data/captures; SPEC_GEN_HPP tells the order of the methods. A folder for each
target gets a file for each session, frame, method or table, in the target's own form: see the
comments of `run` there, and conversation.cpp for the owner's commands.
"""
import json
import pathlib
import re
import struct
import sys

FIRST_COMMAND, CHUNK_MAX = 0xC0, 0xC0  # of the connection's steps
ACT_COUNT = 16  # of the session's: the server's acts, then the commands
ANSWER, DELIVER, CONFIRM, GIVE_BACK, CANCEL, FLOW, CLOSE, BLOCK = 0, 3, 5, 6, 7, 8, 9, 10
HEARTBEAT, CHUNKS = 11, 14
GREETING = b"\x07"  # as RabbitMQ does
OPEN_CHANNEL, REQUEST, USUAL, PUBLISH, PUBLISH_MANY, SETTLE, PASS = 0, 1, 2, 4, 5, 6, 8
CLOSE_CHANNEL, WRITES, END = 9, 10, 11
PROTOCOL_HEADER_SIZE, HEADERS_FLAG = 8, 0x2000


def method_numbers(spec_gen):
    """(class, method) -> place in spec::methods."""
    names = re.search(r"using any_method =\s*std::variant<(.*?)>;", spec_gen, re.DOTALL).group(1)
    ids = {name: (int(class_id), int(number)) for class_id, number, name in
           re.findall(r'method_id id\{(\d+), (\d+)\};\n.*?name = "([\w.-]+)"', spec_gen)}
    order = [each.strip().replace("::", ".").rstrip("_").replace("_", "-")
             for each in names.split(",")]
    return {ids[name]: at for at, name in enumerate(order)}


class Session:
    """The frames of a capture in their order: (sender, type, channel, payload, raw)."""

    def __init__(self, path):
        left = {end: path.with_suffix(f".{end}").read_bytes() for end in ("client", "server")}
        self.frames = []
        for each in json.loads(path.read_text())["frames"]:
            end, size = each["from"], each["size"]
            raw, left[end] = left[end][:size], left[end][size:]
            if size == PROTOCOL_HEADER_SIZE and raw.startswith(b"AMQP"):
                continue
            kind, channel = struct.unpack(">BH", raw[:3])
            self.frames.append((end, kind, channel, raw[7:-1], raw))


def piece(data):
    return bytes([len(data)]) + data if len(data) < 256 else b"\0"


def chunks(data):
    steps = b""
    while data:
        part, data = data[:CHUNK_MAX], data[CHUNK_MAX:]
        steps += bytes([len(part) - 1]) + part
    return steps


class Owner:
    """Turns what the client wrote into what our client's owner asks for."""

    def __init__(self, numbers, first_command):
        self.numbers = numbers
        self.first_command = first_command
        self.channels = []
        self.publish = None

    def pick(self, channel):
        if channel not in self.channels:
            return b"\xff"
        return bytes([len(self.channels) - 1 - self.channels.index(channel)])

    def steps(self, kind, channel, payload):
        command = lambda what: bytes([self.first_command + what])
        if kind == 2 and self.publish is not None:
            size = struct.unpack(">Q", payload[4:12])[0]
            step = size if size < 64 else min(255, 64 + size // 256)
            return (command(PUBLISH) + self.pick(channel) + piece(self.publish) +
                    piece(payload[12:]) + bytes([step]))
        if kind != 1:
            return b""
        name, arguments = struct.unpack(">HH", payload[:4]), payload[4:]
        self.publish = arguments if name == (60, 40) else None
        if name == (20, 10):
            self.channels.append(channel)
            return command(OPEN_CHANNEL)
        if name == (10, 50):
            return command(END) + b"\1"
        if name == (20, 40):
            return command(CLOSE_CHANNEL) + self.pick(channel)
        if name in ((60, 80), (60, 120), (60, 90)):
            bits = arguments[8]
            what = {80: (bits & 1) * 4, 120: 1 + (bits & 1) * 4 + (bits & 2) * 4,
                    90: 2 + (bits & 1) * 8}[name[1]]
            return command(SETTLE) + self.pick(channel) + bytes([what, arguments[7]])
        if name == (60, 100):
            return command(SETTLE) + self.pick(channel) + b"\3\0"
        if name[0] == 10 and name != (10, 70) or name in ((20, 41), (60, 40)):
            return b""
        return (command(REQUEST) + self.pick(channel) + bytes([self.numbers[name]]) +
                piece(arguments))


class Broker:
    """Turns what the server wrote into the acts of our scripted one."""

    def __init__(self):
        self.delivery = None

    def steps(self, kind, channel, payload):
        which = bytes([max(0, channel - 1)])
        if kind == 8:
            return bytes([HEARTBEAT])
        if kind == 2 and self.delivery is not None:
            size = min(127, struct.unpack(">Q", payload[4:12])[0])
            return (bytes([DELIVER]) + which + piece(self.delivery) + piece(payload[12:]) +
                    bytes([size, 255, 255]))
        if kind != 1:
            return b""
        name, arguments = struct.unpack(">HH", payload[:4]), payload[4:]
        self.delivery = arguments[1:1 + arguments[0]] if name == (60, 60) else None
        acts = {
            (60, 50): lambda: bytes([GIVE_BACK]) + which + b"\1\x40",
            (60, 80): lambda: bytes([CONFIRM]) + which + bytes([arguments[8] & 1, 0]),
            (60, 120): lambda: bytes([CONFIRM]) + which + bytes([2 | arguments[8] & 1, 0]),
            (60, 30): lambda: bytes([CANCEL]) + which + piece(arguments[1:1 + arguments[0]]),
            (20, 20): lambda: bytes([FLOW]) + which + arguments[:1],
            (20, 40): lambda: bytes([CLOSE]) + which + piece(arguments),
            (10, 60): lambda: bytes([BLOCK, 1]) + piece(b"memory"),
            (10, 61): lambda: bytes([BLOCK, 0]),
            (60, 71): lambda: bytes([ANSWER]) + which + b"\0" + piece(arguments) + b"\x40",
            (60, 72): lambda: bytes([ANSWER]) + which + b"\1" + piece(arguments),
        }
        if name in ((10, 10), (10, 30), (10, 41), (60, 60)):
            return b""  # the greeting; a delivery waits for its header
        return acts.get(name, lambda: bytes([ANSWER]) + which + b"\0" + piece(arguments))()


def composed():
    """(name, session) of what no recorded client did, and chance finds late."""
    command = lambda what, *arguments: bytes([ACT_COUNT + what, *arguments])
    answer = lambda channel: bytes([ANSWER, channel, 0, 0])
    opened = GREETING + command(OPEN_CHANNEL) + answer(0)
    confirming = opened + command(USUAL, 0, 0, 0) + answer(0)
    deliver = lambda channel, frames: bytes([DELIVER, channel, 0, 0, 2, 0, frames])
    yield "messages-interleaved", (opened + command(OPEN_CHANNEL) + answer(1) +
                                   bytes([CHUNKS, 255]) + deliver(0, 2) + deliver(1, 255) +
                                   bytes([CHUNKS, 0]) + deliver(0, 255))
    yield "answers-unread", opened + command(WRITES, 255) + bytes([FLOW, 0, 255])
    yield "secret-late", opened + command(USUAL, 255, 6, 0) + command(PASS, 255)
    yield "first-confirm-late", (confirming + command(PUBLISH_MANY, 0, 200) +
                                 bytes([CONFIRM, 0, 4, 198]) + command(PUBLISH_MANY, 0, 50) +
                                 bytes([CONFIRM, 0, 4, 20, CONFIRM, 0, 1, 0]))
    yield "mandatory-resent", confirming + command(PUBLISH, 0, 0, 0, 3) + command(
        PUBLISH, 0, *piece(b"\0\0\0\1q\1"), *piece(
            b"\x20\0\0\0\0\x1b\x11taskwire-sequencel" + bytes(8)), 3)


def nested(kind, depth):
    """A table in which arrays or tables nest `depth` deep, itself included."""
    fields = b""
    for left in range(depth - 1):
        named = kind == b"F" or left == depth - 2
        fields = (b"\1k" if named else b"") + kind + struct.pack(">I", len(fields)) + fields
    return fields


def headers_of(properties):
    """The headers table of a property list, if it has one."""
    flags, at = struct.unpack(">H", properties[:2])[0], 2
    if not flags & HEADERS_FLAG:
        return None
    for flag in (0x8000, 0x4000):  # content-type and content-encoding stand before it
        at += 1 + properties[at] if flags & flag else 0
    size = struct.unpack(">I", properties[at:at + 4])[0]
    return properties[at + 4:at + 4 + size]


def seeds_of(session, numbers):
    """(target, input) of all that a session holds."""
    owner, other = Owner(numbers, FIRST_COMMAND), Owner(numbers, ACT_COUNT)
    broker = Broker()
    conversation, stream, acts = b"", b"\xff\xff", GREETING
    for end, kind, channel, payload, raw in session.frames:
        if end == "client":
            conversation += owner.steps(kind, channel, payload)
            acts += other.steps(kind, channel, payload)
        else:
            conversation += chunks(raw)
            stream += raw
            acts += broker.steps(kind, channel, payload)
        if kind == 1:
            yield "method", bytes([numbers[struct.unpack(">HH", payload[:4])]]) + payload[4:]
        if kind == 2:
            yield "method", bytes([len(numbers)]) + payload[12:]
            headers = headers_of(payload[12:])
            if headers is not None:
                yield "table", headers
    yield "connection", conversation
    yield "frame_stream", stream
    yield "session", acts


def main():
    captures, spec_gen, folder = (pathlib.Path(each) for each in sys.argv[1:])
    numbers = method_numbers(spec_gen.read_text())
    for target in ("session", "table"):
        (folder / target).mkdir(parents=True, exist_ok=True)
    for name, data in composed():
        (folder / "session" / name).write_bytes(data)
    for depth in (32, 33, 500):  # the deepest, one more, and what 256 KiB of stack could not hold
        for kind in (b"A", b"F"):
            (folder / "table" / f"nested-{kind.decode()}-{depth}").write_bytes(nested(kind, depth))
    for path in sorted(captures.glob("*.json")):
        for at, (target, data) in enumerate(seeds_of(Session(path), numbers)):
            (folder / target).mkdir(parents=True, exist_ok=True)
            (folder / target / f"{path.stem}-{at}").write_bytes(data)


if __name__ == "__main__":
    main()
