"""msgpack for the ddbsidecar protocol (PROTOCOL F4, M5): the shortest forms out, every form in.

Items: str, int, float, decimal.Decimal, bytes, bool, None, list, dict, and sets of str, numbers or bytes. What has no
encoding, and bytes that are no msgpack, raise ValueError.
"""
import collections
import decimal
import struct

DEPTH = 40  # F4
Ext = collections.namedtuple("Ext", "code data")

INTEGERS = [(0, 0xff, 0xcc, ">B"), (0, 0xffff, 0xcd, ">H"), (0, 2**32 - 1, 0xce, ">I"), (0, 2**64 - 1, 0xcf, ">Q"),
            (-2**7, 0, 0xd0, ">b"), (-2**15, 0, 0xd1, ">h"), (-2**31, 0, 0xd2, ">i"), (-2**63, 0, 0xd3, ">q")]
SCALARS = {0xca: ">f", 0xcb: ">d", **{code: form for _low, _high, code, form in INTEGERS}}
PLAIN = {0xc0: None, 0xc2: False, 0xc3: True}
# What has a length: the short form and how many it holds, then the codes with 1, 2 and 4 bytes of length.
SIZED = {"str": (0xa0, 32, 0xd9, 0xda, 0xdb), "bin": (0, 0, 0xc4, 0xc5, 0xc6), "ext": (0, 0, 0xc7, 0xc8, 0xc9),
         "array": (0x90, 16, None, 0xdc, 0xdd), "map": (0x80, 16, None, 0xde, 0xdf)}
LENGTHS = {code: (kind, width) for kind, codes in SIZED.items() for code, width in zip(codes[2:], (1, 2, 4)) if code}
FIXED_EXT = {1: 0xd4, 2: 0xd5, 4: 0xd6, 8: 0xd7, 16: 0xd8}
NUMBERS = (int, float, decimal.Decimal)
SETS = {2: (str,), 3: NUMBERS, 4: (bytes,)}


def head(kind, count):
    """The first bytes of a str, bin, array or map of this length."""
    short, below, *codes = SIZED[kind]
    if count < below:
        return bytes([short | count])
    for code, form, most in zip(codes, (">B", ">H", ">I"), (0xff, 0xffff, 2**32 - 1)):
        if code is not None and count <= most:
            return bytes([code]) + struct.pack(form, count)
    raise ValueError(f"{kind} of {count} is too long for msgpack")


def pack_ext(code, data):
    fixed = FIXED_EXT.get(len(data))
    return (bytes([fixed]) if fixed else head("ext", len(data))) + struct.pack(">b", code) + data


def pack_int(value):
    if -32 <= value <= 127:
        return struct.pack(">b", value)
    for low, high, code, form in INTEGERS:
        if low <= value <= high:
            return bytes([code]) + struct.pack(form, value)
    return pack_ext(1, b"%d" % value)


def pack_set(value):
    for code, types in SETS.items():
        if value and all(isinstance(e, types) and not isinstance(e, bool) for e in value):
            # Sorted, so that equal sets have equal bytes; the protocol asks for no order.
            return pack_ext(code, head("array", len(value)) + b"".join(sorted(pack(e) for e in value)))
    raise ValueError("a set has elements of one type: str, numbers or bytes")


PACKERS = [((type(None), bool), lambda v: {None: b"\xc0", False: b"\xc2", True: b"\xc3"}[v]),
           (int, pack_int),
           (float, lambda v: struct.pack(">Bd", 0xcb, v)),
           (str, lambda v: head("str", len(v.encode())) + v.encode()),
           (bytes, lambda v: head("bin", len(v)) + v),
           (decimal.Decimal, lambda v: pack_ext(1, str(v).encode())),
           (Ext, lambda v: pack_ext(*v)),
           ((set, frozenset), pack_set),
           ((list, tuple), lambda v: head("array", len(v)) + b"".join(map(pack, v))),
           (dict, lambda v: head("map", len(v)) + b"".join(pack(part) for pair in v.items() for part in pair))]


def pack(value):
    for types, packer in PACKERS:
        if isinstance(value, types):
            return packer(value)
    raise ValueError(f"a {type(value).__name__} has no encoding")


class Reader:
    def __init__(self, data, typed):
        self.data, self.typed, self.at = data, typed, 0

    def take(self, count):
        if count > len(self.data) - self.at:
            raise ValueError("a value is cut off")
        self.at += count
        return bytes(self.data[self.at - count:self.at])

    def value(self, room=DEPTH):
        code = self.take(1)[0]
        if code <= 0x7f or code >= 0xe0:
            return code if code <= 0x7f else code - 0x100
        if code in PLAIN:
            return PLAIN[code]
        if code in SCALARS:
            return struct.unpack(SCALARS[code], self.take(struct.calcsize(SCALARS[code])))[0]
        if code <= 0xbf:
            kind = "map" if code <= 0x8f else "array" if code <= 0x9f else "str"
            return self.sized(kind, code & (0x1f if kind == "str" else 0x0f), room)
        if 0xd4 <= code <= 0xd8:
            return self.sized("ext", 1 << (code - 0xd4), room)
        if code not in LENGTHS:
            raise ValueError("0xc1 is no value")
        kind, width = LENGTHS[code]
        return self.sized(kind, int.from_bytes(self.take(width), "big"), room)

    def sized(self, kind, count, room):
        if kind == "bin":
            return self.take(count)
        if kind == "str":
            return self.take(count).decode()
        if kind == "ext":
            ext = Ext(struct.unpack(">b", self.take(1))[0], self.take(count))
            return from_ext(ext) if self.typed else ext
        if room == 0 or count > len(self.data) - self.at:
            raise ValueError("nested too deep, or more elements than bytes")
        if kind == "array":
            return [self.value(room - 1) for _ in range(count)]
        pairs = [(self.value(room - 1), self.value(room - 1)) for _ in range(count)]
        if any(isinstance(key, (list, dict, set)) for key, _value in pairs):
            raise ValueError("a map has a container as a key")
        return dict(pairs)


def from_ext(ext):
    if ext.code == 1:
        try:
            return decimal.Decimal(ext.data.decode("ascii"))
        except decimal.InvalidOperation:
            raise ValueError("ext 1 is no decimal text") from None
    if ext.code not in SETS:
        return ext
    elements = unpack(ext.data)
    if not isinstance(elements, list) or not elements or not all(type(e) in SETS[ext.code] for e in elements) \
            or len(set(elements)) < len(elements):
        raise ValueError(f"ext {ext.code} is no set")
    return set(elements)


def unpack(data, typed=True):
    """The one value that these bytes are; typed: ext 1 to 4 are Decimal and set, else they stay Ext."""
    reader = Reader(data, typed)
    value = reader.value()
    if reader.at < len(data):
        raise ValueError("something stands behind the value")
    return value
