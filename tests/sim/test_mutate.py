#!/usr/bin/env python3
"""mutate.py makes every change that fits, and says of one that does not: which mutant, which file, which lines."""
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

# What mutants.txt says, and what must be said of it.
BAD = [
    ("LATE: x\n@@ f.c\n-a == 1\n+MUTANT(LATE)\n", ["mutants.txt:3: LATE: these lines are not in f.c:\n    -a == 1\n"]),
    ("LATE: x\n@@ f.c\n-return\n+MUTANT(LATE)\n", ["LATE: these lines are 2 times in f.c:\n    -return\n"]),
    (GOOD + "ONE: x\n@@ f.c\n return 1;\n+MUTANT(ONE)\n", ["ONE: these lines overlap with those of LATE in f.c"]),
    (GOOD + "ONE: x\n@@ g.c\n return 1;\n+MUTANT(ONE)\n", ["mutants.txt:8: ONE: there is no file g.c"]),
    (GOOD + GOOD.replace("LATE:", "ONE:"), ["nothing uses MUTANT(ONE)", "LATE in f.c"]),
    (SHARED.replace("TWO:", "ONE:"), ["ONE stands there twice", "MUTANT(TWO) is not in the list"]),
    (GOOD + "return 2;\n", ["mutants.txt:6: 'return 2;' is out of place"]),
]


def mutate(mutants):
    """What the script says, and the copy that it made."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("f.c", SOURCE), ("mutants.txt", mutants)):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
                f.write(text)
        os.mkdir(os.path.join(folder, "out"))
        done = subprocess.run([sys.executable, SCRIPT, "names.c", "out", "mutants.txt", "f.c"], cwd=folder,
                              stderr=subprocess.PIPE, text=True)
        made = os.path.join(folder, "out", "f.c")
        if not os.path.exists(made):
            assert done.returncode == 1, f"exit status {done.returncode}: {done.stderr}"
            return done.stderr, None
        with open(made, encoding="utf-8") as f:
            return done.stderr, f.read()


def main():
    said, made = mutate(GOOD + SHARED)
    assert said == "" and made == MADE, f"{said}{made}"
    for mutants, expected in BAD:
        said, made = mutate(mutants)
        assert made is None, f"a copy is made of\n{mutants}"
        for words in expected:
            assert words in said, f"{mutants}\nsaid     {said}\nexpected {words}"
    print(f"{len(BAD)} wrong lists are reported")


if __name__ == "__main__":
    main()
