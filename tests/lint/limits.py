#!/usr/bin/env python3
"""Lengths: a file of at most 500 lines, a function of 70, 6 parameters, lines of 120 columns.

A function is counted from the first line of its signature to its closing brace.
"""
import re

import source

FILE_LINES = 500
FUNCTION_LINES = 70
PARAMETERS = 6
COLUMNS = 120

PREPROCESSOR = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.M)
ATTRIBUTE = re.compile(r"__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)")
EXTERN_C = re.compile(r'extern\s*"[^"\n]*"\s*\{')
NAME_BEFORE = re.compile(r"(\w+)\s*$")


def close_of(text, start):
    """Where the parenthesis before `start` opens, text[start - 1] being the closing one; -1 if nowhere."""
    depth = 0
    for i in range(start - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(text[i], 0)
        if depth == 0:
            return i
    return -1


def signature(text):
    """(name, number of parameters) if the text ends like a function's head, else None."""
    text = text.rstrip()
    if not text.endswith(")") or "=" in text:
        return None
    opened = close_of(text, len(text))
    name = NAME_BEFORE.search(text[:opened]) if opened >= 0 else None
    if name is None:
        return None
    inside = text[opened + 1:-1].strip()
    depth, count = 0, 0 if inside in ("", "void") else 1
    for c in inside:
        depth += {"(": 1, ")": -1}.get(c, 0)
        count += c == "," and depth == 0
    return name.group(1), count


def heads(text):
    """Every function's head at the top level: (offset of the head, offset of its end, end of the body or None)."""
    depth, start, head = 0, 0, None
    for i, c in enumerate(text):
        if c == "{":
            if depth == 0:
                head = (start, i)
            depth += 1
        elif c == "}":
            depth = max(depth - 1, 0)
            if depth == 0 and head is not None:
                yield *head, i
                head = None
                start = i + 1
        elif c == ";" and depth == 0:
            yield start, i, None
            start = i + 1


def check_functions(path, text):
    code = source.strip(text)
    for pattern in (EXTERN_C, PREPROCESSOR, ATTRIBUTE):
        code = pattern.sub(source.blank, code)
    for start, end, body_end in heads(code):
        found = signature(code[start:end])
        if found is None:
            continue
        name, parameters = found
        first = source.line_of(code, start + len(code[start:end]) - len(code[start:end].lstrip()))
        if parameters > PARAMETERS:
            yield path, first, f"{name} has {parameters} parameters, {PARAMETERS} are allowed", "pass a struct"
        if body_end is None:
            continue
        lines = source.line_of(code, body_end) - first + 1
        if lines > FUNCTION_LINES:
            yield path, first, f"{name} has {lines} lines, {FUNCTION_LINES} are allowed", "give a part of it its own name"


def check(root):
    for path in source.files(root, (".c", ".h")):
        text = source.read(root, path)
        if text is None:
            yield path, 1, "the file is not UTF-8 text", "save it as UTF-8"
            continue
        lines = text.splitlines()
        if len(lines) > FILE_LINES:
            yield path, FILE_LINES + 1, f"the file has {len(lines)} lines, {FILE_LINES} are allowed", "split it by purpose"
        for number, line in enumerate(lines, 1):
            if len(line) > COLUMNS:
                yield path, number, f"the line has {len(line)} columns, {COLUMNS} are allowed", "break it"
        yield from check_functions(path, text)


if __name__ == "__main__":
    source.main(check, __doc__)
