#!/usr/bin/env python3
"""The cost of ddbsidecar, one line per figure.

Ratios are measured side by side: each round runs the floor (tests/bench/floor.h) and the daemon one after the other on the
same core, and a figure is the median of the rounds' ratios, because hosts drift. Times in the notes are separate
medians, so they need not divide exactly. Then come the scenes of every round (scenes.py), and those that are
played once (bad_times.py). figures.py has the limits; --gate enforces them by the exit status.
"""
import argparse
import os
import sys

import bad_times
import figures
import procs
import report
import scenes

WAYS = {"plain": False, "tls": True}
PARTS = ("floor", "client", "flush", "crowd", "singly", "status", "connections", "micro", "drain", "share", "idle")
QUICK = {"rounds": 2, "scene_rounds": 1, "ways": "tls", "outage": 3.0}


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--build", default="build-release", help="the build folder (default: %(default)s)")
    p.add_argument("--quick", action="store_true", help="about a minute: over TLS only, fewer rounds, fewer bad times")
    p.add_argument("--gate", action="store_true", help="exit status 1 if a number that must hold does not")
    p.add_argument("--only", default=",".join(PARTS), metavar="PARTS", help="of %(default)s (default: all)")
    p.add_argument("--rounds", type=int, default=5, help="of floor and daemon (default: %(default)s)")
    p.add_argument("--scene-rounds", type=int, default=3, help="of the other scenes (default: %(default)s)")
    p.add_argument("--shapes", default="abc", help="which of a, b, c (default: all)")
    p.add_argument("--ways", default="plain,tls", help="which of plain, tls (default: both)")
    p.add_argument("--warm", type=int, default=300, metavar="MS", help="before measuring (default: %(default)s)")
    p.add_argument("--time", type=int, default=700, metavar="MS", help="of measuring (default: %(default)s)")
    p.add_argument("--outage", type=float, default=5, metavar="S", help="how long the endpoint is away before the "
                   "queue is drained (default: %(default)s; 20 is the promise)")
    p.add_argument("--json", metavar="FILE", help="keep the figures there")
    p.add_argument("--compare", metavar="FILE", help="and set them against those kept there")
    if "--quick" in sys.argv[1:]:
        p.set_defaults(**QUICK)
    a = p.parse_args()
    a.ways, a.only = a.ways.split(","), a.only.split(",")
    if a.rounds < 1 or a.scene_rounds < 1 or not set(a.shapes) <= set(procs.SHAPE_KEYS) or not set(a.ways) <= set(WAYS):
        p.error("rounds are 1 or more, --shapes takes letters of abc, --ways plain, tls or plain,tls")
    if not set(a.only) <= set(PARTS):
        p.error(f"--only takes parts of {','.join(PARTS)}")
    if a.outage < 2:
        p.error("--outage takes 2 seconds or more")
    if not {procs.MEASURED, procs.OTHERS} <= os.sched_getaffinity(0):
        p.error(f"this needs two cores, {procs.MEASURED} and {procs.OTHERS}")
    return a


def tell(text):
    print(text, file=sys.stderr, flush=True)


def pairs(rig, a):
    """Every combination in every round, floor and daemon next to each other."""
    runs = {}
    if "floor" not in a.only:
        return runs
    for number in range(a.rounds):
        tell(f"floor and daemon, round {number + 1} of {a.rounds}")
        for shape in a.shapes:
            for way in a.ways:
                key = procs.SHAPE_KEYS[shape]
                pair = {"floor": rig.run_floor(shape, key, WAYS[way]), "daemon": rig.run_daemon(shape, key, WAYS[way])}
                runs.setdefault((shape, way), []).append(pair)
    return runs


def repeated(rig, a):
    """The figures of the scenes of every round."""
    parts = [(scene, of) for name, scene, of in (
        ("client", scenes.client, figures.of_client), ("flush", scenes.flush, figures.of_flush),
        ("crowd", scenes.crowd, figures.of_crowd), ("singly", scenes.crowd_singly, figures.of_crowd_singly),
        ("status", scenes.status, figures.of_status),
        ("connections", scenes.connections, figures.of_connections), ("micro", scenes.micro, figures.of_micro),
    ) if name in a.only]
    rounds = {scene: [] for scene, _ in parts}
    for number in range(a.scene_rounds if parts else 0):
        tell(f"scenes, round {number + 1} of {a.scene_rounds}")
        for scene, _ in parts:
            rounds[scene].append(scene(rig))
    for scene, of in parts:
        yield from of(rounds[scene])


def once(rig, a):
    """The figures of the scenes that are played once."""
    if "drain" in a.only:
        tell(f"outages of {a.outage:g} s, and how they are made up for")
        yield from figures.of_outage("slow endpoint", bad_times.drain_requests(rig, a.outage))
        if not a.quick:
            yield from figures.of_outage("throttled table", bad_times.drain_units(rig, a.outage))
    if "share" in a.only:
        tell("an endpoint that is dead, silent, throttling")
        yield figures.of_share("throttled", bad_times.throttled(rig))
        if not a.quick:
            yield figures.of_share("dead", bad_times.dead(rig))
            yield figures.of_share("silent", bad_times.silent(rig))
    if "idle" in a.only:
        tell("nothing to do")
        yield from figures.of_idle(bad_times.idle(rig))


def measure(a):
    rig = procs.Rig(a.build, a.warm, a.time)
    found = [*figures.of_pairs(pairs(rig, a)), *repeated(rig, a), *once(rig, a)]
    return found + (list(figures.of_memory(rig.peaks)) if rig.peaks else [])


def main():
    a = arguments()
    if os.getloadavg()[0] > 1:
        tell("bench: the machine is busy (load %.1f): ratios are rougher, rates mean little" % os.getloadavg()[0])
    try:
        found = measure(a)
    except procs.Failed as failed:
        print(f"bench: {failed}", file=sys.stderr)
        return 1
    for figure in found:
        print(figure.line())
    if a.compare:
        print("\n".join(report.compare(a.compare, found)))
    if a.json:
        report.keep(a.json, found, a.rounds)
    missed = [f.name for f in found if not f.held()]
    if missed:
        print("not held: " + ", ".join(missed))
    return 1 if a.gate and missed else 0


if __name__ == "__main__":
    sys.exit(main())
