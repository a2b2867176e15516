"""Just enough of C to find functions and structs at the top level of a file, without a compiler."""
import re
from typing import NamedTuple, Optional

import source

PREPROCESSOR = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.M)
ATTRIBUTE = re.compile(r"__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)")
MACRO_ATTRIBUTE = re.compile(r"\bMUST_USE\b")
EXTERN_C = re.compile(r'extern\s*"[^"\n]*"\s*\{')
NAME_BEFORE = re.compile(r"(\w+)\s*$")
STRUCT = re.compile(r"struct\s+(\w+)\s*$")


class Function(NamedTuple):
    name: str
    line: int            # the first of its head
    parameters: int
    returns: str         # what stands before the name, `static` and the like included
    arguments: str       # what stands between its parentheses
    marks: str           # its head with attributes, without comments
    comment: str         # what the comments above it, or above its group, say
    lines: Optional[int]  # from the head to the closing brace; None: a declaration

    def is_static(self):
        return re.search(r"\bstatic\b", self.returns) is not None


class Struct(NamedTuple):
    name: str
    line: int
    body: str


def close_of(text, start):
    """Where the parenthesis before `start` opens, text[start - 1] being the closing one; -1 if nowhere."""
    depth = 0
    for i in range(start - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(text[i], 0)
        if depth == 0:
            return i
    return -1


def parts(text):
    """(what stands before the name, the name, the arguments) if the text ends like a function's head, else None."""
    text = text.strip()
    if not text.endswith(")") or "=" in text:
        return None
    opened = close_of(text, len(text))
    name = NAME_BEFORE.search(text[:opened]) if opened >= 0 else None
    before = text[:name.start()].strip() if name is not None else ""
    if before == "" or before.startswith("typedef"):  # a macro's use, as _Static_assert(...), declares nothing
        return None
    return before, name.group(1), text[opened + 1:-1].strip()


def count(arguments):
    """How many parameters."""
    depth, commas = 0, 0
    for c in arguments:
        depth += {"(": 1, ")": -1}.get(c, 0)
        commas += c == "," and depth == 0
    return 0 if arguments in ("", "void") else commas + 1


def heads(text):
    """Every head at the top level: (its offset, the offset of its end, the end of its braces or None)."""
    depth, start, head = 0, 0, None
    for i, c in enumerate(text):
        if c == "{":
            if depth == 0:
                head = (start, i)
            depth += 1
        elif c == "}":
            depth = max(depth - 1, 0)
            if depth == 0 and head is not None:
                yield *head, i
                head = None
                start = i + 1
        elif c == ";" and depth == 0:
            yield start, i, None
            start = i + 1


def bare(text):
    """C text of the same shape without comments, strings and preprocessor lines: (with attributes, without)."""
    code = source.strip(text)
    for pattern in (EXTERN_C, PREPROCESSOR):
        code = pattern.sub(source.blank, code)
    plain = code
    for pattern in (ATTRIBUTE, MACRO_ATTRIBUTE):
        plain = pattern.sub(source.blank, plain)
    return code, plain


def first_word(code, start, end):
    """Where the head begins: comments and blank lines are before it."""
    return start + len(code[start:end]) - len(code[start:end].lstrip())


def comment_above(text, start, first):
    """What stands between two heads, but for the remark on the first one's own last line."""
    start = max(text.find("\n", start, first), start) if start > 0 else start
    said = [m.group(0) for m in source.TOKENS.finditer(text[start:first]) if m.group(0)[0] == "/"]
    return re.sub(r"\s*\n[ *]*", " ", " ".join(said))


def functions(text):
    """Every function that the text declares or defines. A comment holds for all that follow it without a blank line."""
    code, plain = bare(text)
    comment = ""
    for start, end, body_end in heads(plain):
        found = parts(plain[start:end])
        if found is None:
            continue
        returns, name, arguments = found
        first = first_word(code, start, end)
        above = comment_above(text, start, first)
        if above or re.search(r"\n[ \t]*\n", text[start:first]):
            comment = above
        line = source.line_of(plain, first)
        lines = None if body_end is None else source.line_of(plain, body_end) - line + 1
        yield Function(name, line, count(arguments), returns, arguments, code[start:end].strip(), comment, lines)


def structs(text):
    """Every struct that the text defines by name."""
    plain = bare(text)[1]
    for start, end, body_end in heads(plain):
        m = STRUCT.search(plain[start:end])
        if m is not None and body_end is not None:
            yield Struct(m.group(1), source.line_of(plain, start + m.start()), plain[end + 1:body_end])
