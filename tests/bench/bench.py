#!/usr/bin/env python3
"""What ddbsidecar costs, one line a figure.

Ratios are taken side by side: each round runs the floor (tests/bench/floor.h) and the daemon one after the other on the
same core, and a figure is the median of the rounds' ratios, because hosts drift. Times in the notes are medians
of their own, so they need not divide exactly.
"""
import argparse
import os
import statistics
import sys

import procs
import report

# Shape: partition key, what the daemon's CPU may be of the floor's.
SHAPES = {"a": ("pojoId", 4.0), "b": ("customerId", 2.5), "c": ("documentId", 2.0)}
WAYS = {"plain": False, "tls": True}


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--build", default="build-release", help="the build folder (default: %(default)s)")
    p.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    p.add_argument("--shapes", default="abc", help="which of a, b, c (default: all)")
    p.add_argument("--ways", default="plain,tls", help="which of plain, tls (default: both)")
    p.add_argument("--warm", type=int, default=300, metavar="MS", help="before measuring (default: %(default)s)")
    p.add_argument("--time", type=int, default=700, metavar="MS", help="of measuring (default: %(default)s)")
    p.add_argument("--json", metavar="FILE", help="keep the figures there")
    p.add_argument("--compare", metavar="FILE", help="and set them against those kept there")
    a = p.parse_args()
    a.ways = a.ways.split(",")
    if a.rounds < 1 or not set(a.shapes) <= set(SHAPES) or not set(a.ways) <= set(WAYS):
        p.error("--rounds takes 1 or more, --shapes letters of abc, --ways plain, tls or plain,tls")
    if not {procs.MEASURED, procs.OTHERS} <= os.sched_getaffinity(0):
        p.error(f"this needs two cores, {procs.MEASURED} and {procs.OTHERS}")
    return a


def measure(rig, a):
    """Every combination in every round, floor and daemon next to each other."""
    runs = {}
    if os.getloadavg()[0] > 1:
        print("bench: the machine is busy (load %.1f): ratios are rougher, rates mean little" % os.getloadavg()[0],
              file=sys.stderr)
    for number in range(a.rounds):
        for shape in a.shapes:
            for way in a.ways:
                pair = {what: rig.run(what, shape, SHAPES[shape][0], WAYS[way]) for what in ("floor", "daemon")}
                runs.setdefault((shape, way), []).append(pair)
        print(f"round {number + 1} of {a.rounds}", file=sys.stderr)
    return runs


def values(pairs, what, name):
    return [p[what][name] for p in pairs]


def cpu_figure(shape, way, pairs):
    floor, daemon = values(pairs, "floor", "target_us"), values(pairs, "daemon", "target_us")
    ratios = [d / f for d, f in zip(daemon, floor)]
    share = 1 / statistics.median(ratios)
    note = (f"{report.show(statistics.median(daemon))} us against {report.show(statistics.median(floor))} us, "
            f"share of the floor {share:.2f}, {len(pairs)} rounds")
    return report.Figure(f"daemon_cpu_per_record {shape} {way}", "x of the floor", ratios, note, SHAPES[shape][1])


def figures(runs):
    for (shape, way), pairs in runs.items():
        yield cpu_figure(shape, way, pairs)
    for (shape, way), pairs in runs.items():
        rates = [r["records"] / r["seconds"] / 1000 for r in (p["daemon"] for p in pairs)]
        yield report.Figure(f"daemon_rate {shape} {way}", "thousand records/s", rates,
                            "one core for the daemon, one for load and sink")
    for (shape, way), pairs in runs.items():
        yield report.Figure(f"client_cpu_per_put {shape} {way}", "us", values(pairs, "daemon", "client_us"),
                            "ready-made msgpack")
    daemons = [p["daemon"] for pairs in runs.values() for p in pairs]
    yield report.Figure("daemon_rss_peak", "MiB", [d["rss"] / 2**20 for d in daemons], "the largest of all runs",
                        pick=max)
    yield report.Figure("daemon_start", "ms", [d["start_ms"] for d in daemons],
                        "from fork to the first connection taken", 100)
    yield report.Figure("daemon_connections", "connections", [d["connections"] for d in daemons],
                        "opened in one run, the most of all runs", pick=max)


def main():
    a = arguments()
    try:
        found = list(figures(measure(procs.Rig(a.build, a.warm, a.time), a)))
    except procs.Failed as failed:
        print(f"bench: {failed}", file=sys.stderr)
        return 1
    for figure in found:
        print(figure.line())
    if a.compare:
        print("\n".join(report.compare(a.compare, found)))
    if a.json:
        report.keep(a.json, found, a.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
