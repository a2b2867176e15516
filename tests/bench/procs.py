"""The bench's processes: pinned to a core, bounded in time, gone when the bench is gone.

The process under measurement (the daemon, or the floor) has core 0 for itself, everything else shares core 1.
"""
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

MEASURED, OTHERS = 0, 1  # cores
LOAD_LIMIT_S = 60
START_LIMIT_S = 10
STOP_LIMIT_S = 10
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)

# Credentials of a role, as on a real host: their long token is a part of every request.
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "fake",
    "AWS_SECRET_ACCESS_KEY": "fake",
    "AWS_SESSION_TOKEN": "T" * 1100,
    "AWS_REGION": "us-east-1",
}


class Failed(Exception):
    """A run that gives no figure."""


def environment():
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "DDBSIDECAR_"))}
    return {**kept, **CREDENTIALS}


class Process:
    """A program on one core; its output is kept for the case that something goes wrong."""

    def __init__(self, core, *command):
        def prepare():
            LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            os.sched_setaffinity(0, {core})

        self.name = os.path.basename(command[0])
        self.errors = tempfile.TemporaryFile(mode="w+")
        self.started = time.monotonic()
        self.popen = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.errors,
                                      env=environment(), preexec_fn=prepare, text=True)
        self.pid = self.popen.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.popen.poll() is None:
            self.popen.kill()
        self.popen.wait()
        self.popen.stdout.close()
        self.errors.close()

    def fail(self, what):
        self.errors.seek(0)
        said = self.errors.read().strip().splitlines()
        raise Failed(f"{self.name} {what}" + (": " + " | ".join(said[-5:]) if said else ""))

    def wait_for(self, ready):
        """Until ready() is true; the milliseconds since the start."""
        while not ready():
            if self.popen.poll() is not None:
                self.fail(f"ended with {self.popen.returncode} instead of starting")
            if time.monotonic() - self.started > START_LIMIT_S:
                self.fail(f"was not ready within {START_LIMIT_S} s")
            time.sleep(0.0005)
        return (time.monotonic() - self.started) * 1000

    def result(self, limit=LOAD_LIMIT_S):
        """What it printed, once it has ended well."""
        try:
            out, _ = self.popen.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            self.fail(f"did not end within {limit} s")
        if self.popen.returncode != 0:
            self.fail(f"ended with {self.popen.returncode}")
        return json.loads(out)

    def end(self):
        """Ask it to end."""
        self.popen.terminate()
        try:
            self.popen.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.fail(f"did not end within {STOP_LIMIT_S} s of SIGTERM")

    def rss_peak(self):
        """Bytes."""
        with open(f"/proc/{self.pid}/status") as f:
            for line in f:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
        self.fail("has no VmHWM")


class Folder:
    """Sockets, ports and certificates of one run."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="ddbsidecar-bench-")
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)

    def file(self, name):
        return os.path.join(self.path, name)


def connects(path):
    with socket.socket(socket.AF_UNIX) as s:
        try:
            s.connect(path)
            return True
        except OSError:
            return False


class Rig:
    """The programs of one build folder, and one run of them against each other."""

    def __init__(self, build, warm_ms, time_ms):
        bench = os.path.join(build, "tests", "bench")
        self.floor, self.sink, self.load = (os.path.join(bench, n) for n in ("floor", "sink", "load"))
        self.daemon = os.path.join(build, "daemon", "ddbsidecard")
        self.warm_ms, self.time_ms = warm_ms, time_ms
        for program in (self.floor, self.sink, self.load, self.daemon):
            if not os.access(program, os.X_OK):
                raise Failed(f"{program} is not there: build it first (tests/bench/run.sh does)")

    def sink_start(self, folder, key, tls):
        options = ["--port-file", folder.file("port"), "--key", key]
        if tls:
            options += ["--ca-file", folder.file("ca.pem")]
        sink = Process(OTHERS, self.sink, *options)
        sink.wait_for(lambda: os.path.exists(folder.file("port")))
        with open(folder.file("port")) as f:
            return sink, int(f.read())

    def floor_command(self, folder, port, tls):
        return [self.floor, "--socket", folder.file("socket"), "--port", str(port)] + (
            ["--ca-file", folder.file("ca.pem")] if tls else [])

    def daemon_command(self, folder, port, tls, key, settings=()):
        scheme = "https" if tls else "http"
        settings = [f"defaults.key_schema={key}:S", *settings] + (
            [f"aws.ca_bundle={folder.file('ca.pem')}"] if tls else [])
        return [self.daemon, "--socket", folder.file("socket"), "--endpoint", f"{scheme}://127.0.0.1:{port}"] + [
            part for s in settings for part in ("--set", s)]

    def run(self, what, shape, key, tls):
        """One run of the 'floor' or the 'daemon': load's figures, with start-up, memory and the sink's counts."""
        with Folder() as folder:
            sink, port = self.sink_start(folder, key, tls)
            with sink:
                path = folder.file("socket")
                # The floor serves one producer and would take a trial connection for it.
                command, ready = {
                    "floor": (self.floor_command(folder, port, tls), lambda: os.path.exists(path)),
                    "daemon": (self.daemon_command(folder, port, tls, key), lambda: connects(path)),
                }[what]
                with Process(MEASURED, *command) as target:
                    figures = {"start_ms": target.wait_for(ready)}
                    with Process(OTHERS, self.load, "--socket", path, "--shape", shape, "--pid", str(target.pid),
                                 "--warm", str(self.warm_ms), "--time", str(self.time_ms)) as load:
                        figures.update(load.result())
                    if what == "daemon":
                        figures["rss"] = target.rss_peak()
                        target.end()
                sink.popen.terminate()
                figures.update(sink.result())
        return figures
