#!/usr/bin/env python3
"""Proof that the lint can fail: every mark `LINT check` in tests/lint/samples is found, and nothing else is.

Lengths are tried at their very limits (selfmeasure.py), calls and circles on objects made here (selfcalls.py).
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

import banned
import layers
import limits
import mustuse
import names
import selfcalls
import selfmeasure
import source

CHECKS = {"layers": layers, "limits": limits, "banned": banned, "names": names, "mustuse": mustuse}
SAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "samples")
MARK = re.compile(r"LINT (\w+)")


def found(module, root):
    return {(path, line) for path, line, *_ in module.check(root)}


def marked(name):
    """Where the samples say that this check must fire."""
    places = set()
    for path in source.files(SAMPLES):
        for number, line in enumerate((source.read(SAMPLES, path) or "").splitlines(), 1):
            if name in MARK.findall(line):
                places.add((path, number))
    return places


def put(root, path):
    os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
    with open(os.path.join(root, path), "w", encoding="utf-8"):
        pass


def judged():
    """Which files of a tree are looked at: without git, and as a checkout."""
    with tempfile.TemporaryDirectory() as root:
        for path in ("a/old.c", "a/new.c", "a/ignored.c", "mine/stray.c", "bi/x.c", "bi/build.ninja", "build-x/y.c"):
            put(root, path)
        plain = source.files(root, ".c")
        git = ["git", "-C", root, "-c", "core.hooksPath="]
        subprocess.run([*git, "init", "-q"], check=True)
        with open(os.path.join(root, ".gitignore"), "w", encoding="utf-8") as f:
            f.write("ignored.c\n")
        put(root, "a/gone.c")
        subprocess.run([*git, "add", "a/old.c", "a/gone.c", ".gitignore"], check=True)
        os.remove(os.path.join(root, "a/gone.c"))
        return plain, source.files(root, ".c")


def compare(what, expected, got):
    if expected == got:
        return 0
    print(f"{what}: expected {expected}, got {got}")
    return 1


def main():
    wrong = 0
    for name, module in CHECKS.items():
        want, got = marked(name), found(module, SAMPLES)
        for path, line in sorted(want - got):
            print(f"{name} misses {path}:{line}")
        for path, line in sorted(got - want):
            print(f"{name} fires on {path}:{line} without reason")
        wrong += len(want ^ got) + (len(want) == 0)
    for case in (*selfmeasure.cases(), *selfcalls.cases()):
        wrong += compare(*case)
    if shutil.which("git"):
        plain, checkout = judged()
        wrong += compare("files without git", ["a/ignored.c", "a/new.c", "a/old.c", "mine/stray.c"], plain)
        wrong += compare("files of a checkout", ["a/new.c", "a/old.c"], checkout)
    print("the lint finds what it must" if wrong == 0 else f"{wrong} defects of the lint")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
