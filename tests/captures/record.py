#!/usr/bin/env python3
"""Records sessions of real AMQP clients with a real RabbitMQ, and what tshark says of them.

Usage: record.py [--broker DIR] FOLDER [SESSION...]
Without sessions, all of them. FOLDER gets NAME.client and NAME.server, what each side wrote, and
NAME.json: who took part and, a line a frame in the order of the wire, tshark's values.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import dissect
import pika_sessions
import py_amqp_sessions
from relay import Relay

HERE = pathlib.Path(__file__).resolve().parent
BROKER_SH = HERE.parent / "support" / "broker.sh"
SESSION_SECONDS = 90


class Stage:
    """What a session is played on: the relay's port, and the broker's other doors."""

    def __init__(self, broker_dir, broker_port):
        self.broker_dir = broker_dir
        self.broker_port = broker_port
        self.relay = Relay(broker_port)
        self.port = self.relay.port

    def ctl(self, *arguments):
        subprocess.run([BROKER_SH, "ctl", self.broker_dir, "-q", *arguments], check=True,
                       capture_output=True, timeout=SESSION_SECONDS)


class Session:
    def __init__(self, name, about, client, play):
        self.name, self.about, self.client, self.play = name, about, client, play


def package(name):
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}", name], check=True,
                          capture_output=True, text=True)
    return done.stdout


def sessions_of_module(module, client):
    for each in module.SESSIONS:
        yield Session(each.__name__.replace("_", "-"), each.__doc__, client, each)


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, timeout=SESSION_SECONDS, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{command}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def sessions_of_program(command, client):
    """A program that lists its sessions with --list and plays one when told its name and a port."""
    def player(name):
        return lambda stage: run(*command, name, str(stage.port))
    for line in run(*command, "--list").decode().splitlines():
        name, about = line.split("\t")
        yield Session(name, about, client, player(name))


def sessions_of_tools(client):
    def url(stage):
        return ["--url", f"amqp://guest:guest@127.0.0.1:{stage.port}/%2f"]

    def declared(stage, name):
        connection = pika_sessions.direct(stage)
        connection.channel().queue_declare(name)
        return connection

    def publish(stage):
        with declared(stage, "tools-in") as connection:
            run("amqp-publish", *url(stage), "-r", "tools-in", "-p", "-C", "text/plain", "-E",
                "utf-8", "-t", "answers", "-H", "colour: blue", "-b", "from C")
            connection.channel().queue_delete("tools-in")

    def consume(stage):
        with declared(stage, "tools-out") as connection:
            connection.channel().basic_publish("", "tools-out", b"for C")
            run("amqp-consume", *url(stage), "-q", "tools-out", "-c", "1", "cat")
            connection.channel().queue_delete("tools-out")

    yield Session("tools-publish", "amqp-publish with the properties it knows", client, publish)
    yield Session("tools-consume", "amqp-consume of one message", client, consume)


def build_clients(folder):
    """The clients that are to be compiled: Go's and C's."""
    go, c = folder / "go_sessions", folder / "librabbitmq_session"
    run("go", "build", "-o", go, HERE / "go_sessions" / "main.go",
        env=dict(os.environ, GO111MODULE="off", GOPATH="/usr/share/gocode", GOFLAGS="",
                 GOCACHE=str(folder / "cache")))
    run("g++", "-std=c++20", "-o", c, HERE / "librabbitmq_session.cpp", "-lrabbitmq")
    return go, c


def all_sessions(folder):
    go, c = build_clients(folder)
    sessions = [
        *sessions_of_module(pika_sessions, f"pika ({package('python3-pika')})"),
        *sessions_of_module(py_amqp_sessions, f"py-amqp ({package('python3-amqp')})"),
        *sessions_of_program(["ruby", str(HERE / "bunny_sessions.rb")],
                             f"bunny ({package('ruby-bunny')})"),
        *sessions_of_program([str(go)],
                             f"amqp091-go ({package('golang-github-rabbitmq-amqp091-go-dev')})"),
        *sessions_of_program([str(c)], f"librabbitmq ({package('librabbitmq4')})"),
        *sessions_of_tools(f"amqp-tools ({package('amqp-tools')})")]
    return {each.name: each for each in sessions}


def record(session, stage, folder):
    session.play(stage)
    stage.relay.finish()
    reads = stage.relay.reads
    about = {"session": session.name, "about": session.about, "client": session.client,
             "broker": f"RabbitMQ ({package('rabbitmq-server')})", "judge": dissect.version()}
    frames = dissect.frames(reads)
    for end in ("client", "server"):
        data = stage.relay.bytes_from(end)
        seen = sum(each["size"] for each in frames if each["from"] == end)
        if seen != len(data):
            raise RuntimeError(f"{session.name}: tshark saw {seen} of the {end}'s {len(data)} bytes")
        (folder / f"{session.name}.{end}").write_bytes(data)
    lines = [json.dumps(each, ensure_ascii=False) for each in frames]
    head = json.dumps(about, ensure_ascii=False, indent=1)[:-2]
    (folder / f"{session.name}.json").write_text(
        head + ',\n "frames": [\n  ' + ",\n  ".join(lines) + "\n ]\n}\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--broker", help="folder of a running private broker; else one is started")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("sessions", nargs="*")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        broker = arguments.broker or f"{scratch}/broker"
        sessions = all_sessions(pathlib.Path(scratch))
        if not arguments.broker:
            run(BROKER_SH, "start", broker)
        try:
            port = int(run(BROKER_SH, "url", broker).decode().rsplit(":", 1)[1].strip("/\n"))
            for name in arguments.sessions or sessions:
                record(sessions[name], Stage(broker, port), arguments.folder)
                print(name)
        finally:
            if not arguments.broker:
                run(BROKER_SH, "stop", broker)
    return 0


if __name__ == "__main__":
    sys.exit(main())
