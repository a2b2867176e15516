"""Proof that layers.py sees calls and circles: small trees of the new house, compiled here."""
import os

import layers
import made

A = "proto/a.c"
B = "proto/b.c"
MEM = "daemon/base/mem.c"
LOOP = "daemon/io/loop.c"
# Every tree has these: all that must be there for the lint to judge circles, and the engine's door.
ENGINE = {
    "proto/item/item.h": "",
    "client/c/ddbsidecar.h": "int ddbs_open(void);\n",
    "daemon/engine/engine.h": "int engine_turn(void);\n",
    "daemon/engine/engine.c": "int pool_size(void);\nint engine_turn(void)\n{\n    return pool_size();\n}\n",
    "daemon/engine/value/pool.c": "int pool_size(void)\n{\n    return 1;\n}\n",
}


def function(name, *needed):
    """A function that calls others, which it declares itself: no include tells of them."""
    declared = "".join(f"int {n}(void);\n" for n in (*needed, name))
    return f"{declared}int {name}(void)\n{{\n    return 1{''.join(f' + {n}()' for n in needed)};\n}}\n"


def find(files, leave_out=(), spoil=None):
    """What layers says of a compiled tree of the new house: sorted (path, line, what)."""
    with made.tree({**ENGINE, **files}) as root:
        paths = [path for path in {**ENGINE, **files} if path.endswith(".c") and path not in leave_out]
        build = made.compile_all(root, paths)
        if spoil is not None:
            spoil(build)
        return sorted((path, line, what) for path, line, what, _ in layers.check(root, build))


def remove(name):
    return lambda build: os.remove(os.path.join(build, name))


def empty_list(build):
    with open(os.path.join(build, "compile_commands.json"), "w", encoding="utf-8") as f:
        f.write("[]")


def only_of_tests(build):
    """As if tests alone had compiled it all."""
    for house in ("proto", "daemon"):
        os.renames(os.path.join(build, house), os.path.join(build, "tests", house))
    name = os.path.join(build, "compile_commands.json")
    with open(name, encoding="utf-8") as f:
        text = f.read().replace('"output": "', '"output": "tests/')
    with open(name, "w", encoding="utf-8") as f:
        f.write(text)


def circles():
    ring = [(A, 1, "2 files need each other")]
    header = {"proto/a.h": '#include "proto/b.h"\n', "proto/b.h": "struct b;\n"}
    yield "a good tree", [], find({A: function("a"), MEM: function("mem", "a"), LOOP: function("loop", "engine_turn")})
    yield "a circle of calls", ring, find({A: function("a", "b"), B: function("b", "a")})
    yield ("a circle of includes", ring,
           find({**header, A: function("a"), B: '#include "proto/a.h"\n' + function("b")}))
    yield "a circle of both", ring, find({**header, A: function("a"), B: function("b", "a")})
    yield ("a circle of three", [(A, 1, "3 files need each other")],
           find({A: function("a", "b"), B: function("b", "c"), "proto/c.c": function("c", "a")}))


def directions():
    yield ("a call upwards", [(A, 1, f"proto uses mem of {MEM}")],
           find({A: function("a", "mem"), MEM: function("mem")}))
    yield ("a call past the engine's door", [(LOOP, 1, "daemon/io uses pool_size of daemon/engine/value/pool.c")],
           find({LOOP: function("loop", "pool_size")}))
    yield ("a call up inside the engine",
           [("daemon/engine/value/x.c", 1, "daemon/engine/value uses verb of daemon/engine/ops/verb.c")],
           find({"daemon/engine/value/x.c": function("x", "verb"), "daemon/engine/ops/verb.c": function("verb")}))
    public = {"client/c/open.c": function("ddbs_open", "hidden"), "client/c/core.c": function("hidden")}
    example = "client/c/examples/x.c"
    yield "an example that calls the library", [], find({**public, example: function("main", "ddbs_open")})
    yield ("an example that calls its inside", [(example, 1, "client/c/examples uses hidden of client/c/core.c")],
           find({**public, example: function("main", "hidden")}))
    yield ("a name that two programs use, each its own", [],
           find({"client/c/core.c": function("core", "book"), "client/c/book.c": function("book"),
                 "daemon/engine/ops/verb.c": function("verb", "book"), "daemon/engine/value/book.c": function("book")}))


def objects():
    """Nothing to look at is a finding."""
    for what, spoil in (("no list of objects", remove("compile_commands.json")), ("an empty list", empty_list),
                        ("objects of tests alone", only_of_tests),
                        ("an object is missing", remove("proto/a.c.o"))):
        got = find({A: function("a")}, spoil=spoil)
        yield what, [("build", 1)], [finding[:2] for finding in got]
    yield "an object without symbols", [("build", 1)], [finding[:2] for finding in find({A: function("a"), B: ""})]
    yield ("a file that is not compiled", [(B, 1, "the file is not compiled")],
           find({A: function("a"), B: ""}, leave_out=[B]))


def cases():
    """(what, expected, got)."""
    for group in (circles, directions, objects):
        yield from group()
