"""The bench's processes: pinned to a core, with a time limit, ended with the bench.

The process under measurement (the daemon, or the floor) has core 0 to itself, everything else shares core 1.
"""
import contextlib
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
PR_SET_PDEATHSIG = 1
CPUCLOCK_SCHED = 2  # the kernel's number of a process's clock: ~pid << 3 | this
MIB = 1 << 20
SHAPE_KEYS = {"a": "pojoId", "b": "customerId", "c": "documentId"}
LIBC = ctypes.CDLL(None)

# Credentials of a role, as on a real host: every request includes their long token.
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "fake",
    "AWS_SECRET_ACCESS_KEY": "fake",
    "AWS_SESSION_TOKEN": "T" * 1100,
    "AWS_REGION": "us-east-1",
}


class Failed(Exception):
    """A run without a result."""


def environment():
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "DDBSIDECAR_"))}
    return {**kept, **CREDENTIALS}


class Process:
    """A program on one core; its output is kept in case something goes wrong."""

    def __init__(self, core, *command, first=False):
        """first: with higher priority on that core, if permitted; for programs that measure times."""
        def prepare():
            LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            os.sched_setaffinity(0, {core})
            if first:
                try:
                    os.setpriority(os.PRIO_PROCESS, 0, -15)
                except PermissionError:
                    pass

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
        """Wait until ready() is true. Returns the milliseconds since the start."""
        while not ready():
            if self.popen.poll() is not None:
                self.fail(f"ended with {self.popen.returncode} instead of starting")
            if time.monotonic() - self.started > START_LIMIT_S:
                self.fail(f"was not ready within {START_LIMIT_S} s")
            time.sleep(0.0005)
        return (time.monotonic() - self.started) * 1000

    def result(self, limit=LOAD_LIMIT_S):
        """Wait for its success. Returns its output."""
        try:
            out, _ = self.popen.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            self.fail(f"did not end within {limit} s")
        if self.popen.returncode != 0:
            self.fail(f"ended with {self.popen.returncode}")
        return json.loads(out)

    def kill(self):
        self.popen.kill()
        self.popen.wait()

    def signal_and_result(self, limit=LOAD_LIMIT_S):
        """Send SIGTERM. Returns its output."""
        self.popen.terminate()
        return self.result(limit)

    def rss_peak(self):
        """Peak memory in bytes."""
        return self.status_number("self", "VmHWM") * 1024

    def status_number(self, thread, name):
        path = f"/proc/{self.pid}/status" if thread == "self" else f"/proc/{self.pid}/task/{thread}/status"
        with open(path) as f:
            for line in f:
                if line.startswith(name + ":"):
                    return int(line.split()[1])
        self.fail(f"has no {name}")

    def cpu_s(self):
        """Seconds of CPU time so far."""
        return time.clock_gettime(~self.pid << 3 | CPUCLOCK_SCHED)

    def wakeups(self):
        """Voluntary context switches of its threads so far."""
        return sum(self.status_number(t, "voluntary_ctxt_switches") for t in os.listdir(f"/proc/{self.pid}/task"))


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
    """The programs of one build folder, and runs that combine them."""

    def __init__(self, build, warm_ms, time_ms):
        bench = os.path.join(build, "tests", "bench")
        self.floor, self.sink, self.load, self.crowd, self.probe, self.micro = (
            os.path.join(bench, n) for n in ("floor", "sink", "load", "crowd", "probe", "micro"))
        self.daemon = os.path.join(build, "daemon", "ddbsidecard")
        self.fakeddb = os.path.join(build, "tests", "fakeddb", "fakeddb")
        self.warm_ms, self.time_ms = warm_ms, time_ms
        self.peaks = []  # (what, bytes of memory above memory_max) of every daemon
        for program in (self.floor, self.sink, self.load, self.crowd, self.probe, self.micro, self.daemon, self.fakeddb):
            if not os.access(program, os.X_OK):
                raise Failed(f"{program} is not there: build it first (tests/bench/run.sh does)")

    def sink_start(self, folder, key, tls, *options):
        options = [*options, "--port-file", folder.file("port"), "--key", key]
        if tls:
            options += ["--ca-file", folder.file("ca.pem")]
        return self.endpoint_start(folder, self.sink, *options)

    def endpoint_start(self, folder, *command):
        """The process, and its port once it listens."""
        if os.path.exists(folder.file("port")):
            os.unlink(folder.file("port"))
        endpoint = Process(OTHERS, *command)
        endpoint.wait_for(lambda: os.path.exists(folder.file("port")))
        with open(folder.file("port")) as f:
            return endpoint, int(f.read())

    def floor_command(self, folder, port, tls):
        return [self.floor, "--socket", folder.file("socket"), "--port", str(port)] + (
            ["--ca-file", folder.file("ca.pem")] if tls else [])

    def daemon_command(self, folder, port, tls, key, settings=()):
        scheme = "https" if tls else "http"
        settings = [f"defaults.key_schema={key}:S", *settings] + (
            [f"aws.ca_bundle={folder.file('ca.pem')}"] if tls else [])
        return [self.daemon, "--socket", folder.file("socket"), "--endpoint", f"{scheme}://127.0.0.1:{port}"] + [
            part for s in settings for part in ("--set", s)]

    @contextlib.contextmanager
    def daemon_run(self, what, folder, command, memory_max=256 * MIB):
        """A daemon that is ready; its peak memory is recorded at the end. start_ms is its start-up time."""
        memory = ["--set", f"daemon.memory_max={memory_max // MIB}M"]
        with Process(MEASURED, *command, *memory) as daemon:
            daemon.start_ms = daemon.wait_for(lambda: connects(folder.file("socket")))
            yield daemon
            if daemon.popen.poll() is not None:
                daemon.fail(f"ended with {daemon.popen.returncode} in the middle of it")
            self.peaks.append((what, daemon.rss_peak() - memory_max))

    @contextlib.contextmanager
    def daemon_at_sink(self, what, *sink_options, tls=True, key="pojoId", memory_max=256 * MIB, settings=()):
        """(folder, daemon, sink): the daemon writing to a sink."""
        with Folder() as folder:
            sink, port = self.sink_start(folder, key, tls, *sink_options)
            command = self.daemon_command(folder, port, tls, key, settings)
            with sink, self.daemon_run(what, folder, command, memory_max) as daemon:
                yield folder, daemon, sink

    def load_start(self, folder, target, shape, *options, warm_ms=None, time_ms=None):
        return Process(OTHERS, self.load, "--socket", folder.file("socket"), "--shape", shape, "--pid", str(target.pid),
                       "--warm", str(warm_ms or self.warm_ms), "--time", str(time_ms or self.time_ms), *options)

    def crowd_start(self, folder, target, *options):
        return Process(OTHERS, self.crowd, "--socket", folder.file("socket"), "--pid", str(target.pid), *options)

    def probe_start(self, folder, what, time_ms, rest_ms=2):
        return Process(OTHERS, self.probe, what, "--socket", folder.file("socket"), "--time", str(time_ms), "--rest",
                       str(rest_ms), first=True)

    def run_floor(self, shape, key, tls):
        """One run of the floor. Returns load's figures."""
        with Folder() as folder:
            sink, port = self.sink_start(folder, key, tls)
            with sink, Process(MEASURED, *self.floor_command(folder, port, tls)) as floor:
                # The floor serves one producer and would mistake a trial connection for it.
                floor.wait_for(lambda: os.path.exists(folder.file("socket")))
                with self.load_start(folder, floor, shape) as load:
                    return load.result()

    def run_daemon(self, shape, key, tls, *options, **times):
        """One run of the daemon. Returns load's figures, the start-up time and the sink's counters."""
        with self.daemon_at_sink(f"load {shape}", tls=tls, key=key) as (folder, daemon, sink):
            with self.load_start(folder, daemon, shape, *options, **times) as load:
                figures = {"start_ms": daemon.start_ms, **load.result()}
            figures["rss"] = daemon.rss_peak()
            figures.update(sink.signal_and_result())
        return figures
