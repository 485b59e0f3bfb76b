#!/usr/bin/env python3
"""Keeps a corpus as one file: each input behind its length, four octets.

Usage: pack.py pack FOLDER FILE
       pack.py unpack FILE FOLDER
"""
import hashlib
import pathlib
import struct
import sys


def pack(folder, file):
    inputs = sorted((each.read_bytes() for each in folder.iterdir()), key=lambda x: (len(x), x))
    file.write_bytes(b"".join(struct.pack(">I", len(each)) + each for each in inputs))


def unpack(file, folder):
    folder.mkdir(parents=True, exist_ok=True)
    data = file.read_bytes()
    while data:
        size = struct.unpack(">I", data[:4])[0]
        one, data = data[4:4 + size], data[4 + size:]
        (folder / hashlib.sha1(one).hexdigest()).write_bytes(one)  # as libFuzzer names them


if __name__ == "__main__":
    {"pack": pack, "unpack": unpack}[sys.argv[1]](*map(pathlib.Path, sys.argv[2:4]))
