"""The library shows exactly what its header declares, and nothing else: shared and static. The header's error codes are
exactly those of proto/err.h (that their numbers agree is asserted at compile time)."""
import re
import subprocess
import sys


def declared(header):
    with open(header, encoding="utf-8") as f:
        return set(re.findall(r"^DDBS_API [^(]*?\b(ddbs_\w+)\(", f.read(), re.M))


def defined(library, *options):
    out = subprocess.run(["nm", "--defined-only", *options, library], check=True, capture_output=True, text=True).stdout
    # sanitizers and coverage add names of their own, which begin with underscores
    return {line.split()[2].split("@")[0] for line in out.splitlines()
            if len(line.split()) == 3 and line.split()[1] in "TDBRVW" and not line.split()[2].startswith("_")}


def codes(header, errors):
    """The names of the error codes in the public header, and in the one list."""
    with open(header, encoding="utf-8") as f:
        public = set(re.findall(r"^#define DDBS_E_(\w+)", f.read(), re.M))
    with open(errors, encoding="utf-8") as f:
        return public, set(re.findall(r"^    X\((\w+), -\d+", f.read(), re.M))


def main(header, errors, shared, static):
    want, bad = declared(header), 0
    public, known = codes(header, errors)
    for name in sorted(public ^ known):
        where = "ddbsidecar.h" if name in known else "proto/err.h"
        print(f"DDBS_E_{name} is missing from {where}")
        bad += 1
    for what, got in (("shared", defined(shared, "-D")), ("static", defined(static, "-g"))):
        for name in sorted(want - got):
            print(f"{what} library: {name} is declared in the header but not in the library")
            bad += 1
        for name in sorted(got - want):
            print(f"{what} library: {name} is visible but not in the header; give it hidden visibility")
            bad += 1
    print(f"{len(want)} functions, {bad} findings")
    return 1 if bad or not want or not known else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
