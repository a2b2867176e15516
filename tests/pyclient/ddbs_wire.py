"""A client of the ddbsidecar wire protocol in plain Python.

It was written from the text of proto/PROTOCOL.md alone, as a check that the text suffices, and so that the daemon
is tested by something that shares no code with it. Rules are cited by their ids (F1, M1, ...). It works only inside
its calls: no thread runs between them.
"""

import collections
import decimal
import math
import os
import random
import select
import socket
import struct
import time
import weakref

VERSION = 1
RECORD_COST = 256       # C1: what a record costs on top of its bytes
DAEMON_BODY = 65536     # F2: largest body of a frame of the daemon
SMALL_WRITE = 65536     # F2: largest body of a WRITE with several records
WRITE_HEAD = 16         # most bytes of a WRITE's body that are not records
FRAME_DEPTH = 40        # F4
ITEM_DEPTH = 36         # deeper, the daemon would refuse the whole frame instead of one record
OPEN_TOKENS = 64        # C8
LOST_IN_A_ROW = 10      # R4
CODES = frozenset("""protocol_error unsupported_version unsupported_option unsupported_op invalid_item item_too_large
    missing_key table_not_found access_denied credentials table_unusable rejected deadline_exceeded not_permitted
    timed_out connection_lost busy fenced aborted not_reachable too_many_failures invalid_argument bad_config
    out_of_memory forked closed shutting_down internal""".split())

Ext = collections.namedtuple("Ext", "code data")
Failure = collections.namedtuple("Failure", "seq code message maybe_written")
Result = collections.namedtuple("Result", "written failed superseded failures")


class WireError(Exception):
    """A code of section 10 with a sentence; unknown counts the records that are not known to be written (R4)."""

    def __init__(self, code, message="", retryable=False, unknown=0):
        super().__init__(f"{code}: {message}" if message else code)
        self.code, self.message, self.retryable, self.unknown = code, message, retryable, unknown


def broken(message):
    return WireError("protocol_error", message)


def refused(message):
    return WireError("invalid_argument", message)


def known(code):
    return code if code in CODES else "internal"


# msgpack: the shortest forms out, every form in (F4)

INTEGERS = ((0, 0xff, 0xcc, ">BB"), (0, 0xffff, 0xcd, ">BH"), (0, 2**32 - 1, 0xce, ">BI"), (0, 2**64 - 1, 0xcf, ">BQ"),
            (-2**7, 0, 0xd0, ">Bb"), (-2**15, 0, 0xd1, ">Bh"), (-2**31, 0, 0xd2, ">Bi"), (-2**63, 0, 0xd3, ">Bq"))
LENGTHS = {"str": (0xa0, 32, 0xd9, 0xda, 0xdb), "bin": (0, 0, 0xc4, 0xc5, 0xc6), "ext": (0, 0, 0xc7, 0xc8, 0xc9),
           "array": (0x90, 16, None, 0xdc, 0xdd), "map": (0x80, 16, None, 0xde, 0xdf)}
FIXED_EXT = {1: 0xd4, 2: 0xd5, 4: 0xd6, 8: 0xd7, 16: 0xd8}
PLAIN = {0xc0: None, 0xc2: False, 0xc3: True}
SCALARS = {0xca: ">f", 0xcb: ">d", 0xcc: ">B", 0xcd: ">H", 0xce: ">I", 0xcf: ">Q",
           0xd0: ">b", 0xd1: ">h", 0xd2: ">i", 0xd3: ">q"}
SIZED = {code: (kind, width) for kind, codes in LENGTHS.items() for code, width in zip(codes[2:], (1, 2, 4)) if code}


def head(kind, count):
    fixed, below, *codes = LENGTHS[kind]
    if count < below:
        return bytes([fixed | count])
    for code, form, most in zip(codes, (">BB", ">BH", ">BI"), (0xff, 0xffff, 2**32 - 1)):
        if code is not None and count <= most:
            return struct.pack(form, code, count)
    raise refused(f"{kind} of {count} is too long for msgpack")


def encode_ext(code, data):
    start = bytes([FIXED_EXT[len(data)]]) if len(data) in FIXED_EXT else head("ext", len(data))
    return start + struct.pack(">b", code) + data


def encode_set(value):
    kinds = {str if isinstance(e, str) else bytes if isinstance(e, (bytes, bytearray)) else float
             if isinstance(e, (int, float, decimal.Decimal)) and not isinstance(e, bool) else None for e in value}
    code = {str: 2, float: 3, bytes: 4}.get(kinds.pop()) if len(kinds) == 1 else None
    if code is None:
        raise refused("a set needs elements of one type: str, numbers or bytes")
    # Sorted by their bytes, so that equal items have equal encodings; the protocol does not ask for an order.
    return encode_ext(code, head("array", len(value)) + b"".join(sorted(encode(e) for e in value)))


def encode_int(value):
    if -32 <= value <= 127:
        return bytes([value & 0xff])
    for low, high, code, form in INTEGERS:
        if low <= value <= high:
            return struct.pack(form, code, value)
    return encode_ext(1, b"%d" % value)


def encode(value, room=FRAME_DEPTH):
    if value is None or value is True or value is False:
        return b"\xc0" if value is None else b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return encode_int(value)
    if isinstance(value, float):
        return struct.pack(">Bd", 0xcb, value)
    if isinstance(value, str):
        try:
            data = value.encode()
        except UnicodeEncodeError as error:
            raise refused(f"not valid UTF-8: {error}") from None
        return head("str", len(data)) + data
    if isinstance(value, (bytes, bytearray)):
        return head("bin", len(value)) + bytes(value)
    if isinstance(value, decimal.Decimal):
        return encode_ext(1, str(value).encode())
    if isinstance(value, Ext):
        return encode_ext(*value)
    if isinstance(value, (set, frozenset)):
        return encode_set(value)
    if not isinstance(value, (list, tuple, dict)):
        raise refused(f"a {type(value).__name__} has no encoding")
    if room == 0:
        raise refused("nested too deep")
    kind, parts = "array", value
    if isinstance(value, dict):
        kind, parts = "map", [part for pair in value.items() for part in pair]
    return head(kind, len(value)) + b"".join(encode(part, room - 1) for part in parts)


class Decoder:
    """Reads values from bytes; with typed, ext 1 to 4 become Decimal and set, else they stay Ext."""

    def __init__(self, data, typed=True):
        self.data, self.typed, self.at = data, typed, 0

    def take(self, count):
        if count > len(self.data) - self.at:
            raise broken("a value does not fit into its frame")
        self.at += count
        return self.data[self.at - count:self.at]

    def whole(self):
        value = self.value(FRAME_DEPTH)
        if self.at != len(self.data):
            raise broken("something stands behind the value")
        return value

    def value(self, room):
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
        if code not in SIZED:
            raise broken("0xc1 is no value")
        kind, width = SIZED[code]
        return self.sized(kind, int.from_bytes(self.take(width), "big"), room)

    def sized(self, kind, count, room):
        if kind == "bin":
            return bytes(self.take(count))
        if kind == "str":
            try:
                return bytes(self.take(count)).decode()
            except UnicodeDecodeError:
                raise broken("a str is not UTF-8") from None
        if kind == "ext":
            ext = Ext(struct.unpack(">b", self.take(1))[0], bytes(self.take(count)))
            return from_ext(ext) if self.typed else ext
        if room == 0:
            raise broken("nested too deep")
        if kind == "array":
            return [self.value(room - 1) for _ in range(count)]
        try:
            return {self.value(room - 1): self.value(room - 1) for _ in range(count)}
        except TypeError:
            raise broken("a map has a container as a key") from None


def decode(data, typed=True):
    return Decoder(data, typed).whole()


def from_ext(ext):
    kinds = {2: (str,), 3: (int, float, decimal.Decimal), 4: (bytes,)}.get(ext.code)
    if ext.code == 1:
        try:
            return decimal.Decimal(ext.data.decode("ascii"))
        except (UnicodeDecodeError, decimal.InvalidOperation):
            raise broken("ext 1 is no decimal text") from None
    elements = decode(ext.data) if kinds else None
    if not isinstance(elements, list) or not all(type(e) in kinds for e in elements):
        raise broken(f"ext {ext.code} is no set")
    if not elements or len(set(elements)) != len(elements):
        raise broken("a set is empty or has equal elements")
    return set(elements)


# Messages (section 3): each field with a function that says whether a value may stand there

def uint(value):
    return type(value) is int and 0 <= value < 2**64


def boolean(value):
    return type(value) is bool


def text(least, most):
    return lambda value: type(value) is str and least <= len(value.encode()) <= most


def binary(most):
    return lambda value: type(value) is bytes and len(value) <= most


def array(check):
    return lambda value: type(value) is list and all(check(element) for element in value)


def entry(*checks):
    return lambda value: type(value) is list and len(value) >= len(checks) and all(c(v) for c, v in zip(checks, value))


def mapping(value):
    return type(value) is dict


def anything(_value):
    return True


def span(value):
    return entry(uint, uint)(value) and value[0] <= value[1]


MESSAGES = {
    1: ("HELLO", dict(versions=array(uint), session=binary(16), client=text(0, 128), pid=uint,
                      table=lambda v: v is None or text(1, 1024)(v), options=mapping, tags=mapping,
                      features=array(text(1, 64)))),
    2: ("WRITE", dict(first_seq=uint, records=array(lambda v: entry(uint, anything)(v) and len(v) == 2))),
    3: ("BLOCKED", dict(cost_wanted=uint)), 4: ("FLUSH", dict(token=uint, upto_seq=uint)),
    5: ("ABORT", dict(upto_seq=uint)), 6: ("BYE", {}),
    7: ("REQUEST", dict(id=uint, verb=text(1, 64), arguments=mapping)),
    33: ("WELCOME", dict(version=uint, epoch=uint, connection=uint, max_frame=uint, max_record=uint, credit=uint,
                         features=array(text(0, DAEMON_BODY)), server=text(0, 128))),
    34: ("CREDIT", dict(limit=uint)),
    35: ("SETTLED", dict(upto=uint, ranges=array(span),
                         failures=array(entry(uint, text(1, 64), text(0, 512), boolean)), superseded=uint)),
    36: ("FLUSHED", dict(token=uint)), 37: ("ABORTED", dict(upto_seq=uint)), 38: ("GOAWAY", dict(reason=text(1, 64))),
    39: ("ERROR", dict(code=text(1, 64), message=text(0, 512), retryable=boolean)),
    40: ("REPLY", dict(id=uint, more=boolean, status=text(1, 64), payload=binary(61440))),
    41: ("NOTICE", dict(reason=text(1, 64), message=text(0, 512))),
}
TYPES = {name: number for number, (name, _fields) in MESSAGES.items()}


def frame(name, *fields):
    body = encode([TYPES[name], *fields])
    return struct.pack(">I", len(body)) + body


def write_frame(first_seq, pairs):
    body = b"\x93\x02" + encode(first_seq) + head("array", len(pairs)) + b"".join(pairs)
    return struct.pack(">I", len(body)) + body


def read_body(body, typed=True, lowest=33):
    """The name and the fields of a frame's body, or None if it has to be ignored (F3)."""
    if len(body) < 2 or not 0x91 <= body[0] <= 0x9f or body[1] > 0x7f:
        raise broken("a frame is no array with a type in front")
    if body[1] >= 64:
        return None
    if body[1] not in MESSAGES or not lowest <= body[1] < lowest + 32:
        raise broken(f"a frame of the unknown type {body[1]}")
    name, checks = MESSAGES[body[1]]
    values = Decoder(body, typed).whole()[1:]
    if len(values) < len(checks):
        raise broken(f"{name} is too short")
    for value, (field, check) in zip(values, checks.items()):
        if not check(value):
            raise broken(f"{name}: {field} is not what the protocol says")
    return name, dict(zip(checks, values))


def hello(table, options=None, tags=None, client="ddbsidecar-pyclient 1"):
    session = os.urandom(16)
    return frame("HELLO", [VERSION], session, client, os.getpid(), table, options or {}, tags or {}, [])


def find_socket(path):
    path = path or os.environ.get("DDBSIDECAR_SOCKET") or "/run/ddbsidecar/ddbsidecar.sock"
    if len(os.fsencode(path)) > 107:
        raise refused(f"the path of the socket is longer than 107 bytes: {path}")
    return path


def until_time(timeout):
    return math.inf if timeout is None else time.monotonic() + timeout


class Connection:
    """One socket with its buffers. Waiting always reads, also while there is something to write (C6)."""

    def __init__(self, path):
        self.received, self.out, self.ended = bytearray(), bytearray(), False
        self.why = "the daemon closed the connection"
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.sock.settimeout(1)
            self.sock.connect(path)
            self.sock.setblocking(False)
        except OSError:
            self.sock.close()
            raise

    def pump(self, seconds):
        poller = select.poll()
        poller.register(self.sock, select.POLLIN | (select.POLLOUT if self.out else 0))
        poller.poll(max(0, math.ceil(seconds * 1000)))
        self.read()
        if not self.out or self.ended:
            return
        try:
            del self.out[:self.sock.send(self.out[:SMALL_WRITE])]
        except BlockingIOError:
            pass
        except OSError:
            # Nothing goes out any more, but outcomes may still stand in the socket (R1).
            self.drain()
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
        return bool(data)

    def drain(self):
        while not self.ended and self.read():
            pass

    def messages(self):
        while len(self.received) >= 4:
            length = int.from_bytes(self.received[:4], "big")
            if not 2 <= length <= DAEMON_BODY:
                raise broken(f"a frame of {length} bytes")
            if len(self.received) < 4 + length:
                return
            body = bytes(self.received[4:4 + length])
            del self.received[:4 + length]
            # Untyped: elements of later versions behind the listed ones may be of any ext type (F3).
            message = read_body(body, typed=False)
            if message:
                yield message

    def close(self):
        self.sock.close()


class Record:
    __slots__ = ("pair", "cost", "epoch")

    def __init__(self, pair):
        self.pair, self.cost, self.epoch = pair, len(pair) + RECORD_COST, None


class Writer:
    """Writes one table (M1). The constructor returns once WELCOME has come.

    Options: on_eof, max_window, tags, client for HELLO; connect_timeout and reconnect_timeout (R4); abort_wait (S5);
    hold_max, the bytes kept before put waits; batch_records, how many records put gathers before it sends them.
    """

    def __init__(self, socket_path, table, *, on_eof=None, max_window=None, tags=None, client="ddbsidecar-pyclient 1",
                 connect_timeout=60.0, reconnect_timeout=300.0, abort_wait=5.0, hold_max=8 << 20, batch_records=1):
        options = {k: v for k, v in (("on_eof", on_eof), ("max_window", max_window)) if v is not None}
        self.path, self.hello = find_socket(socket_path), hello(table, options, tags, client)
        self.discard = on_eof == "discard"
        self.connect_timeout, self.reconnect_timeout, self.abort_wait = connect_timeout, reconnect_timeout, abort_wait
        self.hold_max, self.batch_records = hold_max, batch_records
        self.unsettled, self.held, self.next_seq, self.sent_max = collections.OrderedDict(), 0, 1, 0
        self.tokens, self.next_token, self.abort_upto, self.abort_sent = {}, 1, None, None
        self.written, self.superseded, self.failures, self.notice = 0, 0, [], ("none", "")
        self.error, self.conn, self.welcomed, self.epoch, self.server = None, None, False, None, None
        self.since, self.next_try, self.attempt, self.fruitless, self.why = time.monotonic(), 0.0, 0, 0, ""
        OPEN.add(self)
        while not self.welcomed:
            self._step(math.inf)

    def __enter__(self):
        return self

    def __exit__(self, kind, _error, _trace):
        if kind is None:
            self.close()
        else:
            self._leave(1.0)

    # What the user calls

    def put(self, item, timeout=None):
        """Takes one item to write and returns its sequence number."""
        return self._take(0, item, timeout)

    def delete(self, key, timeout=None):
        """Takes the key attributes of an item to delete and returns the sequence number."""
        return self._take(1, key, timeout)

    def flush(self, timeout=None):
        """Waits until every record taken so far has an outcome; reports the outcomes since the last report."""
        self._check()
        until, token = until_time(timeout), self.next_token
        if self.unsettled:
            self.tokens[token] = self.next_seq - 1
            self.next_token += 1
        try:
            self._wait(lambda: token in self.tokens, until)
        finally:
            self.tokens.pop(token, None)
        return self._report()

    def abort(self, timeout=None):
        """Withdraws every record that has no outcome yet, and reports like flush."""
        self._check()
        until = until_time(timeout)
        self._wait(lambda: self.abort_upto is not None, until)
        for seq in [seq for seq, record in self.unsettled.items() if record.epoch is None]:
            self._fail(seq, "aborted", "withdrawn before it was sent", False)
        if self.unsettled:
            self.abort_upto, self.abort_sent = self.sent_max, None
            self.queue.clear()
        self._wait(lambda: self.abort_upto is not None, until)
        return self._report()

    def close(self, timeout=None):
        """Flushes, says BYE and closes. After an error it only closes."""
        if self.error:
            self.error = self.error if self.error.code == "forked" else WireError("closed")
            return self._report()
        until = until_time(timeout)
        try:
            return self.flush(timeout)
        finally:
            self._leave(max(1.0, min(until - time.monotonic(), 10.0)))

    # Inside

    def _check(self):
        if self.error:
            raise self.error

    def _wait(self, waiting, until):
        while waiting():
            if time.monotonic() >= until:
                reason = self.why if not self.welcomed else " ".join(self.notice)
                raise WireError("timed_out", f"{len(self.unsettled)} records without outcome ({reason})", True,
                                len(self.unsettled))
            self._step(until)

    def _take(self, op, item, timeout):
        self._check()
        pair, until = b"\x92" + bytes([op]) + encode(item, ITEM_DEPTH), until_time(timeout)
        record = Record(pair)
        if record.cost > self.max_record:
            raise WireError("item_too_large", f"the record costs {record.cost}, the daemon takes {self.max_record}")
        self._wait(lambda: self.unsettled and self.held + record.cost > self.hold_max, until)
        seq = self.next_seq
        self.unsettled[seq] = record
        self.held += record.cost
        self.next_seq += 1
        self.queue.append(seq)
        if len(self.queue) >= self.batch_records:
            self._step(0)
            # No frame is left half sent while the caller does something else: the daemon gives it 10 seconds (C7).
            while self.conn and self.conn.out and time.monotonic() < until:
                self._step(until)
        return seq

    def _report(self):
        result = Result(self.written, len(self.failures), self.superseded, self.failures)
        self.written, self.superseded, self.failures = 0, 0, []
        return result

    def _leave(self, seconds):
        """Closes, with BYE unless records that the user wants discarded are open (S7)."""
        until = time.monotonic() + seconds
        if self.conn and self.welcomed and not (self.discard and self.unsettled):
            self.conn.out += frame("BYE")
            while self.conn.out and not self.conn.ended and time.monotonic() < until:
                self.conn.pump(0.1)
        self._close()
        self.error = self.error or WireError("closed")

    def _close(self):
        if self.conn:
            self.conn.close()
        self.conn, self.welcomed = None, False

    def _step(self, until):
        try:
            if self.conn is None:
                self._connect(until)
            else:
                self._talk(until)
        except WireError as error:
            error.unknown = len(self.unsettled)
            self.error = error
            self._close()
            raise

    def _patience(self, now):
        first = self.epoch is None
        if now - self.since > (self.connect_timeout if first else self.reconnect_timeout):
            raise WireError("not_reachable" if first else "connection_lost", f"no daemon answers on {self.path}: is "
                            f"ddbsidecard running, and is this its socket? ({self.why})", True)

    def _connect(self, until):
        now = time.monotonic()
        self._patience(now)
        if now < self.next_try:
            time.sleep(max(0.0, min(self.next_try, until) - now))
            return
        try:
            self.conn = Connection(self.path)
        except OSError as error:
            self._lost(str(error))
            return
        self.welcomed = False
        self.conn.out += self.hello

    def _lost(self, why, counts=True):
        """Forgets the connection; the next steps make a new one after a random delay (R1)."""
        now, had = time.monotonic(), self.welcomed
        self._close()
        self.why, self.abort_sent = why, None
        if had:
            self.since = now
            if counts and not self.progress and (self.unsettled or self.tokens or self.abort_upto):
                self.fruitless += 1
            if self.fruitless >= LOST_IN_A_ROW:
                raise WireError("connection_lost", f"{self.fruitless} connections settled nothing: {why}", True)
        self.next_try = now + random.uniform(0, min(2.0, 0.05 * 2**self.attempt))
        self.attempt = min(self.attempt + 1, 10)

    def _talk(self, until):
        now, conn = time.monotonic(), self.conn
        overdue = self.abort_sent is not None and now - self.abort_sent > self.abort_wait
        if not self.welcomed:
            self._patience(now)
        elif not overdue:
            self._fill(now)
        conn.pump(0 if overdue else min(until - now, 1.0))
        if overdue:
            conn.drain()
        for name, fields in conn.messages():
            self._handle(name, fields)
            if name == "ERROR":
                break
        if conn.ended:
            self._lost(conn.why)
        elif overdue and self.abort_upto is not None:
            self._lost("ABORT was not answered", counts=False)

    def _handle(self, name, fields):
        if name == "ERROR":
            if not fields["retryable"]:
                raise WireError(known(fields["code"]), fields["message"])
            self.conn.why, self.conn.ended = f"{fields['code']}: {fields['message']}", True
        elif (name == "WELCOME") == self.welcomed:
            raise broken(f"{name} came {'again' if self.welcomed else 'before WELCOME'}")
        elif name == "WELCOME":
            self._welcome(fields)
        elif name == "CREDIT" and fields["limit"] > self.limit:
            self.limit, self.blocked = fields["limit"], False
        elif name == "SETTLED":
            self._settled(**fields)
        elif name == "FLUSHED":
            self.tokens_sent.discard(fields["token"])
            upto = self.tokens.pop(fields["token"], 0)
            if self.unsettled and next(iter(self.unsettled)) <= upto:
                raise broken("FLUSHED came before an outcome that it waits for")
        elif name == "ABORTED" and fields["upto_seq"] == self.abort_upto:
            for seq in [seq for seq in self.unsettled if seq <= self.abort_upto]:
                self._fail(seq, "aborted", "withdrawn, its outcome is not known", True)
            self.abort_upto = self.abort_sent = None
        elif name == "GOAWAY":
            self.goaway = True
        elif name == "NOTICE":
            self.notice = fields["reason"], fields["message"]

    def _welcome(self, fields):
        if fields["version"] != VERSION:
            raise broken(f"WELCOME names version {fields['version']}, which was not offered")
        self.welcomed, self.progress = True, False
        self.epoch, self.server, self.connection = fields["epoch"], fields["server"], fields["connection"]
        self.max_frame, self.max_record = fields["max_frame"], fields["max_record"]
        self.limit, self.used, self.blocked, self.goaway = fields["credit"], 0, False, False
        self.tokens_sent, self.notice = set(), ("none", "")
        for seq in [s for s, record in self.unsettled.items() if record.cost > self.max_record]:
            sent = self.unsettled[seq].epoch is not None
            self._fail(seq, "item_too_large", f"the daemon takes at most {self.max_record}", sent)
        # What an open ABORT names is not sent again (R1).
        self.queue = collections.deque(seq for seq in self.unsettled if seq > (self.abort_upto or 0))

    def _drop(self, seq):
        self.held -= self.unsettled.pop(seq).cost

    def _fail(self, seq, code, message, maybe_written):
        self._drop(seq)
        self.failures.append(Failure(seq, known(code), message, maybe_written))

    def _settled(self, upto, ranges, failures, superseded):
        """S2: failures first, then what is covered, each seq at its first mention."""
        covered, before, named = [(0, upto), *(r[:2] for r in ranges)], len(self.unsettled), [f[0] for f in failures]
        if max([last for _first, last in covered] + named) > self.sent_max:
            raise broken("SETTLED names a record that was never sent")
        for seq, code, message, maybe_written, *_later in failures:
            if seq in self.unsettled:
                self._fail(seq, code, message, maybe_written)
        good = 0
        for first, last in covered:
            for seq in range(max(first, next(iter(self.unsettled), last + 1)), last + 1):
                # A daemon that was restarted cannot speak of what only its forerunner got.
                if seq in self.unsettled and self.unsettled[seq].epoch == self.epoch:
                    self._drop(seq)
                    good += 1
        self.written += good - min(superseded, good)
        self.superseded += min(superseded, good)
        if len(self.unsettled) < before:
            self.progress, self.fruitless, self.attempt = True, 0, 0

    def _fill(self, now):
        """Queues what may be sent: ABORT, then records as far as the credit goes, then the tokens behind them."""
        out = self.conn.out
        if self.abort_upto is not None and self.abort_sent is None:
            out += frame("ABORT", self.abort_upto)
            self.abort_sent = now
        while not self.goaway and len(out) < SMALL_WRITE:
            first, pairs = self._batch()
            if not pairs:
                break
            out += write_frame(first, pairs)
        waiting = self._next()
        if waiting and not self.goaway and not self.blocked:
            cost = self.unsettled[waiting].cost
            if self.used + cost > self.limit:
                out += frame("BLOCKED", cost)
                self.blocked = True
        for token, upto in self.tokens.items():
            if token in self.tokens_sent:
                continue
            if self.abort_upto is not None or len(self.tokens_sent) >= OPEN_TOKENS or (waiting and waiting <= upto):
                break
            out += frame("FLUSH", token, upto)
            self.tokens_sent.add(token)

    def _next(self):
        """The lowest seq that is still to be sent on this connection, or None."""
        while self.queue and self.queue[0] not in self.unsettled:
            self.queue.popleft()
        return self.queue[0] if self.queue else None

    def _batch(self):
        """Takes the records of one WRITE: consecutive, within the credit, and alone if larger than a small frame."""
        first, pairs, size = self._next(), [], WRITE_HEAD
        while self._next() is not None and self._next() == first + len(pairs):
            record = self.unsettled[self._next()]
            size += len(record.pair)
            if self.used + record.cost > self.limit or (pairs and size > SMALL_WRITE):
                break
            self.sent_max = max(self.sent_max, self.queue.popleft())
            self.used += record.cost
            record.epoch = self.epoch
            pairs.append(record.pair)
        return first, pairs


class Asker:
    """An asking connection (M1): questions only, one at a time, and no second try."""

    def __init__(self, socket_path=None, timeout=10.0):
        self.path, self.timeout, self.error, self.next_id = find_socket(socket_path), timeout, None, 1
        try:
            self.conn = Connection(self.path)
        except OSError as error:
            raise WireError("not_reachable", f"no daemon answers on {self.path}: {error}", True) from None
        OPEN.add(self)
        self.conn.out += hello(None)
        self._await("WELCOME", lambda fields: True, until_time(timeout))

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.close()

    def request(self, verb, arguments=None, timeout=None):
        """The text of the answer; a status other than ok is raised, with the answer as its message."""
        if self.error:
            raise self.error
        self.conn.out += frame("REQUEST", self.next_id, verb, arguments or {})
        pieces, until = [], until_time(timeout or self.timeout)

        def last(fields):
            if fields["id"] == self.next_id:
                pieces.append(fields["payload"])
            return fields["id"] == self.next_id and not fields["more"]

        fields = self._await("REPLY", last, until)
        self.next_id += 1
        answer = b"".join(pieces).decode()
        if fields["status"] != "ok":
            raise WireError(known(fields["status"]), answer)
        return answer

    def _await(self, wanted, enough, until):
        try:
            while time.monotonic() < until:
                self.conn.pump(min(1.0, until - time.monotonic()))
                for name, fields in self.conn.messages():
                    if name == "ERROR":
                        raise WireError(known(fields["code"]), fields["message"], fields["retryable"])
                    if name == wanted and enough(fields):
                        return fields
                if self.conn.ended:
                    raise WireError("connection_lost", "the daemon closed the connection", True)
            raise WireError("timed_out", f"no {wanted} in time", True)
        except WireError as error:
            # After any of these a late answer could be taken for that of a later question.
            self.error = error
            self.conn.close()
            raise

    def close(self):
        if not self.error:
            self.conn.out += frame("BYE")
            self.conn.pump(1.0)
            self.conn.close()
            self.error = WireError("closed")


OPEN = weakref.WeakSet()


def _after_fork():
    """L3: the child closes its copy of each connection without a word."""
    for one in list(OPEN):
        if one.conn:
            one.conn.close()
        one.conn, one.error = None, WireError("forked", "opened before a fork: open a new one in the child")


os.register_at_fork(after_in_child=_after_fork)
