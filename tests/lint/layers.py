#!/usr/bin/env python3
"""Includes point downwards only: every floor sees exactly what the table below allows."""
import fnmatch
import re

import source

PURE = ["assert.h", "errno.h", "float.h", "inttypes.h", "limits.h", "math.h", "stdarg.h", "stdbool.h", "stddef.h",
        "stdint.h", "stdio.h", "string.h", "*mmintrin.h", "arm_neon.h"]
LIBRARIES = ["uv.h", "uv/*", "curl/*", "openssl/*", "systemd/*", "jansson.h", "zlib.h", "ini.h", "msgpack*",
             "microhttpd.h", "cmocka.h"]
ANY = ["*"]

# folder: (what it may include of the project, which other headers, which of these not). The longest folder that fits
# counts. Only io and what stands above it see event loops and sockets; clocks (time.h) are kept from proto, base, core.
FLOORS = {
    "proto": (["proto/*"], PURE, []),
    "daemon/base": (["proto/*", "daemon/base/*"], PURE + ["malloc.h", "stdatomic.h", "stdlib.h"], []),
    "daemon/os": (["proto/*", "daemon/base/*", "daemon/os/*"], ANY, LIBRARIES),
    "daemon/config": (["proto/*", "daemon/base/*", "daemon/config/*"], PURE + ["stdlib.h", "ini.h"], []),
    "daemon/dynamo": (["proto/*", "daemon/base/*", "daemon/dynamo/*"], PURE + ["setjmp.h", "stdlib.h", "jansson.h", "zlib.h"], []),
    "daemon/engine": (["proto/*", "daemon/base/*", "daemon/config/*", "daemon/dynamo/*", "daemon/engine/*"], PURE, []),
    "daemon/aws": (["proto/*", "daemon/base/*", "daemon/aws/*"], PURE + ["stdlib.h", "time.h", "arpa/inet.h", "openssl/*"], []),
    "daemon/http": (["proto/*", "daemon/base/*", "daemon/os/*", "daemon/dynamo/*", "daemon/aws/*", "daemon/http/*"], ANY, ["cmocka.h"]),
    "daemon/io": (["proto/*", "daemon/base/*", "daemon/os/*", "daemon/config/*", "daemon/dynamo/*", "daemon/http/*", "daemon/aws/*", "daemon/engine/engine.h", "daemon/io/*"], ANY, ["cmocka.h"]),
    "daemon": (["proto/*", "daemon/*"], ANY, ["cmocka.h"]),
    "client/ctl": (["proto/*", "client/ctl/*", "daemon/base/*", "daemon/os/*"], ANY, ["uv.h", "curl/*", "openssl/*", "cmocka.h"]),
    "client": (["proto/*", "client/*"], ANY, LIBRARIES),
    "tests": (["*"], ANY, []),
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(<([^>\n]+)>|"([^"\n]+)")', re.M)


def floor_of(path):
    """The floor a file belongs to, None if it is in no folder of the table."""
    folder = path.rsplit("/", 1)[0] if "/" in path else ""
    while folder and folder not in FLOORS:
        folder = folder.rsplit("/", 1)[0] if "/" in folder else ""
    return folder or None


def fits(name, patterns):
    return any(fnmatch.fnmatchcase(name, p) for p in patterns)


def judge(root, floor, name, quoted):
    """What is wrong with one include, as (what, what to do), or None."""
    project, system, refused = FLOORS[floor]
    if quoted:
        if source.read(root, name) is None:
            return f'"{name}" is not a path from the root', "name it from the root, as in proto/span.h"
        if not fits(name, project):
            return f'{floor} includes "{name}"', f"{floor} may see only {', '.join(project)}: move what is shared down"
        return None
    if fits(name, refused) or not fits(name, system):
        return f"{floor} includes <{name}>", "keep this to the floor that owns it (see FLOORS in tests/lint/layers.py)"
    return None


def check(root):
    for path in source.files(root, (".c", ".h")):
        floor = floor_of(path)
        if floor is None:
            yield path, 1, "the file is on no floor", "move it to a folder of FLOORS in tests/lint/layers.py"
            continue
        text = source.strip_comments(source.read(root, path) or "")
        for m in INCLUDE.finditer(text):
            wrong = judge(root, floor, m.group(2) or m.group(3), m.group(3) is not None)
            if wrong is not None:
                yield path, source.line_of(text, m.start(1)), *wrong


if __name__ == "__main__":
    source.main(check, __doc__)
