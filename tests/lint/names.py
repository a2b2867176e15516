#!/usr/bin/env python3
"""A name tells its file, and a file says what it is for. Judged are daemon/, proto/ and client/.

- A .c has one header of its stem beside it. Without one may be: a file with main(), and a file of the C client whose
  functions the public header ddbsidecar.h declares.
- What a header declares is defined in the .c of its stem (the public header's: anywhere in its folder), or inline.
- A function that other files can call is called by its file's noun: item_key.c has item_key() or item_key_*().
  It is declared in its own header.
- A .c declares no function of another file: it includes the header that does.
- Headers, and .c files without one, begin with a comment "stem: purpose", of at least three words.
- A test of tests/unit bears the name of a file that the house has: test_queue.c tests a queue.c or queue.h.
- A header says "Owner:" in that comment if it defines a struct that holds on to something or lives on: one with a
  pointer that may be written through, a list, heap or map node, or one that a function declared there may change.
"""
import fnmatch
import os
import re

import cparse
import graph
import rooms
import source

HEAD = re.compile(r"\A/\*(.*?)\*/", re.S)
PURPOSE_WORDS = 3
# A pointer to what is not const, or a node of a list, heap or map. A function's pointer holds nothing.
HOLDS = re.compile(r"(?:^|;)(?!\s*const\b)[^;()]*\*\s*\w+|\bstruct\s+(?:list|heap|hmap)(?:_\w+)?\s")


# Tests of the unit suite that mirror no single file, and why.
NO_MIRROR = {
    "tests/unit/client/test_client_oom.c": "every allocation of the whole client",
    "tests/unit/proto/test_msg_decode_hostile.c": "the second half of msg_decode, which is too long for one file",
    "tests/unit/proto/test_vectors.c": "the golden frames",
    "tests/unit/proto/test_vector_values.c": "the golden items and numbers",
}


class File:
    """A header or .c with what the checks ask of it."""

    def __init__(self, root, path):
        self.path = path
        self.text = source.read(root, path) or ""
        self.functions = [f for f in cparse.functions(self.text) if not f.is_static()]
        self.noun = os.path.basename(rooms.stem(path))

    def declared(self):
        return {f.name: f for f in self.functions if f.lines is None}

    def defined(self):
        return {f.name: f for f in self.functions if f.lines is not None}

    def head(self):
        m = HEAD.match(self.text)
        return m.group(1) if m else ""


def has_main(file):
    return "main" in file.defined()


def public_of(files, path):
    """(the public header of the folder that a file lies in, the pattern of its names), or (None, none)."""
    for header, names in rooms.PUBLIC.items():
        if header in files and os.path.dirname(header) == os.path.dirname(path):
            return files[header], names
    return None, ""


def check_pair(files, file):
    """A .c has its header."""
    public, names = public_of(files, file.path)
    only_public = public is not None and all(fnmatch.fnmatchcase(n, names) for n in file.defined())
    if rooms.stem(file.path) + ".h" not in files and not has_main(file) and not only_public:
        yield file.path, 1, f"{file.noun}.c has no header {file.noun}.h", "declare there what others may call"


def check_prefix(files, file):
    """What a .c defines for others has its noun, and is declared in its header."""
    own = files.get(rooms.stem(file.path) + ".h")
    public, names = public_of(files, file.path)
    for name, f in file.defined().items():
        if name == "main":
            continue
        is_public = public is not None and fnmatch.fnmatchcase(name, names)
        if not is_public and name != file.noun and not name.startswith(file.noun + "_"):
            yield file.path, f.line, f"{name} is not named after {file.noun}.c", f"call it {file.noun}_..., or move it"
        if own is not None or is_public:
            header = public if is_public else own
            if name not in header.declared():
                yield (file.path, f.line, f"{name} is not declared in {header.path}",
                       "declare it there, or make it static")


def check_declared(files, file):
    """What a header declares is defined beside it."""
    is_public = file.path in rooms.PUBLIC
    folder = os.path.dirname(file.path)
    beside = [f for path, f in files.items() if path.endswith(".c") and os.path.dirname(path) == folder]
    beside = [f for f in beside if is_public or f.noun == file.noun]
    defined = {name for f in beside for name in f.defined()}
    for name, f in file.declared().items():
        if name not in defined:
            where = folder if is_public else f"{file.noun}.c"
            yield (file.path, f.line, f"{name} is not defined in {where}",
                   "declare it in the header of the file that has it")


def check_borrowed(file):
    """What a .c declares for itself it also has."""
    for name, f in file.declared().items():
        if name not in file.defined():
            yield file.path, f.line, f"{name} of another file is declared here", "include the header that declares it"


def needs_owner(file):
    """The first struct of a header that somebody must own, or None."""
    arguments = " , ".join(f.arguments for f in file.declared().values())
    for s in cparse.structs(file.text):
        changed = re.search(rf"(?<!const )\bstruct {s.name} \*", arguments)
        if changed or HOLDS.search(s.body.replace("\n", " ")):
            return s
    return None


def check_head(file):
    """The head comment of a header, or of a .c without one."""
    head = file.head()
    m = re.match(rf"\s*{re.escape(file.noun)}:(.*)", head, re.S)
    if m is None:
        yield file.path, 1, f'the file does not begin with "/* {file.noun}: purpose"', "say what it is for"
        return
    purpose = re.split(r"\b(?:Owner|Invariants?|Source):", m.group(1))[0]
    if len(re.findall(r"\w+", purpose)) < PURPOSE_WORDS:
        yield file.path, 1, "the head names no purpose", f"say in {PURPOSE_WORDS} words or more what the file is for"
    owned = needs_owner(file) if file.path.endswith(".h") and file.path not in rooms.PUBLIC else None
    if owned is not None and "Owner:" not in head:
        yield file.path, 1, f"the head does not say who owns struct {owned.name}", 'add "Owner: ..." to it'


def check_mirrors(root, files):
    """Every unit test has the name of a source."""
    nouns = {file.noun for file in files.values()}
    for path in source.files(root, (".c",)):
        m = re.fullmatch(r"tests/unit/\w+/test_(\w+)\.c", path)
        if m and m.group(1) not in nouns and path not in NO_MIRROR:
            yield path, 1, f"there is no {m.group(1)}.c or .h to test", "name the test after the file that it tests"


def check(root):
    files = {path: File(root, path) for path in source.files(root, (".c", ".h")) if graph.in_house(path)}
    for path, file in files.items():
        if path.endswith(".c"):
            yield from check_pair(files, file)
            yield from check_prefix(files, file)
            yield from check_borrowed(file)
        else:
            yield from check_declared(files, file)
        if path.endswith(".h") or rooms.stem(path) + ".h" not in files:
            yield from check_head(file)
    yield from check_mirrors(root, files)


if __name__ == "__main__":
    source.main(check, __doc__)
