"""Single bad days with the real programs: storms, stops, want of descriptors, disk and memory, wrong certificates, no
name server. The daemon goes on, says why, and delivers when the day is over."""
import os
import resource
import signal
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from rig import TABLE, Case, main, wait_until  # noqa: E402

ENDLESS = 10**9


def sets(**settings):
    """aws__request_timeout="1s" -> --set aws.request_timeout=1s"""
    return [word for name, value in settings.items() for word in ("--set", f"{name.replace('__', '.')}={value}")]


class BadDay(Case):
    def reasons(self, daemon):
        return str(daemon.status()["reasons"])

    def lines(self, daemon, *words):
        return [line for line in daemon.log().splitlines() if all(word in line for word in words)]

    def finish_all(self, fake, writers):
        """{name: (process, records, keys)}"""
        for process, records, _ in writers.values():
            self.assertIn(f"done {records} 0", self.finish(process))
        self.assert_stored(fake, {name: (records, keys) for name, (_, records, keys) in writers.items()})

    def assert_small(self, samples, mib):
        if "asan" not in os.environ.get("DDBS_SANITIZE", ""):
            self.assertLessEqual(max(samples), mib)


class Storms(BadDay):
    def stopped_in(self, trouble, reason):
        """SIGTERM while the table takes nothing, with a client that lives and one that has left; how long it took."""
        fake = self.fakeddb()
        daemon = self.daemon(fake, *sets(daemon__handover="300ms", daemon__drain_timeout="3s"))
        fake.control(**{trouble: 1 if trouble == "throttle" else True})
        living = self.writer(daemon, "living", 2000, flush_every=500)
        gone = self.writer(daemon, "gone", 50, flush_every=ENDLESS)
        wait_until("it is noticed", lambda: reason in self.reasons(daemon))
        wait_until("it has its records", lambda: any(c.get("accepted") == 50 for c in daemon.status()["clients"]))
        gone.kill()
        gone.wait()
        began = time.monotonic()
        self.assertEqual(daemon.terminate(), 0, daemon.log())
        took = time.monotonic() - began
        print(f"SIGTERM while the table is {reason}: ended after {took:.1f} s")
        self.assertTrue(self.lines(daemon, "event=records_lost", TABLE, "records=50", f"reason={reason}"), daemon.log())
        fake.control(reset=True)
        daemon.start()
        self.finish_all(fake, {"living": (living, 2000, 2000)})
        return took

    def test_sigterm_in_a_throttling_storm_loses_nothing_of_the_living(self):
        self.assertLess(self.stopped_in("throttle", "throttled"), 3 + 0.3 + 10)  # and the last words

    def test_sigterm_while_access_is_denied_does_not_wait_for_it(self):
        self.assertLess(self.stopped_in("deny", "table_paused"), 2.5)


class Stops(BadDay):
    def test_a_stopped_endpoint_is_named_and_nothing_is_lost(self):
        fake = self.fakeddb("--fault", "slow_ms=2")
        daemon = self.daemon(fake, *sets(aws__request_timeout="200ms"))
        writers = {f"w{i}": (self.writer(daemon, f"w{i}", 8000, flush_every=1000), 8000, 8000) for i in range(3)}
        wait_until("records flow", lambda: daemon.status()["ledger"]["written"] > 500)
        fake.process.send_signal(signal.SIGSTOP)
        try:
            wait_until("it is named", lambda: "endpoint_down" in self.reasons(daemon), 30)
            time.sleep(2)
            cpu, began = daemon_cpu_s(daemon), time.monotonic()
            time.sleep(2)
            share = (daemon_cpu_s(daemon) - cpu) / (time.monotonic() - began)
            print(f"stopped endpoint: the daemon uses {share * 100:.1f} % of a core")
            told = self.lines(daemon, "event=request_failed", "200 ms")
            self.assertTrue(told, daemon.log())
            self.assertLess(len(told), 5, "rate-limited")
        finally:
            fake.process.send_signal(signal.SIGCONT)
        self.finish_all(fake, writers)
        wait_until("the end is told", lambda: self.lines(daemon, "event=requests_succeed_again"), 30)

    def test_a_stopped_daemon_goes_on_where_it_was(self):
        fake = self.fakeddb("--fault", "slow_ms=2", "--history", "--history-attr", "n")
        daemon = self.daemon(fake, *sets(aws__request_timeout="300ms"))
        writers = {f"w{i}": (self.writer(daemon, f"w{i}", 8000, keys=400, pad=1000, flush_every=1000), 8000, 400)
                   for i in range(3)}
        wait_until("records flow", lambda: daemon.status()["ledger"]["written"] > 500)
        daemon.process.send_signal(signal.SIGSTOP)
        late = self.writer(daemon, "late", 100)
        time.sleep(11)  # HELLO has 5 s, a begun frame 10 s, a request 300 ms
        daemon.process.send_signal(signal.SIGCONT)
        writers["late"] = late, 100, 100
        self.finish_all(fake, writers)
        self.assertEqual(daemon.status()["health"], "ok")
        for entry in fake.history(TABLE):
            seen = [int(w["Value"]) for w in entry["Writes"]]
            self.assertEqual(seen, sorted(seen), entry["Key"])


def daemon_cpu_s(daemon):
    with open(f"/proc/{daemon.process.pid}/stat") as f:
        user, system = f.read().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


class Descriptors(BadDay):
    def test_without_descriptors_it_goes_on_says_so_once_and_recovers(self):
        fake = self.fakeddb("--fault", "slow_ms=1")
        daemon = self.daemon(fake, *sets(defaults__max_in_flight=4))
        writer = self.writer(daemon, "w", 20000, flush_every=100)
        wait_until("records flow", lambda: "flushed 1000" in self.said(writer))
        pid = daemon.process.pid
        try:
            used = max(int(fd) for fd in os.listdir(f"/proc/{pid}/fd"))
        except PermissionError:
            self.skipTest("only root sees the descriptors of a guarded process")
        _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + 1, hard))
        waiting = [socket.socket(socket.AF_UNIX) for _ in range(20)]
        for s in waiting:
            self.addCleanup(s.close)
            s.connect(daemon.socket)
        wait_until("it is told", lambda: self.lines(daemon, "no connection can be accepted", "LimitNOFILE"), 30)
        cpu, began = daemon_cpu_s(daemon), time.monotonic()
        self.finish_all(fake, {"w": (writer, 20000, 20000)})
        time.sleep(max(0, 2.5 - (time.monotonic() - began)))
        print(f"no descriptors: {(daemon_cpu_s(daemon) - cpu) / (time.monotonic() - began) * 100:.1f} % of a core")
        self.assertEqual(len(self.lines(daemon, "no connection can be accepted")), 1, daemon.log())
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (hard, hard))
        for s in waiting:
            s.close()
        late = self.writer(daemon, "late", 100)
        self.finish_all(fake, {"late": (late, 100, 100)})
        self.assertEqual(daemon.status()["health"], "ok")

    def test_without_descriptors_for_requests_records_wait_by_name(self):
        fake = self.fakeddb("--fault", "close=1")  # every request needs a connection of its own
        daemon = self.daemon(fake, *sets(defaults__max_in_flight=4))
        writer = self.writer(daemon, "w", 5000, flush_every=50)
        wait_until("records flow", lambda: "flushed 200" in self.said(writer))
        pid = daemon.process.pid
        _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (8, hard))
        try:
            wait_until("it is told", lambda: self.lines(daemon, "event=request_failed"), 30)
            time.sleep(1)
            self.assertIsNone(writer.poll(), "the writer waits")
            self.assertLess(len(self.lines(daemon, "event=request_failed")), 5, daemon.log())
        finally:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (hard, hard))
        self.finish_all(fake, {"w": (writer, 5000, 5000)})
        print("no descriptors for requests:", self.lines(daemon, "event=request_failed")[0].split(" ", 2)[2])


class Disk(BadDay):
    def goes_on(self, redirection):
        """With its log there, it serves, survives a refusal, and ends in order."""
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

    def test_no_standard_streams_at_all(self):
        self.goes_on("<&- >&- 2>&-")

    def test_nobody_reads_its_log(self):
        self.goes_on("2> >(exec true)")


class Memory(BadDay):
    def test_the_smallest_memory_with_the_largest_records(self):
        fake = self.fakeddb("--fault", "slow_ms=20", "--fault", "unprocessed=0.1")
        daemon = self.daemon(fake, *sets(daemon__memory_max="64M"))
        writers = {f"big{i}": (self.writer(daemon, f"big{i}", 150, pad=300 * 1024, flush_every=50), 150, 150)
                   for i in range(6)}
        writers["small"] = self.writer(daemon, "small", 3000, flush_every=100), 3000, 3000
        samples = []
        while any(process.poll() is None for process, _, _ in writers.values()):
            samples.append(daemon.rss_mib())
            time.sleep(0.05)
        print(f"memory_max 64M, records of 300 KiB: at most {max(samples):.0f} MiB")
        self.finish_all(fake, writers)
        self.assert_small(samples, 64 + 32)
        status = daemon.status()
        self.assertEqual((status["health"], status["memory"]["record_bytes"]), ("ok", 0), status)


class Endpoints(BadDay):
    def delivered_after(self, endpoint, fake, words, options=(), right=()):
        """Nothing is delivered to `endpoint`, the log says why and what to do; after a restart with `right` all is."""
        daemon = self.daemon(endpoint, *sets(defaults__key_schema="id:S", daemon__handover="100ms"), *options)
        writer = self.writer(daemon, "w", 500)
        wait_until("it is named", lambda: "endpoint_down" in self.reasons(daemon), 60)
        told = self.lines(daemon, "event=request_failed")
        for word in words:
            self.assertIn(word, told[0])
        time.sleep(1)
        self.assertLess(len(self.lines(daemon, "event=request_failed")), 4, daemon.log())
        self.assertIsNone(writer.poll(), "the writer waits")
        self.assertEqual(daemon.status()["ledger"]["written"], 0)
        print(told[0].split(" ", 2)[2])
        self.assertEqual(daemon.terminate(), 0, daemon.log())
        at = daemon.command.index("--endpoint")
        daemon.command[at:at + 2] = right
        daemon.start()
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
        self.delivered_after("https://" + fake.host, fake, [fake.host], right=["--endpoint", "http://" + fake.host])

    def test_a_host_that_no_name_server_knows(self):
        fake = self.fakeddb()
        self.delivered_after("http://no-such-host.invalid", fake, ["no-such-host.invalid"],
                             right=["--endpoint", "http://" + fake.host])


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
    main()
