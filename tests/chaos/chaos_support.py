"""What the chaos tests share: brokers, the fault proxy and processes under test."""
import contextlib
import hashlib
import os
import queue
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

from ledger import Ledger, TASK

LONG = os.environ.get("TASKWIRE_TEST_LONG") == "1"
PATIENCE_S = 90     # for anything to come back
PENDING_MAX = 1000  # fed to a producer and not yet confirmed


def until(condition, what, tick=lambda: time.sleep(0.01), patience_s=PATIENCE_S):
    """Awaits what tells nobody when it happens."""
    deadline = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"in vain waited {patience_s} s for {what}")
        tick()


def seeded():
    """The seed of this run, which is printed, and what it decides with."""
    seed = int(os.environ.get("TASKWIRE_TEST_SEED") or (time.time_ns() if LONG else 4))
    print(f"seed {seed}", flush=True)
    return seed, random.Random(seed)


def count_of(more, short, long):
    """How often: the command line's last word, or as the run is."""
    return int(more[0]) if more else long if LONG else short


@contextlib.contextmanager
def judged(chaos):
    """Closes it at the end, after a failure with what its programs have said."""
    try:
        yield chaos
    except BaseException:
        print(chaos.fleet.words(), file=sys.stderr)
        raise
    finally:
        chaos.close()


def figures(pid):
    """{fds, threads, rss_kb, peak_kb} of a process."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        lines = dict(line.split(":", 1) for line in status)
    return {"fds": len(os.listdir(f"/proc/{pid}/fd")), "threads": int(lines["Threads"]),
            "rss_kb": int(lines["VmRSS"].split()[0]), "peak_kb": int(lines["VmHWM"].split()[0])}


class Broker:
    def __init__(self, script, folder, peer=None, conf="", erl=""):
        self.script, self.folder = script, folder
        self.environment = {**os.environ, "TASKWIRE_BROKER_TIMEOUT": "240",
                            "TASKWIRE_BROKER_CONF": conf, "TASKWIRE_BROKER_ERL_ARGS": erl}
        self.do("start", *([peer.folder] if peer else []))
        self.url = self.do("url").strip()
        self.port = int(self.url.rsplit(":", 1)[1].strip("/"))

    def do(self, command, *arguments):
        done = subprocess.run([self.script, command, self.folder, *arguments], timeout=300,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env=self.environment)
        if done.returncode != 0:
            raise AssertionError(f"broker.sh {command}: {done.stderr}")
        return done.stdout

    def pid(self):
        with open(os.path.join(self.folder, "node.pid"), encoding="ascii") as file:
            return int(file.read())

    def suspend(self):
        """Returns when the last of its threads has stopped: until then it may still confirm."""
        os.kill(self.pid(), signal.SIGSTOP)
        tasks = f"/proc/{self.pid()}/task"

        def is_stopped(task):
            with open(f"{tasks}/{task}/stat", encoding="utf-8", errors="replace") as stat:
                return stat.read().rpartition(")")[2].split()[0] == "T"

        until(lambda: all(map(is_stopped, os.listdir(tasks))), "a suspended broker",
              lambda: time.sleep(0.001))

    def wake(self):
        os.kill(self.pid(), signal.SIGCONT)

    def declare(self, name, queue_type):
        """A queue that a SIGKILL finds there: Mnesia writes down later what it has said is done."""
        self.eval(f"rabbit_amqqueue:declare(rabbit_misc:r(<<\"/\">>, queue, <<\"{name}\">>), true, "
                  f"false, [{{<<\"x-queue-type\">>, longstr, <<\"{queue_type}\">>}}], none, "
                  "<<\"chaos\">>), mnesia:sync_log().")

    def eval(self, expression):
        return self.do("ctl", "eval", expression)

    def alarm(self, is_on):
        """The memory alarm; returns when it began or ended on the clock of time.monotonic."""
        level = "0.0001" if is_on else "0.4"
        at_us = self.eval(f"vm_memory_monitor:set_vm_memory_high_watermark({level}), "
                          "erlang:system_time(microsecond).")
        return time.monotonic() - (time.time() - int(at_us) / 1e6)


class Proxy:
    """taskwire-fault-proxy, its commands and its events."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, bufsize=1)
        self.answers = queue.Queue()
        self.events = []  # (when, port, what), in their order
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            kind, *rest = line.split()
            if kind == "event":
                self.events.append((time.monotonic(), int(rest[0]), rest[1]))
            else:
                self.answers.put(line)

    def ask(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        answer = self.answers.get(timeout=PATIENCE_S).split()
        if answer[0] != "ok":
            raise AssertionError(" ".join(answer))
        return [int(each) for each in answer[1:]]

    def listen(self, target_port):
        return self.ask("listen", target_port)[0]

    def first(self, port, what, since):
        """When it happened for the first time since then, or None."""
        return next((when for when, where, which in self.events
                     if where == port and which == what and when >= since), None)

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=PATIENCE_S)
        self.reader.join()
        self.process.stdout.close()


class Tail:
    """The whole lines that were appended to a file since the last look."""

    def __init__(self, path):
        open(path, "a", encoding="ascii").close()
        self.file = open(path, "rb")
        self.rest = b""

    def lines(self):
        *whole, self.rest = (self.rest + self.file.read()).split(b"\n")
        return [line.decode() for line in whole]


class Process:
    """A program under test: what it prints goes to a file, which outlives its SIGKILL."""

    def __init__(self, folder, name, command, with_input=False, environment=None):
        self.out = tempfile.NamedTemporaryFile(dir=folder, prefix=name, suffix=".out", delete=False)
        self.err = tempfile.NamedTemporaryFile(dir=folder, prefix=name, suffix=".err", delete=False)
        self.tail = Tail(self.out.name)
        self.killed = False
        self.popen = subprocess.Popen(
            command, stdin=subprocess.PIPE if with_input else subprocess.DEVNULL, stdout=self.out,
            stderr=self.err, env={**os.environ, **(environment or {})})
        if with_input:
            os.set_blocking(self.popen.stdin.fileno(), False)

    def kill(self):
        self.killed = True
        self.popen.kill()
        self.popen.wait()

    def said(self):
        with open(self.err.name, encoding="utf-8", errors="replace") as err:
            return err.read()

    def check_end(self, allowed):
        status = self.popen.returncode
        if not self.killed and status not in allowed:
            raise AssertionError(f"{self.popen.args}: status {status}: {self.said()[-2000:]}")

    def close(self):
        if self.popen.poll() is None:
            self.kill()
        for each in (self.out, self.err, self.tail.file, self.popen.stdin):
            if each:
                try:
                    each.close()
                except BrokenPipeError:
                    pass


class Tools:
    """The programs that users run."""

    def __init__(self, producer, worker):
        self.producer_path, self.worker_path = producer, worker

    @staticmethod
    def id_of(body):
        return hashlib.sha256(body.encode()).hexdigest()

    def producer(self, url, name):
        # The body's hash as id: what is fed again after a kill is known again.
        return [self.producer_path, "--url", url, "--heartbeat", "2s", "--id", "sha256", "--print",
                "id", "-W", "500", name]

    def worker(self, url, name, index, ledger):
        shared = [self.worker_path, "--url", url, "--heartbeat", "2s"]
        if index == 0 or LONG:  # a body alone does not tell whether it is a redelivery
            return [*shared, "-j", "2", name, "--shell", "read -r body; printf '%s %s %s\\n' "
                    f"\"$body\" \"$TASK_REDELIVERED\" \"$TASK_ID\" >>{ledger}"]
        return [*shared, name]


class Library:
    """The client alone, in a small program."""

    def __init__(self, load):
        self.load = load

    @staticmethod
    def id_of(body):
        return body

    def producer(self, url, name):
        return [self.load, "produce", url, name, "2"]

    def worker(self, url, name, _index, _ledger):
        return [self.load, "consume", url, name, "2"]


def subject_of(words):
    """`tools:PRODUCER,WORKER` or `library:LOAD`."""
    kind, _, programs = words.partition(":")
    return (Tools if kind == "tools" else Library)(*programs.split(","))


class Fleet:
    """Producers and workers that are started again whenever they end, as a supervisor would."""

    # 75: some unknown, or tasks handed back; 69: no broker; 78: no queue. Then: start it again.
    RESTARTED = {0, 1, 69, 75, 78}

    def __init__(self, folder, subject, queue_name, *, producer_urls, worker_urls, producers=2,
                 workers=3, rate=800):
        self.folder, self.subject, self.queue = folder, subject, queue_name
        self.urls = {"producer": producer_urls, "worker": worker_urls}
        self.rate, self.ledger, self.number = rate, Ledger(), 0
        # What the commands of a worker write; it outlives the worker.
        self.command_ledgers = [os.path.join(folder, f"commands{index}.ledger")
                                for index in range(workers)]
        self.command_tails = [Tail(each) for each in self.command_ledgers]
        self.producers = [None] * producers
        self.workers = [None] * workers
        self.pending = [{} for _ in range(producers)]   # {body: True}: fed to this one
        self.backlog = [[] for _ in range(producers)]   # to be fed again
        self.unsent = [b""] * producers
        self.started = {"producer": 0, "worker": 0}
        self.begun_at = {}
        self.fed_until = time.monotonic()
        self.is_feeding = True   # until settle
        self.is_held = False     # for a while

    def start(self, kind, index):
        now = time.monotonic()
        if now - self.begun_at.get((kind, index), 0.0) < 0.2:
            return None  # not at full speed while there is no broker
        self.begun_at[kind, index] = now
        # Each knows all nodes and begins with another.
        first = (index + self.started[kind]) % len(self.urls[kind])
        urls = ",".join([*self.urls[kind][first:], *self.urls[kind][:first]])
        self.started[kind] += 1
        if kind == "producer":
            self.backlog[index] = [*self.pending[index], *self.backlog[index]]
            self.pending[index], self.unsent[index] = {}, b""
            command = self.subject.producer(urls, self.queue)
        else:
            command = self.subject.worker(urls, self.queue, index, self.command_ledgers[index])
        return Process(self.folder, f"{kind}{index}-", command, kind == "producer")

    def tick(self):
        """Feeds, reads what is confirmed and done, starts again what has ended."""
        self.gather()
        for kind, all_of in (("producer", self.producers), ("worker", self.workers)):
            for index, each in enumerate(all_of):
                if each and each.popen.poll() is not None:
                    self.gather()
                    each.check_end(self.RESTARTED)
                    each.close()
                    all_of[index] = None
                if not all_of[index] and (kind == "worker" or self.is_feeding or
                                          self.pending[index] or self.backlog[index]):
                    all_of[index] = self.start(kind, index)
        self.feed()
        time.sleep(0.002)

    def gather(self):
        for index, each in enumerate(self.producers):
            if each:
                ids = each.tail.lines()
                self.ledger.on_confirmed(ids, index)
                for one in ids:
                    self.pending[index].pop(self.ledger.fed[one], None)
        for index, each in enumerate(self.workers):
            if each:
                self.ledger.on_done(each.tail.lines(), index)
        for index, each in enumerate(self.command_tails):
            self.ledger.on_done(each.lines(), index)

    def feed(self):
        now = time.monotonic()
        due = min(int((now - self.fed_until) * self.rate), 200)
        if due > 0:
            self.fed_until = now
        ready = [index for index, each in enumerate(self.producers)
                 if each and each.popen.stdin and not each.popen.stdin.closed]
        for index in ready:
            while self.backlog[index] and len(self.pending[index]) < PENDING_MAX:
                self.give(index, self.backlog[index].pop(0))
        for _ in range(due if self.is_feeding and not self.is_held else 0):
            free = [each for each in ready if len(self.pending[each]) < PENDING_MAX]
            if not free:
                break
            index = free[self.number % len(free)]
            self.number += 1
            body = f"{TASK}{self.number}"
            self.ledger.fed[self.subject.id_of(body)] = body
            self.give(index, body)
        for index in ready:
            self.push(index, self.producers[index])

    def give(self, index, body):
        self.pending[index][body] = True
        self.unsent[index] += body.encode() + b"\n"

    def push(self, index, each):
        try:
            while self.unsent[index]:
                sent = os.write(each.popen.stdin.fileno(), self.unsent[index][:4096])
                self.unsent[index] = self.unsent[index][sent:]
            if not self.is_feeding and not self.backlog[index]:
                each.popen.stdin.close()
        except (BlockingIOError, BrokenPipeError):
            pass  # full: later; broken: it has ended, and will be started again

    def kill(self, kind, index):
        all_of = self.producers if kind == "producer" else self.workers
        if all_of[index]:
            all_of[index].kill()

    def settle(self):
        """Feeds nothing new; awaits that all that was fed is confirmed and done."""
        self.is_feeding = False
        self.await_quiet()

    def await_quiet(self):
        until(lambda: len(self.ledger.confirmed) == len(self.ledger.fed), "the last confirmations",
              self.tick)
        until(lambda: self.ledger.confirmed <= self.ledger.done.keys(), "the last tasks", self.tick)

    def close(self):
        for each in (*self.producers, *self.workers):
            if each:
                each.close()
        for each in self.command_tails:
            each.file.close()

    def words(self):
        return "\n".join(f"--- {each.popen.args[0]} {each.popen.args[1]}\n{each.said()[-1500:]}"
                         for each in (*self.producers, *self.workers) if each)
