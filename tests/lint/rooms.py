"""The rooms of the house: which folder sees which, and which headers of the system each may include.

A file's room is the longest folder of the table that it lies in. A room sees the rooms and the single headers that its
row names, its own name among them if its files may see each other. What a room sees it may include and call.
"""
import fnmatch
import os
from typing import NamedTuple

PURE = ["assert.h", "errno.h", "float.h", "inttypes.h", "limits.h", "math.h", "stdarg.h", "stdbool.h", "stddef.h",
        "stdint.h", "stdio.h", "string.h", "*mmintrin.h", "arm_neon.h"]
LIBRARIES = ["uv.h", "uv/*", "curl/*", "openssl/*", "systemd/*", "jansson.h", "zlib.h", "ini.h", "msgpack*",
             "microhttpd.h", "cmocka.h"]
ANY = ["*"]


class Room(NamedTuple):
    sees: list    # rooms, and headers by their path
    system: list  # headers from elsewhere that it may include
    refused: list = []  # ... but for these


def without(*allowed):
    """All libraries but these."""
    return [name for name in LIBRARIES if name not in allowed]


# The engine's rooms from the top: each sees itself and those after it.
STOREYS = ["daemon/engine", "daemon/engine/ops", "daemon/engine/conn", "daemon/engine/target", "daemon/engine/record",
           "daemon/engine/work", "daemon/engine/value"]
WIRE = ["proto", "proto/item"]
BELOW_ENGINE = ["daemon/dynamo", "daemon/config", "daemon/base", *WIRE]
SHELL = ["daemon/engine/engine.h", "daemon/http", "daemon/os", *BELOW_ENGINE]  # of the engine they see one header

ROOMS = {
    "proto": Room(["proto"], PURE),
    "proto/item": Room(WIRE, PURE),
    "client/c": Room(["client/c", *WIRE], ANY, LIBRARIES),
    "client/c/examples": Room(["client/c/examples", "client/c/ddbsidecar.h"], ANY, LIBRARIES),
    "client/ctl": Room(["client/ctl", "daemon/os", "daemon/base", "proto"], ANY, without("jansson.h")),
    "daemon/base": Room(["daemon/base", "proto"], PURE + ["malloc.h", "stdatomic.h", "stdlib.h"]),
    "daemon/os": Room(["daemon/os", "daemon/base", "proto"], ANY, LIBRARIES),
    "daemon/config": Room(["daemon/config", "daemon/base", *WIRE], PURE + ["stdlib.h", "ini.h"]),
    "daemon/dynamo": Room(["daemon/dynamo", "daemon/base", *WIRE],
                          PURE + ["setjmp.h", "stdlib.h", "jansson.h", "zlib.h"]),
    "daemon/aws": Room(["daemon/aws", "daemon/base", "proto"],
                       PURE + ["stdlib.h", "time.h", "arpa/inet.h", "openssl/*"]),
    "daemon/aws/creds": Room(["daemon/aws/creds", "daemon/aws", "daemon/base", "proto"],
                             PURE + ["stdlib.h", "time.h", "openssl/*"]),
    **{room: Room([*STOREYS[i:], *BELOW_ENGINE], PURE) for i, room in enumerate(STOREYS)},
    "daemon/http": Room(["daemon/http", "daemon/dynamo", "daemon/aws", "daemon/os", "daemon/base", *WIRE], ANY,
                        without("uv.h", "uv/*", "curl/*")),
    "daemon/io": Room(["daemon/io", *SHELL], ANY, without("uv.h", "uv/*", "systemd/*")),
    "daemon": Room(["daemon", "daemon/io", "daemon/aws", "daemon/aws/creds", *SHELL], ANY, ["cmocka.h"]),
    "tests": Room(["*"], ANY),
}

# A header that users include by its bare name, and the names that belong to it wherever they are defined.
PUBLIC = {"client/c/ddbsidecar.h": "ddbs_*"}


def room_of(path):
    """The room that a file lies in, None if it lies in none."""
    folder = os.path.dirname(path)
    while folder and folder not in ROOMS:
        folder = os.path.dirname(folder)
    return folder or None


def stem(path):
    """What a .c and its own .h have in common."""
    return path.rsplit(".", 1)[0]


def sees(room, path):
    """True if files of the room may include this header, or call what is defined in this file."""
    row = ROOMS[room].sees
    return "*" in row or room_of(path) in row or stem(path) + ".h" in row


def may_include_system(room, name):
    def fits(patterns):
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
    return fits(ROOMS[room].system) and not fits(ROOMS[room].refused)


def public_header(root, symbol):
    """The public header that a symbol belongs to, or None."""
    for header, names in PUBLIC.items():
        if fnmatch.fnmatchcase(symbol, names) and os.path.isfile(os.path.join(root, header)):
            return header
    return None
