"""The scenes that take seconds by their nature and are played once: the endpoint away, silent, throttling, back again;
and nothing to do at all.

Each takes a rig and gives a dictionary of numbers. Memory is checked in each (Rig.peaks); memory_max is the smallest.
"""
import contextlib
import math
import time

import procs

KEY = "pojoId"
BATCH = 25
MEMORY_MAX = 64 * procs.MIB
DRAIN_REQUESTS = 2000   # a second, what the endpoint takes after the outage
DRAIN_UNITS = 30000     # a second, what the table takes after the outage; fakeddb has one second's more in hand
DRAIN_LIMIT_S = 150
BEFORE_S = 0.7          # of load before the outage
SETTLE_S = 1.5          # until the queue is full and retries are at their pace
SHARE_S = 3             # of measuring a share of CPU
IDLE_CLIENTS = 32
IDLE_S = 4
NO_ANSWER_MS = 3600000
FLOOD = ("--rate", "0", "--clients", "64", "--memory", str(2 * procs.MIB), "--warm", "0", "--time", "600000")


def cpu_share(process, seconds):
    """Of one core, over so many seconds from now."""
    cpu, wall = process.cpu_s(), time.monotonic()
    time.sleep(seconds)
    return (process.cpu_s() - cpu) / (time.monotonic() - wall)


def sink_start(rig, folder, port=0, *options):
    return rig.sink_start(folder, KEY, False, "--port", str(port), *options)


def fakeddb_start(rig, folder, port=0, *options):
    return rig.endpoint_start(folder, rig.fakeddb, "--port-file", folder.file("port"), "--port", str(port), "--table",
                              f"bench:{KEY}", "--forget", *options)


@contextlib.contextmanager
def flooded(rig, what, start, *options, shape="a"):
    """(folder, port, endpoint, daemon, crowd): 64 clients putting as fast as they can, at what `start` starts."""
    with procs.Folder() as folder:
        endpoint, port = start(rig, folder, 0, *options)
        command = rig.daemon_command(folder, port, False, procs.SHAPE_KEYS[shape])
        with endpoint, rig.daemon_run(what, folder, command, MEMORY_MAX) as daemon:
            with rig.crowd_start(folder, daemon, *FLOOD, "--shape", shape) as crowd:
                yield folder, port, endpoint, daemon, crowd


def outage(rig, what, seconds, start, limit):
    """The endpoint dies under load and comes back with a limit: the share of CPU meanwhile, then the time to drain."""
    with flooded(rig, f"outage, then {what}", start) as (folder, port, endpoint, daemon, crowd):
        time.sleep(BEFORE_S)
        endpoint.kill()
        time.sleep(min(SETTLE_S, seconds / 2))
        share = cpu_share(daemon, seconds - min(SETTLE_S, seconds / 2))
        crowd.popen.terminate()
        endpoint, _ = start(rig, folder, port, *limit)
        back = time.monotonic()
        with endpoint:
            figures = crowd.result(DRAIN_LIMIT_S)
    return {"share": share, "records": figures["left"], "took": figures["flushed"] - back}


def drain_requests(rig, seconds):
    """The endpoint takes so many requests a second, in the order they come."""
    found = outage(rig, "a slow endpoint", seconds, sink_start, ["--rate", str(DRAIN_REQUESTS)])
    found["allowed"] = math.ceil(found["records"] / BATCH) / DRAIN_REQUESTS
    return found


def drain_units(rig, seconds):
    """The table takes so many write units a second and refuses the rest."""
    found = outage(rig, "a throttled table", seconds, fakeddb_start, ["--fault", f"wcu={DRAIN_UNITS}"])
    found["allowed"] = max(found["records"] - DRAIN_UNITS, 1) / DRAIN_UNITS
    return found


def share_under(rig, what, start, *options, dead=False, shape="a"):
    """The share of CPU while nothing can be written."""
    with flooded(rig, what, start, *options, shape=shape) as (_, _, endpoint, daemon, _):
        if dead:
            endpoint.kill()
        time.sleep(SETTLE_S)
        return {"share": cpu_share(daemon, SHARE_S)}


def dead(rig):
    return share_under(rig, "dead endpoint, 10 KB records", sink_start, dead=True, shape="c")


def silent(rig):
    return share_under(rig, "silent endpoint", sink_start, "--delay", str(NO_ANSWER_MS))


def throttled(rig):
    return share_under(rig, "everything throttled", fakeddb_start, "--fault", "throttle=1")


def idle(rig):
    """Wake-ups a second of two daemons: one with nobody, one with clients that have written and stay."""
    with contextlib.ExitStack() as stack:
        daemons = {}
        for what in ("nobody", "clients"):
            folder, daemon, _ = stack.enter_context(rig.daemon_at_sink(f"idle, {what}"))
            daemons[what] = daemon
        stack.enter_context(rig.crowd_start(folder, daemon, "--clients", str(IDLE_CLIENTS), "--stay"))
        time.sleep(SETTLE_S)
        before = {what: d.wakeups() for what, d in daemons.items()}
        time.sleep(IDLE_S)
        return {what: (d.wakeups() - before[what]) / IDLE_S for what, d in daemons.items()}
