#!/usr/bin/env python3
"""taskwire-bench on a real broker: every mode, its report, its ends, and no queue left behind.

Usage: bench_broker_test.py BENCH BROKER_SH, with the shared node's folder in $TASKWIRE_BROKER_DIR.
"""
import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
import unittest

import pika

import signals
from terminal import shown_on

BENCH, BROKER_SH = sys.argv[1:3]
FOLDER = os.environ["TASKWIRE_BROKER_DIR"]
URL = subprocess.check_output([BROKER_SH, "url", FOLDER], text=True).strip()
PATIENCE_S = 120


def environment():
    return {**{k: v for k, v in os.environ.items() if not k.startswith("TASKWIRE_")},
            "AMQP_URL": URL}


def bench(*arguments, expect=0):
    done = subprocess.run([BENCH, *arguments], env=environment(), capture_output=True,
                          timeout=PATIENCE_S, check=False)
    assert done.returncode == expect, (arguments, done.returncode, done.stdout, done.stderr)
    return done.stdout.decode(), done.stderr.decode()


def report_of(*arguments, expect=0):
    out, err = bench("--json", *arguments, expect=expect)
    assert out.count("\n") == 1, out
    return json.loads(out), err


def url_of(user):
    return URL.replace("guest:guest", f"{user}:secret")


def evaluate(expression):
    """In the broker; each call starts an Erlang of its own, which takes seconds."""
    return subprocess.check_output([BROKER_SH, "ctl", FOLDER, "-q", "eval", expression + "."],
                                   text=True)


def own_queues():
    """Queues of taskwire-bench that are at the broker now."""
    names = evaluate("[Name || {resource, _, queue, Name} <- rabbit_amqqueue:list_names()]")
    return set(re.findall(r"taskwire-bench-[-0-9a-f]+", names))


# A connection that is blocked may outlive its client at the broker: nobody reads that it has gone.
OWN = """{ok, Pattern} = re:compile("taskwire-bench"),
    Own = fun(SinceMs) -> [{Pid, User} || [{pid, Pid}, {user, User}, {connected_at, AtMs},
            {client_properties, Of}] <- rabbit_networking:connection_info_all(
                [pid, user, connected_at, client_properties]),
        AtMs >= SinceMs, re:run(io_lib:format("~p", [Of]), Pattern) =/= nomatch] end,"""


def close_connections(run, count, first="ok"):
    """Awaits those of the run, does what comes first, and ends them all before the tool can
    notice; other tests use the same broker."""
    found = evaluate(OWN + """
        Await = fun(_, Found, 0) -> Found; (_, Found, _) when length(Found) == %d -> Found;
            (Self, _, Left) -> timer:sleep(50), Self(Self, Own(%d), Left - 1) end,
        Found = Await(Await, [], 400), %s,
        [catch rabbit_networking:close_connection(Pid, "test") || {Pid, _} <- Found],
        length(Found)""" % (count, run.started_ms, first))
    assert int(found) == count, found


# What an alarm tells each connection, for those of one user only: soon after it has connected.
BLOCKER = OWN + """
    Block = fun(Self) -> [Pid ! {conserve_resources, memory, true} || {Pid, <<"slow">>} <- Own(0)],
        timer:sleep(100), Self(Self) end,
    catch register(taskwire_bench_blocker, spawn(fun() -> Block(Block) end))"""


def set_permissions(user, configure):
    return (f'rabbit_auth_backend_internal:set_permissions(<<"{user}">>, <<"/">>, '
            f'<<"{configure}">>, <<".*">>, <<".*">>, <<"test">>)')


@contextlib.contextmanager
def channel():
    connection = pika.BlockingConnection(pika.URLParameters(URL))
    try:
        yield connection.channel()
    finally:
        connection.close()


def exists(queue):
    with channel() as on:
        try:
            on.queue_declare(queue, passive=True)
            return True
        except pika.exceptions.ChannelClosedByBroker:
            return False


class Running:
    """A run that goes on until it is told to stop, and the name of its queue."""

    def __init__(self, test, *arguments, **options):
        self.started_ms = int(time.time() * 1000)
        self.process = subprocess.Popen([BENCH, "-v", *arguments], env=environment(),
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        test.addCleanup(self.process.communicate)
        test.addCleanup(self.process.kill)
        self.queue = self.await_line("queue '").split("'")[1]

    def await_line(self, text):
        """The next line of stderr that has it."""
        for line in self.process.stderr:
            if re.search(text, line.decode()):
                return line.decode()
        raise AssertionError(f"it ended without '{text}'")

    def finish(self):
        out, err = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, out.decode(), err.decode()


class BenchTest(unittest.TestCase):
    CLEAN = {"lost": 0, "duplicated": 0, "reordered": 0, "foreign": 0}

    @classmethod
    def setUpClass(cls):
        evaluate(f"""[catch rabbit_auth_backend_internal:add_user(User, <<"secret">>, <<"test">>)
            || User <- [<<"nobody">>, <<"maker">>, <<"slow">>]],
            {set_permissions("nobody", "^$")}, {set_permissions("maker", ".*")},
            {set_permissions("slow", ".*")}, {BLOCKER}""")

    @classmethod
    def tearDownClass(cls):
        evaluate("exit(whereis(taskwire_bench_blocker), kill)")
        left = own_queues()
        assert not left, left

    def check(self, latency, count):
        self.assertEqual(latency["count"], count)
        ascending = [latency[name] for name in ("p50", "p95", "p99", "p99.9", "max")]
        self.assertEqual(ascending, sorted(ascending))
        self.assertGreater(latency["p50"], 0)

    def test_publish(self):
        report, err = report_of("publish", "-C", "2000", "-x", "2", "--verify")
        self.assertEqual(err, "")
        self.assertEqual(report["published"]["messages"], 4000)
        self.assertIsNone(report["consumed"])
        self.check(report["latency_us"]["publish_confirm"], 4000)
        self.assertIsNone(report["latency_us"]["publish_consume"])
        self.assertEqual(report["verify"], self.CLEAN)

    def test_consume(self):
        report, _ = report_of("consume", "-C", "2000", "-x", "2", "-y", "2", "--verify")
        self.assertIsNone(report["published"])
        self.assertEqual(report["consumed"]["messages"], 4000)
        self.assertGreater(report["client_cpu_us_per_message"], 0)
        self.assertEqual(report["verify"], self.CLEAN)

    def test_consume_until_the_time_is_over(self):
        report, _ = report_of("consume", "-C", "20000", "-q", "1", "-z", "200ms", "--verify")
        self.assertLess(report["consumed"]["messages"], 20000)
        self.assertEqual(report["verify"], self.CLEAN)

    def test_both(self):
        report, _ = report_of("both", "-C", "1000", "-x", "3", "-y", "2", "-s", "64K", "-q", "0",
                              "--verify", "--queue-type", "classic", "--transient")
        self.assertEqual(report["queue_type"], "classic")
        self.assertEqual(report["broker"]["product"], "RabbitMQ")
        self.assertRegex(report["broker"]["version"], r"^\d+\.\d+\.\d+")
        self.assertEqual(report["published"]["messages"], 3000)
        self.assertEqual(report["consumed"]["messages"], 3000)
        self.check(report["latency_us"]["publish_confirm"], 3000)
        self.check(report["latency_us"]["publish_consume"], 3000)
        self.assertEqual(report["verify"], self.CLEAN)

    def test_both_at_a_rate(self):
        report, _ = report_of("both", "-r", "500", "-x", "2", "-C", "500", "--verify")
        self.assertEqual(report["rate"], 500)
        self.assertEqual(report["published"]["messages"], 1000)
        self.assertEqual(report["due_not_sent"], 0)
        self.assertEqual(report["verify"], self.CLEAN)

    def test_roundtrip(self):
        report, _ = report_of("roundtrip", "-C", "200", "-x", "2", "-y", "2", "--verify")
        self.assertEqual(report["consumed"]["messages"], 400)
        self.check(report["latency_us"]["publish_consume"], 400)
        self.assertEqual(report["verify"], self.CLEAN)

    def test_exec(self):
        report, _ = report_of("exec", "-C", "40", "-y", "2", "--verify")
        self.assertEqual(report["consumed"]["messages"], 40)
        self.assertEqual(report["command"], ["true"])
        self.assertGreater(report["children_cpu_us"], 0)
        self.check(report["latency_us"]["process"], 40)
        self.assertEqual(report["verify"], self.CLEAN)

    def test_exec_at_a_rate(self):
        report, _ = report_of("exec", "-r", "50", "-C", "20", "--verify", "--", "cat")
        self.check(report["latency_us"]["publish_consume"], 20)
        self.assertEqual(report["verify"], self.CLEAN)

    def test_exec_counts_failures(self):
        report, _ = report_of("exec", "-C", "5", "--", "sh", "-c", "exit 3", expect=1)
        self.assertEqual(report["failed"], 5)
        out, err = bench("exec", "-C", "5", "--", "/no/such/program", expect=78)
        self.assertEqual(out, "")
        self.assertIn("cannot execute '/no/such/program': No such file or directory", err)

    def test_the_report_for_people(self):
        out, err = bench("both", "-C", "500", "--verify")
        self.assertEqual(err, "")
        lines = out.split("\n")
        self.assertRegex(lines[0], r"^RabbitMQ \d\S+ at \S+, quorum queue, client CPU \d+\.\d µs/message$")
        self.assertRegex(out, r"(?m)^published +500 ")
        self.assertRegex(out, r"(?m)^consumed +500 ")
        self.assertRegex(out, r"(?m)^publish to consume +\S+ [nµm]?s +")
        self.assertRegex(out, r"(?m)^verified: 0 lost, 0 duplicated, 0 reordered$")

    def test_late_messages_are_late_by_the_schedule(self):
        """A consumer that works for 20 ms on what comes every 5 ms falls behind; latency must
        show how far, not how long each message took since it left."""
        report, _ = report_of("exec", "-r", "200", "-C", "40", "--", "sleep", "0.02")
        self.assertGreater(report["latency_us"]["publish_consume"]["max"], 400_000)
        self.assertLess(report["latency_us"]["process"]["p50"], 400_000)

    def test_what_is_held_up_is_late_by_the_schedule(self):
        """2,000 messages are due in 40 ms; one at a time takes the broker far longer."""
        due_s = 2000 / 50000
        report, _ = report_of("publish", "-c", "1", "-r", "50000", "-C", "2000")
        took_s = report["published"]["seconds"]
        self.assertGreater(took_s, 2 * due_s)
        self.assertGreater(report["latency_us"]["publish_confirm"]["max"] / 1e6,
                           0.8 * (took_s - due_s))

    def test_what_was_not_sent_when_the_time_was_over_is_counted(self):
        report, _ = report_of("publish", "-c", "1", "-r", "100000", "-z", "500ms")
        self.assertGreater(report["due_not_sent"], 0)
        self.assertEqual(report["published"]["messages"] + report["due_not_sent"], 50000)
        self.assertGreaterEqual(report["published"]["seconds"], 0.5)

    def test_exec_ends_in_time_and_says_what_is_left(self):
        report, _ = report_of("exec", "-r", "200", "-z", "1", "--verify", "--", "sleep", "0.05")
        self.assertLess(report["consumed"]["messages"], 50)
        self.assertGreater(report["left"], 50)
        self.assertEqual(report["verify"], self.CLEAN)

    def test_no_limit_means_none(self):
        report, _ = report_of("exec", "-C", "70000", "-s", "24", "-q", "0", "-z", "3",
                              "--queue-type", "classic", "--transient", "--", "sleep", "0.2")
        self.assertGreater(report["left"], 65535)

    def test_a_report_that_cannot_be_written(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([BENCH, "publish", "-C", "10"], env=environment(), stdout=full,
                                  stderr=subprocess.PIPE, timeout=PATIENCE_S, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr,
                         b"taskwire-bench: cannot write to stdout: No space left on device\n")

    def test_an_interrupt_reports_and_deletes_the_queue(self):
        for mode in (["both"], ["publish", "--verify"], ["exec", "-r", "5", "--", "sleep", "60"]):
            run = Running(self, "-z", "1h", "--progress", "plain", *mode)
            run.await_line("^confirmed")
            self.assertTrue(exists(run.queue))
            run.process.send_signal(signal.SIGINT)
            code, out, err = run.finish()
            self.assertEqual(code, 75, (mode, out, err))
            self.assertIn(mode[0] + ": 256 bytes", out)
            self.assertIn("stopping; once more quits at once", err)
            self.assertFalse(exists(run.queue))

    def test_hangup_ignored_stays_ignored(self):
        run = Running(self, "publish", "-z", "3", "--progress", "plain",
                      preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        run.await_line("^confirmed")
        run.process.send_signal(signal.SIGHUP)
        code, _, err = run.finish()
        self.assertEqual(code, 0, err)
        self.assertNotIn("stopping", err)

    def test_a_lost_connection_ends_it_and_the_queue_is_deleted(self):
        run = Running(self, "both", "-z", "1h")
        close_connections(run, 3)
        code, out, err = run.finish()
        self.assertEqual((code, out), (69, ""), err)
        self.assertNotIn("is left at the broker", err)
        self.assertFalse(exists(run.queue))

    def test_nobody_there(self):
        port = subprocess.check_output([BROKER_SH, "free-port"], text=True).strip()
        out, err = bench("both", "-u", f"amqp://127.0.0.1:{port}", expect=69)
        self.assertEqual(out, "")
        self.assertEqual(err, f"taskwire-bench: no broker at 127.0.0.1:{port}\n"
                              "  is it running? set --url or $AMQP_URL\n")

    def test_refused(self):
        address = URL.split("@")[1].rstrip("/")
        _, err = bench("both", "-u", f"amqp://guest:hunter2@{address}/", expect=77)
        self.assertIn("login refused for user 'guest'", err)
        self.assertNotIn("hunter2", err)
        _, err = bench("drown", expect=64)
        self.assertIn("'drown' is none of", err)

    def test_a_user_who_may_not_declare(self):
        out, err = bench("both", "-u", url_of("nobody"), expect=77)
        self.assertEqual(out, "")
        self.assertIn("access to queue 'taskwire-bench-", err)
        self.assertNotIn("is left at the broker", err)

    def test_a_queue_that_cannot_be_deleted_is_told(self):
        run = Running(self, "both", "-z", "1h", "-u", url_of("maker"))
        close_connections(run, 3, set_permissions("maker", "^$"))
        code, out, err = run.finish()
        self.assertEqual((code, out), (69, ""), err)
        self.assertIn(f"queue '{run.queue}' is left at the broker", err)
        with channel() as on:
            on.queue_delete(run.queue)

    def test_a_broker_that_blocks_does_not_hold_the_end_up(self):
        slow = ["--json", "--confirm-timeout", "1s", "-u", url_of("slow")]
        timed = Running(self, "publish", "-z", "1500ms", "--verify", *slow)
        counted = Running(self, "both", "-C", "1000000000", *slow)
        filling = Running(self, "consume", "-C", "1000000000", *slow)
        code, out, err = timed.finish()
        self.assertEqual(code, 1, err)
        self.assertGreater(json.loads(out)["unknown"], 0)
        self.assertEqual(json.loads(out)["verify"], self.CLEAN)
        code, out, err = counted.finish()
        self.assertEqual(code, 1, err)
        self.assertGreater(json.loads(out)["unknown"], 0)
        self.assertIn("nothing was confirmed for 2.0s\n  is the broker short of memory", err)
        code, out, err = filling.finish()
        self.assertEqual((code, out), (1, ""), err)
        self.assertIn("nothing was confirmed for 2.0s", err)

    def test_the_end_is_told_as_what_it_is_whatever_is_unconfirmed(self):
        many = ["--json", "publish", "-c", "20000", "-s", "24", "-z", "1h", "-u", url_of("slow")]
        interrupted = Running(self, *many)
        interrupted.await_line("broker paused publishers")
        interrupted.process.send_signal(signal.SIGINT)
        code, out, err = interrupted.finish()
        self.assertEqual(code, 75, err)
        self.assertGreater(json.loads(out)["unknown"], 10_000)
        lost = Running(self, *many)
        lost.await_line("broker paused publishers")
        close_connections(lost, 2)
        code, out, err = lost.finish()
        self.assertEqual((code, out), (69, ""), err)

    def test_progress_on_a_terminal_only(self):
        main_end, terminal = pty.openpty()
        process = subprocess.Popen([BENCH, "both", "-r", "200", "-z", "1500ms"],
                                   stdout=subprocess.PIPE, stderr=terminal,
                                   env={**environment(), "TERM": "xterm"})
        os.close(terminal)
        shown = shown_on(main_end)
        out = process.communicate(timeout=PATIENCE_S)[0]
        self.assertEqual(process.returncode, 0)
        self.assertRegex(shown.decode(), r"\r\x1b\[Kconfirmed \d+ \S+/s  consumed \d+ ")
        self.assertTrue(shown.endswith(b"\r\x1b[K"))
        self.assertNotIn(b"\x1b", out)


if __name__ == "__main__":
    signals.heed()
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
