#!/usr/bin/env python3
"""peers.py works: a few hundred messages of each workload on the sink, with the peers that are here.

    peers_test.py FOLDER

Fetches nothing and needs no broker. It judges no figure.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import peer_clients  # noqa: E402  found beside this file
import peers  # noqa: E402

FOLDER = sys.argv[1]
SCRIPT = pathlib.Path(__file__).resolve().parent / "peers.py"
ON_SINK = [name for name, each in peers.WORKLOADS.items() if not each.on_broker]


def compare(*options):
    return subprocess.run([sys.executable, SCRIPT, "--no-install", *options, FOLDER],
                          capture_output=True, text=True, timeout=500, check=False)


class Peers(unittest.TestCase):
    def test_every_client_runs_every_workload_it_has(self):
        with tempfile.TemporaryDirectory() as folder:
            raw, tables = pathlib.Path(folder) / "raw.json", pathlib.Path(folder) / "tables.md"
            done = compare("--messages", "300", "--repetitions", "1", "--regimes", "eager",
                           "--workloads", ",".join(ON_SINK), "--raw", str(raw), "--output",
                           str(tables))
            self.assertEqual(done.returncode, 0, done.stderr)
            results = {each["workload"]: each for each in json.loads(raw.read_text())}
            text = tables.read_text()
        skipped = [name for name in peer_clients.KNOWN if f"skipped: {name}:" in done.stderr]
        print(done.stderr)
        for name in ("floor", "taskwire", "rabbitmq-c"):
            self.assertNotIn(name, skipped)
        for workload in ON_SINK:
            wanted = {name for name, (_, rest) in peer_clients.KNOWN.items()
                      if peers.WORKLOADS[workload].mode in rest["modes"] and name not in skipped}
            self.assertEqual(set(results[workload]["runs"]), wanted, workload)
            self.assertIn(peers.WORKLOADS[workload].title, text)

    def test_a_wrong_name_is_answered_with_the_right_ones(self):
        done = compare("--workloads", "publsh")
        self.assertEqual(done.returncode, 2)
        self.assertIn("there is no publsh; choose from publish,", done.stderr)

    def test_a_folder_without_programs_is_an_error(self):
        done = subprocess.run([sys.executable, SCRIPT, "/nowhere"], capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("build taskwire_bench_sink", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
