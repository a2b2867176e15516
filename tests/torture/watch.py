"""Checks common to all torture scenarios: the daemon's memory, its answer to `status` at any time, its share of a core.
The limits hold even on a busy machine; with --gate the figures themselves are checked, which needs a quiet machine and a
build without sanitizers.
"""
import contextlib
import os
import select
import socket
import statistics
import struct
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "pyclient"))
from ddbs_frames import HELLO, REPLY, REQUEST, frame, read_body  # noqa: E402

GATE = "--gate" in sys.argv
SANITIZED = bool(os.environ.get("DDBS_SANITIZE"))
MEMORY_MIB, SLACK_MIB = 64, 32  # the smallest memory_max, and what the daemon may use on top
ANSWER_S_MAX = 12
STATUS_MS_MAX = 50 if GATE else 10000
SHARE_MAX = 0.02 if GATE else 0.2  # of a core, while it only waits; a spinning loop takes all of it
LOOK_S = 0.1


def figure(text):
    """A line that is easy to find in a test log."""
    print("figure: " + text, flush=True)


def cpu_s(process):
    with open(f"/proc/{process.pid}/stat") as f:
        user, system = f.read().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def peak_mib(process):
    """Its peak memory so far; 0 if it has ended."""
    try:
        with open(f"/proc/{process.pid}/status") as f:
            return next((int(line.split()[1]) / 1024 for line in f if line.startswith("VmHWM")), 0)
    except OSError:
        return 0


class Watch(threading.Thread):
    """Requests a daemon's status ten times a second over one connection, and checks its memory. The daemon may be
    stopped, killed and restarted meanwhile: requests unanswered because of that do not count."""

    def __init__(self, daemon):
        super().__init__(daemon=True)
        self.target, self.sock, self.ended = daemon, None, threading.Event()
        self.stopped, self.stops, self.rests = False, 0, False
        self.peak_mib, self.took_ms, self.number = 0, [], 0
        self.connect()
        self.start()

    def run(self):
        self.look()
        while not self.ended.wait(LOOK_S):
            if not self.rests:
                self.look()

    def look(self):
        self.peak_mib = max(self.peak_mib, peak_mib(self.target.process))
        if self.sock is None and not self.connect():
            return
        excused, stops, began = self.stopped, self.stops, time.monotonic()
        try:
            self.ask()
        except OSError:
            self.hang_up()
            return
        if not excused and stops == self.stops:
            self.took_ms.append((time.monotonic() - began) * 1000)

    def connect(self):
        sock = socket.socket(socket.AF_UNIX)
        sock.setblocking(False)
        try:
            sock.connect(self.target.socket)
            sock.send(frame(HELLO, [1], os.urandom(16), "watch 1", os.getpid(), None, {}, {}, []))
        except OSError:
            sock.close()
            return False
        self.sock, self.buffer = sock, bytearray()
        return True

    def hang_up(self):
        if self.sock is not None:
            self.sock.close()
        self.sock = None

    def ask(self):
        """Wait for the answer, longer than the allowed time, so that a missing one counts as slow."""
        self.number += 1
        self.sock.send(frame(REQUEST, self.number, "status", {}))
        end = time.monotonic() + ANSWER_S_MAX
        while not self.answered() and (time.monotonic() < end or (self.stopped and not self.ended.is_set())):
            select.select([self.sock], [], [], LOOK_S)

    def answered(self):
        """Whether the last piece of the answer has come."""
        try:
            data = self.sock.recv(1 << 20)
        except BlockingIOError:
            return False
        if not data:
            raise ConnectionError("the daemon closed the connection")
        self.buffer += data
        last = False
        while len(self.buffer) >= 4:
            n = struct.unpack(">I", self.buffer[:4])[0]
            if len(self.buffer) < 4 + n:
                break
            message = read_body(bytes(self.buffer[4:4 + n]))
            del self.buffer[:4 + n]
            last = last or (message is not None and message[0] == REPLY and message[1][:3] == [self.number, False, "ok"])
        return last

    @contextlib.contextmanager
    def excused(self):
        """While the daemon is stopped and cannot answer."""
        self.stopped, self.stops = True, self.stops + 1
        try:
            yield
        finally:
            self.stopped = False

    def share(self, seconds):
        """The share of a core that the daemon uses while nobody requests status."""
        self.rests = True
        try:
            cpu, began = cpu_s(self.target.process), time.monotonic()
            time.sleep(seconds)
            return (cpu_s(self.target.process) - cpu) / (time.monotonic() - began)
        finally:
            self.rests = False

    def stop(self):
        """The complaints."""
        self.ended.set()
        self.join()
        self.hang_up()
        self.peak_mib = max(self.peak_mib, peak_mib(self.target.process))
        return list(self.complaints())

    def complaints(self):
        if self.peak_mib > MEMORY_MIB + SLACK_MIB and not SANITIZED:
            yield f"the daemon held {self.peak_mib:.0f} MiB, {MEMORY_MIB} and {SLACK_MIB} besides are allowed"
        if self.took_ms and self.slow_ms() > STATUS_MS_MAX:
            yield f"status was answered after {self.slow_ms():.0f} ms, {STATUS_MS_MAX} are allowed"

    def slow_ms(self):
        """The maximum in a test; with --gate the 99th percentile, which excludes the machine's own pauses."""
        ordered = sorted(self.took_ms)
        return ordered[len(ordered) * 99 // 100] if GATE else ordered[-1]

    def told(self):
        """The text of a figure."""
        if not self.took_ms:
            return f"{self.peak_mib:.0f} MiB"
        return (f"{self.peak_mib:.0f} MiB, status answered in {statistics.median(self.took_ms):.1f} ms, "
                f"at worst {max(self.took_ms):.1f}")
