"""A client that shares no code with the daemon: the Python client of tests/pyclient against the real programs."""
import base64
import decimal
import json
import os
import select
import sys
import time

from rig import HERE, TABLE, Case, main, wait_until

sys.path.insert(0, os.path.join(HERE, "..", "pyclient"))
import ddbs_frames as frames  # noqa: E402
import ddbs_wire as wire  # noqa: E402

Decimal = decimal.Decimal


def dynamodb_json(value):
    """A Python value as DynamoDB writes it, numbers as Decimal and sets as frozensets so that they compare by value."""
    if value is None:
        return {"NULL": True}
    for kind, name in ((bool, "BOOL"), (str, "S")):
        if isinstance(value, kind):
            return {name: value}
    if isinstance(value, bytes):
        return {"B": base64.b64encode(value).decode()}
    if isinstance(value, list):
        return {"L": [dynamodb_json(v) for v in value]}
    if isinstance(value, dict):
        return {"M": {k: dynamodb_json(v) for k, v in value.items()}}
    if isinstance(value, set):
        (kind,) = {next(iter(dynamodb_json(v))) for v in value}
        return {kind + "S": frozenset(dynamodb_json(v)[kind] for v in value)}
    return {"N": Decimal(repr(value) if isinstance(value, float) else value)}


def comparable(attribute):
    """An attribute returned by fakeddb, in the form of dynamodb_json."""
    (kind, value), = attribute.items()
    if kind == "M":
        return {"M": {k: comparable(v) for k, v in value.items()}}
    if kind == "L":
        return {"L": [comparable(v) for v in value]}
    if kind == "N":
        return {"N": Decimal(value)}
    if kind in ("SS", "NS", "BS"):
        return {kind: frozenset(Decimal(v) if kind == "NS" else v for v in value)}
    return {kind: value}


ITEMS = [
    {"id": "text", "empty": "", "utf8": "\u00e4\u20ac\U0001f600", "escapes": "\"\\/\b\f\n\r\t\0\x1f\x7f\u2028",
     "long": "x" * 70000},
    {"id": "integers", "v": [0, 1, -1, 127, 128, 255, 256, -32, -33, 65536, 2**32, 2**63, 2**64 - 1, -2**63, 2**64,
                             10**37]},
    {"id": "floats", "v": [0.0, 0.1, -2.5, 1e100, 3.0, 1e-130, 9.007199254740993e15, 123456.789]},
    {"id": "decimals", "v": [Decimal(n) for n in ("1.50", "-1E-130", "9" * 38, "9.9E+125", "0.000")]},
    {"id": "bytes", "none": b"", "all": bytes(range(256)), "one": b"\0"},
    {"id": "plain", "yes": True, "no": False, "nothing": None},
    {"id": "sets", "ss": {"a", "b", ""}, "ns": {1, -2, 0.5, Decimal("3.25")}, "bs": {b"", b"\xff\0"}},
    {"id": "nested", "list": [1, "x", [True, [], {}], {"a": {"b": [None]}}], "map": {"m": {"n": {"s": {"x"}}}}},
    {"id": "wide", **{f"attribute{i}": i for i in range(300)}},
    {"id": "large", "data": b"\xfe" * 400000},
]


def nested(levels):
    value = 1
    for _ in range(levels):
        value = [value]
    return value


class Types(Case):
    def test_items_of_every_type_come_back_as_they_went(self):
        fake = self.fakeddb()
        writer = wire.Writer(self.daemon(fake).socket, TABLE)
        for item in ITEMS:
            writer.put(item)
        self.assertEqual(writer.flush(60), wire.Result(len(ITEMS), 0, 0, []))
        stored = {i["id"]["S"]: {"M": {k: comparable(v) for k, v in i.items()}} for i in fake.scan(TABLE)}
        for item in ITEMS:
            with self.subTest(item["id"]):
                self.assertEqual(stored[item["id"]], dynamodb_json(item))
        writer.delete({"id": "large"})
        writer.put({"id": "text", "replaced": 1})
        self.assertEqual(writer.flush(60).written, 2)
        writer.close(60)
        stored = {i["id"]["S"]: i for i in fake.scan(TABLE)}
        self.assertEqual(set(stored), {i["id"] for i in ITEMS} - {"large"})
        self.assertEqual(stored["text"], {"id": {"S": "text"}, "replaced": {"N": "1"}})

    def test_bad_records_fail_alone(self):
        fake = self.fakeddb()
        writer = wire.Writer(self.daemon(fake).socket, TABLE, batch=100)
        bad = [({"n": 1}, "missing_key"), ({"id": 1}, "missing_key"), ({"id": "x" * 2049}, "missing_key"),
               ({"id": "nan", "v": float("nan")}, "invalid_item"), ({"id": "big", "v": 10**38 + 1}, "invalid_item"),
               ({"id": "ext", "v": wire.Ext(9, b"x")}, "invalid_item"), (["no map"], "invalid_item"),
               ({"id": "deep", "v": nested(32)}, "invalid_item"), ({"id": "deeper", "v": nested(200)}, "invalid_item"),
               ({"id": "fat", "v": "x" * 410000}, "item_too_large")]
        want = {}
        for item, code in bad:
            writer.put({"id": f"good{len(want)}", "v": nested(31)})
            want[writer.put(item)] = code
        want[writer.delete({"id": "good0", "more": 1})] = "missing_key"
        want[writer.put({"id": "good1"}, op=7)] = "unsupported_op"
        result = writer.flush(60)
        self.assertEqual({f.seq: f.code for f in result.failures}, want)
        self.assertTrue(all(f.message and not f.maybe_written for f in result.failures), result.failures)
        self.assertEqual(result.written, len(bad))
        writer.close(60)
        self.assertEqual({i["id"]["S"] for i in fake.scan(TABLE)}, {f"good{i}" for i in range(len(bad))})


class Lost(Case):
    def test_kill_in_mid_run_loses_nothing(self):
        fake = self.fakeddb("--fault", "unprocessed=0.05", "--fault", "slow_ms=3")
        daemon = self.daemon(fake)
        writer = wire.Writer(daemon.socket, TABLE)
        written = 0
        for i in range(12000):
            if i % 3000 == 2000:
                daemon.kill()
                daemon.start(wait=False)
            writer.put({"id": f"w-{i % 10000}", "n": i})
            if i % 2500 == 0:
                written += writer.flush(60).written
        result = writer.flush(60)
        self.assertEqual((written + result.written, result.failures), (12000, []))
        writer.close(60)
        stored = {i["id"]["S"]: int(i["n"]["N"]) for i in fake.scan(TABLE)}
        self.assertEqual(stored, {f"w-{i % 10000}": i for i in range(12000)})

    def test_terminate_hands_over_to_the_next_daemon(self):
        fake = self.fakeddb("--fault", "slow_ms=20")
        daemon = self.daemon(fake)
        writer = wire.Writer(daemon.socket, TABLE)
        for i in range(3000):
            writer.put({"id": f"w-{i}", "n": i})
        daemon.process.terminate()
        end = time.monotonic() + 60
        while not writer.goaway:
            self.assertLess(time.monotonic(), end, "no GOAWAY came")
            writer._step(end)
        self.assertEqual(daemon.process.wait(60), 0, daemon.log())
        daemon.start()
        self.assertEqual(writer.flush(60).failures, [])
        writer.close(60)
        self.assertEqual(len(fake.scan(TABLE)), 3000)

    def send_all(self, daemon, last_words=b""):
        """Send 200 records in two parts, leave answers unread, then close: a reset for the daemon."""
        conn = frames.Connection(daemon.socket, frames.hello(TABLE, {}))
        while frames.WELCOME not in [kind for kind, _fields in conn.messages()]:
            conn.pump(1)
        pairs = [wire.pack([0, {"id": f"k{i}", "n": i}]) for i in range(200)]
        conn.sock.setblocking(True)
        conn.sock.sendall(frames.write_frame(1, pairs[:50]) + frames.frame(frames.FLUSH, 1, 50))
        self.assertTrue(select.select([conn.sock], [], [], 60)[0], "no answer came")
        conn.sock.sendall(frames.write_frame(51, pairs[50:]) + last_words)
        conn.sock.close()

    def test_what_was_sent_before_a_reset_is_delivered(self):
        fake = self.fakeddb("--fault", "slow_ms=20")
        daemon = self.daemon(fake)
        for last_words in (b"", frames.frame(frames.BYE)):
            with self.subTest(last_words=last_words):
                accepted = daemon.status()["ledger"]["accepted"]
                self.send_all(daemon, last_words)
                wait_until("all is accepted", lambda: daemon.status()["ledger"]["accepted"] == accepted + 200)
        wait_until("all is written", lambda: daemon.status()["ledger"]["written"] == 400)
        self.assertEqual(len(fake.scan(TABLE)), 200)


class Withdrawn(Case):
    def assert_truthful(self, fake, result, total):
        """What was reported as written is stored; what was reported as withdrawn for certain is not."""
        stored = {int(i["n"]["N"]) for i in fake.scan(TABLE)}
        self.assertEqual({f.code for f in result.failures}, {"aborted"})
        self.assertEqual(result.written + result.failed, total)
        doubtful = {f.seq for f in result.failures if f.maybe_written}
        withdrawn = {f.seq for f in result.failures} - doubtful
        written = set(range(1, total + 1)) - withdrawn - doubtful
        self.assertEqual((written - stored, withdrawn & stored), (set(), set()))

    def start(self, count):
        """A writer whose records wait behind a DynamoDB that does not answer."""
        fake = self.fakeddb()
        daemon = self.daemon(fake, "--set", "defaults.max_in_flight=1")
        writer = wire.Writer(daemon.socket, TABLE)
        for seq in range(1, count + 1):
            writer.put({"id": f"k{seq}", "n": seq})
            if seq == count // 2:
                writer.flush(60)
                fake.control(slow_ms=500)
        return fake, daemon, writer

    def test_abort(self):
        fake, _daemon, writer = self.start(400)
        result = writer.abort(60)
        self.assertGreater(result.failed, 0)
        writer.put({"id": "after", "n": 401})
        self.assertEqual(writer.flush(60), wire.Result(1, 0, 0, []))
        writer.close(60)
        self.assertIn(401, {int(i["n"]["N"]) for i in fake.scan(TABLE)})
        self.assert_truthful(fake, result._replace(written=result.written + 200), 400)

    def test_an_abort_that_the_daemon_does_not_survive(self):
        fake, daemon, writer = self.start(400)
        daemon.kill()
        fake.control(slow_ms=0)
        with self.assertRaises(wire.WireError):
            writer.abort(0)
        writer.put({"id": "after", "n": 401})
        daemon.start()
        result = writer.flush(60)
        self.assertEqual(result.written, 1)
        self.assertTrue(all(f.maybe_written for f in result.failures if f.seq <= writer.lost_upto), result.failures[:3])
        writer.close(60)
        self.assertIn(401, {int(i["n"]["N"]) for i in fake.scan(TABLE)})
        self.assert_truthful(fake, result._replace(written=result.written - 1 + 200), 400)


class Asked(Case):
    def test_every_verb(self):
        fake = self.fakeddb()
        daemon = self.daemon(fake)
        writer = wire.Writer(daemon.socket, TABLE)
        for i in range(100):
            writer.put({"id": f"k{i}"})
        writer.flush(60)
        asker = wire.Asker(daemon.socket)
        self.assertEqual(asker.request("ping"), "")
        version = json.loads(asker.request("version"))
        self.assertEqual(version["protocol"], 1)
        self.assertIn("ddbsidecard", version["server"])
        self.assertIsInstance(json.loads(asker.request("self")), dict)
        table = json.loads(asker.request("describe", {"table": TABLE}))
        self.assertEqual((table["table"], table["key_schema"]), (TABLE, [{"name": "id", "type": "S"}]))
        status = json.loads(asker.request("status"))
        self.assertLessEqual({"schema_version", "health", "reasons", "ledger", "clients", "tables", "credentials",
                              "memory"}, set(status))
        self.assertEqual((status["health"], status["ledger"]["written"]), ("ok", 100))
        self.assertEqual(json.loads(asker.request("flush", {"timeout_ms": 60000})), {"pending": 0, "failed": 0})
        fake.control(hang=1)
        writer.put({"id": "stuck"})
        writer._step(0)
        wait_until("the record is there", lambda: json.loads(asker.request("status"))["ledger"]["accepted"] == 101)
        for verb, arguments, code, words in (("flush", {"timeout_ms": 50}, "timed_out", '{"pending":1,"failed":0}'),
                                             ("dance", {}, "unsupported_op", "known"),
                                             ("describe", {}, "invalid_argument", "table"),
                                             ("flush", {"soon": True}, "invalid_argument", "timeout_ms")):
            with self.subTest(verb=verb), self.assertRaises(wire.WireError) as caught:
                asker.request(verb, arguments)
            self.assertEqual(caught.exception.code, code)
            self.assertIn(words, caught.exception.message)
        asker.close()
        writer.leave()


if __name__ == "__main__":
    main()
