"""Turns the numbers of runs and scenes into figures: names, units, aims, and limits."""
import statistics

from report import Figure, least, most, show

# The share of the floor's records per CPU second that the daemon should reach, over TLS on one core.
SHARES = {"a": 0.20, "b": 0.45, "c": 0.65}
SHARE_GATE = 0.8  # of that
CROWD_GATE = 1.3
DRAIN_GATE = 1.2
DOWN_GATE_PERCENT = 2
IDLE_GATE = 1
START_GATE_MS = 100
STATUS_GATE_MS = 50
RSS_GATE_MIB = 32
# Measured ratios of the inner loops, rounded up generously; the regressions they guard against cost several times more.
MICRO = {
    "json_clean": ("x of memcpy", "JSON of 10 KB of plain text"),
    "check_clean": ("x of memcpy", "item check of the same"),
    "json_escapes": ("x of memcpy", "JSON with 1 % to escape"),
    "check_escapes": ("x of memcpy", "item check of the same"),
    "json_utf8": ("x of memcpy", "JSON with 20 % not ASCII"),
    "check_utf8": ("x of memcpy", "item check of the same"),
    "double": ("x of an integer", "a double's shortest text"),
    "sign": ("x of SHA-256 of 1 KB", "a request's signature"),
}


def of_pairs(runs):
    """Floor and daemon side by side; runs: (shape, way) -> [{"floor": ..., "daemon": ...}]."""
    for (shape, way), pairs in runs.items():
        floor, daemon = ([p[what]["target_us"] for p in pairs] for what in ("floor", "daemon"))
        shares = [f / d for f, d in zip(floor, daemon)]
        note = (f"{1 / statistics.median(shares):.2f}x of its CPU per record: {show(statistics.median(daemon))} us "
                f"against {show(statistics.median(floor))} us, {len(pairs)} rounds")
        limits = (least(SHARES[shape]), least(SHARE_GATE * SHARES[shape])) if way == "tls" else (None, None)
        yield Figure(f"floor_share {shape} {way}", "of the floor", shares, note, *limits)
    for (shape, way), pairs in runs.items():
        rates = [r["records"] / r["seconds"] / 1000 for r in (p["daemon"] for p in pairs)]
        yield Figure(f"daemon_rate {shape} {way}", "thousand records/s", rates,
                     "one core for the daemon, one for load and sink")
    daemons = [p["daemon"] for pairs in runs.values() for p in pairs]
    if daemons:
        yield Figure("daemon_start", "ms", [d["start_ms"] for d in daemons], "from fork to the first connection taken",
                     gate=most(START_GATE_MS))


def each(rounds, name):
    return [r[name] for r in rounds]


def of_client(rounds):
    for shape in SHARES:
        ready, built = each(rounds, f"{shape} msgpack"), each(rounds, f"{shape} builder")
        yield Figure(f"client_cpu_per_put {shape}", "us", ready, "ready-made msgpack")
        yield Figure(f"client_cpu_per_put_built {shape}", "us", built, "through the item builder, "
                     f"{statistics.median(b / r for b, r in zip(built, ready)):.2f}x")
        yield Figure(f"client_sends_per_1000_puts {shape}", "sends",
                     [1000 * v for v in each(rounds, f"{shape} msgpack sends")], "one write a record would be 1,000")


def of_flush(rounds):
    for p in ("p50", "p99"):
        alone, beside = each(rounds, f"alone_{p}"), each(rounds, f"beside_{p}")
        yield Figure(f"flush_alone {p}", "ms", alone, "the endpoint takes 5 ms")
        yield Figure(f"flush_beside_flooder {p}", "x of alone", [b / a for a, b in zip(alone, beside)],
                     f"{show(statistics.median(beside))} ms")


def of_crowd(rounds, name="crowd_cpu_per_record", note="25 records a turn", **limit):
    counts = [n for n in rounds[0] if n.isdigit()]
    medians = {n: statistics.median(each(rounds, n)) for n in counts}
    ratios = [max(r[n] for n in counts) / min(r[n] for n in counts) for r in rounds]
    note = f"clients at one total rate, {note}, " + ", ".join(f"{n}: {show(v)} us" for n, v in medians.items())
    slow = [n for n in counts if min(each(rounds, f"rate_{n}")) < 0.9 * max(each(rounds, "rate_1"))]
    if slow:
        note += f"; the rate was not reached with {', '.join(slow)}"
    yield Figure(name, "x from best to worst", ratios, note, **(limit or {"gate": most(CROWD_GATE)}))


def of_crowd_singly(rounds):
    yield from of_crowd(rounds, "crowd_cpu_per_record_singly", "1 record a turn", aim=most(CROWD_GATE))


def of_status(rounds):
    yield Figure("status_under_load p50", "ms", each(rounds, "p50"))
    yield Figure("status_under_load p99", "ms", each(rounds, "p99"), gate=most(STATUS_GATE_MS))


def of_connections(rounds):
    yield Figure("connections_per_1000_requests", "connections", each(rounds, "per_1000"),
                 f"uneven load, {show(statistics.median(each(rounds, 'connections')))} in all")


def of_micro(rounds):
    for name, (unit, note) in MICRO.items():
        yield Figure(f"micro_{name}", unit, each(rounds, name), note)


def of_outage(name, found):
    note = (f"{found['records']} records in {show(found['took'])} s, the rate allows it in {show(found['allowed'])} s")
    yield Figure(f"drain {name}", "x of what the rate allows", [found["took"] / found["allowed"]], note,
                 gate=most(DRAIN_GATE))
    yield of_share(f"outage, {name}", found)


def of_share(name, found):
    return Figure(f"cpu_share {name}", "% of a core", [100 * found["share"]], "clients waiting, nothing written",
                  gate=most(DOWN_GATE_PERCENT))


def of_idle(found):
    for what, value in found.items():
        yield Figure(f"idle_wakeups {what}", "a second", [value], gate=most(IDLE_GATE))


def of_memory(peaks):
    what, beyond = max(peaks, key=lambda p: p[1])
    yield Figure("rss_beyond_memory_max", "MiB", [beyond / 2**20], f"the most of {len(peaks)} runs: {what}",
                 gate=most(RSS_GATE_MIB))
