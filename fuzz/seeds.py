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

FIRST_COMMAND, CHUNK_MAX = 0xC0, 0xC0
OPEN_CHANNEL, REQUEST, PUBLISH, SETTLE, CLOSE_CHANNEL, END = 0, 1, 4, 6, 9, 11
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

    def __init__(self, numbers):
        self.numbers = numbers
        self.channels = []
        self.publish = None

    def pick(self, channel):
        if channel not in self.channels:
            return b"\xff"
        return bytes([len(self.channels) - 1 - self.channels.index(channel)])

    def steps(self, kind, channel, payload):
        command = lambda what: bytes([FIRST_COMMAND + what])
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
        return command(REQUEST) + self.pick(channel) + bytes([self.numbers[name]]) + piece(arguments)


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
    owner = Owner(numbers)
    conversation, stream = b"", b"\xff\xff"
    for end, kind, channel, payload, raw in session.frames:
        if end == "client":
            conversation += owner.steps(kind, channel, payload)
        else:
            conversation += chunks(raw)
            stream += raw
        if kind == 1:
            yield "method", bytes([numbers[struct.unpack(">HH", payload[:4])]]) + payload[4:]
        if kind == 2:
            yield "method", bytes([len(numbers)]) + payload[12:]
            headers = headers_of(payload[12:])
            if headers is not None:
                yield "table", headers
    yield "connection", conversation
    yield "frame_stream", stream


def main():
    captures, spec_gen, folder = (pathlib.Path(each) for each in sys.argv[1:])
    numbers = method_numbers(spec_gen.read_text())
    for path in sorted(captures.glob("*.json")):
        for at, (target, data) in enumerate(seeds_of(Session(path), numbers)):
            (folder / target).mkdir(parents=True, exist_ok=True)
            (folder / target / f"{path.stem}-{at}").write_bytes(data)


if __name__ == "__main__":
    main()
