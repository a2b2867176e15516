"""The frames of the ddbsidecar protocol (PROTOCOL F1 to F4, section 3) on a socket, with ddbs_msgpack inside."""
import os
import select
import socket
import struct
import time

from ddbs_msgpack import head, pack, unpack

FRAME_MAX = 65536  # F2: largest body of a daemon's frame, and of a WRITE with several records
HELLO, WRITE, BLOCKED, FLUSH, ABORT, BYE, REQUEST = range(1, 8)
WELCOME, CREDIT, SETTLED, FLUSHED, ABORTED, GOAWAY, ERROR, REPLY, NOTICE = range(33, 42)


class WireError(Exception):
    """A code of section 10 with a sentence; unknown counts the records that are not known to be written (R4)."""

    def __init__(self, code, message="", unknown=0):
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.unknown = code, message, unknown


def broken(message):
    return WireError("protocol_error", f"the daemon broke the protocol: {message}")


def text(least, most):
    return lambda v: type(v) is str and least <= len(v.encode()) <= most


def fits(form, fields):
    return type(fields) is list and len(fields) >= len(form) and all(CHECKS[c](v) for c, v in zip(form, fields))


# One letter a field: what a message of the daemon consists of.
FORMS = {WELCOME: "uuuuuuFc", CREDIT: "u", SETTLED: "uRSu", FLUSHED: "u", ABORTED: "u", GOAWAY: "n", ERROR: "ntb",
         REPLY: "ubnp", NOTICE: "nt"}
CHECKS = {"u": lambda v: type(v) is int and 0 <= v < 2**64, "b": lambda v: type(v) is bool,
          "n": text(1, 64), "c": text(0, 128), "t": text(0, 512), "p": lambda v: type(v) is bytes and len(v) <= 61440,
          "F": lambda v: type(v) is list and all(map(text(1, 64), v)),
          "R": lambda v: type(v) is list and all(fits("uu", r) and r[0] <= r[1] for r in v),
          "S": lambda v: type(v) is list and all(fits("untb", f) for f in v)}


def framed(body):
    return struct.pack(">I", len(body)) + body


def frame(kind, *fields):
    return framed(pack([kind, *fields]))


def hello(table, options):
    return frame(HELLO, [1], os.urandom(16), "ddbsidecar-pyclient 1", os.getpid(), table, options, {}, [])


def write_frame(first_seq, pairs):
    return framed(bytes([0x93, WRITE]) + pack(first_seq) + head("array", len(pairs)) + b"".join(pairs))


def read_body(body):
    """The type and the fields of a message of the daemon; None if it has to be ignored (F3)."""
    if not 0x91 <= body[0] <= 0x9f or body[1] > 0x7f:
        raise broken("a frame is no array with a type in front")
    if body[1] >= 64:
        return None
    try:
        kind, *fields = unpack(body, typed=False)  # elements of a later version may be of any ext type (F3)
    except ValueError as error:
        raise broken(str(error)) from None
    if kind not in FORMS or not fits(FORMS[kind], fields):
        raise broken(f"a message of type {kind} is not what section 3 says")
    return kind, fields[:len(FORMS[kind])]


def end_of(timeout):
    return float("inf") if timeout is None else time.monotonic() + timeout


class Connection:
    """One socket with its buffers, the first frame in `out`. Waiting always reads, also while something is to be
    written (C6)."""

    def __init__(self, path, first):
        if len(os.fsencode(path)) > 107:
            raise WireError("invalid_argument", f"the socket's path is longer than 107 bytes: {path}")
        self.received, self.out, self.ended, self.why = bytearray(), bytearray(first), False, "the daemon closed"
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(1)
        try:
            self.sock.connect(path)
        except OSError as error:
            self.sock.close()
            raise WireError("not_reachable", f"no daemon answers on {path}: {error}; is ddbsidecard running?") from None
        self.sock.setblocking(False)

    def pump(self, seconds):
        poller = select.poll()
        poller.register(self.sock, select.POLLIN | (select.POLLOUT if self.out else 0))
        poller.poll(int(max(0, seconds) * 1000))
        self.read()
        try:
            if self.out and not self.ended:
                del self.out[:self.sock.send(self.out)]
        except BlockingIOError:
            pass
        except OSError:  # nothing goes out any more, but outcomes may still stand in the socket (R1)
            self.read_all()
            self.ended = True

    def read(self):
        try:
            data = self.sock.recv(65536)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        self.received += data
        self.ended = self.ended or not data
        return not self.ended

    def read_all(self):
        while self.read():
            pass

    def messages(self):
        while len(self.received) >= 4:
            length = int.from_bytes(self.received[:4], "big")
            if not 2 <= length <= FRAME_MAX:
                raise broken(f"a frame of {length} bytes")
            if len(self.received) < 4 + length:
                return
            message = read_body(bytes(self.received[4:4 + length]))
            del self.received[:4 + length]
            if message:
                yield message
