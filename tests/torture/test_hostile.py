"""Hostile local clients beside a correct neighbour: they are refused or tolerated, the daemon logs why, nothing is
leaked, the neighbour's flushes return, and all its records are stored.

    test_hostile.py [--gate] [test ...]

Prints the 99th percentile of the neighbour's flushes alone and beside each of them. With --gate, on a quiet machine, it
measures five times alternately and fails if the median is more than twice as slow, or `status` answers late.
"""
import json
import os
import statistics
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "integration"))
from rig import PATIENCE_S, TABLE, Case, environment, program, wait_until  # noqa: E402
from hostile import CORPUS  # noqa: E402
from watch import GATE, MEMORY_MIB, Watch, figure  # noqa: E402

ROUNDS = 5 if GATE else 1
ALONE_MS = 2000 if GATE else 1000
AT_MOST_MS = 10 * 60 * 1000  # the neighbour is stopped before that
LOG_BURST, LOG_LINES_A_S = 200, 40  # generous: what the journal's limit lets through
RATIO_MAX = 2.0
FLUSH_S_MAX = 5  # a neighbour that waits that long is starved; what an attacker holds times out after 10 s


class Hostile(Case):
    def setUp(self):
        super().setUp()
        self.fake = self.fakeddb("--table", "elsewhere:id", "--fault", "slow_ms=5")
        settings = [f"daemon.memory_max={MEMORY_MIB}M", "daemon.ack_stall=1s", "daemon.reconnect_timeout=1s",
                    "defaults.table_error_timeout=1s"]
        self.bad_daemon = self.daemon(self.fake, *[word for s in settings for word in ("--set", s)])
        self.names = self.worst_ms = self.expected = 0

    def neighbour(self, ms=AT_MOST_MS):
        self.names += 1
        command = [program("neighbour"), self.bad_daemon.socket, TABLE, f"n{self.names}", str(ms)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), text=True)
        self.addCleanup(self.end_process, process)
        self.assertEqual(process.stdout.readline(), "begun\n")
        return process

    def measured(self, process):
        """The 99th percentile of its flushes in milliseconds."""
        out, err = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, 0, err)
        said = json.loads(out)
        self.expected += said["records"]
        self.worst_ms = max(self.worst_ms, said["max_us"] / 1000)
        return said["p99_us"] / 1000

    def attack(self, kind, seconds, table):
        command = [sys.executable, os.path.join(HERE, "hostile.py"), kind, self.bad_daemon.socket, table, str(seconds)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), text=True)
        self.addCleanup(self.end_process, process)
        return process

    def attacked(self, kind, seconds, table):
        """The neighbour's 99th percentile during an attack, and the attacker's report."""
        neighbour = self.neighbour()
        attacker = self.attack(kind, seconds, table)
        out, err = attacker.communicate(timeout=2 * PATIENCE_S)
        self.assertEqual(attacker.returncode, 0, err)
        neighbour.terminate()
        return self.measured(neighbour), json.loads(out)

    def descriptors(self):
        """None if this user may not list them."""
        try:
            return len(os.listdir(f"/proc/{self.bad_daemon.process.pid}/fd"))
        except PermissionError:
            return None

    def quiet(self):
        """No client, no session, nothing held."""
        status = self.bad_daemon.status()
        left = status["connections"] - 1, status["sessions"], status["memory"]["record_bytes"], status["ledger"]["queued"]
        return left == (0, 0, 0, 0)

    def beside(self, kind, seconds=0, table=TABLE):
        """Attack and measure; the attacker's report. Those without seconds end by themselves."""
        alone, together, began = [], [], time.monotonic()
        self.measured(self.neighbour(300))  # warm up: the table's schema, the connections to the endpoint
        wait_until("the daemon is quiet", self.quiet)
        before = self.descriptors()
        watch = Watch(self.bad_daemon)
        self.addCleanup(watch.stop)
        for _ in range(ROUNDS):
            alone.append(self.measured(self.neighbour(ALONE_MS)))
            self.worst_ms = 0
            p99_ms, report = self.attacked(kind, seconds, table)
            together.append(p99_ms)
        self.assertEqual(watch.stop(), [])
        ratio = statistics.median(together) / statistics.median(alone)
        refused = ", ".join(f"{n} {code}" for code, n in report["refused"].items()) or "nothing"
        figure(f"{kind}: {report['did']} times, refused {refused}; neighbour's p99 {statistics.median(alone):.1f} ms "
               f"alone, {statistics.median(together):.1f} beside it (at worst {self.worst_ms:.1f}), ratio {ratio:.2f}; "
               f"{watch.told()}")
        self.assert_well(before, time.monotonic() - began)
        self.assert_told(report)
        self.assertLess(self.worst_ms, FLUSH_S_MAX * 1000, "the neighbour starves")
        if GATE:
            self.assertLessEqual(ratio, RATIO_MAX, "the neighbour suffers")
        return report

    def assert_well(self, descriptors, seconds):
        try:
            wait_until("nothing of it is left", self.quiet)
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.bad_daemon.status()}") from None
        status = self.bad_daemon.status()  # a table that only the attacker named and that does not exist does not count
        paused = [f"{table['table']}: {table['reason']}" for table in status["tables"] if table["state"] == "paused"]
        self.assertNotIn(TABLE, [table["table"] for table in status["tables"] if table["state"] == "paused"])
        self.assertEqual(status["reasons"], paused)
        self.assertEqual(status["health"], "degraded" if paused else "ok")
        if descriptors is not None:
            wait_until("no descriptor is left", lambda: self.descriptors() <= descriptors + 2)  # connections to the endpoint
        stored = sum(item["id"]["S"].startswith("n") for item in self.fake.scan(TABLE))
        self.assertEqual(stored, self.expected, "records of the honest neighbour")
        lines = self.bad_daemon.log().count("\n")
        self.assertLess(lines, LOG_BURST + LOG_LINES_A_S * seconds, "the log is rate-limited")

    def assert_told(self, report):
        """Every code that it was refused with is in the log, with a message that it got; unless there were so many
        refusals that log lines were suppressed, which is logged too."""
        log = self.bad_daemon.log().splitlines()
        left_out = any("event=lines_left_out" in line for line in log)
        for code, times in report["refused"].items():
            told = [said.partition(": ")[2] for said in report["sentences"] if said.startswith(code + ": ")]
            self.assertTrue(told and all(told), report)
            lines = [line for line in log if f"code={code}" in line]
            if left_out and times < max(report["refused"].values()):
                continue
            self.assertTrue(any(words in line for words in told for line in lines), (code, told[:5], log[:20]))

    def assert_said(self, report, code, words):
        """Refused with that code, and the same message for the client and in the log."""
        self.assertGreater(report["refused"].get(code, 0), 0, report)
        self.assertTrue(any(said.startswith(code) and words in said for said in report["sentences"]), report)
        lines = [line for line in self.bad_daemon.log().splitlines() if f"code={code}" in line and words in line]
        self.assertTrue(lines, self.bad_daemon.log()[:3000])

    def test_never_reads(self):
        self.beside("never_reads")
        self.assertIn("event=ack_stall", self.bad_daemon.log())

    def test_reads_one_byte_a_second(self):
        self.beside("reads_a_byte_a_second")
        self.assertIn("event=ack_stall", self.bad_daemon.log())

    def test_one_byte_a_second(self):
        report = self.beside("byte_a_second")
        self.assert_said(report, "timed_out", "no complete HELLO within 5 s")
        self.assert_said(report, "timed_out", "not completed within 10 s")
        self.assertEqual(report["refused"], {"timed_out": 40})

    def test_opens_and_closes(self):
        self.assertGreaterEqual(self.beside("opens_and_closes", 3)["did"], 10000)

    def test_a_thousand_idle_connections(self):
        report = self.beside("idle")
        self.assertEqual(report["did"], 1000)
        self.assert_said(report, "timed_out", "no complete HELLO within 5 s")
        self.assertEqual(report["refused"], {"timed_out": 500})

    def test_declares_two_mib_and_stops(self):
        report = self.beside("declares_and_stops", 4)
        self.assertGreater(report["did"], 3)
        self.assert_said(report, "timed_out", "not completed within 10 s")

    def test_declares_two_mib_and_stops_for_another_table(self):
        report = self.beside("declares_and_stops", 4, "elsewhere")
        self.assertGreater(report["did"], 3)
        self.assert_said(report, "timed_out", "not completed within 10 s")

    def test_begins_frames_and_stops(self):
        report = self.beside("begins_and_stops")
        self.assert_said(report, "timed_out", "no complete HELLO within 5 s")
        self.assert_said(report, "timed_out", "not completed within 10 s")
        self.assertEqual(report["refused"], {"timed_out": 400})

    def test_floods_blocked(self):
        self.assert_said(self.beside("floods_blocked", 3), "protocol_error", "more than 64 BLOCKED")

    def test_floods_flush(self):
        self.assertEqual(self.beside("floods_flush", 3)["refused"], {})

    def test_floods_abort(self):
        self.assertEqual(self.beside("floods_abort", 3)["refused"], {})

    def test_floods_ping(self):
        self.assertEqual(self.beside("floods_ping", 3)["refused"], {})

    def test_floods_status(self):
        self.assertEqual(self.beside("floods_status", 3)["refused"], {})

    def test_opens_tokens_aborts_and_requests_without_end(self):
        report = self.beside("opens_without_end", 3)
        self.assertEqual(set(report["refused"]), {"protocol_error"})
        log = self.bad_daemon.log()
        for words in ["more than 64 flush tokens are open", "an ABORT is open already", "more than 4 REQUESTs are open"]:
            self.assertIn(words, log)

    def test_replays_a_hello(self):
        report = self.beside("replays_hello", 3)
        self.assertEqual(set(report["refused"]), {"fenced", "protocol_error"})
        self.assert_said(report, "fenced", "session")
        self.assert_said(report, "protocol_error", "table")

    def test_throws_the_corpora_of_the_fuzzers(self):
        report = self.beside("throws_corpora")
        self.assertEqual(report["did"], sum(len(names) for _, _, names in os.walk(CORPUS)))
        self.assertGreater(report["refused"]["protocol_error"], 100)


if __name__ == "__main__":
    sys.argv = [argument for argument in sys.argv if argument != "--gate"]
    unittest.main(verbosity=2)
