"""The real programs for the integration tests: fakeddb, ddbsidecard, ddbsidecarctl, the writer. Each ends with its test."""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "fakeddb"))
from fakeddb_client import FakeDDB  # noqa: E402

TABLE = "things"
# Generous: the sanitizers and a busy machine are slow; nothing waits this long when all is well.
PATIENCE_S = 120


def program(name):
    """The path of a built program, from the environment that meson sets (DDBS_DAEMON, DDBS_CTL, ...)."""
    path = os.environ.get("DDBS_" + name.upper())
    if not path:
        raise RuntimeError(f"DDBS_{name.upper()} is not set: run this through meson test")
    return path


def wait_until(what, condition, seconds=PATIENCE_S):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain until {what}")
        time.sleep(0.02)


def environment(**more):
    """Our environment without AWS_* and DDBSIDECAR_*, so that the machine's settings do not leak in."""
    foreign = ("AWS_", "DDBSIDECAR_")
    env = {k: v for k, v in os.environ.items() if not k.startswith(foreign) and "proxy" not in k.lower()}
    env.update(more)
    return env


def credentials():
    return {"AWS_ACCESS_KEY_ID": "fake", "AWS_SECRET_ACCESS_KEY": "fake", "AWS_REGION": "us-east-1"}


class Daemon:
    """One ddbsidecard; its log is a file, so that it never blocks."""

    def __init__(self, folder, endpoint, *options, env=None, under=()):
        self.socket = os.path.join(folder, "ddbsidecar.sock")
        self.log_path = os.path.join(folder, "daemon.log")
        self.command = [*under, program("daemon"), "--socket", self.socket, "--endpoint", endpoint, *options]
        self.env = environment(**(env if env is not None else credentials()))
        self.process = None
        self.start()

    def start(self, wait=True):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command, env=self.env, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log)
        if wait:
            wait_until("the daemon answers", self.answers)

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the daemon ended with {self.process.returncode}:\n{self.log()}")
        with socket.socket(socket.AF_UNIX) as s:
            try:
                s.connect(self.socket)
            except OSError:
                return False
        return True

    def kill(self):
        self.process.kill()
        self.process.wait()

    def terminate(self, seconds=PATIENCE_S):
        """Send SIGTERM. Returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=seconds)

    def ctl(self, *arguments, timeout=PATIENCE_S):
        return subprocess.run([program("ctl"), "--socket", self.socket, *arguments], env=environment(), text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout)

    def status(self):
        done = self.ctl("--json", "status")
        if not done.stdout.startswith("{"):
            raise AssertionError(f"status: exit {done.returncode}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def rss_mib(self):
        with open(f"/proc/{self.process.pid}/status") as f:
            return int(next(line for line in f if line.startswith("VmRSS")).split()[1]) / 1024

    def log(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()


class Case(unittest.TestCase):
    """A test with its own folder; its programs end with it."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="ddbs")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def fakeddb(self, *options):
        fake = FakeDDB(program("fakeddb"), "--table", TABLE + ":id", *options)
        self.addCleanup(fake.stop)
        return fake

    def daemon(self, fake, *options, **more):
        endpoint = fake if isinstance(fake, str) else "http://" + fake.host
        daemon = Daemon(self.folder, endpoint, *options, **more)
        self.addCleanup(self.end, daemon)
        return daemon

    def end(self, daemon):
        if daemon.process.poll() is None:
            daemon.kill()
        if "Sanitizer" in daemon.log():
            self.fail("a sanitizer spoke:\n" + daemon.log())

    def flush_begun(self, daemon):
        """`ddbsidecarctl flush` as a process; returns once the daemon has received the request."""
        flush = subprocess.Popen([program("ctl"), "--socket", daemon.socket, "flush"], env=environment(), text=True,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.end_process, flush)
        wait_until("the flush is asked for", lambda: (flush.pid, "asking") in
                   [(c["pid"], c["state"]) for c in daemon.status()["clients"]])
        return flush

    def writer(self, daemon, name, records, keys=None, pad=20, flush_every=1000, table=TABLE):
        arguments = [daemon.socket, table, name, records, keys or records, pad, flush_every]
        log = open(os.path.join(self.folder, f"writer-{name}.log"), "w+")
        self.addCleanup(log.close)
        process = subprocess.Popen([program("writer"), *map(str, arguments)], stdout=log, stderr=log, env=environment(),
                                   stdin=subprocess.DEVNULL)
        process.log = log
        self.addCleanup(self.end_process, process)
        return process

    @staticmethod
    def end_process(process):
        if process.poll() is None:
            process.kill()
        process.wait()

    def said(self, process):
        process.log.seek(0)
        return process.log.read()

    def finish(self, process, code=0, seconds=PATIENCE_S):
        self.assertEqual(process.wait(timeout=seconds), code, self.said(process))
        return self.said(process)

    def assert_stored(self, fake, writers):
        """{name: (records, keys)}: every key has the last value that was put."""
        stored = {item["id"]["S"]: int(item["n"]["N"]) for item in fake.scan(TABLE)}
        expected = {}
        for name, (records, keys) in writers.items():
            for i in range(max(1, records - keys + 1), records + 1):
                expected[f"{name}-{i % keys}"] = i
        self.assertEqual({k: stored.get(k) for k in expected}, expected)


def main():
    unittest.main(verbosity=2)
