#!/usr/bin/env python3
"""Results that say whether it worked are marked MUST_USE (proto/must_use.h), so that no caller ignores them.

Judged are the functions that headers of daemon/, proto/ and client/ declare or have inline, but for the public header,
whose callers are free, and the examples. To be marked are those that return an int (an error code, unless QUESTIONS
says otherwise), and those that return a pointer or a bool of which the comment above says that memory may run out:
"NULL if memory ran out", "false without memory".
"""
import re

import cparse
import graph
import rooms
import source

MARK = re.compile(r"\bMUST_USE\b")
ADVICE = "mark it MUST_USE (proto/must_use.h)"
WITHOUT_MEMORY = re.compile(r"\b(?:NULL|[Ff]alse)\b[^.;]*\bmemory\b")
EXAMPLES = ("client/c/examples/",)

# Functions that return an int that is no error code, and what it is.
QUESTIONS = {
    "err_from_name": "a code that was asked for by its name",
    "item_key_index": "an index, -1 for none",
    "span_equal": "a comparison",
}


def is_error_code(f):
    return re.search(r"\bint$", f.returns) is not None and f.name not in QUESTIONS


def may_lack_memory(f):
    answers = f.returns.endswith("*") or re.search(r"\bbool$", f.returns)
    return bool(answers) and WITHOUT_MEMORY.search(f.comment) is not None


def check_header(path, text):
    for f in cparse.functions(text):
        if MARK.search(f.marks):
            continue
        if is_error_code(f):
            yield (path, f.line, f"the result of {f.name} may be ignored",
                   ADVICE + ", or name it in QUESTIONS if it is no error code")
        elif may_lack_memory(f):
            yield path, f.line, f"{f.name} may fail for want of memory, and its result be ignored", ADVICE


def check(root):
    for path in source.files(root, ".h"):
        if graph.in_house(path) and path not in rooms.PUBLIC and not path.startswith(EXAMPLES):
            yield from check_header(path, source.read(root, path) or "")


if __name__ == "__main__":
    source.main(check, __doc__)
