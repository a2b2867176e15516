"""What the lint scripts share: the files of the tree, C text without comments and strings, and how findings are shown.

A check is a function `check(root)` that yields findings (path below root, line, what, what to do).
"""
import argparse
import os
import re
import subprocess
import sys

SKIPPED_FOLDERS = re.compile(r"^(\.git|build.*|__pycache__|\.pytest_cache|target|dist|.*\.egg-info)$")
SAMPLES = os.path.join("tests", "lint", "samples")

# The one list of what belongs to C text: comments, strings, characters. In this order the first match is the right one.
TOKENS = re.compile(r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.S)


def is_build(folder):
    return any(os.path.exists(os.path.join(folder, name)) for name in ("build.ninja", "meson-private"))


def git_list(root, *options):
    done = subprocess.run(["git", "-C", root, "ls-files", "-z", *options], stdout=subprocess.PIPE, check=True,
                          stderr=subprocess.DEVNULL)
    return [path for path in done.stdout.decode("utf-8", "surrogateescape").split("\0") if path]


def files_of_git(root):
    """What belongs to a checkout: tracked files, and new ones that are not ignored, in folders that hold tracked ones."""
    if not os.path.exists(os.path.join(root, ".git")):
        return None
    try:
        tracked = git_list(root)
        new = git_list(root, "--others", "--exclude-standard")
    except (OSError, subprocess.CalledProcessError):
        return None
    tops = {path.split("/")[0] for path in tracked}
    return tracked + [path for path in new if path.split("/")[0] in tops or "/" not in path]


def files_below(root):
    """All files but those of build folders."""
    found = []
    for folder, folders, names in os.walk(root):
        below = os.path.relpath(folder, root)
        folders[:] = [f for f in folders if not SKIPPED_FOLDERS.match(f) and not is_build(os.path.join(folder, f))]
        found += [os.path.normpath(os.path.join(below, name)) for name in names]
    return found


def files(root, suffixes=None):
    """Paths below root, sorted; without build folders and without the deliberately bad samples."""
    found = files_of_git(root)
    if found is None:
        found = files_below(root)
    return sorted(path for path in found if (suffixes is None or path.endswith(suffixes))
                  and not path.startswith(SAMPLES + os.sep) and os.path.isfile(os.path.join(root, path)))


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


def main(check, description, build=False, report=None):
    """Run one check from the command line: findings on stdout, exit 1 if there are any.

    `build`: it looks at objects; `report(root)` prints what it measured.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--root", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."),
                        help="the tree to judge (default: this one)")
    if build:
        parser.add_argument("--build", required=True, help="the folder in which it was built")
    arguments = parser.parse_args()
    folders = [os.path.abspath(arguments.root)] + ([os.path.abspath(arguments.build)] if build else [])
    findings = sorted(set(check(*folders)))
    for path, line, what, remedy in findings:
        print(f"{path}:{line}: {what}; {remedy}")
    if report is not None:
        report(folders[0])
    print(f"{len(findings)} findings", file=sys.stderr)
    sys.exit(1 if findings else 0)
