"""A small msgpack encoder for the vectors: shortest forms, and the odd ones on request.

Source: https://github.com/msgpack/msgpack/blob/master/spec.md
"""
import struct


class Raw(bytes):
    """Bytes that already are msgpack (or are broken on purpose)."""


class Ext:
    def __init__(self, kind, payload):
        self.kind, self.payload = kind, payload


class Float32(float):
    pass


class Pairs(list):
    """A map as a list of pairs, for names that are no strings or occur twice."""


def head(short, short_max, long_heads, n):
    """The head of a str, array or map: the fix form if there is one, else the shortest of the long ones."""
    if short is not None and n <= short_max:
        return bytes([short | n])
    for marker, size in long_heads:
        if n < 1 << 8 * size:
            return bytes([marker]) + n.to_bytes(size, "big")
    raise ValueError("too long")


def pack_int(v):
    if v >= 0:
        if v < 0x80:
            return bytes([v])
        return head(None, 0, [(0xcc, 1), (0xcd, 2), (0xce, 4), (0xcf, 8)], v)
    if v >= -32:
        return struct.pack(">b", v)
    for marker, size in [(0xd0, 1), (0xd1, 2), (0xd2, 4), (0xd3, 8)]:
        if v >= -(1 << 8 * size - 1):
            return bytes([marker]) + v.to_bytes(size, "big", signed=True)
    raise ValueError("too small")


def pack_ext(e):
    n = len(e.payload)
    fixed = {1: 0xd4, 2: 0xd5, 4: 0xd6, 8: 0xd7, 16: 0xd8}
    start = bytes([fixed[n]]) if n in fixed else head(None, 0, [(0xc7, 1), (0xc8, 2), (0xc9, 4)], n)
    return start + struct.pack(">b", e.kind) + e.payload


def pack_map(pairs):
    return head(0x80, 15, [(0xde, 2), (0xdf, 4)], len(pairs)) + b"".join(pack(k) + pack(v) for k, v in pairs)


def pack(v):
    if isinstance(v, Raw):
        return bytes(v)
    if v is None:
        return b"\xc0"
    if isinstance(v, bool):
        return b"\xc3" if v else b"\xc2"
    if isinstance(v, int):
        return pack_int(v)
    if isinstance(v, Float32):
        return b"\xca" + struct.pack(">f", v)
    if isinstance(v, float):
        return b"\xcb" + struct.pack(">d", v)
    if isinstance(v, str):
        b = v.encode()
        return head(0xa0, 31, [(0xd9, 1), (0xda, 2), (0xdb, 4)], len(b)) + b
    if isinstance(v, (bytes, bytearray)):
        return head(None, 0, [(0xc4, 1), (0xc5, 2), (0xc6, 4)], len(v)) + bytes(v)
    if isinstance(v, Ext):
        return pack_ext(v)
    if isinstance(v, Pairs):
        return pack_map(v)
    if isinstance(v, (list, tuple)):
        return head(0x90, 15, [(0xdc, 2), (0xdd, 4)], len(v)) + b"".join(pack(x) for x in v)
    if isinstance(v, dict):
        return pack_map(list(v.items()))
    raise TypeError(type(v))


def frame(*elements):
    """A whole frame: length, then one array."""
    body = pack(list(elements))
    return len(body).to_bytes(4, "big") + body


def framed(body):
    """A whole frame around a body that may be broken."""
    return len(body).to_bytes(4, "big") + bytes(body)
