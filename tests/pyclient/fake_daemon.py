"""A scripted daemon in a thread, for the tests of ddbs_wire: each connection plays one script, in order."""
import os
import pathlib
import socket
import tempfile
import threading

import ddbs_frames as frames
from ddbs_msgpack import unpack

HERE = pathlib.Path(__file__).resolve().parent
VECTORS = HERE.parent.parent / "proto" / "vectors"
# The fields of what a client sends (section 3).
FIELDS = {frames.HELLO: "versions session client pid table options tags features", frames.WRITE: "first_seq records",
          frames.BLOCKED: "cost_wanted", frames.FLUSH: "token upto_seq", frames.ABORT: "upto_seq", frames.BYE: "",
          frames.REQUEST: "id verb arguments"}


class Peer:
    """The daemon's end of one connection, for scripts."""

    def __init__(self, sock):
        self.sock, self.received = sock, b""
        self.sock.settimeout(10)

    def read(self):
        """The type and the fields of the next frame, or None at the end."""
        while len(self.received) < 4 or len(self.received) < 4 + int.from_bytes(self.received[:4], "big"):
            data = self.sock.recv(65536)
            if not data:
                return None
            self.received += data
        end = 4 + int.from_bytes(self.received[:4], "big")
        body, self.received = self.received[4:end], self.received[end:]
        kind, *fields = unpack(body)
        return kind, dict(zip(FIELDS[kind].split(), fields))

    def expect(self, kind, **want):
        got = self.read()
        if got is None or got[0] != kind or any(got[1][key] != value for key, value in want.items()):
            raise AssertionError(f"expected {kind} {want}, got {got}")
        return got[1]

    def expect_end(self):
        got = self.read()
        if got is not None:
            raise AssertionError(f"expected the end, got {got}")

    def quiet(self):
        """Nothing comes for a while; a client that breaks this is also found out by the next expect."""
        self.sock.settimeout(0.1)
        try:
            got = self.read()
        except socket.timeout:
            self.sock.settimeout(10)
            return
        raise AssertionError(f"expected nothing, got {got}")

    def seqs(self, *want):
        """Reads WRITE frames until so many records came."""
        seqs = []
        while len(seqs) < len(want):
            fields = self.expect(frames.WRITE)
            seqs += range(fields["first_seq"], fields["first_seq"] + len(fields["records"]))
        if seqs != list(want):
            raise AssertionError(f"expected {want}, got {seqs}")

    def send(self, kind, *fields):
        self.sock.sendall(frames.frame(kind, *fields))

    def welcome(self, credit=65536, epoch=1, max_record=2101484):
        hello = self.expect(frames.HELLO)
        self.send(frames.WELCOME, 1, epoch, 7, 2101248, max_record, credit, [], "fake 1")
        return hello

    def settled(self, upto=0, ranges=(), failures=(), superseded=0):
        self.send(frames.SETTLED, upto, [list(r) for r in ranges], [list(f) for f in failures], superseded)

    def finish(self, upto, token=1, **settled):
        """The end of most scripts: the flush of everything, and BYE."""
        self.expect(frames.FLUSH, token=token, upto_seq=upto)
        self.settled(upto=upto, **settled)
        self.send(frames.FLUSHED, token)
        self.expect(frames.BYE)


class FakeDaemon:
    def __init__(self, *scripts):
        self.dir = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.dir.name, "sock")
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(self.path)
        self.listener.listen(8)
        self.listener.settimeout(10)
        self.error = None
        self.thread = threading.Thread(target=self.run, args=(scripts,), daemon=True)
        self.thread.start()

    def run(self, scripts):
        try:
            for script in scripts:
                sock, _address = self.listener.accept()
                with sock:
                    script(Peer(sock))
        except Exception as error:  # told to the test's thread at the end
            self.error = error

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _trace):
        self.thread.join(10)
        alive = self.thread.is_alive()
        self.listener.close()
        self.dir.cleanup()
        if self.error:
            raise self.error from error
        if kind is None and alive:
            raise AssertionError("the script has not ended")
