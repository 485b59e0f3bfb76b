#!/usr/bin/env python3
"""The project's style, as far as a program can judge it. Prints every offence; exits 1 on any.

Usage: style_test.py ROOT
"""
import pathlib
import re
import sys

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 100
TOP_LEVEL = {"CMakeLists.txt", "CMakePresets.json", "README.md", "proto", "codegen", "lib", "tools",
             "tests", "fuzz", "build"}
SOURCES = {".hpp", ".cpp"}
SCRIPTS = {".py", ".sh"}
# What opens a block without being a function.
NOT_A_FUNCTION = re.compile(
    r"^\s*\}|^\s*(if|else|for|while|switch|do|try|catch|namespace|class|struct|union|enum|case|default|"
    r"extern|TEST_SUITE|template\s*<[^>]*>\s*(class|struct))\b|=\s*\{$|\[.*\].*\{$")
# A switch that only maps is a table, not a long function.
TABLE_ROW = re.compile(r"^\s*(case .*:|return [^;]*;|case .*: return .*;)$")
LEFT_OVER = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
MACHINE_PATH = re.compile(r"(^|[^A-Za-z0-9_.])/(work|root|home)/[A-Za-z]")


def files_of(root):
    for folder in sorted(TOP_LEVEL - {"build"}):
        path = root / folder
        for each in sorted([path] if path.is_file() else path.rglob("*")):
            if each.is_file() and "tests/data" not in each.as_posix():
                yield each


def function_lengths(lines):
    """Yields (first line, length) of blocks that look like function bodies."""
    for number, line in enumerate(lines):
        if not line.rstrip().endswith("{") or "(" not in "".join(lines[max(0, number - 3):number + 1]):
            continue
        if NOT_A_FUNCTION.search(line):
            continue
        indent = len(line) - len(line.lstrip())
        closing = re.compile(r"^ {%d}\}" % indent)
        for end in range(number + 1, len(lines)):
            if closing.match(lines[end]):
                body = lines[number + 1:end]
                yield number + 1, sum(not TABLE_ROW.match(each) for each in body)
                break


def offences(path, text):
    lines = text.split("\n")
    generated = ".gen." in path.name
    if path.suffix in SOURCES and not generated:
        if len(lines) - 1 > FILE_LINES_MAX:
            yield 1, f"{len(lines) - 1} lines: split by concept, the limit is {FILE_LINES_MAX}"
        for number, length in function_lengths(lines):
            if length > FUNCTION_LINES_MAX:
                yield number, f"a function of {length} lines, the limit is {FUNCTION_LINES_MAX}"
        if path.suffix == ".hpp" and "#pragma once" not in text:
            yield 1, "a header without #pragma once"
    for number, line in enumerate(lines, 1):
        if path.suffix in SOURCES and not generated and len(line) > COLUMNS_MAX:
            yield number, f"{len(line)} columns, the limit is {COLUMNS_MAX}"
        if path.suffix in SOURCES | SCRIPTS and line != line.rstrip():
            yield number, "white space at the end of a line"
        if path.suffix in SOURCES and "\t" in line:
            yield number, "a tab"
        if LEFT_OVER.search(line):
            yield number, "a left-over: do it, or open an issue"
        if MACHINE_PATH.search(line):
            yield number, "a path of somebody's machine"
        if path.suffix in SOURCES and not generated:
            yield from forbidden(path, number, line)


# GCC 12 builds a broken coroutine frame for temporaries that are awaited there.
AWAITED_IN_PLACE = re.compile(r"\b(if|while|switch|for)\s*\(.*co_await|co_return co_await|(&&|\|\||\?) co_await")


def forbidden(path, number, line):
    code = re.sub(r'"(\\.|[^"\\])*"', '""', line).split("//")[0]
    if re.search(r"\bvirtual\b", code):
        yield number, "virtual: type erasure is in detail/callback.hpp"
    if re.search(r"#\s*define\s+(?!TASKWIRE_INLINE|DOCTEST_|ASIO_)", code):
        yield number, "a macro other than the inline attribute"
    if "tests" not in path.parts and AWAITED_IN_PLACE.search(code):
        yield number, "an awaited temporary in a condition or co_return: name its result first"
    in_proto = "proto" in path.parts[:-1] and "tests" not in path.parts
    if in_proto and "shared_ptr" in code:
        yield number, "shared_ptr in proto"
    if in_proto and re.search(r"_clock::now|<thread>|<mutex>|<iostream>|<fstream>", code):
        yield number, "proto asks no clock, has no thread and does no I/O"


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    count = 0
    for each in root.iterdir():
        if each.name not in TOP_LEVEL and not each.name.startswith("."):
            print(f"{each.name}: outside the agreed top level")
            count += 1
    for path in files_of(root):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, what in offences(path.relative_to(root), text):
            print(f"{path.relative_to(root)}:{number}: {what}")
            count += 1
    print(f"{count} offences")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
