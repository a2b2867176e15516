"""Proof that limits.py measures as it says: files made here, at the very limits."""
import limits
import made

POOL = "daemon/engine/value/pool.c"


def count(files):
    """How often the limits fire on these files."""
    with made.tree(files) as root:
        return len(set((path, line) for path, line, *_ in limits.check(root)))


def lengths(lines_of_function, lines_of_file, columns, parameters):
    """How often the limits fire on one made-up file."""
    arguments = ", ".join(f"int a{i}" for i in range(parameters)) or "void"
    head = [f"int f({arguments})", "{"]
    body = ["    a();"] * (lines_of_function - 3)
    text = head + body + ["}"]
    text += ["/* " + "x" * (columns - 6) + " */"]
    text += [""] * (lines_of_file - len(text) - 1) + ["int end;"]
    return count({"made.c": "\n".join(text) + "\n"})


def single():
    """Each limit of one file, alone."""
    limit = dict(lines_of_function=limits.FUNCTION_LINES, lines_of_file=limits.FILE_LINES, columns=limits.COLUMNS,
                 parameters=limits.PARAMETERS)
    yield "everything at its limit", 0, lengths(**limit)
    for key, value in limit.items():
        yield f"{key} = {value + 1}", 1, lengths(**{**limit, key: value + 1})


def engine(functions, assertions):
    """How often the limits fire on an engine of 500 lines with functions of these lengths."""
    text = ["/* no assert(0) */"] + ["_Static_assert(1);"] * assertions
    for number, length in enumerate(functions):
        text += [f"void f{number}(void)", "{"] + ["    a();"] * (length - 3) + ["}"]
    text += [""] * (limits.FILE_LINES - len(text))
    return count({POOL: "\n".join(text) + "\n"})


def whole():
    """What is measured over the whole engine."""
    most, least = limits.MEDIAN_LINES, limits.ASSERTIONS * limits.FILE_LINES // 1000
    yield "the median at its limit", 0, engine([4, most, 60], least)
    yield "the median above its limit", 1, engine([4, most + 1, 60], least)
    yield "too few assertions", 1, engine([4, most, 60], least - 1)


def small():
    """Small files."""
    door = {POOL: "_Static_assert(1);\n" + "int x;\n" * limits.CODE_LINES}
    lines = ["int x;"] * (limits.CODE_LINES - 1)
    reasoned = next(iter(limits.SMALL))
    spread = "/* a\n * comment */\n\n" + "\n".join(lines) + "\n"
    enough = "\n".join([*lines, "int y;"]) + "\n"
    yield "a small file", 1, count({**door, "proto/a.c": spread})
    yield "a file that is just large enough", 0, count({**door, "proto/a.c": enough})
    yield "a small header, a small test", 0, count({**door, "proto/a.h": spread, "tests/a.c": spread})
    yield "a small file with a reason", 0, count({**door, reasoned: spread})
    yield "a reason that is not needed", 1, count({**door, reasoned: enough})
    yield "no engine", 0, count({"proto/a.c": enough})


def cases():
    """(what, expected, got)."""
    for group in (single, whole, small):
        yield from group()
