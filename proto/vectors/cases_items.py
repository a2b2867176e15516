"""Items: what is valid with its size and JSON, what is refused with its code, with and without a key schema."""
import base64
import struct

import cases_numbers
from msgpack import Ext, Float32, Pairs, Raw, pack

PK, PK_SK = [["id", "S"]], [["id", "S"], ["at", "N"]]
LARGEST = 400 * 1024


class Number(str):
    """ext 1: decimal text."""


class Set(list):
    """ext 2, 3, 4: strings, numbers, byte strings."""

    def __init__(self, kind, elements):
        super().__init__(elements)
        self.kind = kind


SET_EXT = {"SS": 2, "NS": 3, "BS": 4}


def wire(v):
    """The value as the encoder takes it."""
    if isinstance(v, Number):
        return Ext(1, v.encode())
    if isinstance(v, Set):
        return Ext(SET_EXT[v.kind], pack([wire(x) for x in v]))
    if isinstance(v, Pairs):
        return Pairs((k, wire(x)) for k, x in v)
    if isinstance(v, dict):
        return {k: wire(x) for k, x in v.items()}
    if isinstance(v, list):
        return [wire(x) for x in v]
    return v


def number_text(v):
    if isinstance(v, Float32):
        return cases_numbers.shortest_single(struct.unpack(">f", struct.pack(">f", v))[0])
    return str(v) if isinstance(v, (Number, int)) else repr(v)


def number(v):
    text = number_text(v)
    return text, cases_numbers.size(*cases_numbers.parse(text))


def judge(v):
    """(JSON, size) of a valid value. Source: DynamoDB developer guide, "Capacity unit consumption", item sizes."""
    if v is None:
        return {"NULL": True}, 1
    if isinstance(v, bool):
        return {"BOOL": v}, 1
    if isinstance(v, Set):
        parts = [number(x) if v.kind == "NS" else (x, len(x.encode())) if v.kind == "SS"
                 else (base64.b64encode(x).decode(), len(x)) for x in v]
        return {v.kind: [p[0] for p in parts]}, sum(p[1] for p in parts)
    if isinstance(v, (Number, int, float)):
        text, size = number(v)
        return {"N": text}, size
    if isinstance(v, str):
        return {"S": v}, len(v.encode())
    if isinstance(v, bytes):
        return {"B": base64.b64encode(v).decode()}, len(v)
    if isinstance(v, list):
        parts = [judge(x) for x in v]
        return {"L": [p[0] for p in parts]}, 3 + sum(p[1] + 1 for p in parts)
    parts = {k: judge(x) for k, x in v.items()}
    return {"M": {k: p[0] for k, p in parts.items()}}, 3 + sum(len(k.encode()) + p[1] + 1 for k, p in parts.items())


def vector(name, data, schema, is_key, **more):
    v = {"name": name, "parts": [data] if isinstance(data, str) else data}
    if schema is not None:
        v["schema"] = schema
        v["is_key"] = is_key
    return {**v, **more}


def good(name, item, schema=None, is_key=False):
    parts = {k: judge(v) for k, v in item.items()}
    more = {"size": sum(len(k.encode()) + p[1] for k, p in parts.items()), "json": {k: p[0] for k, p in parts.items()}}
    if schema is not None:
        more["key"] = [pack(wire(item[attribute])).hex() for attribute, _ in schema]
    return vector(name, pack(wire(item)).hex(), schema, is_key, **more)


def bad(name, item, code="invalid_item", schema=None, is_key=False):
    return vector(name, pack(wire(item)).hex(), schema, is_key, code=code)


def filled(name, length, **more):
    """{"a": a string of x} without spelling it out."""
    head = b"\x81\xa1a\xdb" + length.to_bytes(4, "big")
    return vector(name, [head.hex(), {"repeat": "78", "times": length}], None, False, **more)


def nested(depth):
    v = 1
    for i in range(depth):
        v = [v] if i % 2 else {"m": v}
    return v


def values():
    yield good("empty", {})
    yield good("string", {"a": "x"})
    yield good("string_utf8", {"\u00e4\u20ac": "\U0001f600 \u00df"})
    yield good("string_escapes", {"q\"\\/": "\b\f\n\r\t\u0000\u001f\u007f\"\\/\u2028"})
    yield good("string_long", {"a": "0123456789" * 30})
    yield good("integers", {"a": 0, "b": 127, "c": 128, "d": -1, "e": -33, "f": (1 << 64) - 1, "g": -(1 << 63), "h": 65536})
    yield {**good("integers_long_forms", {"a": 5, "b": -1}),
           "parts": [pack({"a": Raw(b"\xcf" + bytes(7) + b"\5"), "b": Raw(b"\xd3" + b"\xff" * 8)}).hex()]}
    yield good("floats", {"a": 0.1, "b": -2.5, "c": 1e100, "d": 3.0, "e": Float32(0.1), "f": -0.0, "g": Float32(1.5)})
    yield good("decimals", {"a": Number("1.50"), "b": Number("-1e-130"), "c": Number("9" * 38)})
    yield good("binary", {"a": b"", "b": b"\0", "c": b"\0\xff", "d": b"abc", "e": bytes(range(256))})
    yield good("booleans_and_null", {"a": True, "b": False, "c": None})
    yield good("empty_values", {"a": "", "b": b"", "c": [], "d": {}})
    yield good("list", {"a": [1, "x", None, [True], {"b": b"y"}]})
    yield good("map", {"a": {"b": {"c": {}}, "d": [[], [[]]]}})
    yield good("sets", {"a": Set("SS", ["x", "y", ""]), "b": Set("NS", [1, -2, 0.5]), "c": Set("BS", [b"", b"\1", b"\1\2"])})
    yield good("set_of_decimals", {"a": Set("NS", [Number("1.5"), 1, Number("15e2")])})
    yield good("sets_inside", {"a": [Set("SS", ["x"]), {"n": Set("NS", [7])}]})
    yield good("depth_31", {"a": nested(31)})
    yield bad("depth_32", {"a": nested(32)})
    yield bad("depth_40", {"a": nested(40)})
    yield bad("depth_41", {"a": nested(41)})
    yield bad("depth_100", {"a": nested(100)})
    yield good("many", {f"attribute{i}": i for i in range(40)})
    yield filled("largest", LARGEST - 1, size=LARGEST)
    yield filled("too_large", LARGEST, code="item_too_large")


def refused():
    yield bad("no_map", [1])
    yield bad("nil", None)
    yield bad("text", "x")
    yield bad("name_empty", {"": 1})
    yield bad("name_int", Pairs([(1, 1)]))
    yield bad("name_binary", Pairs([(b"a", 1)]))
    yield bad("name_not_utf8", Pairs([(Raw(b"\xa1\xff"), 1)]))
    yield bad("name_twice", Pairs([("a", 1), ("b", 2), ("a", 1)]))
    yield bad("inner_name_twice", {"a": [Pairs([("x", 1), ("x", 2)])]})
    yield bad("inner_name_int", {"a": Pairs([(1, 1)])})
    yield bad("inner_name_empty", {"a": {"": 1}})
    yield bad("string_not_utf8", {"a": Raw(b"\xa2\xc3\x28")})
    yield bad("string_surrogate", {"a": Raw(b"\xa3\xed\xa0\x80")})
    yield bad("string_overlong", {"a": Raw(b"\xa2\xc0\x80")})
    yield bad("nan", {"a": float("nan")})
    yield bad("infinity", {"a": float("inf")})
    yield bad("float_too_large", {"a": 1e126})
    yield bad("float_too_small", {"a": 1e-140})
    yield bad("decimal_39_digits", {"a": Number("1" * 39)})
    yield bad("decimal_too_large", {"a": Number("1e126")})
    yield bad("decimal_text", {"a": Number("one")})
    yield bad("decimal_empty", {"a": Number("")})
    yield bad("ext_unknown", {"a": Ext(5, b"x")})
    yield bad("ext_timestamp", {"a": Ext(-1, b"\0\0\0\0")})
    yield bad("set_empty_strings", {"a": Set("SS", [])})
    yield bad("set_empty_numbers", {"a": Set("NS", [])})
    yield bad("set_empty_binaries", {"a": Set("BS", [])})
    yield bad("set_twice_string", {"a": Set("SS", ["x", "y", "x"])})
    yield bad("set_twice_number", {"a": Set("NS", [1, 2, Number("1.0")])})
    yield bad("set_twice_binary", {"a": Set("BS", [b"x", b"x"])})
    yield bad("set_wrong_string", {"a": Ext(2, pack(["x", 1]))})
    yield bad("set_wrong_number", {"a": Ext(3, pack([1, "2"]))})
    yield bad("set_wrong_binary", {"a": Ext(4, pack([b"x", "y"]))})
    yield bad("set_no_array", {"a": Ext(2, pack("x"))})
    yield bad("set_no_payload", {"a": Ext(2, b"")})
    yield bad("set_cut", {"a": Ext(2, pack(["x", "yz"])[:-1])})
    yield bad("set_behind", {"a": Ext(2, pack(["x"]) + b"\x01")})
    yield bad("set_nan", {"a": Set("NS", [float("nan")])})
    yield bad("list_with_nan", {"a": [1, {"b": float("nan")}]})


def keys():
    yield good("key_string", {"id": "a1", "n": 1}, PK)
    yield good("key_last", {"n": {"id": 7}, "id": "a1"}, PK)
    yield good("key_pair", {"at": 5, "x": None, "id": "a1"}, PK_SK)
    yield good("key_decimal", {"at": Number("5.0"), "id": "a1"}, PK_SK)
    yield good("key_float", {"at": 0.5, "id": "a1"}, PK_SK)
    yield good("key_binary", {"id": b"\0"}, [["id", "B"]])
    yield good("key_longest", {"id": "k" * 2048, "s": "s" * 1024}, [["id", "S"], ["s", "S"]])
    yield good("delete_key", {"id": "a1"}, PK, True)
    yield good("delete_pair", {"at": -1, "id": "a1"}, PK_SK, True)
    yield bad("key_missing", {"n": 1}, "missing_key", PK)
    yield bad("key_of_nothing", {}, "missing_key", PK)
    yield bad("key_inside_only", {"n": {"id": "a1"}}, "missing_key", PK)
    yield bad("key_second_missing", {"id": "a1"}, "missing_key", PK_SK)
    yield bad("key_empty_string", {"id": ""}, "missing_key", PK)
    yield bad("key_empty_binary", {"id": b""}, "missing_key", [["id", "B"]])
    yield bad("key_wrong_type", {"id": 1}, "missing_key", PK)
    yield bad("key_null", {"id": None}, "missing_key", PK)
    yield bad("key_set", {"id": Set("SS", ["a1"])}, "missing_key", PK)
    yield bad("key_number_as_text", {"id": "a1", "at": "5"}, "missing_key", PK_SK)
    yield bad("key_too_long", {"id": "k" * 2049}, "missing_key", PK)
    yield bad("key_second_too_long", {"id": "a1", "s": "s" * 1025}, "missing_key", [["id", "S"], ["s", "S"]])
    yield bad("delete_more_than_the_key", {"id": "a1", "n": 1}, "missing_key", PK, True)
    yield bad("delete_key_missing", {"n": 1}, "missing_key", PK, True)


def items():
    return [*values(), *refused(), *keys()]
