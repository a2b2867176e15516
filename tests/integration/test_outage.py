"""DynamoDB is dead, slow, or refuses: clients wait, memory stays bounded, and everything recovers with the cause."""
import os
import time

from rig import PATIENCE_S, Case, main, wait_until

DEAD = "http://127.0.0.1:1"
ENDLESS = 10 ** 9


class Outage(Case):
    def test_dead_endpoint_and_64_flooders_stay_within_memory_max(self):
        daemon = self.daemon(DEAD, "--set", "daemon.memory_max=64M", "--set", "defaults.key_schema=id:S")
        before = daemon.rss_mib()
        pads = [0, 300, 5000, 40000]
        writers = [self.writer(daemon, f"w{i}", ENDLESS, pad=pads[i % 4], flush_every=ENDLESS) for i in range(64)]
        samples, end = [], time.monotonic() + 8
        while time.monotonic() < end:
            samples.append(daemon.rss_mib())
            time.sleep(0.1)
        status = daemon.status()
        self.assertEqual(status["health"], "degraded")
        self.assertEqual(status["ledger"]["written"], 0)
        self.assertIn("endpoint_down", str(status["reasons"]))
        self.assertTrue(all(w.poll() is None for w in writers), "a writer gave up")
        if "asan" not in os.environ.get("DDBS_SANITIZE", ""):
            self.assertLessEqual(max(samples), 64 + 32, f"RSS before: {before} MiB")

    def test_all_is_delivered_once_the_endpoint_is_back(self):
        fake = self.fakeddb("--fault", "error503=1")
        daemon = self.daemon(fake)
        writers = [self.writer(daemon, f"w{i}", 3000) for i in range(3)]
        wait_until("it tried", lambda: daemon.status()["requests"] > 3)
        self.assertEqual(daemon.status()["ledger"]["written"], 0)
        fake.control(error503=0)
        for w in writers:
            self.finish(w)
        self.assert_stored(fake, {f"w{i}": (3000, 3000) for i in range(3)})

    def test_missing_table_fails_with_its_code_after_the_timeout(self):
        daemon = self.daemon(self.fakeddb(), "--set", "defaults.table_error_timeout=1s")
        said = self.finish(self.writer(daemon, "w", 10, table="nowhere"), code=1)
        self.assertIn("table_not_found", said)
        self.assertIn("event=table_paused table=nowhere code=table_not_found", daemon.log())

    def test_denied_table_does_not_disturb_another(self):
        fake = self.fakeddb("--table", "other:id", "--fault", "slow_ms=1")
        daemon = self.daemon(fake, "--set", "defaults.table_error_timeout=never")
        stuck = self.writer(daemon, "stuck", ENDLESS, table="nowhere", flush_every=ENDLESS)
        wait_until("the table is paused", lambda: any(t["state"] == "paused" for t in daemon.status()["tables"]))
        self.finish(self.writer(daemon, "w", 5000))
        self.assertIsNone(stuck.poll())
        self.assert_stored(fake, {"w": (5000, 5000)})

    def test_host_wide_flush_waits_for_what_was_there_before_it(self):
        fake = self.fakeddb("--fault", "slow_ms=100")
        daemon = self.daemon(fake)
        writer = self.writer(daemon, "w", ENDLESS, flush_every=ENDLESS)
        wait_until("records flow", lambda: daemon.status()["ledger"]["written"] > 100)
        done = daemon.ctl("flush", "--timeout", "60s")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIsNone(writer.poll())
        fake.control(hang=1)
        time.sleep(0.3)
        done = daemon.ctl("flush", "--timeout", "300ms")
        self.assertEqual(done.returncode, 5, done.stdout + done.stderr)

    def test_host_wide_flush_tells_of_records_that_failed(self):
        fake = self.fakeddb("--fault", "throttle=1")
        daemon = self.daemon(fake, "--set", "defaults.table_error_timeout=100ms")
        self.writer(daemon, "w", 10)
        wait_until("records are there", lambda: daemon.status()["ledger"]["accepted"] == 10)
        flush = self.flush_begun(daemon)
        fake.control(throttle=0, deny=True)
        out, err = flush.communicate(timeout=PATIENCE_S)
        self.assertEqual((flush.returncode, out), (1, ""), err)
        self.assertIn("10 records failed", err)


if __name__ == "__main__":
    main()
