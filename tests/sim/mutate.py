#!/usr/bin/env python3
"""Writes copies of the engine's sources with the mutants of mutants.txt inserted, and the list of their names.

usage: mutate.py MUTANTS SOURCE... -- NAMES.c COPY...

There is one copy for each source, in the same order.
"""
import os
import re
import sys

NAMES = """#include "tests/sim/mutant.h"

#include <stddef.h>

const char *const mutant_names[] = {
    "NONE",
%s    NULL,
};
int mutant_on = MUTANT_NONE;
"""
SWITCH = re.compile(r"\bMUTANT\((\w+)\)")


class Hunk:
    """One change: lines of mutants.txt with their first character, under the mutants that share it."""

    def __init__(self, file, names, path, number):
        self.file, self.names, self.path, self.number, self.lines = file, names, path, number, []

    def old(self):
        """A pattern for the text that the file must contain. Any white space may separate two words."""
        words = " ".join(line[1:] for line in self.lines if line[:1] != "+").split()
        return re.compile(r"\s+".join(map(re.escape, words)))

    def new(self):
        """One line for each line of mutants.txt, so that the compiler's errors name the right one."""
        return "\n".join("" if line[:1] == "-" else line[1:] for line in self.lines)

    def switches(self):
        return SWITCH.findall(self.new())

    def error(self, what, advice):
        lines = "\n".join("    " + line for line in self.lines if line[:1] != "+").rstrip()
        return f"{self.path}:{self.number}: {'/'.join(self.names)}: {what} {self.file}:\n{lines}\n  {advice}"


def read_mutants(path):
    """The names in order, and the hunks."""
    names, hunks, heads, hunk = [], [], [], None
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f.read().splitlines(), 1):
            head = re.fullmatch(r"([A-Z][A-Z_]*): .+", line)
            if head:
                heads = [head[1]] if hunk else heads + [head[1]]
                hunk = None
                names.append(head[1])
            elif line.startswith("@@ ") and heads:
                hunk = Hunk(line[3:], heads, path, number + 1)
                hunks.append(hunk)
            elif hunk and line[:1] in ("", " ", "+", "-"):
                hunk.lines.append(line)
            elif line and not line.startswith("#"):
                sys.exit(f"{path}:{number}: '{line}' is out of place: the head of {os.path.basename(path)} says how "
                         "a mutant is written")
    return names, hunks


def named(file, sources):
    """The sources that a file name in mutants.txt can mean: a base name, or the end of a path."""
    return [source for source in sources if ("/" + source).endswith("/" + file)]


def check(path, names, hunks, sources):
    """The errors of the list itself."""
    switches = [name for hunk in hunks for name in hunk.switches()]
    for name in sorted(name for name in set(names) if names.count(name) > 1):
        yield f"{path}: {name} stands there twice: give one of them another name"
    for name in names:
        if name not in switches:
            yield f"{path}: nothing uses MUTANT({name}): add a change, or take the mutant out"
    for name in sorted(set(switches) - set(names)):
        yield f"{path}: MUTANT({name}) is not in the list: add a line '{name}: what is broken'"
    for hunk in hunks:
        found = named(hunk.file, sources)
        if not found:
            yield hunk.error("there is no file", "name the one that has these lines now")
        elif len(found) > 1:
            yield hunk.error(f"there are {len(found)} files", f"name its folder, too: {' or '.join(found)}")


def place(text, hunks, errors):
    """The positions of the hunks in the text: (start, end, hunk), in order."""
    places = []
    for hunk in hunks:
        found = list(hunk.old().finditer(text))
        if len(found) == 1:
            places.append((*found[0].span(), hunk))
        elif not found:
            errors.append(hunk.error("these lines are not in", "the engine has changed: copy them as they are now"))
        else:
            errors.append(hunk.error(f"these lines are {len(found)} times in", "add one before or after that differs"))
    places.sort(key=lambda p: p[:2])
    for (_, end, before), (start, _, hunk) in zip(places, places[1:]):
        if start < end:
            errors.append(hunk.error(f"these lines overlap with those of {'/'.join(before.names)} in",
                                     "make them fewer, or put both mutants above one change"))
    return places


def mutate(source, text, places, names):
    """The copy; #line directives name the origin of each piece."""
    pieces, at = ['#include "tests/sim/mutant.h"'], 0
    for start, end, hunk in places + [(len(text), len(text), None)]:
        pieces += [f'#line {text.count(chr(10), 0, at) + 1} "{source}"', text[at:start]]
        at = end
        if hunk:
            new = SWITCH.sub(lambda m: f"mutant_is({names.index(m[1]) + 1} /* {m[1]} */)", hunk.new())
            pieces += [f'#line {hunk.number} "{hunk.path}"', new]
    return "\n".join(pieces)


def write(path, text):
    """Does not touch an unchanged file, so that nothing is recompiled."""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            if f.read() == text:
                return
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def main(path, *arguments):
    sources, (names_path, *copies) = arguments[:arguments.index("--")], arguments[arguments.index("--") + 1:]
    if len(sources) != len(copies):
        sys.exit(f"mutate.py: {len(sources)} sources, but {len(copies)} copies")
    names, hunks = read_mutants(path)
    errors = list(check(path, names, hunks, sources))
    texts, places = {}, {}
    for source in sources:
        with open(source, encoding="utf-8") as f:
            texts[source] = f.read()
        places[source] = place(texts[source], [h for h in hunks if source in named(h.file, sources)], errors)
    if errors:
        sys.exit("\n".join([f"mutate.py: {path} does not fit:", *errors]))
    for source, copy in zip(sources, copies):
        write(copy, mutate(source, texts[source], places[source], names))
    write(names_path, NAMES % "".join(f'    "{name}",\n' for name in names))


if __name__ == "__main__":
    main(*sys.argv[1:])
