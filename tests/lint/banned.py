#!/usr/bin/env python3
"""Calls that the house rules ban, with the folders where they are allowed, and words that do not belong in the tree.

Variable-length arrays are the compiler's to refuse (-Wvla).
"""
import fnmatch
import re

import source

SHELLS = ["daemon/io/*", "daemon/http/*", "daemon/os/*", "daemon/*main*.c", "client/ctl/*", "tests/*"]

# (calls, where they are allowed, what to do instead)
CALLS = [
    ("strcpy|strcat|sprintf|vsprintf|strncpy|strncat", [], "use memcpy with a checked length, or snprintf"),
    ("strtok|strtok_r", [], "walk the text by a span"),
    ("atoi|atol|atoll|atof", [], "parse with full checking"),
    ("alloca", [], "use a bounded array or mem_alloc"),
    ("gets", [], "use fgets or read"),
    ("sleep|usleep", [], "wait for the event itself"),
    ("rand|srand|random|srandom|drand48", [], "use daemon/base/rng, seeded by the shell"),
    ("getrandom|getentropy", SHELLS + ["client/*"], "entropy is the shell's: take a seed as an argument"),
    ("time|gettimeofday|clock_gettime|clock", SHELLS + ["client/*"], "clocks are the shell's: take the time as an argument"),
    ("malloc|calloc|realloc|reallocarray|free|strdup|strndup|asprintf|vasprintf|getline",
     ["daemon/base/mem.c", "client/*", "tests/*"], "use daemon/base/mem (proto allocates nothing)"),
    ("exit|_exit|quick_exit", ["daemon/*main*.c", "client/ctl/*main*.c", "tests/*"], "return an error: only main files end the process"),
]
# These are pure although their folder is a shell's: the simulator runs them on its own clock.
PURE = ["client/c/core*"]

CHECKED_BY = 5  # a strtol's errno = 0 stands at most this many lines above it
STRTO_FREE = ["tests/*"]  # a test may read what it wrote itself
STRTO = re.compile(r"(?<![\w.>])(?:strtou?ll?|strto[iu]max)\s*\(")

# Spelt in two halves, so that this list does not find itself.
WORDS = [
    (r"\bTO" r"DO\b|\bFIX" r"ME\b|\bXX" r"X\b", "finish it, or file an issue"),
    (r"(?<![\w.}$-])/wo" r"rk/|(?<![\w.}$-])/ho" r"me/\w", "name no path of one machine"),
    (r"\bWI" r"RE\.md\b|\bDES" r"IGN\.md\b", "say PROTOCOL.md or ARCHITECTURE.md"),
]


def allowed(path, patterns):
    return any(fnmatch.fnmatchcase(path, p) for p in patterns)


def call_rules(path):
    for names, where, remedy in CALLS:
        shell_rule = "client/*" in where and "tests/*" in where and "daemon/base/mem.c" not in where
        if not allowed(path, where) or (shell_rule and allowed(path, PURE)):
            yield re.compile(rf"(?<![\w.>])(?:{names})\s*\("), remedy


def strto_is_checked(code, match):
    """The end pointer is taken and errno was cleared shortly before."""
    before = code[:match.start()].split("\n")[-1 - CHECKED_BY:]
    depth, arguments = 0, [""]
    for c in code[match.end():]:
        if c == ")" and depth == 0:
            break
        depth += {"(": 1, ")": -1}.get(c, 0)
        if c == "," and depth == 0:
            arguments.append("")
        else:
            arguments[-1] += c
    takes_end = len(arguments) == 3 and arguments[1].strip() not in ("NULL", "0")
    return takes_end and any(re.search(r"\berrno\s*=\s*0\b", line) for line in before)


def check_code(path, text):
    code = source.strip(text)
    for pattern, remedy in call_rules(path):
        for m in pattern.finditer(code):
            # a prototype or a function of our own that happens to have the name would be as confusing
            yield path, source.line_of(code, m.start()), f"{m.group(0).rstrip('( ')} is banned here", remedy
    for m in STRTO.finditer(code):
        if not allowed(path, STRTO_FREE) and not strto_is_checked(code, m):
            yield (path, source.line_of(code, m.start()), f"{m.group(0).rstrip('( ')} is not fully checked",
                   "set errno = 0 just before it, take the end pointer, check both")
    for m in source.TOKENS.finditer(text):
        if m.group(0).startswith("//"):
            yield path, source.line_of(text, m.start()), "a // comment", "write /* */"


def check_words(path, text):
    for pattern, remedy in WORDS:
        for m in re.finditer(pattern, text):
            yield path, source.line_of(text, m.start()), f"'{m.group(0)}' does not belong here", remedy


def check(root):
    for path in source.files(root):
        text = source.read(root, path)
        if text is None:
            continue
        if path.endswith((".c", ".h")):
            yield from check_code(path, text)
        yield from check_words(path, text)


if __name__ == "__main__":
    source.main(check, __doc__)
