"""A real daemon in which an allocation fails, its own or one of its libraries; then a burst of failures; with and
without TLS. Either it refuses to start and reports why, or every record is stored in the end: the writer continues by
itself, or once a healthy daemon takes over. ddbsidecarctl and a writer must give an answer or an error message, never a
signal.

Allocations are counted from the start of the process, and a sample of them is tried (tests/oom/failing.c)."""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from rig import TABLE, Case, Daemon, environment, main, program, wait_until  # noqa: E402

RECORDS, FLUSH_EVERY = 100, 50
# After this time a daemon whose TLS library failed for good is replaced; everything else takes a fraction of a second.
OWN_RECOVERY_S = 15
SHORT_TIMES = ("--set", "aws.request_timeout=1s", "--set", "daemon.drain_timeout=500ms")


class Failing:
    """The environment of one run, and what it logged."""

    def __init__(self, folder, nth, count=1):
        self.path = os.path.join(folder, "failing.log")
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.env = {"LD_PRELOAD": program("failing"), "OOM_NTH": str(nth), "OOM_COUNT": str(count),
                    "OOM_LOG": self.path}

    def log(self):
        if not os.path.exists(self.path):
            return ""
        with open(self.path) as f:
            return f.read()

    def in_tls_library(self):
        """The caller follows the two stack lines of the malloc replacement."""
        return any(name in line for line in self.log().splitlines()[3:4] for name in ("libcrypto", "libssl"))

    def asked(self):
        return int(self.log().split()[-1])


class Started(Daemon):
    """Started without waiting for it; each has its own log."""

    def __init__(self, folder, endpoint, *options, env):
        self.waits = False
        super().__init__(folder, endpoint, *options, env=env)

    def start(self, wait=True):
        if os.path.exists(self.log_path):
            os.unlink(self.log_path)
        super().start(wait=False)

    def ended(self):
        return self.process.poll() is not None


class Processes(Case):
    def setUp(self):
        super().setUp()
        self.names = {}

    def start(self, endpoint, options, failing):
        env = {"AWS_ACCESS_KEY_ID": "fake", "AWS_SECRET_ACCESS_KEY": "fake", "AWS_REGION": "us-east-1", **failing.env}
        daemon = Started(self.folder, endpoint, *SHORT_TIMES, *options, env=env)
        self.addCleanup(self.end, daemon)
        return daemon

    def assert_refusal(self, daemon, why):
        self.assertIn(daemon.process.returncode, (1, 78), why)
        self.assertTrue(daemon.log().strip(), why)

    def sound_daemon(self, endpoint, options):
        daemon = self.start(endpoint, options, Failing(self.folder, 0))
        wait_until("the daemon answers", daemon.answers)
        return daemon

    def ends_by_itself(self, process, daemon):
        end = time.monotonic() + OWN_RECOVERY_S
        while process.poll() is None and not daemon.ended() and time.monotonic() < end:
            time.sleep(0.005)
        return process.poll() is not None

    def one(self, endpoint, options, nth, count):
        """One daemon's life. True: it finished by itself, or refused to start."""
        failing = Failing(self.folder, nth, count)
        daemon = self.start(endpoint, options, failing)
        while not os.path.exists(daemon.socket) and not daemon.ended():
            time.sleep(0.002)
        if daemon.ended():
            self.assert_refusal(daemon, f"allocation {nth}: {failing.log()}")
            return True
        name = f"w{len(self.names)}"
        self.names[name] = (RECORDS, RECORDS)
        writer = self.writer(daemon, name, RECORDS, flush_every=FLUSH_EVERY)
        alone = self.ends_by_itself(writer, daemon)
        why = f"allocation {nth}: {failing.log()}{daemon.log()}"
        if not daemon.ended():
            daemon.terminate()
        self.assertGreaterEqual(daemon.process.returncode, 0, why)
        forgiven = failing.in_tls_library()  # before another daemon restarts the log
        if not alone:
            self.assertIn("request_failed", why)
            sound = self.sound_daemon(endpoint, options)
            self.finish(writer)
            sound.terminate()
        self.assertIn(f"done {RECORDS} 0", self.finish(writer), why)
        return alone or forgiven

    def spread(self, fake, endpoint, options, starts, steps, count=1):
        """Many samples in about the first tenth, which is the start, fewer after it."""
        failing = Failing(self.folder, 0)
        daemon = self.start(endpoint, options, failing)
        wait_until("the daemon answers", daemon.answers)
        self.finish(self.writer(daemon, "first", RECORDS, flush_every=FLUSH_EVERY))
        self.assertEqual(daemon.terminate(), 0, daemon.log())
        total, begun = failing.asked(), 700
        self.assertGreater(total, 2 * begun)
        tried = [*range(1, begun, begun // starts), *range(begun, total, (total - begun) // steps)]
        for nth in tried:
            self.assertTrue(self.one(endpoint, options, nth, count), f"allocation {nth} needed another daemon")
        self.assertGreater(len(self.names), steps // 2)
        self.assert_stored(fake, self.names)


class OneDaemon(Processes):
    def test_one_allocation_fails(self):
        fake = self.fakeddb()
        self.spread(fake, "http://" + fake.host, (), 100, 250)

    def test_a_burst_fails(self):
        fake = self.fakeddb()
        self.spread(fake, "http://" + fake.host, (), 20, 100, count=25)

    def test_one_allocation_fails_with_tls(self):
        ca = os.path.join(self.folder, "ca.pem")
        fake = self.fakeddb("--tls", "--ca-file", ca)
        fake.ca_file = ca
        self.spread(fake, "https://" + fake.host, ("--set", "aws.ca_bundle=" + ca), 10, 70)


class Tools(Processes):
    def run_tool(self, command, nth):
        failing = Failing(self.folder, nth)
        done = subprocess.run(command, env=environment(**failing.env), text=True, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=60)
        return done, failing

    def every_allocation(self, command, words, codes):
        """It does its work, or reports on standard error why not, with one of these exit codes."""
        done, failing = self.run_tool(command, 0)
        self.assertIn(words, done.stdout)
        total = failing.asked()
        for nth in range(1, total + 1, max(1, total // 150)):
            done, failing = self.run_tool(command, nth)
            why = f"allocation {nth}: {failing.log()}{done.stdout}{done.stderr}"
            if done.returncode == 0:
                self.assertIn(words, done.stdout, why)
            else:
                self.assertIn(done.returncode, codes, why)
                self.assertTrue(done.stderr.strip(), why)

    def test_the_configuration(self):
        path = os.path.join(self.folder, "ddbsidecar.conf")
        os.mkdir(os.path.join(self.folder, "conf.d"))
        for name, text in (("ddbsidecar.conf", "[table music]\nlinger = 7ms\n"), ("conf.d/a.conf", "[daemon]\nlanes = 2\n")):
            with open(os.path.join(self.folder, name), "w") as f:
                f.write(text)
        for words in ("music", "lanes = 2"):
            self.every_allocation([program("daemon"), "--config", path, "--dump-config"], words, (1, 78))

    def test_tools(self):
        fake = self.fakeddb()
        daemon = self.sound_daemon("http://" + fake.host, ())
        self.finish(self.writer(daemon, "first", RECORDS))
        for command, words in (("status", "health ok"), ("flush", "flushed"), ("version", "ddbsidecarctl")):
            self.every_allocation([program("ctl"), "--socket", daemon.socket, command], words, (1,))
        self.every_allocation([program("writer"), daemon.socket, TABLE, "second", "60", "60", "3000", "20"], "done 60 0",
                              (1,))


if __name__ == "__main__":
    main()
