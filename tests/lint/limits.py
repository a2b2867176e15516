#!/usr/bin/env python3
"""Lengths: a file of at most 500 lines, a function of 70, 6 parameters, lines of 120 columns.

A function is counted from the first line of its signature to its closing brace. A .c file of daemon/, proto/ and
client/ has at least 25 lines of code (blank lines and comments are none), or a reason. In daemon/engine half of the
functions have at most 11 lines, and 1,000 lines hold at least 12 assertions.
"""
import re
import statistics

import cparse
import graph
import source

FILE_LINES = 500
FUNCTION_LINES = 70
PARAMETERS = 6
COLUMNS = 120
CODE_LINES = 25
MEDIAN_LINES = 11
ASSERTIONS = 12  # per 1,000 lines of code files and headers

ENGINE = "daemon/engine"
ASSERTION = re.compile(r"\b(?:assert|_Static_assert|static_assert)\s*\(")

# Small files that are right as they are: path, and the reason.
SMALL = {
    "daemon/dynamo/job.c": "the names of a value that the engine and a lane share",
    "daemon/engine/record/record.c": "a record's life; what moves it stands in queue and settle",
    "daemon/engine/value/backoff.c": "one formula, tested alone",
    "daemon/io/notify.c": "the only file that knows systemd",
    "daemon/io/peer.c": "the only file that asks a socket who is there",
    "daemon/os/clock.c": "the only file that reads clocks",
    "proto/reason.c": "one table of names and texts",
    "proto/window.c": "one formula, shared by both ends and tested alone",
}


def check_functions(path, text):
    for f in cparse.functions(text):
        if f.parameters > PARAMETERS:
            yield path, f.line, f"{f.name} has {f.parameters} parameters, {PARAMETERS} are allowed", "pass a struct"
        if f.lines is not None and f.lines > FUNCTION_LINES:
            yield (path, f.line, f"{f.name} has {f.lines} lines, {FUNCTION_LINES} are allowed",
                   "give a part of it its own name")


def code_lines(text):
    return sum(1 for line in source.strip_comments(text).splitlines() if line.strip())


def check_small(path, text):
    if not path.endswith(".c") or not graph.in_house(path):
        return
    lines = code_lines(text)
    if lines < CODE_LINES and path not in SMALL:
        yield (path, 1, f"the file has {lines} lines of code, {CODE_LINES} are the least",
               "move it to where it is used, or give the reason in SMALL of tests/lint/limits.py")
    elif lines >= CODE_LINES and path in SMALL:
        yield path, 1, f"the file has {lines} lines of code", "take it off the list SMALL of tests/lint/limits.py"


def engine_texts(root):
    return [(path, source.read(root, path) or "") for path in source.files(root, (".c", ".h"))
            if path.startswith(ENGINE + "/")]


def measure(root):
    """(median length of the engine's functions, its assertions per 1,000 lines)."""
    texts = [text for _, text in engine_texts(root)]
    lengths = [f.lines for text in texts for f in cparse.functions(text) if f.lines is not None]
    assertions = sum(len(ASSERTION.findall(source.strip(text))) for text in texts)
    lines = sum(len(text.splitlines()) for text in texts)
    return statistics.median(lengths or [0]), 1000 * assertions / max(lines, 1)


def check_engine(root):
    if not engine_texts(root):
        return
    median, assertions = measure(root)
    if median > MEDIAN_LINES:
        yield (ENGINE, 1, f"half of the functions have more than {median:g} lines, {MEDIAN_LINES} are allowed",
               "give parts of the longer ones their own names")
    if assertions < ASSERTIONS:
        yield (ENGINE, 1, f"1,000 lines hold {assertions:.1f} assertions, {ASSERTIONS} are the least",
               "assert what the functions rely on")


def check_file(path, text):
    lines = text.splitlines()
    if len(lines) > FILE_LINES:
        yield (path, FILE_LINES + 1, f"the file has {len(lines)} lines, {FILE_LINES} are allowed",
               "split it by purpose")
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS:
            yield path, number, f"the line has {len(line)} columns, {COLUMNS} are allowed", "break it"
    yield from check_functions(path, text)


def check(root):
    for path in source.files(root, (".c", ".h")):
        text = source.read(root, path)
        if text is None:
            yield path, 1, "the file is not UTF-8 text", "save it as UTF-8"
            continue
        yield from check_file(path, text)
        yield from check_small(path, text)
    yield from check_engine(root)


def report(root):
    """What the engine measures, for people."""
    median, assertions = measure(root)
    print(f"{ENGINE}: the median function has {median:g} lines; {assertions:.1f} assertions per 1,000 lines")


if __name__ == "__main__":
    source.main(check, __doc__, report=report)
