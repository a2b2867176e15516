"""Tests of ddbs_wire without a daemon: the golden vectors of proto/vectors, and a scripted daemon in a thread."""

import base64
import decimal
import json
import os
import pathlib
import socket
import struct
import sys
import tempfile
import threading
import time
import unittest
import unittest.mock

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import ddbs_wire as wire  # noqa: E402 (the path has to be set first)

VECTORS = HERE.parent.parent / "proto" / "vectors"
Decimal = decimal.Decimal
# Items with forms that the encoder does not choose: integers wider than needed, float 32.
OTHER_FORMS = {"integers_long_forms", "floats"}


def vectors(name, key):
    return json.loads((VECTORS / name).read_text())[key]


def item_bytes(item):
    return b"".join(bytes.fromhex(part) if isinstance(part, str) else bytes.fromhex(part["repeat"]) * part["times"]
                    for part in item["parts"])


class Values(unittest.TestCase):
    def test_integers(self):
        forms = {0: "00", 127: "7f", 128: "cc80", 255: "ccff", 256: "cd0100", 65535: "cdffff", 65536: "ce00010000",
                 2**32: "cf0000000100000000", 2**64 - 1: "cf" + "ff" * 8, -1: "ff", -32: "e0", -33: "d0df",
                 -128: "d080", -129: "d1ff7f", -32769: "d2ffff7fff", -2**31 - 1: "d3ffffffff7fffffff"}
        for value, form in forms.items():
            self.assertEqual(wire.encode(value).hex(), form)
            self.assertEqual(wire.decode(bytes.fromhex(form)), value)

    def test_integers_beyond_64_bits_are_decimals(self):
        self.assertEqual(wire.encode(2**64), b"\xc7\x14\x01" + str(2**64).encode())
        self.assertEqual(wire.decode(wire.encode(-2**63 - 1)), -2**63 - 1)

    def test_lengths(self):
        for make in (lambda n: "x" * n, lambda n: b"x" * n, lambda n: [1] * n, lambda n: dict.fromkeys(range(n)),
                     lambda n: wire.Ext(9, b"x" * n)):
            for count in (0, 1, 2, 4, 8, 15, 16, 17, 31, 32, 255, 256, 65535, 65536):
                self.assertEqual(wire.decode(wire.encode(make(count)), typed=False), make(count))

    def test_sets(self):
        for value, form in (({"b", "a"}, "c70502" "92a161a162"), ({Decimal("2.5"), 1}, "d703" "9201c70301322e35"),
                            ({b"\xff\x01", b"\x00"}, "d704" "92c40100c402ff01")):
            self.assertEqual(wire.encode(value).hex(), form)
            self.assertEqual(wire.decode(bytes.fromhex(form)), value)

    def test_what_has_no_encoding(self):
        deep = []
        for _ in range(40):
            deep = [deep]
        for value in (set(), {"a", 1}, {True}, {None}, object(), "\ud800", deep, {"a": object()}):
            with self.assertRaises(wire.WireError) as caught:
                wire.encode(value)
            self.assertEqual(caught.exception.code, "invalid_argument")


class GoldenFrames(unittest.TestCase):
    def check_hello(self, fields, want):
        self.assertEqual(fields["session"].hex(), want["session"])
        self.assertEqual(wire.encode(fields["tags"]).hex(), want["tags"])
        self.assertEqual(fields["options"].get("on_eof") == "discard", want["discard"])
        self.assertEqual(fields["options"].get("max_window", 0), want["max_window"])
        for name in ("versions", "client", "pid", "table"):
            self.assertEqual(fields[name], want[name])

    def check_write(self, fields, want):
        self.assertEqual(fields["first_seq"], int(want["first_seq"]))
        self.assertEqual(len(fields["records"]), len(want["records"]))
        for (op, item), record in zip(fields["records"], want["records"]):
            self.assertEqual((op, wire.encode(item).hex()), (record["op"], record["item"]))
            self.assertEqual(len(wire.encode([op, item])) + wire.RECORD_COST, record["cost"])

    def check_other(self, name, fields, want):
        for key, value in want.items():
            got = fields[key]
            if key == "failures":
                got = [{**wire.Failure(*f[:4])._asdict(), "code": wire.known(f[1])} for f in got]
            elif key == "ranges":
                got = [span[:2] for span in got]
            elif key in ("payload", "arguments"):
                got = (got if key == "payload" else wire.encode(got)).hex()
            elif key == "code":
                got = wire.known(got)
            self.assertEqual(got, int(value) if isinstance(got, int) else value, (name, key))

    def test_decode(self):
        for vector in vectors("frames.json", "frames"):
            with self.subTest(vector["name"]):
                data, client = bytes.fromhex(vector["hex"]), wire.TYPES[vector["message"]] < 32
                self.assertEqual(int.from_bytes(data[:4], "big"), len(data) - 4)
                name, fields = wire.read_body(data[4:], typed=False, lowest=1 if client else 33)
                self.assertEqual(name, vector["message"])
                if name == "HELLO":
                    self.check_hello(fields, vector["fields"])
                elif name == "WRITE":
                    self.check_write(fields, vector["fields"])
                else:
                    self.check_other(name, fields, vector["fields"])

    def test_encode(self):
        for vector in vectors("frames.json", "frames"):
            if not vector["encodes"]:
                continue
            with self.subTest(vector["name"]):
                name, want = vector["message"], vector["fields"]
                _name, fields = wire.read_body(bytes.fromhex(vector["hex"])[4:], typed=False,
                                               lowest=1 if wire.TYPES[name] < 32 else 33)
                self.assertEqual(wire.frame(name, *fields.values()).hex(), vector["hex"])
                if name == "WRITE":
                    pairs = [b"\x92" + wire.encode(r["op"]) + bytes.fromhex(r["item"]) for r in want["records"]]
                    self.assertEqual(wire.write_frame(int(want["first_seq"]), pairs).hex(), vector["hex"])

    def test_every_type_from_python_values(self):
        item = {"id": "x", "price": Decimal("12.50"), "tags": {"a", "b"}, "sizes": {1, Decimal("2.5")},
                "parts": {b"\x00", b"\xff\x01"}, "raw": b"\xca\xfe", "count": -3, "ratio": 0.5, "done": True,
                "owner": None, "path": [1, "y"], "geo": {"lat": 1.5}}
        want = next(v["hex"] for v in vectors("frames.json", "frames") if v["name"] == "write_types")
        self.assertEqual(wire.write_frame(20, [wire.encode([0, item])]).hex(), want)

    def test_refused(self):
        for vector in vectors("bad_frames.json", "frames"):
            if vector["from"] == "daemon":
                with self.subTest(vector["name"]), self.assertRaises(wire.WireError) as caught:
                    wire.read_body(bytes.fromhex(vector["hex"])[4:])
                self.assertEqual(caught.exception.code, vector["code"])

    def test_types_of_later_daemons(self):
        self.assertIsNone(wire.read_body(b"\x92\x40\xc1"))
        self.assertIsNone(wire.read_body(b"\x91\x7f"))
        for kind in (0, 4, 32, 42, 63):
            with self.assertRaises(wire.WireError):
                wire.read_body(bytes([0x92, kind, 1]))


class GoldenItems(unittest.TestCase):
    def same(self, value, want):
        """Compares a value with its DynamoDB JSON; numbers by value, sets without order."""
        (kind, inner), = want.items()
        if kind == "M":
            self.assertEqual(list(value), list(inner))
            for name in inner:
                self.same(value[name], inner[name])
        elif kind == "L":
            self.assertEqual(len(value), len(inner))
            for one, other in zip(value, inner):
                self.same(one, other)
        elif kind == "N" and isinstance(value, float):
            # A float 32 reads back as another float 64 than its decimal text, so it is compared in its own width.
            if value != float(inner):
                self.assertEqual(struct.pack(">f", value), struct.pack(">f", float(inner)))
        elif kind in ("N", "S", "BOOL"):
            self.assertEqual(value, Decimal(inner) if kind == "N" else inner)
            self.assertEqual(isinstance(value, bool), kind == "BOOL")
        elif kind == "B":
            self.assertEqual(value, base64.b64decode(inner))
        elif kind == "NULL":
            self.assertIsNone(value)
        else:
            convert = {"SS": str, "NS": Decimal, "BS": base64.b64decode}[kind]
            self.assertEqual(value, {convert(element) for element in inner})

    def test_valid(self):
        for item in vectors("items.json", "items"):
            if "code" in item:
                continue
            with self.subTest(item["name"]):
                data = item_bytes(item)
                typed = wire.decode(data)
                self.assertEqual(wire.decode(wire.encode(typed)), typed)
                if item["name"] not in OTHER_FORMS:
                    self.assertEqual(wire.encode(wire.decode(data, typed=False)), data)
                if "json" in item:
                    self.same(typed, {"M": item["json"]})

    def test_what_a_typed_reader_refuses(self):
        for item in vectors("items.json", "items"):
            name = item["name"]
            if name.startswith(("set_", "ext_")) or name in ("decimal_text", "decimal_empty", "name_not_utf8") \
                    or name in ("string_not_utf8", "string_surrogate", "string_overlong"):
                if name in ("set_of_decimals", "set_nan"):
                    continue
                with self.subTest(name), self.assertRaises(wire.WireError):
                    wire.decode(item_bytes(item))


class Peer:
    """The daemon's end of one connection, for scripts."""

    def __init__(self, sock):
        self.sock, self.received = sock, b""
        self.sock.settimeout(10)

    def read(self):
        """The name and fields of the next frame, or None at the end."""
        while len(self.received) < 4 or len(self.received) < 4 + int.from_bytes(self.received[:4], "big"):
            data = self.sock.recv(65536)
            if not data:
                return None
            self.received += data
        end = 4 + int.from_bytes(self.received[:4], "big")
        body, self.received = self.received[4:end], self.received[end:]
        return wire.read_body(body, lowest=1)

    def expect(self, name, **want):
        got = self.read()
        if got is None or got[0] != name or any(got[1][key] != value for key, value in want.items()):
            raise AssertionError(f"expected {name} {want}, got {got}")
        return got[1]

    def expect_end(self):
        got = self.read()
        if got is not None:
            raise AssertionError(f"expected the end, got {got}")

    def quiet(self, seconds=0.1):
        self.sock.settimeout(seconds)
        try:
            got = self.read()
        except socket.timeout:
            self.sock.settimeout(10)
            return
        raise AssertionError(f"expected nothing, got {got}")

    def seqs(self, count):
        """Reads WRITE frames until so many records came; their seqs in order of arrival."""
        seqs = []
        while len(seqs) < count:
            fields = self.expect("WRITE")
            seqs += range(fields["first_seq"], fields["first_seq"] + len(fields["records"]))
        return seqs

    def send(self, name, *fields):
        self.sock.sendall(wire.frame(name, *fields))

    def welcome(self, credit=65536, epoch=1, max_record=2101484):
        hello = self.expect("HELLO")
        self.send("WELCOME", 1, epoch, 7, 2101248, max_record, credit, [], "fake 1")
        return hello

    def settled(self, upto=0, ranges=(), failures=(), superseded=0):
        self.send("SETTLED", upto, [list(r) for r in ranges], [list(f) for f in failures], superseded)


class FakeDaemon:
    """Listens in a directory of its own and plays one script for each connection, in order."""

    def __init__(self, *scripts):
        self.dir = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.dir.name, "sock")
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(self.path)
        self.listener.listen(8)
        self.listener.settimeout(10)
        self.error = None
        self.thread = threading.Thread(target=self.run, args=(scripts,), daemon=True)
        self.thread.start()

    def run(self, scripts):
        try:
            for script in scripts:
                sock, _address = self.listener.accept()
                with sock:
                    script(Peer(sock))
        except Exception as error:  # told to the test's thread at the end
            self.error = error

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _trace):
        self.thread.join(10)
        alive = self.thread.is_alive()
        self.listener.close()
        self.dir.cleanup()
        if self.error:
            raise self.error from error
        if kind is None and alive:
            raise AssertionError("the script has not ended")


def item(number, size=0):
    return {"id": f"a{number:06d}", "data": b"x" * size}


class Writing(unittest.TestCase):
    def writer(self, daemon, **options):
        return wire.Writer(daemon.path, "orders", **options)

    def test_flush_and_bye(self):
        def script(peer):
            hello = peer.welcome()
            assert (hello["versions"], hello["table"], hello["pid"]) == ([1], "orders", os.getpid())
            assert hello["options"] == {"on_eof": "deliver", "max_window": 100000} and len(hello["session"]) == 16
            peer.expect("WRITE", first_seq=1, records=[[0, {"id": "a1", "n": 7}]])
            peer.expect("WRITE", first_seq=2, records=[[1, {"id": "a1"}]])
            peer.expect("FLUSH", token=1, upto_seq=2)
            peer.send("NOTICE", "throttled", "wait a moment")
            peer.sock.sendall(b"\x00\x00\x00\x03\x92\x41\xc1")
            peer.settled(upto=2, superseded=1)
            peer.send("FLUSHED", 1)
            peer.expect("BYE")
            peer.expect_end()

        with FakeDaemon(script) as daemon:
            writer = self.writer(daemon, on_eof="deliver", max_window=100000)
            self.assertEqual(writer.flush(), wire.Result(0, 0, 0, []))
            self.assertEqual(writer.put({"id": "a1", "n": 7}), 1)
            self.assertEqual(writer.delete({"id": "a1"}), 2)
            self.assertEqual(writer.flush(5), wire.Result(1, 0, 1, []))
            self.assertEqual(writer.notice, ("throttled", "wait a moment"))
            writer.close()
            for call in (writer.flush, lambda: writer.put({"id": "b"}), writer.abort):
                with self.assertRaises(wire.WireError) as caught:
                    call()
                self.assertEqual(caught.exception.code, "closed")

    def test_records_share_a_frame(self):
        def script(peer):
            peer.welcome()
            fields = peer.expect("WRITE", first_seq=1)
            assert len(fields["records"]) == 20
            peer.expect("FLUSH", token=1, upto_seq=20)
            peer.settled(upto=20)
            peer.send("FLUSHED", 1)
            peer.expect("BYE")

        with FakeDaemon(script) as daemon, self.writer(daemon, batch_records=100) as writer:
            for number in range(20):
                writer.put(item(number))
            self.assertEqual(writer.flush(5).written, 20)

    def test_frames_stay_small(self):
        def script(peer):
            peer.welcome(credit=10**6)
            first, second = peer.expect("WRITE"), peer.expect("WRITE")
            assert len(first["records"]) == 2 and len(second["records"]) == 1
            assert peer.expect("WRITE")["records"] == [[0, item(3, 100000)]]
            peer.expect("FLUSH")
            peer.settled(upto=4)
            peer.send("FLUSHED", 1)
            peer.expect("BYE")

        with FakeDaemon(script) as daemon, self.writer(daemon, batch_records=100) as writer:
            for number, size in enumerate((30000, 30000, 30000, 100000)):
                writer.put(item(number, size))
            self.assertEqual(writer.flush(5).written, 4)

    def test_credit_and_blocked(self):
        cost = len(wire.encode([0, item(1, 1000)])) + 256

        def script(peer):
            peer.welcome(credit=2 * cost + 10)
            assert peer.seqs(2) == [1, 2]
            peer.expect("BLOCKED", cost_wanted=cost)
            peer.send("CREDIT", 2 * cost + 10)
            peer.send("CREDIT", 5)
            peer.quiet()
            peer.send("CREDIT", 3 * cost)
            assert peer.seqs(1) == [3]
            peer.expect("BLOCKED", cost_wanted=cost)
            peer.quiet()
            peer.settled(upto=3)
            peer.send("CREDIT", 4 * cost - 1)
            peer.expect("BLOCKED", cost_wanted=cost)
            peer.send("CREDIT", 4 * cost)
            assert peer.seqs(1) == [4]
            peer.expect("FLUSH", token=1, upto_seq=4)
            peer.settled(upto=4)
            peer.send("FLUSHED", 1)
            peer.expect("BYE")

        with FakeDaemon(script) as daemon, self.writer(daemon) as writer:
            for number in range(4):
                writer.put(item(number, 1000))
            self.assertEqual(writer.flush(5).written, 4)
            self.assertEqual(writer.used, 4 * cost)

    def test_put_waits_for_room(self):
        def script(peer):
            peer.welcome()
            assert peer.seqs(2) == [1, 2]
            time.sleep(0.2)
            peer.settled(upto=1)
            assert peer.seqs(1) == [3]
            peer.expect("FLUSH", upto_seq=3)
            peer.settled(upto=3)
            peer.send("FLUSHED", 1)
            peer.expect("BYE")

        with FakeDaemon(script) as daemon, self.writer(daemon, hold_max=2600) as writer:
            writer.put(item(1, 1000))
            writer.put(item(2, 1000))
            with self.assertRaises(wire.WireError) as caught:
                writer.put(item(3, 1000), timeout=0.01)
            self.assertEqual(caught.exception.code, "timed_out")
            self.assertEqual(writer.put(item(3, 1000)), 3)
            self.assertEqual(writer.flush(5).written, 3)

    def test_a_stuffed_socket_is_also_read(self):
        def script(peer):
            peer.welcome(credit=4 << 20)
            time.sleep(0.2)
            for _ in range(2000):
                peer.send("NOTICE", "memory", "x" * 500)
            assert peer.seqs(30) == list(range(1, 31))
            peer.expect("FLUSH", upto_seq=30)
            peer.settled(upto=30)
            peer.send("FLUSHED", 1)
            peer.expect("BYE")

        with FakeDaemon(script) as daemon, self.writer(daemon) as writer:
            for number in range(30):
                writer.put(item(number, 60000))
            self.assertEqual(writer.flush(5).written, 30)

    def test_failures(self):
        def script(peer):
            peer.welcome()
            assert peer.seqs(9) == list(range(1, 10))
            peer.expect("FLUSH", token=1, upto_seq=9)
            peer.settled(upto=2, failures=[[5, "invalid_item", "bad", False]])
            peer.settled(upto=2, ranges=[[4, 6], [9, 9]], failures=[[3, "of_a_later_version", "", True],
                                                                    [5, "rejected", "again", False]])
            peer.settled(upto=9)
            peer.send("FLUSHED", 1)
            peer.expect("BYE")

        with FakeDaemon(script) as daemon, self.writer(daemon) as writer:
            for number in range(9):
                writer.put(item(number))
            result = writer.flush(5)
            self.assertEqual((result.written, result.failed), (7, 2))
            self.assertEqual(result.failures, [wire.Failure(5, "invalid_item", "bad", False),
                                               wire.Failure(3, "internal", "", True)])
            self.assertEqual(writer.flush(5), wire.Result(0, 0, 0, []))

    def test_too_large_for_the_daemon(self):
        def script(peer):
            peer.welcome(max_record=1000)
            peer.expect("BYE")

        with FakeDaemon(script) as daemon, self.writer(daemon) as writer:
            with self.assertRaises(wire.WireError) as caught:
                writer.put(item(1, 1000))
            self.assertEqual(caught.exception.code, "item_too_large")

    def test_flush_times_out(self):
        def script(peer):
            peer.welcome()
            assert peer.seqs(1) == [1]
            peer.expect("FLUSH", token=1)
            peer.send("NOTICE", "table_paused", "")
            peer.expect("FLUSH", token=2)
            peer.settled(upto=1)
            peer.send("FLUSHED", 1)
            peer.send("FLUSHED", 2)
            peer.expect("BYE")

        with FakeDaemon(script) as daemon, self.writer(daemon) as writer:
            writer.put(item(1))
            with self.assertRaises(wire.WireError) as caught:
                writer.flush(0.2)
            self.assertEqual((caught.exception.code, caught.exception.unknown), ("timed_out", 1))
            self.assertIn("table_paused", str(caught.exception))
            self.assertEqual(writer.flush(5).written, 1)


class Losing(unittest.TestCase):
    writer = Writing.writer

    def test_resend_in_order(self):
        hellos = []

        def first(peer):
            hellos.append(peer.welcome())
            assert peer.seqs(5) == [1, 2, 3, 4, 5]
            # Seq 3 is settled; of the rest some may have arrived twice in the end.
            peer.settled(upto=1, ranges=[[3, 3]])

        def second(peer):
            hellos.append(peer.welcome(credit=3 * 300))
            assert peer.seqs(1) == [2]
            assert peer.expect("WRITE")["first_seq"] == 4
            cost = peer.expect("BLOCKED")["cost_wanted"]
            peer.settled(failures=[[4, "rejected", "no", False]])
            peer.send("CREDIT", 3 * 300 + 2 * cost)
            assert peer.seqs(1) == [6]
            peer.expect("FLUSH", token=1, upto_seq=6)
            peer.settled(upto=6, failures=[[4, "rejected", "no", False]])
            peer.send("FLUSHED", 1)
            peer.expect("BYE")

        with FakeDaemon(first, second) as daemon, self.writer(daemon) as writer:
            for number in range(5):
                writer.put(item(number))
            while writer.conn:
                writer._step(time.monotonic() + 1)
            writer.put(item(6))
            self.assertEqual(writer.flush(5), wire.Result(5, 1, 0, [wire.Failure(4, "rejected", "no", False)]))
        self.assertEqual(hellos[0], hellos[1])

    def test_open_tokens_are_sent_again(self):
        def first(peer):
            peer.welcome()
            peer.seqs(3)
            peer.expect("FLUSH", token=1, upto_seq=3)
            peer.settled(upto=2)
            peer.sock.sendall(b"\x00\x00\x00\x06\x95\x23")

        def second(peer):
            peer.welcome(epoch=2)
            assert peer.seqs(1) == [3]
            peer.expect("FLUSH", token=1, upto_seq=3)
            peer.settled(upto=3)
            peer.send("FLUSHED", 1)
            peer.expect("BYE")

        with FakeDaemon(first, second) as daemon, self.writer(daemon) as writer:
            for number in range(3):
                writer.put(item(number))
            self.assertEqual(writer.flush(5).written, 3)

    def test_retryable_error(self):
        def first(peer):
            peer.expect("HELLO")
            peer.send("ERROR", "busy", "no place left", True)

        def second(peer):
            peer.welcome()
            peer.seqs(1)
            peer.send("ERROR", "shutting_down", "", True)

        def third(peer):
            peer.welcome()
            assert peer.seqs(1) == [1]
            peer.expect("FLUSH")
            peer.settled(upto=1)
            peer.send("FLUSHED", 1)
            peer.expect("BYE")

        with FakeDaemon(first, second, third) as daemon, self.writer(daemon) as writer:
            writer.put(item(1))
            self.assertEqual(writer.flush(5).written, 1)

    def test_final_error(self):
        def script(peer):
            peer.welcome()
            peer.seqs(2)
            peer.settled(upto=1)
            peer.send("ERROR", "fenced", "another connection", False)

        with FakeDaemon(script) as daemon:
            writer = self.writer(daemon)
            with self.assertRaises(wire.WireError) as caught:
                writer.put(item(1))
                writer.put(item(2))
                writer.flush(5)
            self.assertEqual((caught.exception.code, caught.exception.unknown), ("fenced", 1))
            with self.assertRaises(wire.WireError) as caught:
                writer.put(item(3))
            self.assertEqual(caught.exception.code, "fenced")

    def test_goaway(self):
        def first(peer):
            peer.welcome()
            assert peer.seqs(1) == [1]
            peer.send("GOAWAY", "draining")
            peer.quiet()
            peer.settled(upto=1)

        def second(peer):
            peer.welcome(epoch=2)
            assert peer.seqs(1) == [2]
            peer.expect("FLUSH", upto_seq=2)
            peer.settled(upto=2)
            peer.send("FLUSHED", 1)
            peer.expect("BYE")

        with FakeDaemon(first, second) as daemon, self.writer(daemon) as writer:
            writer.put(item(1))
            while not writer.goaway:
                writer._step(time.monotonic() + 1)
            writer.put(item(2))
            self.assertEqual(writer.flush(5).written, 2)

    def test_lost_ten_times(self):
        def script(peer):
            peer.welcome()
            peer.seqs(1)

        with FakeDaemon(*[script] * 10) as daemon:
            writer = self.writer(daemon)
            writer.put(item(1))
            with unittest.mock.patch("random.uniform", return_value=0.0), self.assertRaises(wire.WireError) as caught:
                writer.flush(10)
            self.assertEqual((caught.exception.code, caught.exception.unknown), ("connection_lost", 1))

    def test_nobody_there(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "sock")
            with self.assertRaises(wire.WireError) as caught:
                wire.Writer(path, "orders", connect_timeout=0.2)
            self.assertEqual(caught.exception.code, "not_reachable")
            self.assertIn(path, str(caught.exception))
        with self.assertRaises(wire.WireError) as caught:
            wire.Writer("/" + "x" * 107, "orders")
        self.assertEqual(caught.exception.code, "invalid_argument")

    def test_daemon_does_not_come_back(self):
        with FakeDaemon(lambda peer: (peer.welcome(), peer.seqs(1))) as daemon:
            writer = self.writer(daemon, reconnect_timeout=0.3)
            writer.put(item(1))
            daemon.thread.join(10)
            daemon.listener.close()
            with self.assertRaises(wire.WireError) as caught:
                writer.flush(10)
            self.assertEqual((caught.exception.code, caught.exception.unknown), ("connection_lost", 1))

    def test_defects_of_the_daemon(self):
        def never_sent(peer):
            peer.settled(upto=3)

        def early(peer):
            peer.send("FLUSHED", 1)

        for defect in (never_sent, early, lambda peer: peer.send("WELCOME", 1, 1, 7, 1, 1, 1, [], ""),
                       lambda peer: peer.sock.sendall(b"\x00\x00\x00\x01\x91")):
            def script(peer, defect=defect):
                peer.welcome()
                peer.seqs(2)
                peer.expect("FLUSH")
                defect(peer)
                peer.expect_end()

            with FakeDaemon(script) as daemon:
                writer = self.writer(daemon)
                writer.put(item(1))
                writer.put(item(2))
                with self.assertRaises(wire.WireError) as caught:
                    writer.flush(5)
                self.assertEqual((caught.exception.code, caught.exception.unknown), ("protocol_error", 2))


class Withdrawing(unittest.TestCase):
    writer = Writing.writer

    def test_abort(self):
        def script(peer):
            peer.welcome(credit=3 * 281)
            assert peer.seqs(3) == [1, 2, 3]
            peer.expect("BLOCKED")
            peer.expect("ABORT", upto_seq=3)
            peer.settled(upto=1, failures=[[2, "aborted", "", False], [3, "aborted", "", True]])
            peer.send("ABORTED", 3)
            peer.send("CREDIT", 10000)
            assert peer.seqs(1) == [6]
            peer.expect("FLUSH", upto_seq=6)
            peer.settled(upto=6)
            peer.send("FLUSHED", 1)
            peer.expect("BYE")

        with FakeDaemon(script) as daemon, self.writer(daemon) as writer:
            for number in range(5):
                writer.put(item(number))
            result = writer.abort(5)
            self.assertEqual((result.written, result.failed), (1, 4))
            self.assertEqual({f.seq: (f.code, f.maybe_written) for f in result.failures},
                             {2: ("aborted", False), 3: ("aborted", True), 4: ("aborted", False),
                              5: ("aborted", False)})
            self.assertEqual(writer.put(item(6)), 6)
            self.assertEqual(writer.flush(5), wire.Result(1, 0, 0, []))

    def test_abort_and_a_lost_connection(self):
        def first(peer):
            peer.welcome()
            peer.seqs(3)
            peer.expect("ABORT", upto_seq=3)
            peer.settled(upto=1)

        def second(peer):
            peer.welcome(epoch=2)
            peer.expect("ABORT", upto_seq=3)
            peer.quiet()
            peer.send("ABORTED", 3)
            peer.expect("BYE")

        with FakeDaemon(first, second) as daemon, self.writer(daemon) as writer:
            for number in range(3):
                writer.put(item(number))
            result = writer.abort(5)
            self.assertEqual([(f.seq, f.code, f.maybe_written) for f in result.failures],
                             [(2, "aborted", True), (3, "aborted", True)])
            self.assertEqual(result.written, 1)

    def test_abort_without_an_answer(self):
        def first(peer):
            peer.welcome()
            peer.seqs(1)
            peer.expect("ABORT", upto_seq=1)
            peer.expect_end()

        def second(peer):
            peer.welcome()
            peer.expect("ABORT", upto_seq=1)
            peer.settled(failures=[[1, "aborted", "", False]])
            peer.send("ABORTED", 1)
            peer.expect("BYE")

        with FakeDaemon(first, second) as daemon, self.writer(daemon, abort_wait=0.2) as writer:
            writer.put(item(1))
            self.assertEqual(writer.abort(5).failures, [wire.Failure(1, "aborted", "", False)])

    def test_a_new_daemon_knows_nothing_of_withdrawn_records(self):
        def first(peer):
            peer.welcome()
            peer.seqs(2)
            peer.expect("ABORT", upto_seq=2)
            assert peer.seqs(1) == [3]

        def second(peer):
            peer.welcome(epoch=2)
            peer.expect("ABORT", upto_seq=2)
            assert peer.seqs(1) == [3]
            peer.settled(upto=3)
            peer.send("ABORTED", 2)
            peer.expect("FLUSH", upto_seq=3)
            peer.send("FLUSHED", 1)
            peer.expect("BYE")

        with FakeDaemon(first, second) as daemon:
            writer = self.writer(daemon)
            writer.put(item(1))
            writer.put(item(2))
            with self.assertRaises(wire.WireError):
                writer.abort(0.2)
            writer.put(item(3))
            result = writer.flush(5)
            self.assertEqual((result.written, [(f.seq, f.maybe_written) for f in result.failures]),
                             (1, [(1, True), (2, True)]))
            writer.close()

    def test_discard_leaves_without_bye(self):
        def script(peer):
            peer.welcome()
            assert peer.seqs(1) == [1]
            peer.expect_end()

        with FakeDaemon(script) as daemon, self.assertRaises(KeyError):
            with self.writer(daemon, on_eof="discard") as writer:
                writer.put(item(1))
                raise KeyError

    def test_a_fork_ends_the_child_only(self):
        def script(peer):
            peer.welcome()
            assert peer.seqs(1) == [1]
            peer.settled(upto=1)
            peer.expect("BYE")

        with FakeDaemon(script) as daemon, self.writer(daemon) as writer:
            child = os.fork()
            if child == 0:
                try:
                    writer.put(item(1))
                except wire.WireError as error:
                    os._exit(0 if error.code == "forked" else 1)
                os._exit(2)
            self.assertEqual(os.waitpid(child, 0)[1], 0)
            writer.put(item(1))
            while writer.unsettled:
                writer._step(time.monotonic() + 1)


class Asking(unittest.TestCase):
    def test_requests(self):
        def script(peer):
            hello = peer.expect("HELLO")
            assert hello["table"] is None
            peer.send("WELCOME", 1, 1, 7, 2101248, 2101484, 0, [], "fake 1")
            peer.expect("REQUEST", id=1, verb="flush", arguments={"timeout_ms": 100})
            peer.send("NOTICE", "none", "")
            peer.send("REPLY", 1, True, "ok", b'{"pen')
            peer.send("REPLY", 1, False, "ok", b'ding":0}')
            peer.expect("REQUEST", id=2, verb="dance", arguments={})
            peer.send("REPLY", 2, False, "unsupported_op", b"no")
            peer.expect("REQUEST", id=3, verb="ping")
            peer.send("REPLY", 3, False, "ok", b"")
            peer.expect("BYE")

        with FakeDaemon(script) as daemon, wire.Asker(daemon.path) as asker:
            self.assertEqual(asker.request("flush", {"timeout_ms": 100}), '{"pending":0}')
            with self.assertRaises(wire.WireError) as caught:
                asker.request("dance")
            self.assertEqual((caught.exception.code, caught.exception.message), ("unsupported_op", "no"))
            self.assertEqual(asker.request("ping"), "")


if __name__ == "__main__":
    unittest.main()
