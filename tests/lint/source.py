"""What the lint scripts share: the files of the tree, C text without comments and strings, and how findings are shown.

A check is a function `check(root)` that yields findings (path below root, line, what, what to do).
"""
import argparse
import os
import re
import sys

SKIPPED_FOLDERS = re.compile(r"^(\.git|build.*|__pycache__|\.pytest_cache|target|dist|.*\.egg-info)$")
SAMPLES = os.path.join("tests", "lint", "samples")

# The one list of what belongs to C text: comments, strings, characters. In this order the first match is the right one.
TOKENS = re.compile(r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.S)


def files(root, suffixes=None):
    """Paths below root, sorted; without build folders and without the deliberately bad samples."""
    found = []
    for folder, folders, names in os.walk(root):
        below = os.path.relpath(folder, root)
        folders[:] = sorted(f for f in folders if not SKIPPED_FOLDERS.match(f)
                            and os.path.normpath(os.path.join(below, f)) != SAMPLES)
        for name in names:
            if suffixes is None or name.endswith(suffixes):
                found.append(os.path.normpath(os.path.join(below, name)))
    return sorted(found)


def read(root, path):
    """The text of a file, or None if it is not text."""
    full = os.path.join(root, path)
    if not os.path.isfile(full):
        return None
    with open(full, "rb") as f:
        data = f.read()
    try:
        return None if b"\0" in data else data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def blank(match):
    """The same number of lines and columns, without the words."""
    return re.sub(r"[^\n]", " ", match.group(0))


def strip_comments(text):
    """C text with comments blanked, strings kept (an include's name is a string)."""
    return TOKENS.sub(lambda m: blank(m) if m.group(0)[0] == "/" else m.group(0), text)


def strip(text):
    """C text with comments blanked and the inside of strings and characters blanked."""
    def hide(m):
        s = m.group(0)
        return blank(m) if s[0] == "/" else s[0] + re.sub(r"[^\n]", " ", s[1:-1]) + s[-1]
    return TOKENS.sub(hide, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def main(check, description):
    """Run one check from the command line: findings on stdout, exit 1 if there are any."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--root", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."),
                        help="the tree to judge (default: this one)")
    root = os.path.abspath(parser.parse_args().root)
    findings = sorted(set(check(root)))
    for path, line, what, remedy in findings:
        print(f"{path}:{line}: {what}; {remedy}")
    print(f"{len(findings)} findings", file=sys.stderr)
    sys.exit(1 if findings else 0)
