#!/usr/bin/env python3
"""Torture with real processes: rounds of random faults, kills, stops and outages, judged write by write.

    torture.py [--rounds N] [--seed S] [--deep N] [--build DIR]

Every round prints its seed; `--seed S --rounds 1` plays it again, process timing aside. A failed round keeps its folder
with the daemon's log, the plans and what the writers said.
"""
import argparse
import os
import random
import sys
import time

import rounds

PROGRAMS = {"fakeddb": "tests/fakeddb/fakeddb", "daemon": "daemon/ddbsidecard", "ctl": "daemon/ddbsidecarctl",
            "hammer": "tests/torture/hammer", "neighbour": "tests/torture/neighbour", "writer": "tests/integration/writer"}


def programs_of(build):
    for name, path in PROGRAMS.items():
        os.environ["DDBS_" + name.upper()] = os.path.join(os.path.abspath(build), path)


def options():
    parser = argparse.ArgumentParser(description="torture ddbsidecar with real processes")
    parser.add_argument("--rounds", type=int, default=50, metavar="N", help="how many rounds (50)")
    parser.add_argument("--seed", type=int, metavar="S", help="the first round's seed (1); the next has the next")
    parser.add_argument("--deep", type=int, metavar="N", help="N rounds that nobody has seen: seeds drawn anew")
    parser.add_argument("--build", metavar="DIR", help="the build folder, if not run by meson test")
    given = parser.parse_args()
    if given.build:
        programs_of(given.build)
    if given.deep:
        given.rounds = given.deep
    if given.seed is None:
        given.seed = random.SystemRandom().randrange(10**6, 10**9) if given.deep else 1
    return given


def main():
    given = options()
    failed, slowest, began = [], 0, time.monotonic()
    records = writes = 0
    for seed in range(given.seed, given.seed + given.rounds):
        start = time.monotonic()
        one = rounds.Round(seed)
        complaints = one.run()
        took = time.monotonic() - start
        slowest = max(slowest, took)
        records += sum(len(plan.ops) for plan in one.plans)
        writes += getattr(one, "applied", 0)
        print(f"seed {seed}: {'FAILED' if complaints else 'ok'} {took:.1f} s, {one.rss_mib:.0f} MiB: {one.story()}", flush=True)
        for complaint in complaints:
            print(f"    {complaint}", flush=True)
        if complaints:
            print(f"    see {one.folder}; again: --seed {seed} --rounds 1", flush=True)
            failed.append(seed)
    took = time.monotonic() - began
    print(f"{given.rounds} rounds, {len(failed)} failed {failed or ''}; {records} records sent, {writes} writes judged; "
          f"{took:.0f} s, slowest {slowest:.1f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
