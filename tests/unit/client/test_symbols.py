"""The library shows exactly what its header declares, and nothing else: shared and static."""
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


def main(header, shared, static):
    want, bad = declared(header), 0
    for what, got in (("shared", defined(shared, "-D")), ("static", defined(static, "-g"))):
        for name in sorted(want - got):
            print(f"{what} library: {name} is declared in the header but not in the library")
            bad += 1
        for name in sorted(got - want):
            print(f"{what} library: {name} is visible but not in the header; give it hidden visibility")
            bad += 1
    print(f"{len(want)} functions, {bad} findings")
    return 1 if bad or not want else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
