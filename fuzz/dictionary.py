#!/usr/bin/env python3
"""Writes libFuzzer's dictionary of AMQP from the specification's XML: method ids, frame heads and
ends, property flags, reply codes, the letters of tables, and names that the client looks for.

Usage: dictionary.py SPEC.xml... > amqp.dict
"""
import struct
import sys
import xml.etree.ElementTree as xml

# Not in the XML: protocol-level facts of 4.2.2 and 4.2.5, and the errata's table letters.
TABLE_LETTERS = b"tbBsuIilLfdDSxAFTV"
NAMES = [b"capabilities", b"authentication_failure_close", b"taskwire-sequence", b"PLAIN",
         b"AMQPLAIN", b"EXTERNAL", b"en_US"]
SIZED = b"SxAF"


def tokens_of(spec):
    for constant in spec.findall("constant"):
        name, value = constant.get("name"), int(constant.get("value"))
        if name == "frame-end":
            yield name, struct.pack(">B", value)
        elif name.startswith("frame-") and value < 256:
            for channel in (0, 1):
                yield f"{name}-on-{channel}", struct.pack(">BHH", value, channel, 0)
        else:
            yield name, struct.pack(">H" if value < 65536 else ">I", value)
    for each in spec.findall("class"):
        name, index = each.get("name"), int(each.get("index"))
        yield name, struct.pack(">H", index)
        for method in each.findall("method"):
            number = int(method.get("index"))
            yield f"{name}-{method.get('name')}", struct.pack(">HH", index, number)
        properties = each.findall("field") if name == "basic" else []
        for at, field in enumerate(properties):
            yield f"with-{field.get('name')}", struct.pack(">H", 1 << (15 - at))


def main():
    tokens = {"protocol-header": b"AMQP\0\0\x09\x01", "all-properties": b"\xff\xfc",
              "more-flags": b"\xff\xff", "no-limit": b"\xff" * 8}
    for path in sys.argv[1:]:
        tokens.update(tokens_of(xml.parse(path).getroot()))
    for letter in TABLE_LETTERS:
        tokens[f"field-{letter:c}"] = bytes([1, ord("k"), letter])
        if letter in SIZED:
            tokens[f"field-{letter:c}-empty"] = bytes([1, ord("k"), letter, 0, 0, 0, 0])
    for name in NAMES:
        tokens[f"short-{name.decode()}"] = bytes([len(name)]) + name
    for name, value in tokens.items():
        print(f"# {name}")
        print('"' + "".join(f"\\x{octet:02x}" for octet in value) + '"')


if __name__ == "__main__":
    main()
