#!/usr/bin/env python3
"""Write the golden vectors of the wire protocol (PROTOCOL.md), or check with --check that they are up to date.

Standard library only, and independent of the C code: an own msgpack encoder, own rules of size and number. Every vector
is one line of JSON. --check also proves that each hex example in PROTOCOL.md is a vector of frames.json.
"""
import json
import os
import re
import sys

import cases_bad
import cases_frames
import cases_items
import cases_numbers

HERE = os.path.dirname(os.path.abspath(__file__))
FILES = {
    "frames.json": ("frames", "whole frames; fields is what a decoder must find (integers above 2^63 - 1 as strings), "
                    "encodes says whether an encoder of shortest forms gives exactly these bytes", cases_frames.frames),
    "bad_frames.json": ("frames", "what a decoder must refuse, from is the sender; hex may be only the head of a frame",
                        cases_bad.frames),
    "items.json": ("items", "one item each as parts (hex, repeated); without code it is valid: size as DynamoDB counts "
                   "it, json with numbers to be compared by value", cases_items.items),
    "numbers.json": ("numbers", "decimal texts, float64 and float32 bits; value = 0.digits * 10^exp, size in bytes; without "
                     "digits it is refused", cases_numbers.numbers),
}
EXAMPLE = re.compile(r"^```\nexample (\w+)\n(.*?)^```$", re.M | re.S)
BYTES = re.compile(r"^((?:[0-9a-f]{2} )*[0-9a-f]{2})(?:  .*)?$")


def readable(v):
    """The same value with integers that some JSON readers cannot hold as strings."""
    if isinstance(v, dict):
        return {k: readable(x) for k, x in v.items()}
    if isinstance(v, list):
        return [readable(x) for x in v]
    return str(v) if isinstance(v, int) and v >= 1 << 63 else v


def render(key, about, vectors):
    lines = ",\n".join("  " + json.dumps(readable(v), ensure_ascii=True) for v in vectors)
    return f'{{"about": {json.dumps(about)},\n "{key}": [\n{lines}\n]}}\n'


def example_errors(text, vectors):
    """What is wrong with the examples of PROTOCOL.md."""
    known = {v["name"]: v["hex"] for v in vectors}
    found = EXAMPLE.findall(text)
    if not found:
        yield "PROTOCOL.md has no examples"
    for name, block in found:
        got = ""
        for line in block.splitlines():
            m = BYTES.match(line)
            if m is None:
                yield f"example {name}: no hex bytes at the start of the line: {line}"
                continue
            got += m.group(1).replace(" ", "")
        if got != known.get(name):
            yield f"example {name} is {got}, the vector is {known.get(name)}"


def errors():
    """What differs between the tree and what this script would write."""
    for name, (key, about, make) in FILES.items():
        with open(os.path.join(HERE, name), encoding="utf-8") as f:
            if f.read() != render(key, about, make()):
                yield f"{name} is out of date: run proto/vectors/generate.py"
    with open(os.path.join(HERE, "..", "PROTOCOL.md"), encoding="utf-8") as f:
        yield from example_errors(f.read(), cases_frames.frames())


def main():
    if sys.argv[1:] == ["--check"]:
        found = list(errors())
        print("\n".join(found) or "the vectors are up to date")
        sys.exit(1 if found else 0)
    for name, (key, about, make) in FILES.items():
        with open(os.path.join(HERE, name), "w", encoding="utf-8") as f:
            f.write(render(key, about, make()))


if __name__ == "__main__":
    main()
