#!/usr/bin/env python3
"""A producer and a consumer of the library live through many losses and hold no more than before.

Usage: reconnections_test.py LOAD PROXY BROKER_SH [COUNT]
"""
import os
import sys
import tempfile
import time

from chaos_support import Broker, Process, Proxy, count_of, figures, until

COUNT_LONG, COUNT_SHORT, WARM = 1000, 60, 20
RSS_GROWTH_MAX_KB = 2048


def lose(proxy, port, processes, count):
    for _ in range(count):
        since = time.monotonic()
        before = [each.said().count("recovered") for each in processes]
        proxy.ask("reset", port)
        until(lambda: all(each.said().count("recovered") > had
                          for each, had in zip(processes, before)),
              f"a recovery since {since}", lambda: time.sleep(0.005))


def main():
    load, program, script, *more = sys.argv[1:]
    count = count_of(more, COUNT_SHORT, COUNT_LONG)
    with tempfile.TemporaryDirectory() as folder:
        broker, proxy, processes = Broker(script, os.path.join(folder, "broker")), Proxy(program), []
        try:
            broker.declare("many", "classic")
            port = proxy.listen(broker.port)
            url = f"amqp://guest:guest@127.0.0.1:{port}/"
            for mode in ("produce", "consume"):
                processes.append(Process(folder, mode, [load, mode, url, "many", "30"],
                                         mode == "produce"))
            until(lambda: proxy.ask("count", port)[0] == 2, "two connections")
            os.write(processes[0].popen.stdin.fileno(), b"first\n")
            until(lambda: os.path.getsize(processes[1].out.name) > 0, "the first task")
            lose(proxy, port, processes, WARM)
            before = [figures(each.popen.pid) for each in processes]
            begun = time.monotonic()
            lose(proxy, port, processes, count)
            after = [figures(each.popen.pid) for each in processes]
            print(f"{count} reconnections of two clients in {time.monotonic() - begun:.1f} s")
            for each, had, has in zip(("produce", "consume"), before, after):
                print(f"{each}: before {had}, after {has}")
                if (had["fds"], had["threads"]) != (has["fds"], has["threads"]):
                    raise AssertionError(f"{each} holds more descriptors or threads")
                if has["rss_kb"] - had["rss_kb"] > RSS_GROWTH_MAX_KB:
                    raise AssertionError(f"{each} grew by {has['rss_kb'] - had['rss_kb']} kB")
            os.write(processes[0].popen.stdin.fileno(), b"last\n")
            until(lambda: b"last 0 last\n" in open(processes[1].out.name, "rb").read(),
                  "a task after them")
        finally:
            for each in processes:
                each.close()
            proxy.close()
            broker.do("stop")


if __name__ == "__main__":
    main()
