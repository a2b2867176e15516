"""Scenes that need seconds and are played once: the endpoint down, silent, throttling, recovered; and an idle daemon.

Each takes a rig and returns a dictionary of numbers. Memory is checked in each (Rig.peaks); memory_max is the smallest.
"""
import contextlib
import http.client
import json
import math
import time

import procs

KEY = "pojoId"
BATCH = 25
MEMORY_MAX = 64 * procs.MIB
DRAIN_REQUESTS = 2000   # a second, what the endpoint takes after the outage
DRAIN_UNITS = 30000     # a second, what the table takes after the outage; fakeddb has a burst of one more second
DRAIN_LIMIT_S = 150
BEFORE_S = 0.7          # of load before the outage
SETTLE_S = 1.5          # until the queue is full and retries are at their pace
SHARE_S = 3             # of measuring a share of CPU
IDLE_CLIENTS = 32
IDLE_S = 4
NO_ANSWER_MS = 3600000
CLIENT_MEMORY = 512 << 10  # so that draining takes seconds and a late start shows
FLOOD = ("--rate", "0", "--memory", str(CLIENT_MEMORY), "--warm", "0", "--time", "600000")


def cpu_share(process, seconds):
    """The share of one core over the next `seconds`."""
    cpu, wall = process.cpu_s(), time.monotonic()
    time.sleep(seconds)
    return (process.cpu_s() - cpu) / (time.monotonic() - wall)


def sink_start(rig, folder, port=0, *options):
    return rig.sink_start(folder, KEY, False, "--port", str(port), *options)


def fakeddb_start(rig, folder, port=0, *options):
    return rig.endpoint_start(folder, rig.fakeddb, "--port-file", folder.file("port"), "--port", str(port), "--table",
                              f"bench:{KEY}", "--forget", "--session-token", procs.CREDENTIALS["AWS_SESSION_TOKEN"],
                              *options)


def fakeddb_ask(port, what, **settings):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(connection):
        connection.request("POST", "/", json.dumps(settings), {"X-Amz-Target": f"FakeDDB.{what}"})
        return json.loads(connection.getresponse().read())


@contextlib.contextmanager
def flooded(rig, what, start, *options, shape="a", clients=64):
    """(folder, port, endpoint, daemon, crowd): clients putting as fast as they can; `start` starts the endpoint."""
    with procs.Folder() as folder:
        endpoint, port = start(rig, folder, 0, *options)
        command = rig.daemon_command(folder, port, False, procs.SHAPE_KEYS[shape])
        with endpoint, rig.daemon_run(what, folder, command, MEMORY_MAX) as daemon:
            with rig.crowd_start(folder, daemon, *FLOOD, "--shape", shape, "--clients", str(clients)) as crowd:
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
    if figures["records"] == 0:
        raise procs.Failed(f"outage, then {what}: nothing was written before it")
    return {"share": share, "records": figures["left"], "took": figures["flushed"] - back}


def drain_requests(rig, seconds):
    """The endpoint takes a fixed number of requests per second, in order of arrival."""
    found = outage(rig, "a slow endpoint", seconds, sink_start, ["--rate", str(DRAIN_REQUESTS)])
    found["allowed"] = math.ceil(found["records"] / BATCH) / DRAIN_REQUESTS
    return found


def drain_units(rig, seconds):
    """The table takes a fixed number of write units per second and refuses the rest."""
    found = outage(rig, "a throttled table", seconds, fakeddb_start, ["--fault", f"wcu={DRAIN_UNITS}"])
    found["allowed"] = max(found["records"] - DRAIN_UNITS, 1) / DRAIN_UNITS
    return found


def settled_share(daemon):
    time.sleep(SETTLE_S)
    return {"share": cpu_share(daemon, SHARE_S)}


def dead(rig):
    """The share of CPU with so many clients that their initial windows exceed the daemon's memory."""
    with flooded(rig, "dead endpoint, 512 clients", sink_start, shape="c", clients=512) as (_, _, endpoint, daemon, _):
        endpoint.kill()
        return settled_share(daemon)


def silent(rig):
    """The share of CPU while the endpoint takes requests and does not answer."""
    with flooded(rig, "silent endpoint", sink_start, "--delay", str(NO_ANSWER_MS)) as (_, _, _, daemon, _):
        return settled_share(daemon)


def throttled(rig):
    """The share of CPU while the endpoint, which accepted everything before, refuses every request."""
    with flooded(rig, "everything throttled", fakeddb_start) as (_, port, _, daemon, _):
        time.sleep(BEFORE_S)
        fakeddb_ask(port, "Control", throttle=1, reset_counters=True)
        found = settled_share(daemon)
        stats = fakeddb_ask(port, "Stats")
    if not stats["faults"]["throttle"]:
        raise procs.Failed(f"nothing was throttled: {stats}")
    return found


def idle(rig):
    """Wake-ups per second of two daemons: one without clients, one with idle clients that have written."""
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
