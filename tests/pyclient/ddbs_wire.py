"""A client of the ddbsidecar protocol in plain Python, written from the text of proto/PROTOCOL.md alone.

It checks that the text suffices, and tests the daemon with something that shares no code with it. Rules are cited by
their ids (F1, M1, ...). It works only inside its calls: no thread runs between them.
"""
import collections
import random
import time

from ddbs_frames import (ABORT, ABORTED, BLOCKED, BYE, CREDIT, ERROR, FLUSH, FLUSHED, FRAME_MAX, GOAWAY, NOTICE, REPLY,
                         REQUEST, SETTLED, WELCOME, Connection, WireError, broken, end_of, frame, hello, write_frame)
from ddbs_msgpack import Ext, pack, unpack

__all__ = ["Asker", "Ext", "Failure", "Result", "WireError", "Writer", "pack", "unpack"]

RECORD_COST = 256  # C1: what a record costs on top of its bytes
ITEM_FAULTS = {"invalid_item", "item_too_large", "unsupported_op"}  # no daemon has written such a record (S2)
FOREVER = float("inf")

Failure = collections.namedtuple("Failure", "seq code message maybe_written")
Result = collections.namedtuple("Result", "written failed superseded failures")


class Writer:
    """Writes one table (M1); returns once WELCOME has come. hold: records kept before put waits; batch: records that
    put gathers before it sends them."""

    def __init__(self, socket_path, table, *, on_eof="deliver", connect_timeout=60.0, reconnect_timeout=300.0,
                 abort_wait=5.0, hold=10000, batch=16):
        self.path, self.hello, self.hold, self.batch = socket_path, hello(table, {"on_eof": on_eof}), hold, batch
        self.connect_timeout, self.reconnect_timeout, self.abort_wait = connect_timeout, reconnect_timeout, abort_wait
        self.unsettled, self.next_seq, self.sent_max, self.lost_upto = {}, 1, 0, 0
        self.tokens, self.next_token, self.abort_upto = {}, 1, 0
        self.written, self.superseded, self.failures, self.notice = 0, 0, [], ["none", ""]
        self.error, self.conn, self.welcomed, self.epoch = None, None, False, None
        self.since, self.next_try, self.attempt, self.fruitless = time.monotonic(), 0.0, 0, 0
        self.why = f"{socket_path}: no WELCOME came"
        self._wait(lambda: not self.welcomed, FOREVER)

    # ---- what the user calls ----

    def put(self, item, op=0):
        """Takes one item to write and returns its sequence number."""
        try:
            pair = b"\x92" + bytes([op]) + pack(item)
        except (ValueError, RecursionError) as error:
            raise WireError("invalid_item", str(error)) from None
        if len(pair) + RECORD_COST > self.max_record:
            raise WireError("item_too_large", f"it costs {len(pair) + RECORD_COST}, the daemon takes {self.max_record}")
        self._wait(lambda: len(self.unsettled) >= self.hold, FOREVER)
        seq, self.next_seq = self.next_seq, self.next_seq + 1
        self.unsettled[seq] = pair
        self.queue.append(seq)
        if len(self.queue) >= self.batch:
            self._step(0)
            self._wait(lambda: self.conn and self.conn.out, FOREVER)  # no frame stays half sent (C7)
        return seq

    def delete(self, key):
        """Takes the key attributes of an item to delete and returns the sequence number."""
        return self.put(key, op=1)

    def flush(self, timeout=None):
        """Waits until every record taken so far has an outcome; tells the outcomes since the last Result."""
        token, self.next_token = self.next_token, self.next_token + 1
        if self.unsettled:
            self.tokens[token] = self.next_seq - 1
        self._wait(lambda: token in self.tokens, end_of(timeout))
        return self._result()

    def abort(self, timeout=None):
        """Withdraws every record that has no outcome yet, and tells like flush (S5)."""
        for seq in [seq for seq in self.unsettled if seq > self.sent_max]:
            self._fail(seq, "aborted", "withdrawn before it was sent", False)
        if self.unsettled and not self.abort_upto:
            self.abort_upto, self.abort_sent, self.abort_since = self.sent_max, False, time.monotonic()
        self._wait(lambda: self.abort_upto, end_of(timeout))
        return self._result()

    def close(self, timeout=None):
        """Flushes, says BYE and closes."""
        try:
            result = self.flush(timeout)
            if self.welcomed:
                self.conn.out += frame(BYE)
                self._wait(lambda: self.conn and self.conn.out, end_of(timeout))
            return result
        finally:
            self.leave()

    def leave(self):
        """Closes without a word: the end that on_eof speaks of (S6)."""
        self._drop_connection()
        self.error = self.error or WireError("closed", "the writer is closed", len(self.unsettled))

    # ---- one connection after the other ----

    def _wait(self, waiting, until):
        if self.error:
            raise self.error
        while waiting():
            if time.monotonic() >= until:
                why = " ".join(self.notice) if self.welcomed else self.why
                raise WireError("timed_out", f"{len(self.unsettled)} have no outcome: {why}", len(self.unsettled))
            self._step(until)

    def _step(self, until):
        patience = self.connect_timeout if self.epoch is None else self.reconnect_timeout
        try:
            if not self.welcomed and time.monotonic() - self.since > patience:
                raise WireError("not_reachable", self.why)
            if self.conn:
                self._talk(until)
            else:
                self._connect(until)
        except WireError as error:
            error.unknown, self.error = len(self.unsettled), error
            self._drop_connection()
            raise

    def _connect(self, until):
        now = time.monotonic()
        if now < self.next_try:
            time.sleep(max(0.0, min(self.next_try, until) - now))
            return
        try:
            self.conn = Connection(self.path, self.hello)
        except WireError as error:
            if error.code != "not_reachable":
                raise
            self._lost(error.message, False)

    def _drop_connection(self):
        if self.conn:
            self.conn.sock.close()
        self.conn, self.welcomed = None, False

    def _lost(self, why, counts):
        """Forgets the connection; the next steps make another after a random delay (R1), or it is time to end (R4)."""
        now = time.monotonic()
        if self.welcomed:
            self.since = now
            self.fruitless += counts and bool(self.unsettled) and not self.progress and not self.goaway
        if self.fruitless == 10:
            raise WireError("connection_lost", f"ten connections in a row settled nothing: {why}")
        self._drop_connection()
        self.why, self.next_try = why, now + random.uniform(0, min(2.0, 0.05 * 2**self.attempt))
        self.attempt = min(self.attempt + 1, 10)

    def _talk(self, until):
        now, conn = time.monotonic(), self.conn
        late = self.welcomed and self.abort_upto and not self.abort_first and now - self.abort_since > self.abort_wait
        if late:
            conn.read_all()
        elif self.welcomed:
            self._send(conn.out)
        conn.pump(0 if late else min(until - now, 0.5))
        for kind, fields in conn.messages():
            self._handle(kind, fields)
        if conn.ended or (late and self.abort_upto):
            self._lost(conn.why, counts=not late)

    # ---- what comes in ----

    def _handle(self, kind, fields):
        handlers = {SETTLED: self._settled, FLUSHED: self._flushed, ABORTED: self._aborted, WELCOME: self._welcome}
        if kind == ERROR and not fields[2]:
            raise WireError(*fields[:2])
        if kind == ERROR:
            self.conn.why, self.conn.ended = f"{fields[0]}: {fields[1]}", True
        elif (kind == WELCOME) == self.welcomed or kind == REPLY:
            raise broken(f"a message of type {kind} is out of place")
        elif kind == CREDIT:
            self.limit = max(self.limit, fields[0])
        elif kind == GOAWAY:
            self.goaway = True
        elif kind == NOTICE:
            self.notice = fields
        else:
            handlers[kind](*fields)

    def _welcome(self, version, epoch, _connection, _max_frame, max_record, credit, _features, _server):
        if version != 1:
            raise WireError("unsupported_version", f"the daemon speaks version {version}, which was not offered")
        if self.epoch not in (None, epoch):
            self.lost_upto = self.sent_max
        self.welcomed, self.epoch, self.max_record, self.limit, self.used = True, epoch, max_record, credit, 0
        self.spoke = self.progress = self.goaway = self.abort_sent = self.abort_first = False
        self.blocked_seq, self.abort_since, self.notice, self.tokens_sent = 0, time.monotonic(), ["none", ""], set()
        for seq in [seq for seq, pair in self.unsettled.items() if len(pair) + RECORD_COST > max_record]:
            self._fail(seq, "item_too_large", f"this daemon takes {max_record}", seq <= self.sent_max)
        self.queue = collections.deque(seq for seq in self.unsettled if seq > self.abort_upto)

    def _fail(self, seq, code, message, maybe_written):
        del self.unsettled[seq]
        self.failures.append(Failure(seq, code, message, maybe_written))

    def _settled(self, upto, ranges, failures, superseded):
        """S2: failures first, then what is covered, each seq at its first mention."""
        ranges, good, before = [(1, upto), *(r[:2] for r in ranges)], 0, len(self.unsettled)
        if max([r[1] for r in ranges] + [f[0] for f in failures]) > self.sent_max:
            raise broken("SETTLED names a record that was never sent")
        for seq, code, message, maybe_written in [f[:4] for f in failures if f[0] in self.unsettled]:
            doubt = seq <= self.lost_upto and code not in ITEM_FAULTS
            self._fail(seq, code, message, maybe_written or doubt)
        for first, last in ranges:
            for seq in range(max(first, next(iter(self.unsettled), last + 1)), last + 1):
                good += self.unsettled.pop(seq, None) is not None
        self.superseded += min(superseded, good)
        self.written += good - min(superseded, good)
        if len(self.unsettled) < before:
            self.progress, self.fruitless, self.attempt = True, 0, 0

    def _flushed(self, token):
        if token not in self.tokens_sent or next(iter(self.unsettled), self.next_seq) <= self.tokens[token]:
            raise broken("FLUSHED for a token that is not open, or before an outcome that it waits for")
        self.tokens_sent.remove(token)
        del self.tokens[token]

    def _aborted(self, upto):
        if not self.abort_sent or upto != self.abort_upto:
            raise broken("ABORTED without such an ABORT")
        for seq in [seq for seq in self.unsettled if seq <= upto]:
            self._fail(seq, "aborted", "withdrawn, its outcome is not known", True)
        self.abort_upto = 0

    def _result(self):
        result = Result(self.written, len(self.failures), self.superseded, self.failures)
        self.written, self.superseded, self.failures = 0, 0, []
        return result

    # ---- what goes out ----

    def _send(self, out):
        """An open ABORT and nothing behind it (S5), or records within the credit and the tokens that follow them."""
        if self.abort_upto and not self.abort_sent:
            out += frame(ABORT, self.abort_upto)
            self.abort_sent, self.abort_first = True, not self.spoke
        if self.abort_upto:
            return
        while self._next() and not self.goaway and len(out) < FRAME_MAX:
            if not self._send_write(out):
                break
        for token, upto in self.tokens.items():
            if (self._next() or upto + 1) <= upto or len(self.tokens_sent) == 64:
                break
            if token not in self.tokens_sent:
                out += frame(FLUSH, token, upto)
                self.tokens_sent.add(token)
        self.spoke = self.spoke or bool(out)

    def _next(self):
        """The lowest seq that is still to be sent on this connection, or None."""
        while self.queue and self.queue[0] not in self.unsettled:
            self.queue.popleft()
        return self.queue[0] if self.queue else None

    def _send_write(self, out):
        """One WRITE: consecutive seqs, within the credit, a large record alone (F2); BLOCKED if none may go (C2)."""
        first, pairs, size = self._next(), [], 16
        while self._next() == first + len(pairs):
            pair = self.unsettled[self._next()]
            cost, size = len(pair) + RECORD_COST, size + len(pair)
            if self.used + cost > self.limit or (pairs and size > FRAME_MAX):
                break
            self.used += cost
            self.sent_max = max(self.sent_max, self.queue.popleft())
            pairs.append(pair)
        if pairs:
            out += write_frame(first, pairs)
        elif self.blocked_seq != first:
            out += frame(BLOCKED, len(self.unsettled[first]) + RECORD_COST)
            self.blocked_seq = first
        return bool(pairs)


class Asker:
    """An asking connection (M1): one question at a time, and no second try."""

    def __init__(self, socket_path, timeout=10.0):
        self.conn, self.next_id = Connection(socket_path, hello(None, {})), 1
        next(self._answers(WELCOME, end_of(timeout)))

    def request(self, verb, arguments=None, timeout=10.0):
        """The text of the answer; a status other than ok is raised, with the answer as its message."""
        self.conn.out += frame(REQUEST, self.next_id, verb, arguments or {})
        pieces = b""
        for number, more, status, payload in self._answers(REPLY, end_of(timeout)):
            if number == self.next_id:
                pieces += payload
                if not more:
                    break
        self.next_id += 1
        if status != "ok":
            raise WireError(status, pieces.decode())
        return pieces.decode()

    def _answers(self, wanted, until):
        while time.monotonic() < until:
            self.conn.pump(min(1.0, until - time.monotonic()))
            for kind, fields in self.conn.messages():
                if kind == ERROR:
                    raise WireError(*fields[:2])
                if kind == wanted:
                    yield fields
            if self.conn.ended:
                raise WireError("connection_lost", "the daemon closed the connection")
        raise WireError("timed_out", "no answer in time")

    def close(self):
        self.conn.sock.close()
