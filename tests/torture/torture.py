#!/usr/bin/env python3
"""Torture with real processes: rounds of random faults, kills, stops and outages, checked write by write.

    torture.py [--rounds N] [--seed S] [--deep N] [--jobs N] [--build DIR]

Every round prints its seed; `--seed S --rounds 1` replays it, process timing aside. A failed round keeps its folder
with the daemon's log, the plans and the writers' output. Rounds share nothing, so that --jobs of them can run in parallel.
"""
import argparse
import collections
import multiprocessing
import os
import random
import sys
import time

import rounds
from watch import figure

PROGRAMS = {"fakeddb": "tests/fakeddb/fakeddb", "daemon": "daemon/ddbsidecard", "ctl": "client/ctl/ddbsidecarctl",
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
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="how many rounds at a time (1)")
    given = parser.parse_args()
    if given.build:
        programs_of(given.build)
    if given.deep:
        given.rounds = given.deep
    if given.seed is None:
        given.seed = random.SystemRandom().randrange(10**6, 10**9) if given.deep else 1
    return given


Played = collections.namedtuple("Played", "seed complaints took story folder peak_mib status_ms records writes acts loaded")


def play(seed):
    start = time.monotonic()
    one = rounds.Round(seed)
    complaints = one.run()
    status_ms = max(one.watch.took_ms, default=0) if one.watch else 0
    return Played(seed, complaints, time.monotonic() - start, one.story(), one.folder, one.peak_mib, status_ms,
                  sum(len(plan.ops) for plan in one.plans), one.applied, collections.Counter(one.did), one.loaded)


def show(one):
    print(f"seed {one.seed}: {'FAILED' if one.complaints else 'ok'} {one.took:.1f} s, {one.peak_mib:.0f} MiB: {one.story}",
          flush=True)
    for complaint in one.complaints:
        print(f"    {complaint}", flush=True)
    if one.complaints:
        print(f"    see {one.folder}; again: --seed {one.seed} --rounds 1", flush=True)


def main():
    given, began, played = options(), time.monotonic(), []
    with multiprocessing.Pool(given.jobs) as pool:
        for one in pool.imap_unordered(play, range(given.seed, given.seed + given.rounds)):
            show(one)
            played.append(one)
    failed = sorted(one.seed for one in played if one.complaints)
    acts = sum((one.acts for one in played), collections.Counter())
    figure(f"{given.rounds} rounds, {len(failed)} failed {failed or ''}; {sum(one.records for one in played)} records sent, "
           f"{sum(one.writes for one in played)} writes judged; {sum(acts.values())} acts, {acts['kill']} of them kill -9, "
           f"{sum(one.loaded for one in played)} under load; at most {max(one.peak_mib for one in played):.0f} MiB, status "
           f"within {max(one.status_ms for one in played):.0f} ms; {time.monotonic() - began:.0f} s, slowest "
           f"{max(one.took for one in played):.1f} s")
    if sum(one.loaded for one in played) < sum(acts.values()) / 2:
        print("most acts came when the writers were done: they must write longer")
        return 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
