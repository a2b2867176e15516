"""Single bad days with the real programs: storms, stops, too few descriptors, no disk space, little memory, wrong
certificates, no name server. The daemon keeps running, answers `status`, stays within its memory limit, uses no CPU
while it waits, reports why, and delivers when the trouble is over.

    test_bad_days.py [--gate] [test ...]

With --gate, on a quiet machine, the figures themselves are checked: under 2 % of a core, `status` within 50 ms.
"""
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "integration"))
from rig import PATIENCE_S, TABLE, Case, credentials, environment, program, wait_until  # noqa: E402
from nameserver import NameServer  # noqa: E402
from watch import GATE, MEMORY_MIB, SANITIZED, SHARE_MAX, Watch, figure  # noqa: E402

ENDLESS = 10**9
SHARE_S = 5 if GATE else 2  # over which a share of a core is measured


def sets(**settings):
    """aws__request_timeout="1s" -> --set aws.request_timeout=1s"""
    return [word for name, value in settings.items() for word in ("--set", f"{name.replace('__', '.')}={value}")]


class BadDay(Case):
    def daemon(self, fake, *options, **more):
        daemon = super().daemon(fake, *sets(daemon__memory_max=f"{MEMORY_MIB}M"), *options, **more)
        daemon.watch = Watch(daemon)
        self.addCleanup(self.judge_watch, daemon.watch)
        return daemon

    def judge_watch(self, watch):
        complaints = watch.stop()
        figure(f"{self._testMethodName[5:].replace('_', ' ')}: {watch.told()}")
        self.assertEqual(complaints, [])

    def reasons(self, daemon):
        return str(daemon.status()["reasons"])

    def lines(self, daemon, *words):
        return [line for line in daemon.log().splitlines() if all(word in line for word in words)]

    def finish_all(self, fake, writers):
        """{name: (process, records, keys)}"""
        for process, records, _ in writers.values():
            self.assertIn(f"done {records} 0", self.finish(process))
        self.assert_stored(fake, {name: (records, keys) for name, (_, records, keys) in writers.items()})

    def assert_calm(self, daemon, what):
        """It waits without using CPU."""
        time.sleep(1)  # let earlier work finish
        share = daemon.watch.share(SHARE_S)
        figure(f"{what}: the daemon uses {share * 100:.1f} % of a core")
        if not SANITIZED:
            self.assertLess(share, SHARE_MAX)

    def assert_few(self, lines, began):
        """Logged at the beginning, and again once a minute at most."""
        self.assertTrue(lines)
        self.assertLessEqual(len(lines), 3 + (time.monotonic() - began) / 60, lines)


class Storms(BadDay):
    def stopped_in(self, trouble, reason, drain_s):
        """SIGTERM while the table accepts nothing, with one live client and one that left. Returns the time taken."""
        fake = self.fakeddb()
        daemon = self.daemon(fake, *sets(daemon__handover="300ms", daemon__drain_timeout=f"{drain_s}s"))
        fake.control(**{trouble: 1 if trouble == "throttle" else True})
        living = self.writer(daemon, "living", 2000, flush_every=500)
        gone = self.writer(daemon, "gone", 50, flush_every=ENDLESS)
        wait_until("it is noticed", lambda: reason in self.reasons(daemon))
        wait_until("it has its records", lambda: any(c.get("accepted") == 50 for c in daemon.status()["clients"]))
        gone.kill()
        gone.wait()
        self.assert_calm(daemon, f"everything {reason}")
        began = time.monotonic()
        self.assertEqual(daemon.terminate(), 0, daemon.log())
        took = time.monotonic() - began
        figure(f"SIGTERM while the table is {reason}: ended after {took:.1f} s, {drain_s} are allowed for the rest")
        self.assertTrue(self.lines(daemon, "event=records_lost", TABLE, "records=50", f"reason={reason}"), daemon.log())
        fake.control(reset=True)
        daemon.start()
        self.finish_all(fake, {"living": (living, 2000, 2000)})
        return took

    def test_sigterm_in_a_throttling_storm_loses_nothing_of_the_living(self):
        took = self.stopped_in("throttle", "throttled", 3)
        self.assertGreater(took, 2.5, "the storm might have ended")
        self.assertLess(took, 60)

    def test_sigterm_while_access_is_denied_does_not_wait_for_it(self):
        self.assertLess(self.stopped_in("deny", "table_paused", 60), 30)


class Stops(BadDay):
    # HELLO has 5 s, a frame 10 s; every configurable timeout is at most one second.
    STOP_S = 11
    SHORT = sets(aws__request_timeout="300ms", daemon__ack_stall="1s", daemon__reconnect_timeout="1s",
                 defaults__table_error_timeout="1s")

    def assert_in_order(self, fake):
        """For each key, the last write is the newest, and no write came after a newer one."""
        for entry in fake.history(TABLE):
            seen = [int(w["Value"]) for w in entry["Writes"]]
            self.assertEqual(seen, sorted(seen), entry["Key"])

    def test_a_stopped_endpoint_is_named_and_nothing_is_lost(self):
        fake = self.fakeddb("--fault", "slow_ms=2")
        daemon = self.daemon(fake, *sets(aws__request_timeout="200ms"))
        writers = {f"w{i}": (self.writer(daemon, f"w{i}", 8000, flush_every=1000), 8000, 8000) for i in range(3)}
        wait_until("records flow", lambda: daemon.status()["ledger"]["written"] > 500)
        began = time.monotonic()
        fake.process.send_signal(signal.SIGSTOP)
        try:
            wait_until("it is named", lambda: "endpoint_down" in self.reasons(daemon))
            self.assert_calm(daemon, "endpoint stopped")
            self.assert_few(self.lines(daemon, "event=request_failed", "200 ms"), began)
        finally:
            fake.process.send_signal(signal.SIGCONT)
        self.finish_all(fake, writers)
        wait_until("the end is told", lambda: self.lines(daemon, "event=requests_succeed_again"))

    def test_a_stopped_daemon_goes_on_where_it_was(self):
        fake = self.fakeddb("--fault", "slow_ms=2", "--history", "--history-attr", "n")
        daemon = self.daemon(fake, *self.SHORT)
        writers = {f"w{i}": (self.writer(daemon, f"w{i}", 8000, keys=400, pad=1000, flush_every=1000), 8000, 400)
                   for i in range(3)}
        wait_until("records flow", lambda: daemon.status()["ledger"]["written"] > 500)
        with daemon.watch.excused():
            daemon.process.send_signal(signal.SIGSTOP)
            late = self.writer(daemon, "late", 100)
            time.sleep(self.STOP_S)
            daemon.process.send_signal(signal.SIGCONT)
        writers["late"] = late, 100, 100
        self.finish_all(fake, writers)
        self.assertEqual(daemon.status()["health"], "ok")
        self.assert_in_order(fake)

    def test_a_stopped_client_goes_on_where_it_was_and_holds_up_nobody(self):
        fake = self.fakeddb("--fault", "slow_ms=2", "--history", "--history-attr", "n")
        daemon = self.daemon(fake, *self.SHORT)
        stopped = self.writer(daemon, "stopped", 50000, keys=400, pad=100, flush_every=ENDLESS)
        wait_until("records flow", lambda: daemon.status()["ledger"]["written"] > 500)
        stopped.send_signal(signal.SIGSTOP)
        try:
            time.sleep(self.STOP_S)
            self.assertIsNone(stopped.poll())
            self.finish_all(fake, {"other": (self.writer(daemon, "other", 3000, flush_every=100), 3000, 3000)})
        finally:
            stopped.send_signal(signal.SIGCONT)
        self.finish_all(fake, {"stopped": (stopped, 50000, 400)})
        self.assert_in_order(fake)
        self.assertEqual(daemon.status()["health"], "ok")


class Descriptors(BadDay):
    def descriptors(self, daemon):
        """The highest descriptor, and the limit."""
        pid = daemon.process.pid
        try:
            return max(int(fd) for fd in os.listdir(f"/proc/{pid}/fd")), resource.prlimit(pid, resource.RLIMIT_NOFILE)[1]
        except PermissionError:
            self.skipTest("only root sees the descriptors of a guarded process")

    def test_without_descriptors_it_goes_on_says_so_once_and_recovers(self):
        fake = self.fakeddb("--fault", "slow_ms=1")
        daemon = self.daemon(fake, *sets(defaults__max_in_flight=4))
        writer = self.writer(daemon, "w", 20000, flush_every=100)
        wait_until("records flow", lambda: "flushed 1000" in self.said(writer))
        (used, hard), pid, began = self.descriptors(daemon), daemon.process.pid, time.monotonic()
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + 1, hard))
        waiting = [socket.socket(socket.AF_UNIX) for _ in range(20)]
        for s in waiting:
            self.addCleanup(s.close)
            s.connect(daemon.socket)
        wait_until("it is told", lambda: self.lines(daemon, "no connection can be accepted", "LimitNOFILE"))
        self.finish_all(fake, {"w": (writer, 20000, 20000)})
        self.assert_calm(daemon, "connections that cannot be accepted")
        told = self.lines(daemon, "no connection can be accepted")
        self.assertLessEqual(len(told), 1 + (time.monotonic() - began) / 60, told)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (hard, hard))
        for s in waiting:
            s.close()
        late = self.writer(daemon, "late", 100)
        self.finish_all(fake, {"late": (late, 100, 100)})
        self.assertEqual(daemon.status()["health"], "ok")

    def test_without_descriptors_for_requests_records_wait_by_name(self):
        fake = self.fakeddb("--fault", "close=1")  # every request needs a new connection
        daemon = self.daemon(fake, *sets(defaults__max_in_flight=4))
        writer = self.writer(daemon, "w", 5000, flush_every=50)
        wait_until("records flow", lambda: "flushed 200" in self.said(writer))
        (_, hard), pid, began = self.descriptors(daemon), daemon.process.pid, time.monotonic()
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (8, hard))
        try:
            wait_until("it is told", lambda: self.lines(daemon, "event=request_failed"))
            self.assert_calm(daemon, "no descriptors for requests")
            self.assertIsNone(writer.poll(), "the writer waits")
            self.assert_few(self.lines(daemon, "event=request_failed"), began)
        finally:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (hard, hard))
        self.finish_all(fake, {"w": (writer, 5000, 5000)})
        print("no descriptors for requests:", self.lines(daemon, "event=request_failed")[0].split(" ", 2)[2])


class Disk(BadDay):
    def goes_on(self, redirection):
        """With its log redirected there, it serves, survives a refusal, and ends cleanly."""
        fake = self.fakeddb()
        daemon = self.daemon(fake, under=["bash", "-c", f'exec "$@" {redirection}', "bash"])
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(daemon.socket)
            s.sendall(b"GET / HTTP/1.1\r\n\r\n")
            s.settimeout(30)
            self.assertIn(b"protocol_error", s.recv(65536))
        self.finish_all(fake, {"w": (self.writer(daemon, "w", 3000), 3000, 3000)})
        self.assertEqual(daemon.status()["health"], "ok")
        with open(daemon.socket + ".lock", "rb") as f:
            self.assertEqual(f.read(), b"", "the log went into another file")
        self.assertEqual(daemon.terminate(), 0)

    def test_a_full_disk(self):
        self.goes_on("2>/dev/full")

    def test_a_disk_without_room_for_the_lock_and_the_socket(self):
        """It does not start, and reports why."""
        for inodes, what in [(1, "lock file"), (2, "socket")]:
            mount = f"mount -t tmpfs -o nr_inodes={inodes} tmpfs {self.folder} && exec \"$@\""
            command = ["unshare", "-rm", "bash", "-c", mount, "bash", program("daemon"), "--socket", self.folder + "/s",
                       "--endpoint", "http://127.0.0.1:1"]
            done = subprocess.run(command, env=environment(**credentials()), text=True, stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=PATIENCE_S)
            if "ddbsidecar" not in done.stderr and "lock" not in done.stderr and "socket" not in done.stderr:
                self.skipTest(f"no file system of one's own: {done.stderr}")
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(f"the {what} {self.folder}/s", done.stderr)
            self.assertIn("No space left on device", done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def test_no_standard_streams_at_all(self):
        self.goes_on("<&- >&- 2>&-")

    def test_nobody_reads_its_log(self):
        self.goes_on("2> >(exec true)")


class Memory(BadDay):
    def test_the_smallest_memory_full_of_the_largest_records(self):
        """For six tables that accept nothing (one alone does not get all the memory); then all recover at once."""
        tables = [TABLE] + [f"table{i}" for i in range(5)]
        fake = self.fakeddb("--fault", "throttle=1", *[f"--table={table}:id" for table in tables[1:]])
        daemon = self.daemon(fake)
        writers = [self.writer(daemon, f"{table}{i}", 4, pad=300 * 1024, table=table) for table in tables
                   for i in range(25)]
        wait_until("there is no room", lambda: "memory" in self.reasons(daemon))
        wait_until("it is used", lambda: self.share_held(daemon) > 0.85)
        self.assert_calm(daemon, "memory full, everything throttled")
        fake.control(reset=True, slow_ms=20, unprocessed=0.1)
        for writer in writers:
            self.assertIn("done 4 0", self.finish(writer))
        for table in tables:
            self.assertEqual(len(fake.scan(table)), 25 * 4, table)
        status = daemon.status()
        self.assertEqual((status["health"], status["memory"]["record_bytes"]), ("ok", 0), status)

    @staticmethod
    def share_held(daemon):
        memory = daemon.status()["memory"]
        return memory["record_bytes"] / memory["record_bytes_max"]


class Endpoints(BadDay):
    def assert_waits_by_name(self, daemon, writer, words):
        """Nothing is delivered, and the log states why and what to do."""
        began = time.monotonic()
        wait_until("it is named", lambda: "endpoint_down" in self.reasons(daemon))
        told = self.lines(daemon, "event=request_failed")
        for word in words:
            self.assertIn(word, told[0])
        self.assert_calm(daemon, self._testMethodName[5:].replace("_", " "))
        self.assert_few(self.lines(daemon, "event=request_failed"), began)
        self.assertIsNone(writer.poll(), "the writer waits")
        self.assertEqual(daemon.status()["ledger"]["written"], 0)
        print(told[0].split(" ", 2)[2])

    def delivered_after(self, endpoint, fake, words, options=(), right=()):
        """Nothing is delivered to `endpoint`; after a restart with `right` all is."""
        daemon = self.daemon(endpoint, *sets(defaults__key_schema="id:S", daemon__handover="100ms"), *options)
        writer = self.writer(daemon, "w", 500)
        self.assert_waits_by_name(daemon, writer, words)
        self.assertEqual(daemon.terminate(), 0, daemon.log())
        at = daemon.command.index("--endpoint")
        daemon.command[at:at + 2] = right
        daemon.start()
        self.finish_all(fake, {"w": (writer, 500, 500)})

    def test_an_endpoint_that_is_not_there_yet(self):
        first = self.fakeddb()
        first.stop()
        daemon = self.daemon("http://" + first.host)
        writer = self.writer(daemon, "w", 500)
        self.assert_waits_by_name(daemon, writer, [first.host])
        fake = self.fakeddb("--port", str(first.port))
        self.finish_all(fake, {"w": (writer, 500, 500)})

    def test_a_certificate_that_nobody_vouches_for(self):
        ca = os.path.join(self.folder, "ca.pem")
        fake = self.fakeddb("--tls", "--ca-file", ca)
        fake.ca_file = ca
        url = "https://" + fake.host
        self.delivered_after(url, fake, ["certificate", "ca_bundle"],
                             right=["--endpoint", url, "--set", f"aws.ca_bundle={ca}"])

    def test_a_certificate_for_another_host(self):
        ca = os.path.join(self.folder, "ca.pem")
        fake = self.fakeddb("--tls", "--ca-file", ca)
        fake.ca_file = ca
        right = ["--endpoint", "https://" + fake.host]
        self.delivered_after(f"https://other.localhost:{fake.port}", fake, ["certificate", "other.localhost"],
                             ["--set", f"aws.ca_bundle={ca}"], right)

    def test_a_plain_endpoint_taken_for_a_safe_one(self):
        fake = self.fakeddb()
        self.delivered_after("https://" + fake.host, fake, [fake.host, "is http:// meant in the endpoint?"], right=["--endpoint", "http://" + fake.host])

    def test_a_host_that_no_name_server_knows(self):
        fake = self.fakeddb()
        self.delivered_after("http://no-such-host.invalid", fake, ["no-such-host.invalid"],
                             right=["--endpoint", "http://" + fake.host])


    def test_a_name_server_that_does_not_answer(self):
        """Neither shutdown nor anything else waits for it; once it answers, everything is delivered."""
        try:
            server = NameServer("127.53.0.1")
        except OSError as error:
            self.skipTest(f"no name server of one's own: {error}")
        self.addCleanup(server.stop)
        resolv = os.path.join(self.folder, "resolv.conf")
        with open(resolv, "w") as f:
            f.write("nameserver 127.53.0.1\n")
        if subprocess.run(["unshare", "-m", "mount", "--bind", resolv, "/etc/resolv.conf"], capture_output=True).returncode:
            self.skipTest("no resolv.conf of one's own: unshare -m is refused")
        fake = self.fakeddb()
        under = ["unshare", "-m", "bash", "-c", f"mount --bind {resolv} /etc/resolv.conf && exec \"$@\"", "bash"]
        options = sets(daemon__handover="100ms", daemon__drain_timeout="1s", aws__request_timeout="1s")
        daemon = self.daemon(f"http://db.example:{fake.port}", *options, under=under)
        writer = self.writer(daemon, "w", 500)
        self.assert_waits_by_name(daemon, writer, ["the name of db.example", "was not resolved in time; check DNS"])
        self.assertGreater(server.asked, 0)
        began = time.monotonic()
        self.assertEqual(daemon.terminate(), 0, daemon.log())
        figure(f"SIGTERM while the name server is silent: ended after {time.monotonic() - began:.1f} s")
        daemon.start()
        wait_until("it is named again", lambda: "endpoint_down" in self.reasons(daemon))
        server.speaks = True
        self.finish_all(fake, {"w": (writer, 500, 500)})


class Clocks(BadDay):
    def test_a_clock_that_is_wrong_and_then_set_right(self):
        fake = self.fakeddb()
        daemon = self.daemon(fake)
        for skew in [1000, 0, -4000, 0]:
            fake.control(skew_s=skew)
            self.assertIn("done 300 0", self.finish(self.writer(daemon, f"w{skew}", 300)))
        self.assert_stored(fake, {f"w{skew}": (300, 300) for skew in [1000, 0, -4000]})
        self.assertEqual(self.lines(daemon, "event=table_paused"), [])


if __name__ == "__main__":
    sys.argv = [argument for argument in sys.argv if argument != "--gate"]
    unittest.main(verbosity=2)
