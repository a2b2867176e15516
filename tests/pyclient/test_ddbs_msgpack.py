"""Tests of ddbs_msgpack: values by hand, and the golden items of proto/vectors."""
import base64
import decimal
import json
import pathlib
import struct
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import ddbs_msgpack as mp  # noqa: E402 (the path has to be set first)

VECTORS = HERE.parent.parent / "proto" / "vectors"
Decimal = decimal.Decimal
# What the reader refuses by itself; all else about an item is the daemon's to judge.
REFUSED = ("set_", "decimal_text", "decimal_empty", "name_not_utf8", "string_")


def golden_items():
    for item in json.loads((VECTORS / "items.json").read_text())["items"]:
        yield item, b"".join(bytes.fromhex(part) if isinstance(part, str) else
                             bytes.fromhex(part["repeat"]) * part["times"] for part in item["parts"])


class Values(unittest.TestCase):
    def test_integers(self):
        forms = {0: "00", 127: "7f", 128: "cc80", 255: "ccff", 256: "cd0100", 65535: "cdffff", 65536: "ce00010000",
                 2**32: "cf0000000100000000", 2**64 - 1: "cf" + "ff" * 8, -1: "ff", -32: "e0", -33: "d0df",
                 -128: "d080", -129: "d1ff7f", -32769: "d2ffff7fff", -2**31 - 1: "d3ffffffff7fffffff"}
        for value, form in forms.items():
            self.assertEqual(mp.pack(value).hex(), form)
            self.assertEqual(mp.unpack(bytes.fromhex(form)), value)

    def test_integers_beyond_64_bits_are_decimals(self):
        self.assertEqual(mp.pack(2**64), b"\xc7\x14\x01" + str(2**64).encode())
        self.assertEqual(mp.unpack(mp.pack(-2**63 - 1)), -2**63 - 1)

    def test_lengths(self):
        for make in (lambda n: "x" * n, lambda n: b"x" * n, lambda n: [1] * n, lambda n: dict.fromkeys(range(n)),
                     lambda n: mp.Ext(9, b"x" * n)):
            for count in (0, 1, 2, 4, 8, 15, 16, 17, 31, 32, 255, 256, 65535, 65536):
                self.assertEqual(mp.unpack(mp.pack(make(count))), make(count))

    def test_sets(self):
        for value, form in (({"b", "a"}, "c70502" "92a161a162"), ({Decimal("2.5"), 1}, "d703" "9201c70301322e35"),
                            ({b"\xff\x01", b"\x00"}, "d704" "92c40100c402ff01")):
            self.assertEqual(mp.pack(value).hex(), form)
            self.assertEqual(mp.unpack(bytes.fromhex(form)), value)

    def test_what_has_no_encoding(self):
        for value in (set(), {"a", 1}, {True}, {None}, object(), "\ud800", {"a": object()}):
            with self.assertRaises(ValueError):
                mp.pack(value)

    def test_what_is_no_value(self):
        for data in ("", "c1", "a2", "a16100", "91", "81", "8100", "dfffffffff", "d405", "81907f", "91" * 41 + "00"):
            with self.assertRaises(ValueError):
                mp.unpack(bytes.fromhex(data))
        self.assertEqual(mp.unpack(bytes.fromhex("d40578")), mp.Ext(5, b"x"))
        mp.unpack(bytes.fromhex("91" * 40 + "00"))


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
        for item, data in golden_items():
            if "code" in item:
                continue
            with self.subTest(item["name"]):
                value = mp.unpack(data)
                self.assertEqual(mp.unpack(mp.pack(value)), value)
                if "json" in item:
                    self.same(value, {"M": item["json"]})

    def test_refused(self):
        for item, data in golden_items():
            if item["name"].startswith(REFUSED) and "code" in item and item["name"] != "set_nan":
                with self.subTest(item["name"]), self.assertRaises(ValueError):
                    mp.unpack(data)


if __name__ == "__main__":
    unittest.main()
