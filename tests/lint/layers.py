#!/usr/bin/env python3
"""Doors open one way: a file includes and calls only what the rooms below it hold, and no files need each other.

The rooms are in rooms.py. Includes are read from the sources, calls from the symbols of the objects: a room that hides
a call behind a declaration of its own is found too. A circle is sought in both together, over daemon/, proto/, client/.
"""
import os
import re
import sys

import graph
import rooms
import source

BUILD_FIRST = "build the whole tree first; without its objects no call can be judged"


def sight(room):
    return f"{room} sees only {', '.join(rooms.ROOMS[room].sees)}"


def judge_include(root, room, include):
    """What is wrong with one include, as (what, what to do), or None."""
    name = include.name
    if include.quoted:
        if not os.path.isfile(os.path.join(root, name)):
            return f'"{name}" is not a path from the root', "name it from the root, as in proto/span.h"
        if not rooms.sees(room, name):
            return f'{room} includes "{name}"', f"{sight(room)}: move what is shared down"
    elif not rooms.may_include_system(room, name):
        return f"{room} includes <{name}>", "keep this to the room that owns it (see tests/lint/rooms.py)"
    return None


def check_includes(root, found):
    """Direction by includes; they are collected in `found`."""
    for path in source.files(root, (".c", ".h")):
        room = rooms.room_of(path)
        if room is None:
            yield path, 1, "the file is in no room", "move it to a folder of tests/lint/rooms.py"
            continue
        for include in graph.includes(root, path):
            found.append(include)
            wrong = judge_include(root, room, include)
            if wrong is not None:
                yield path, include.line, *wrong


def line_of_symbol(root, path, symbol):
    """Where a file first names a symbol; 1 if only a header's inline function does."""
    text = source.strip(source.read(root, path) or "")
    m = re.search(rf"\b{re.escape(symbol)}\b", text)
    return source.line_of(text, m.start()) if m else 1


def check_calls(root, calls):
    """Direction by calls."""
    for call in calls:
        room = rooms.room_of(call.path)
        target = rooms.public_header(root, call.symbol) or call.target
        if room is not None and not rooms.sees(room, target):
            yield (call.path, line_of_symbol(root, call.path, call.symbol),
                   f"{room} uses {call.symbol} of {call.target}",
                   f"{sight(room)}: only mark it here, and let the room above act")


def file_of(root, node):
    return node + (".c" if os.path.isfile(os.path.join(root, node + ".c")) else ".h")


def check_circles(root, includes, calls):
    edges = graph.edges(root, includes, calls)
    for ring in graph.circles(edges):
        needs = [f"\n    {os.path.basename(a)} -> {os.path.basename(b)}: {', '.join(edges[a][b])}"
                 for a in ring for b in sorted(edges[a]) if b in ring]
        yield (file_of(root, ring[0]), 1, f"{len(ring)} files need each other",
               "cut one of these needs:" + "".join(needs))


def check_built(root, compiled):
    """A file without an object would not be judged."""
    for path in source.files(root, ".c"):
        if graph.in_house(path) and path not in compiled:
            yield path, 1, "the file is not compiled", "name it in its folder's meson.build"


def check(root, build=None):
    """All findings. Without a build folder only the includes' direction is judged."""
    includes = []
    yield from check_includes(root, includes)
    if build is None:
        return
    try:
        compiled = graph.objects(root, build)
        calls = graph.calls(compiled)
    except graph.Broken as e:
        yield os.path.relpath(build, root), 1, str(e), BUILD_FIRST
        return
    yield from check_built(root, compiled)
    yield from check_calls(root, calls)
    yield from check_circles(root, includes, calls)


if __name__ == "__main__":
    source.main(check, __doc__, build=True)
