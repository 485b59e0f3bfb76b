#!/usr/bin/env python3
"""Breaks the project on purpose, one rule at a time, and reports which breach no test notices.

Usage: mutate.py ROOT FOLDER [--check | --sample N] [NAME...]

The list is mutations.toml beside this file. Each mutation is applied to a copy of ROOT in FOLDER,
the tests that should notice are built there without optimisation and run; then the text is put
back. One that survives is a test that is missing.

  --check     only look that every text to be replaced stands in its file exactly once
  --sample N  N of them, others every day
  NAME        only those

Exits 1 on a survivor, 2 when a mutation cannot be judged.
"""
import argparse
import datetime
import filecmp
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import time
import tomllib

# What the build needs; tools and generator stay away.
COPIED = ("CMakeLists.txt", "proto", "lib", "tests", "fuzz")
# A test under a mutation may run away; it must not take the machine along. What it may take is
# counted in its own time: on a busy machine it must not seem to hang.
TEST_CPU_S = 60
TEST_MEMORY_MAX = 4 << 30
TEST_TIMEOUT_S = 900


class CannotJudge(Exception):
    """The list, the build or the tests are at fault before any mutation is."""


def read_list(path):
    with open(path, "rb") as file:
        mutations = tomllib.load(file)["mutation"]
    names = [each["name"] for each in mutations]
    for name in names:
        if names.count(name) > 1:
            raise CannotJudge(f"two mutations are called {name}")
    return mutations


def mutated(root, mutation):
    """The file's text with the mutation applied."""
    text = (root / mutation["file"]).read_text()
    for old, new in mutation["edits"]:
        if text.count(old) != 1:
            raise CannotJudge(f"{mutation['name']}: stands {text.count(old)} times in "
                              f"{mutation['file']}, not once:\n{old}")
        text = text.replace(old, new)
    return text


def synchronise(source, target):
    """Makes `target` equal; files that are equal already keep their time, for the build's sake."""
    if source.is_file():
        if not target.exists() or not filecmp.cmp(source, target, shallow=False):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            shutil.copymode(source, target)
        return
    target.mkdir(parents=True, exist_ok=True)
    wanted = {each.name for each in source.iterdir() if each.name != "__pycache__"}
    for each in target.iterdir():
        if each.name not in wanted:
            shutil.rmtree(each) if each.is_dir() else each.unlink()
    for name in sorted(wanted):
        synchronise(source / name, target / name)


def quietly(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    return done.returncode == 0, done.stdout


class Scratch:
    """A copy of the project with a build of its own."""

    def __init__(self, root, folder):
        self.tree = folder / "tree"
        self.build = folder / "build"
        for each in COPIED:
            synchronise(root / each, self.tree / each)
        good, output = quietly(
            ["cmake", "-S", self.tree, "-B", self.build, "-G", "Ninja",
             "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O0",
             "-DTASKWIRE_BUILD_TESTS=ON", "-DTASKWIRE_BUILD_TOOLS=OFF",
             "-DTASKWIRE_BUILD_EXAMPLES=OFF", "-DTASKWIRE_WERROR=OFF"])
        if not good:
            raise CannotJudge(output)
        self.certificates = self.build / "certificates"
        good, output = quietly([self.tree / "tests/support/certificates.sh", self.certificates])
        if not good:
            raise CannotJudge(output)

    def make(self, tests):
        targets = {pathlib.Path(each.split()[0]).name for each in tests}
        return quietly(["cmake", "--build", self.build, "--target", *sorted(targets)])

    def notices(self, test):
        """Why the test failed; empty when it passed."""
        def bound():
            resource.setrlimit(resource.RLIMIT_AS, (TEST_MEMORY_MAX, TEST_MEMORY_MAX))
            resource.setrlimit(resource.RLIMIT_CPU, (TEST_CPU_S, TEST_CPU_S + 1))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        try:
            program, *options = test.split()
            environment = {**os.environ, "TASKWIRE_CERTIFICATES_DIR": str(self.certificates)}
            done = subprocess.run([self.build / "tests" / program, *options], cwd=self.build,
                                  env=environment,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                  timeout=TEST_TIMEOUT_S, check=False, preexec_fn=bound)
        except subprocess.TimeoutExpired:
            return f"{test} did not end"
        return "" if done.returncode == 0 else test

    def judge(self, mutation):
        """Which of its tests noticed the mutation, and how; empty when none did."""
        path = self.tree / mutation["file"]
        original = path.read_text()
        path.write_text(mutated(self.tree, mutation))
        try:
            good, output = self.make(mutation["tests"])
            if not good:
                raise CannotJudge(f"{mutation['name']} does not compile:\n{output}")
            for test in mutation["tests"]:
                if why := self.notices(test):
                    return why
            return ""
        finally:
            path.write_text(original)


def chosen(mutations, arguments):
    if arguments.names:
        known = {each["name"] for each in mutations}
        for name in arguments.names:
            if name not in known:
                raise CannotJudge(f"no mutation is called {name}")
        return [each for each in mutations if each["name"] in arguments.names]
    if arguments.sample:
        # Headers cost a build of everything, and so does the client.
        cheap = [each for each in mutations if each["file"].startswith("proto/")
                 and each["file"].endswith(".cpp") and len(each["tests"]) == 1]
        first = datetime.date.today().toordinal() * arguments.sample % len(cheap)
        return sorted((cheap * 2)[first:first + arguments.sample], key=lambda each: each["file"])
    return mutations


def run(arguments):
    mutations = read_list(pathlib.Path(__file__).with_name("mutations.toml"))
    stale = []
    for each in mutations:
        try:
            mutated(arguments.root, each)
        except CannotJudge as why:
            stale.append(str(why))
    if stale:
        raise CannotJudge("\n".join(stale))
    if arguments.check:
        print(f"{len(mutations)} mutations, each text found once")
        return 0
    mutations = chosen(mutations, arguments)
    scratch = Scratch(arguments.root, arguments.folder)
    tests = sorted({test for each in mutations for test in each["tests"]})
    good, output = scratch.make(tests)
    if not good:
        raise CannotJudge(output)
    for test in tests:
        if why := scratch.notices(test):
            raise CannotJudge(f"without any mutation: {why}")
    survivors = []
    for each in mutations:
        begin = time.monotonic()
        noticed = scratch.judge(each)
        verdict = f"killed by {noticed}" if noticed else "SURVIVED: nothing notices that it breaks"
        print(f"{each['name']:<38} {time.monotonic() - begin:5.1f} s  {verdict}", flush=True)
        if not noticed:
            print(f"    {each['breaks']}\n    {each['file']}", flush=True)
            survivors.append(each["name"])
    print(f"{len(mutations)} mutations, {len(mutations) - len(survivors)} killed, "
          f"{len(survivors)} survived")
    return 1 if survivors else 0


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("root", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("folder", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("names", nargs="*")
    try:
        return run(parser.parse_args())
    except CannotJudge as what:
        print(what, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
