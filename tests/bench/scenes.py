"""The scenes that are repeated in every round: each takes a rig and returns a dictionary of numbers.

A scene that compares (alone and beside a flooder; 1 and 512 clients; msgpack and item builder) measures both within the
same round, next to each other.
"""
import procs

CROWDS = (1, 16, 128, 512)
CROWD_RATE = 40000  # records per second, all clients together
CROWD_TURN = 25     # records that one client puts per turn: a batch
FLUSH_DELAY_MS = 5  # the endpoint's delay in latency scenes
FLOODERS = 16
FLOOD = ("--rate", "0")
ASKED_MS = 1200


def flush(rig):
    """A client that puts a record and flushes it, alone and beside one that puts as fast as it can."""
    with rig.daemon_at_sink("flush", "--delay", str(FLUSH_DELAY_MS)) as (folder, daemon, _):
        with rig.probe_start(folder, "flush", ASKED_MS) as probe:
            alone = probe.result()
        with rig.crowd_start(folder, daemon, *FLOOD, "--warm", "0", "--time", str(ASKED_MS + 800)) as crowd:
            with rig.probe_start(folder, "flush", ASKED_MS) as probe:
                beside = probe.result()
            crowd.signal_and_result()
    return {"alone_p50": alone["p50"], "alone_p99": alone["p99"], "beside_p50": beside["p50"],
            "beside_p99": beside["p99"]}


def crowd(rig, turn=CROWD_TURN):
    """The daemon's CPU time per record for increasing numbers of clients at one total rate."""
    found = {}
    for clients in CROWDS:
        with rig.daemon_at_sink(f"crowd {clients}") as (folder, daemon, _):
            with rig.crowd_start(folder, daemon, "--clients", str(clients), "--rate", str(CROWD_RATE), "--turn",
                                 str(turn), "--warm", "500", "--time", "1000") as many:
                figures = many.result()
        found[str(clients)] = figures["target_us"]
        found[f"rate_{clients}"] = figures["records"] / figures["seconds"]
    return found


def crowd_singly(rig):
    """The same with records that come one by one, so that clients can hardly batch them."""
    return crowd(rig, turn=1)


def status(rig):
    """`status` requests while many clients put as fast as they can."""
    with rig.daemon_at_sink("status under load") as (folder, daemon, _):
        with rig.crowd_start(folder, daemon, *FLOOD, "--clients", str(FLOODERS), "--warm", "0", "--time",
                             str(ASKED_MS + 800)) as many:
            with rig.probe_start(folder, "status", ASKED_MS, 5) as probe:
                found = probe.result()
            many.signal_and_result()
    return found


def client(rig):
    """The client's CPU time per put: ready-made msgpack, and the same through the item builder."""
    found = {}
    for shape, key in procs.SHAPE_KEYS.items():
        for what, options in (("msgpack", ()), ("builder", ("--build",))):
            figures = rig.run_daemon(shape, key, True, *options, warm_ms=100, time_ms=300)
            found[f"{shape} {what}"] = figures["client_us"]
            found[f"{shape} {what} sends"] = figures["sends_a_put"]
    return found


def connections(rig):
    """Connections that the endpoint saw per 1,000 requests while the load comes and goes."""
    with rig.daemon_at_sink("uneven load", "--delay", str(FLUSH_DELAY_MS)) as (folder, daemon, sink):
        with rig.crowd_start(folder, daemon, *FLOOD, "--clients", "4", "--pulse", "150", "--warm", "0", "--time",
                             "1500") as many:
            many.result()
        figures = sink.signal_and_result()
    return {"per_1000": figures["connections"] * 1000 / figures["requests"], **figures}


def micro(rig):
    """Inner loops against their references: micro.c."""
    with procs.Process(procs.MEASURED, rig.micro) as loops:
        return loops.result()
