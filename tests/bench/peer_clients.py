"""The clients that peers.py compares: how each is made, started and named."""

import dataclasses
import json
import os
import pathlib
import shutil
import subprocess

import measuring

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = HERE / "peers"
GO_PATH = pathlib.Path("/usr/share/gocode")


class Missing(Exception):
    """A client is not there; the text says what to install."""


@dataclasses.dataclass
class Client:
    name: str
    modes: dict  # of a workload → of the program
    program: list = None  # the words that start it
    version: str = ""
    native: bool = False  # callgrind can count its instructions
    fast: bool = False  # needs more messages to run for a while
    missing: str = ""  # why it is skipped

    def can(self, workload_mode):
        return workload_mode in self.modes


def same(*modes):
    return {mode: mode for mode in modes}


ALL_MODES = same("publish", "publish-unconfirmed", "consume", "roundtrip")


def package_version(package):
    shown = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True,
                           text=True, check=False)
    return shown.stdout if shown.returncode == 0 else "of unknown version"


def built(folder, program):
    path = pathlib.Path(folder) / f"taskwire-bench-{program}"
    if not path.exists():
        raise Missing(f"build the target taskwire_bench_{program}")
    return [str(path)]


def floor(folder, _):
    return built(folder, "floor"), ""


def taskwire(folder, _):
    said = subprocess.run(["git", "-C", HERE, "describe", "--always", "--dirty"],
                          capture_output=True, text=True, check=False).stdout.strip()
    return built(folder, "client"), f"taskwire {said}".strip()


def rabbitmq_c(folder, _):
    return built(folder, "rabbitmqc"), f"rabbitmq-c {package_version('librabbitmq4')}"


def amqp091_go(folder, _):
    if shutil.which("go") is None or \
            not (GO_PATH / "src/github.com/rabbitmq/amqp091-go").exists():
        raise Missing("apt-get install golang-go golang-github-rabbitmq-amqp091-go-dev")
    out = pathlib.Path(folder).resolve() / "peers" / "amqp091-go"
    environment = {**os.environ, "GO111MODULE": "off", "GOPATH": str(GO_PATH), "GOFLAGS": "",
                   "GOCACHE": f"{out}.cache"}
    made = subprocess.run(["go", "build", "-o", out, SOURCES / "client.go"], env=environment,
                          capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise Missing(f"go build failed: {made.stderr.strip()}")
    go = measuring.run([str(out), "--version"]).stdout.strip()
    package = package_version("golang-github-rabbitmq-amqp091-go-dev")
    return [str(out)], f"amqp091-go {package} ({go})"


def amqplib(folder, install):
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise Missing("apt-get install nodejs npm")
    home = pathlib.Path(folder) / "peers" / "amqplib"
    home.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", "client.js"):
        shutil.copy(SOURCES / name, home / name)
    wanted = json.loads((SOURCES / "package.json").read_text())["dependencies"]["amqplib"]
    installed = home / "node_modules" / "amqplib" / "package.json"
    if not installed.exists() or json.loads(installed.read_text())["version"] != wanted:
        if not install:
            raise Missing(f"amqplib {wanted} is not installed yet, and --no-install was given")
        got = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                             cwd=home, capture_output=True, text=True, check=False)
        if got.returncode != 0:
            raise Missing(f"npm ci failed: {got.stderr.strip()}")
    node = measuring.run(["node", "--version"]).stdout.strip()
    return ["node", str(home / "client.js")], f"amqplib {wanted} (Node {node})"


def pika(*_):
    python = "/usr/bin/python3"  # Debian's: the package is for this one
    asked = subprocess.run(
        [python, "-c", "import pika, platform; print(pika.__version__, platform.python_version())"],
        capture_output=True, text=True, check=False)
    if asked.returncode != 0:
        raise Missing("apt-get install python3-pika")
    version, its_python = asked.stdout.split()
    return [python, str(SOURCES / "client_pika.py")], f"pika {version} (Python {its_python})"


KNOWN = {
    "floor": (floor, {"modes": ALL_MODES, "native": True, "fast": True}),
    "taskwire": (taskwire, {"modes": ALL_MODES, "native": True, "fast": True}),
    "taskwire-ready": (taskwire, {"modes": {"publish": "publish-ready"}, "native": True,
                                  "fast": True}),
    "taskwire-await": (taskwire, {"modes": {"publish": "publish-await", "consume": "consume-await",
                                            "roundtrip": "roundtrip-await"},
                                  "native": True, "fast": True}),
    "rabbitmq-c": (rabbitmq_c, {"modes": ALL_MODES, "native": True}),
    "amqp091-go": (amqp091_go, {"modes": ALL_MODES}),
    "amqplib": (amqplib, {"modes": ALL_MODES}),
    "pika": (pika, {"modes": ALL_MODES}),
}


def make(name, folder, install):
    """The client of that name, ready to be started, or with what is missing."""
    how, rest = KNOWN[name]
    client = Client(name, **rest)
    (pathlib.Path(folder) / "peers").mkdir(exist_ok=True)
    try:
        client.program, client.version = how(folder, install)
    except Missing as why:
        client.missing = str(why)
    return client
