"""Tests of ddbs_frames: the golden frames of proto/vectors."""
import decimal
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import ddbs_frames as frames  # noqa: E402 (the path has to be set first)
import ddbs_wire as wire  # noqa: E402
from ddbs_frames import WRITE  # noqa: E402
from fake_daemon import FIELDS, VECTORS  # noqa: E402

TYPES = {name: getattr(frames, name) for name in ("HELLO WRITE BLOCKED FLUSH ABORT BYE REQUEST WELCOME CREDIT SETTLED "
                                                  "FLUSHED ABORTED GOAWAY ERROR REPLY NOTICE").split()}
DAEMON_FIELDS = {"WELCOME": "version epoch connection max_frame max_record credit features server", "CREDIT": "limit",
                 "SETTLED": "upto ranges failures superseded", "FLUSHED": "token", "ABORTED": "upto_seq",
                 "GOAWAY": "reason", "ERROR": "code message retryable", "REPLY": "id more status payload",
                 "NOTICE": "reason message"}


def known(code):
    """A code of a later version counts as internal; this client leaves it to its users as it is."""
    return "internal" if "later" in code else code


def golden(name):
    return json.loads((VECTORS / name).read_text())["frames"]


class GoldenFrames(unittest.TestCase):
    def check(self, name, fields, want):
        for key, value in want.items():
            got = fields[key]
            if key == "records":
                got = [{"op": op, "item": wire.pack(value).hex(), "cost": len(wire.pack([op, value])) + 256}
                       for op, value in got]
            elif key == "failures":
                got = [{**wire.Failure(*f[:4])._asdict(), "code": known(f[1])} for f in got]
            elif key == "ranges":
                got = [span[:2] for span in got]
            elif key in ("payload", "session"):
                got = got.hex()
            elif key in ("tags", "arguments"):
                got = wire.pack(got).hex()
            elif key == "code":
                got = known(got)
            self.assertEqual(got, int(value) if isinstance(got, int) else value, (name, key))

    def fields(self, vector, body):
        """What a decoder finds; the options as the vectors name them."""
        name = vector["message"]
        if name in DAEMON_FIELDS:
            kind, fields = frames.read_body(body)
            self.assertEqual(kind, TYPES[name])
            return dict(zip(DAEMON_FIELDS[name].split(), fields))
        kind, *fields = wire.unpack(body)
        self.assertEqual(kind, TYPES[name])
        fields = dict(zip(FIELDS[kind].split(), fields))
        if name == "HELLO":
            options = fields["options"]
            unknown = [key for key in options if key not in ("on_eof", "max_window")]
            fields.update(discard=options.get("on_eof") == "discard", max_window=options.get("max_window", 0),
                          bad_option=unknown[0] if unknown else None)
        return fields

    def test_decode(self):
        for vector in golden("frames.json"):
            with self.subTest(vector["name"]):
                data, want = bytes.fromhex(vector["hex"]), vector["fields"]
                self.assertEqual(int.from_bytes(data[:4], "big"), len(data) - 4)
                self.check(vector["name"], self.fields(vector, data[4:]), want)

    def test_encode(self):
        for vector in golden("frames.json"):
            if vector["encodes"]:
                with self.subTest(vector["name"]):
                    kind, *fields = wire.unpack(bytes.fromhex(vector["hex"])[4:])
                    self.assertEqual(frames.frame(kind, *fields).hex(), vector["hex"])
                    if kind == WRITE:
                        pairs = [wire.pack(pair) for pair in fields[1]]
                        self.assertEqual(frames.write_frame(fields[0], pairs).hex(), vector["hex"])

    def test_every_type_from_python_values(self):
        value = {"id": "x", "price": decimal.Decimal("12.50"), "tags": {"a", "b"},
                 "sizes": {1, decimal.Decimal("2.5")}, "parts": {b"\x00", b"\xff\x01"}, "raw": b"\xca\xfe",
                 "count": -3, "ratio": 0.5, "done": True, "owner": None, "path": [1, "y"], "geo": {"lat": 1.5}}
        want = next(v["hex"] for v in golden("frames.json") if v["name"] == "write_types")
        self.assertEqual(frames.write_frame(20, [wire.pack([0, value])]).hex(), want)

    def test_refused(self):
        for vector in golden("bad_frames.json"):
            if vector["from"] == "daemon":
                with self.subTest(vector["name"]), self.assertRaises(wire.WireError) as caught:
                    frames.read_body(bytes.fromhex(vector["hex"])[4:])
                self.assertEqual(caught.exception.code, vector["code"])

    def test_types_of_later_daemons(self):
        self.assertIsNone(frames.read_body(b"\x92\x40\xc1"))
        self.assertIsNone(frames.read_body(b"\x91\x7f"))
        for kind in (0, 4, 32, 42, 63):
            with self.assertRaises(wire.WireError):
                frames.read_body(bytes([0x92, kind, 1]))


if __name__ == "__main__":
    unittest.main()
