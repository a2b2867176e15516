#!/usr/bin/env python3
"""mutate.py applies every hunk that fits; for one that does not, it names the mutant, the file and the lines."""
import os
import subprocess
import sys
import tempfile

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "mutate.py")
SOURCE = "int f(int a)\n{\n    if (a > 1 &&\n        a < 9)\n        return 1;\n    return 2;\n}\n"

GOOD = "LATE: too late\n@@ f.c\n-if (a > 1 && a < 9)\n+if (MUTANT(LATE))\n         return 1;\n"
SHARED = "ONE: a fault\nTWO: another\n@@ f.c\n-    return 2;\n+    return MUTANT(ONE) ? 3 : MUTANT(TWO) ? 4 : 2;\n"
MADE = """#include "tests/sim/mutant.h"
#line 1 "f.c"
int f(int a)
{
    
#line 3 "mutants.txt"

if (mutant_is(1 /* LATE */))
        return 1;
#line 5 "f.c"

    
#line 9 "mutants.txt"

    return mutant_is(2 /* ONE */) ? 3 : mutant_is(3 /* TWO */) ? 4 : 2;
#line 6 "f.c"

}
"""

# Contents of mutants.txt, and the error message that must follow.
BAD = [
    ("LATE: x\n@@ f.c\n-a == 1\n+MUTANT(LATE)\n", ["mutants.txt:3: LATE: these lines are not in f.c:\n    -a == 1\n"]),
    ("LATE: x\n@@ f.c\n-return\n+MUTANT(LATE)\n", ["LATE: these lines are 2 times in f.c:\n    -return\n"]),
    (GOOD + "ONE: x\n@@ f.c\n return 1;\n+MUTANT(ONE)\n", ["ONE: these lines overlap with those of LATE in f.c"]),
    (GOOD + "ONE: x\n@@ g.c\n return 1;\n+MUTANT(ONE)\n", ["mutants.txt:8: ONE: there is no file g.c"]),
    (GOOD + "ONE: x\n@@ conn/f.c\n return 1;\n+MUTANT(ONE)\n", ["ONE: there is no file conn/f.c"]),
    (GOOD + GOOD.replace("LATE:", "ONE:"), ["nothing uses MUTANT(ONE)", "LATE in f.c"]),
    (SHARED.replace("TWO:", "ONE:"), ["ONE stands there twice", "MUTANT(TWO) is not in the list"]),
    (GOOD + "return 2;\n", ["mutants.txt:6: 'return 2;' is out of place"]),
]


def run(folder, mutants, sources):
    """Run the script over these sources, {path: text}; the copies are out/<path>. Returns its messages."""
    for path, text in {"mutants.txt": mutants, **sources}.items():
        os.makedirs(os.path.join(folder, os.path.dirname(path)), exist_ok=True)
        with open(os.path.join(folder, path), "w", encoding="utf-8") as f:
            f.write(text)
    copies = [os.path.join("out", path) for path in sources]
    done = subprocess.run([sys.executable, SCRIPT, "mutants.txt", *sources, "--", "names.c", *copies], cwd=folder,
                          stderr=subprocess.PIPE, text=True)
    assert done.returncode == (1 if done.stderr else 0), f"exit status {done.returncode}: {done.stderr}"
    return done.stderr


def read(folder, path):
    path = os.path.join(folder, "out", path)
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as f:
        return f.read()


def mutate(mutants):
    """The script's messages, and the copy that it wrote."""
    with tempfile.TemporaryDirectory() as folder:
        said = run(folder, mutants, {"f.c": SOURCE})
        return said, read(folder, "f.c")


def check_folders():
    """Sources in several folders, two with the same base name: a hunk names as much of the path as needed."""
    sources = {"conn/f.c": SOURCE, "target/f.c": SOURCE, "target/run.c": SOURCE.replace("f(", "g(")}
    mine = "MINE: x\n@@ target/f.c\n-return 2;\n+return MUTANT(MINE) ? 3 : 2;\n"
    other = "OTHER: x\n@@ run.c\n-return 2;\n+return MUTANT(OTHER) ? 4 : 2;\n"
    with tempfile.TemporaryDirectory() as folder:
        said = run(folder, mine + other, sources)
        assert said == "", said
        assert "mutant_is" not in read(folder, "conn/f.c")
        assert "mutant_is(1 /* MINE */) ? 3" in read(folder, "target/f.c")
        assert "mutant_is(2 /* OTHER */) ? 4" in read(folder, "target/run.c")
    with tempfile.TemporaryDirectory() as folder:
        said = run(folder, mine.replace("target/f.c", "f.c"), sources)
        assert "there are 2 files f.c" in said and "conn/f.c or target/f.c" in said, said
        assert read(folder, "conn/f.c") is None


def main():
    said, made = mutate(GOOD + SHARED)
    assert said == "" and made == MADE, f"{said}{made}"
    for mutants, expected in BAD:
        said, made = mutate(mutants)
        assert made is None, f"a copy is made of\n{mutants}"
        for words in expected:
            assert words in said, f"{mutants}\nsaid     {said}\nexpected {words}"
    check_folders()
    print(f"{len(BAD)} wrong lists are reported")


if __name__ == "__main__":
    main()
