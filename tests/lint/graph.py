"""Who needs whom among the files of daemon/, proto/ and client/: by their includes, and by their objects' symbols.

A .c and its own .h are one node, named by their path without suffix.
"""
import collections
import json
import os
import re
import subprocess
from typing import NamedTuple

import rooms
import source

HOUSES = ("daemon", "proto", "client")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(<([^>\n]+)>|"([^"\n]+)")', re.M)
DEFINED = frozenset("TDBRVWi")  # letters of nm for what other objects may use


class Include(NamedTuple):
    path: str  # of the file that includes
    line: int
    name: str
    quoted: bool


class Call(NamedTuple):
    path: str    # of the .c that uses the symbol
    symbol: str
    target: str  # the .c that defines it


class Broken(Exception):
    """The objects cannot be looked at."""


def in_house(path):
    return path.split("/")[0] in HOUSES


def includes(root, path):
    """Every include of one file."""
    text = source.strip_comments(source.read(root, path) or "")
    for m in INCLUDE.finditer(text):
        yield Include(path, source.line_of(text, m.start(1)), m.group(2) or m.group(3), m.group(3) is not None)


def objects(root, build):
    """Path below root of each compiled .c of the houses, and its objects: one for each library that it is in.

    Tests may compile it once more, as they like: those objects do not count.
    """
    try:
        with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as f:
            commands = json.load(f)
    except (OSError, ValueError) as e:
        raise Broken(f"no list of objects: {e}") from e
    found = collections.defaultdict(list)
    for command in commands:
        folder = command["directory"]
        path = os.path.relpath(os.path.realpath(os.path.join(folder, command["file"])), os.path.realpath(root))
        if path.endswith(".c") and in_house(path) and in_house(os.path.normpath(command["output"])):
            found[path].append(os.path.join(folder, command["output"]))
    if not found:
        raise Broken("no object of daemon, proto or client is built there")
    return found


def symbols(path):
    """(what an object defines for others, what it leaves undefined)."""
    try:
        done = subprocess.run(["nm", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as e:
        raise Broken(f"nm {path}: {getattr(e, 'stderr', None) or e}".strip()) from e
    defined, undefined = set(), set()
    for line in done.stdout.splitlines():
        kind, name = line.split()[-2:]
        if kind in DEFINED:
            defined.add(name)
        elif kind == "U":
            undefined.add(name)
    if not defined and not undefined:
        raise Broken(f"{path} has no symbols (is it built with link-time optimisation?)")
    return defined, undefined


def nearest(path, others):
    """The file that has most folders in common with `path`: programs that are never linked may use a name twice."""
    def common(other):
        return len(os.path.commonpath([path, other]))
    return max(sorted(others), key=common)


def calls(compiled):
    """Every use of a symbol that another file of the houses defines. One object a file will do."""
    homes, needs = collections.defaultdict(list), {}
    for path, built in sorted(compiled.items()):
        defined, needs[path] = symbols(built[0])
        for symbol in defined - {"main"}:
            homes[symbol].append(path)
    return [Call(path, symbol, nearest(path, homes[symbol])) for path in needs for symbol in sorted(needs[path])
            if symbol in homes]


def edges(root, found_includes, found_calls):
    """{node: {node that it needs: [why]}} of both graphs together."""
    graph = collections.defaultdict(lambda: collections.defaultdict(list))
    for i in found_includes:
        if i.quoted and in_house(i.path) and os.path.isfile(os.path.join(root, i.name)):
            graph[rooms.stem(i.path)][rooms.stem(i.name)].append(f"{os.path.basename(i.path)}:{i.line} includes")
    for c in found_calls:
        graph[rooms.stem(c.path)][rooms.stem(c.target)].append(c.symbol)
    for node, needed in graph.items():
        needed.pop(node, None)
    return graph


def circles(graph):
    """Sets of more than one node that all reach each other (Tarjan)."""
    number, low, stack, found = {}, {}, [], []

    def visit(node):
        number[node] = low[node] = len(number)
        stack.append(node)
        for needed in sorted(graph.get(node, ())):
            if needed not in number:
                visit(needed)
                low[node] = min(low[node], low[needed])
            elif needed in stack:
                low[node] = min(low[node], number[needed])
        if low[node] == number[node]:
            ring = stack[stack.index(node):]
            del stack[-len(ring):]
            if len(ring) > 1:
                found.append(sorted(ring))

    for node in sorted(graph):
        if node not in number:
            visit(node)
    return found
