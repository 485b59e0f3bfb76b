"""A private RabbitMQ as the other end of a measurement."""

import contextlib
import os
import pathlib
import shutil
import subprocess

import measuring

BROKER_SH = pathlib.Path(__file__).resolve().parent.parent / "support" / "broker.sh"


def missing():
    """What is to be installed before a Broker can start, or nothing."""
    if not pathlib.Path("/usr/lib/rabbitmq/bin/rabbitmq-server").exists():
        return "apt-get install rabbitmq-server"
    if shutil.which("amqp-declare-queue") is None:
        return "apt-get install amqp-tools"
    return None


class Broker:
    """A running node, on the sink's core. A context: the node stops with it."""

    def __init__(self, bench):
        self.bench = bench
        self.folder = str(pathlib.Path(bench.folder) / "peers" / "broker")

    def __enter__(self):
        # Into a file: the node inherits our streams, and a pipe would never end.
        pathlib.Path(self.folder).parent.mkdir(parents=True, exist_ok=True)
        with open(f"{self.folder}.log", "w", encoding="utf-8") as log:
            started = subprocess.run(
                ["taskset", "-c", self.bench.sink_core, BROKER_SH, "start", self.folder],
                env={"TASKWIRE_BROKER_TIMEOUT": str(measuring.DEADLINE_S), **os.environ},
                stdout=log, stderr=log, check=False).returncode
        if started != 0:
            raise measuring.Failed(f"RabbitMQ did not start, see {self.folder}.log")
        # To librabbitmq the path "/" is a virtual host without a name; no path is the default one.
        self.url = measuring.run([str(BROKER_SH), "url", self.folder]).stdout.strip().rstrip("/")
        self.port = self.url.rsplit(":", 1)[1]
        return self

    def __exit__(self, *_):
        subprocess.run([BROKER_SH, "stop", self.folder], check=False)

    def empty_queue(self):
        """A new durable classic queue, so that no run finds what another one left."""
        measuring.run(["amqp-delete-queue", "-u", self.url, "-q", measuring.QUEUE])
        measuring.run(["amqp-declare-queue", "-u", self.url, "-q", measuring.QUEUE, "-d"])

    @contextlib.contextmanager
    def end_of(self, task):
        """The other end of one run, as measuring.measure wants it."""
        self.empty_queue()
        if task.consumes:
            fill = measuring.Task("publish", task.count, task.body)
            measuring.run([f"{self.bench.folder}/taskwire-bench-floor"] + fill.words(self.port))
        yield End(self.port)


class End:
    def __init__(self, port):
        self.port = port

    def finish(self, _):
        """Confirms and deliveries are proof enough."""
        return {}
