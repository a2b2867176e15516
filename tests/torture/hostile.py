"""Hostile local clients, each a separate program: hostile.py KIND SOCKET TABLE SECONDS

It attacks for about that time, or until the daemon has closed the connections that it must close, and prints one JSON
object: `did` (how often), `refused` (ERROR codes and their counts), `sentences` (the messages of these errors). It uses
only the socket.
"""
import collections
import fcntl
import json
import os
import random
import resource
import select
import socket
import struct
import sys
import termios
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "pyclient"))
from ddbs_frames import (ABORT, ABORTED, BLOCKED, BYE, CREDIT, ERROR, FLUSH, FLUSHED, HELLO, REPLY,  # noqa: E402
                         REQUEST, WRITE, frame, framed, pack, read_body, write_frame)

CORPUS = os.path.join(HERE, "..", "fuzz", "corpus")
MIB2 = 2 << 20
BAD_RECORD = b"\x92\x00" + pack({"x": 1})  # no key
COST_EXTRA, FIRST_CREDIT = 256, 65536
PATIENCE_S = 60  # the daemon must close after 10 s at the latest; a busy machine is slow


class Peer:
    """A socket that ignores errors."""

    def __init__(self, tally, path):
        self.tally, self.buffer, self.open, self.limit = tally, bytearray(), True, 0
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        try:
            self.sock.connect(path)
            self.sock.setblocking(False)
        except OSError:
            self.shut()

    def shut(self):
        self.open = False
        self.sock.close()

    def send(self, data, wait=1.0):
        """Send as much as the daemon takes; False if it takes no more in time."""
        end = time.monotonic() + wait
        while data and self.open:
            try:
                data = data[self.sock.send(data):]
            except BlockingIOError:
                if time.monotonic() > end:
                    return False
                select.select([], [self.sock], [], 0.05)
            except OSError:
                self.read()
                self.open = False
        return not data

    def read(self):
        """The messages that have come; ERROR is counted."""
        while self.open:
            try:
                data = self.sock.recv(65536)
            except BlockingIOError:
                break
            except OSError:
                data = b""
            if not data:
                self.open = False
            self.buffer += data
        found = []
        while len(self.buffer) >= 4:
            n = struct.unpack(">I", self.buffer[:4])[0]
            if len(self.buffer) < 4 + n:
                break
            message = read_body(bytes(self.buffer[4:4 + n]))
            del self.buffer[:4 + n]
            if message:
                found.append(message)
        for kind, fields in found:
            if kind == ERROR:
                self.tally.refused[fields[0]] += 1
                self.tally.sentences.add(f"{fields[0]}: {fields[1]}")
            elif kind == CREDIT:
                self.limit = fields[0]
        return found

    def wait(self, seconds, until=lambda kind: False):
        """Read until the connection ends, or a message comes."""
        end = time.monotonic() + seconds
        while self.open and time.monotonic() < end:
            if any(until(kind) for kind, _ in self.read()):
                return True
            if self.open:
                select.select([self.sock], [], [], 0.02)
        return False

    def was_shut(self):
        """Whether the daemon has closed it, checked without reading."""
        poll = select.poll()
        poll.register(self.sock, 0)
        return not self.open or bool(poll.poll(0))

    def unread(self):
        n = bytearray(4)
        fcntl.ioctl(self.sock, termios.FIONREAD, n)
        return int.from_bytes(n, sys.byteorder)


class Hostile:
    def __init__(self, path, table, seconds):
        self.path, self.table, self.seconds = path, table, seconds
        self.end = time.monotonic() + seconds
        self.did, self.refused, self.sentences = 0, collections.Counter(), set()
        self.rng = random.Random(1)

    def going(self):
        return time.monotonic() < self.end

    def hello(self, session=None, table=None):
        return frame(HELLO, [1], session or os.urandom(16), "hostile 1", os.getpid(), table or self.table, {}, {}, [])

    def writer(self, session=None, table=None):
        peer = Peer(self, self.path)
        peer.send(self.hello(session, table))
        return peer

    def rest(self, peers, seconds=PATIENCE_S, until=lambda: False):
        """Read from the peers until all are closed, or the time is over."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and any(peer.open for peer in peers) and not until():
            for peer in peers:
                peer.read()
            time.sleep(0.02)

    # ---- the kinds ----

    def stuffed(self):
        """A peer whose socket is full of answers, and whose records then fail without its reading the failures."""
        peer = self.writer()
        before = -1
        while peer.open and peer.unread() > before:
            before = peer.unread()
            peer.send(frame(REQUEST, 1, "status", {}), 0.2)
            time.sleep(0.01)
        count = FIRST_CREDIT // (len(BAD_RECORD) + COST_EXTRA)
        peer.send(write_frame(1, [BAD_RECORD] * count), 0.2)
        peer.send(frame(FLUSH, 1, count), 0.2)
        self.did += 1
        return peer

    def never_reads(self):
        peers = [self.stuffed() for _ in range(10)]
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end and not all(peer.was_shut() for peer in peers):
            time.sleep(0.05)

    def reads_a_byte_a_second(self):
        peers = [self.stuffed() for _ in range(10)]
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end and not all(peer.was_shut() for peer in peers):
            for peer in peers:
                if not peer.was_shut():
                    peer.sock.recv(1)
            time.sleep(1)

    def byte_a_second(self):
        """Half of them send the HELLO that slowly, half of them a record after it."""
        greeting = self.hello()
        record = framed(bytes([0x93, WRITE]) + pack(1) + b"\x91\x92\x00" + pack({"x": "y" * 60}))
        slow = [(Peer(self, self.path), greeting) for _ in range(20)] + [(self.writer(), record) for _ in range(20)]
        for i in range(min(len(greeting), len(record))):
            for peer, data in slow:
                self.did += peer.open
                peer.send(data[i:i + 1])
            self.rest([peer for peer, _ in slow], 1)
            if not any(peer.open for peer, _ in slow):
                break

    def opens_and_closes(self):
        """At least ten thousand times: silent, with half a HELLO, with a whole one, with a BYE."""
        words = [lambda: b"", lambda: self.hello()[:10], self.hello, lambda: self.hello() + frame(BYE)]
        while self.going() or 0 < self.did < 10000:
            peer = Peer(self, self.path)
            self.did += peer.open
            peer.send(words[self.did % 4]())
            peer.shut()

    def idle(self):
        """Half of them silent, half of them writers that write nothing; the silent ones are closed."""
        peers = [Peer(self, self.path) if i % 2 else self.writer() for i in range(1000)]
        self.did = sum(peer.open for peer in peers)
        self.rest(peers[1::2])
        self.rest(peers, 1)

    def declares_and_stops(self):
        """Requests credit for 2 MiB, begins such a record, and stops; as many connections as get the credit."""
        peers = [self.writer() for _ in range(60)]
        for peer in peers:
            peer.wait(0.5, lambda kind: True)
            peer.send(frame(BLOCKED, MIB2 + COST_EXTRA))
        begun = []
        while self.going():
            for peer in peers:
                peer.read()
                if peer.limit >= MIB2 and peer not in begun:
                    peer.send(struct.pack(">I", MIB2) + b"\x93\x02\x01\x91\x92\x00\x81" + b"\x00" * 60)
                    begun.append(peer)
            time.sleep(0.02)
        self.did = len(begun)
        self.rest(begun, until=lambda: self.refused)  # the daemon reads two at a time, the others wait their turn

    def begins_and_stops(self):
        """Begins short WRITEs, and HELLOs, and stops."""
        begun = struct.pack(">I", 60000) + b"\x93\x02\x01" + b"\x00" * 1000
        peers = [self.writer() for _ in range(200)] + [Peer(self, self.path) for _ in range(200)]
        for i, peer in enumerate(peers):
            if i < 200:
                peer.wait(0.5, lambda kind: True)
            self.did += peer.send(begun if i < 200 else struct.pack(">I", 16000) + b"\x99\x01" + b"\x00" * 1000)
        self.rest(peers)

    def floods(self, blob):
        peers = [self.writer() for _ in range(4)]
        while self.going() and any(peer.open for peer in peers):
            for peer in peers:
                self.did += peer.send(blob, 0.01)
                peer.read()

    def floods_blocked(self):
        """Reconnects after each refusal."""
        while self.going():
            self.floods(frame(BLOCKED, 300) * 9000)

    def answers(self, peer, kind, count):
        """Read until `count` answers have come."""
        end = time.monotonic() + PATIENCE_S
        while peer.open and count > 0 and time.monotonic() < end:
            count -= sum(got == kind for got, _ in peer.read())
            if peer.open and count > 0:
                select.select([peer.sock], [], [], 0.02)

    def floods_flush(self):
        """Always up to 64 open tokens, for records that were never sent."""
        peers = [self.writer() for _ in range(4)]
        token = 0
        while self.going() and any(peer.open for peer in peers):
            for peer in peers:
                peer.send(b"".join(frame(FLUSH, token + i, 0) for i in range(64)))
                self.answers(peer, FLUSHED, 64)
            token += 64
            self.did += 256

    def floods_abort(self):
        """One ABORT after the other, of the same record."""
        peers = [self.writer() for _ in range(4)]
        for peer in peers:
            peer.send(write_frame(1, [b"\x92\x00" + pack({"id": "hostile"})]))
        while self.going() and any(peer.open for peer in peers):
            for peer in peers:
                peer.send(frame(ABORT, 1))
            for peer in peers:
                self.answers(peer, ABORTED, 1)
            self.did += 4

    def floods_ping(self):
        peers = [self.writer() for _ in range(4)]
        while self.going() and any(peer.open for peer in peers):
            for peer in peers:
                peer.send(frame(REQUEST, 1, "ping", {}) * 4)
            for peer in peers:
                self.answers(peer, REPLY, 4)
            self.did += 16

    def floods_status(self):
        """The most expensive request, by a user who may send it."""
        peers = [self.writer() for _ in range(4)]
        while self.going() and any(peer.open for peer in peers):
            for peer in peers:
                peer.send(frame(REQUEST, 1, "status", {}))
            for peer in peers:
                self.answers(peer, REPLY, 1)
            self.did += 4

    def opens_without_end(self):
        """More open tokens, ABORTs and REQUESTs than allowed."""
        record = b"\x92\x00" + pack({"id": "hostile"})
        while self.going():
            for words in [b"".join(frame(FLUSH, i, 1) for i in range(1, 67)), frame(ABORT, 1) * 3,
                          b"".join(frame(REQUEST, i, "flush", {}) for i in range(6))]:
                peer = self.writer()
                peer.send(write_frame(1, [record]) + words)
                peer.wait(1)
                peer.shut()
                self.did += 1
            time.sleep(0.02)

    def replays_hello(self):
        """The same session again and again, also with another table, and unknown sessions."""
        session, other = os.urandom(16), os.urandom(16)
        last = self.writer(session)
        while self.going():
            now = self.writer(session)
            now.wait(1, lambda kind: True)
            last.wait(1)
            last.shut()
            last = now
            wrong = self.writer(session, "elsewhere")
            wrong.wait(1)
            unknown = self.writer(other[:8] + os.urandom(8))
            unknown.wait(1, lambda kind: True)
            unknown.shut()
            self.did += 3
        last.shut()

    def throws_corpora(self):
        """Every input of the fuzzers: as a stream, as a body, after a HELLO, as an item; and corrupted."""
        for folder, _, names in os.walk(CORPUS):
            for name in sorted(names):
                with open(os.path.join(folder, name), "rb") as f:
                    data = f.read(60000)
                damaged = bytearray(data or b"\0")
                damaged[self.rng.randrange(len(damaged))] ^= 1 << self.rng.randrange(8)
                self.throw(data)
                self.throw(bytes(damaged))
                self.did += 1

    def throw(self, thing):
        for words in (thing, framed(thing), self.hello() + thing, self.hello() + framed(thing),
                      self.hello() + framed(b"\x93\x02\x01\x91\x92\x00" + thing)):
            peer = Peer(self, self.path)
            peer.send(words)
            peer.wait(0.002)
            peer.shut()


def main():
    kind, path, table, seconds = sys.argv[1:5]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    hostile = Hostile(path, table, float(seconds))
    getattr(hostile, kind)()
    print(json.dumps({"did": hostile.did, "refused": hostile.refused, "sentences": sorted(hostile.sentences)[:100]}))


if __name__ == "__main__":
    main()
