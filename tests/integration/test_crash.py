"""The daemon dies or is stopped in mid-run: nothing that was put is lost, and flushes are true."""
import random
import signal
import time

from rig import TABLE, Case, main, wait_until


class Crash(Case):
    def test_kill_in_mid_run_loses_nothing(self):
        fake = self.fakeddb("--fault", "unprocessed=0.05", "--fault", "error500=0.02", "--fault", "slow_ms=3")
        daemon = self.daemon(fake)
        rng = random.Random(1)
        keys = [500, 20000, 500, 20000]
        writers = [self.writer(daemon, f"w{i}", 20000, keys=keys[i], flush_every=2500) for i in range(4)]
        for _ in range(5):
            time.sleep(rng.uniform(0.1, 0.4))
            daemon.kill()
            daemon.start()
        for w in writers:
            self.assertIn("done 20000 0", self.finish(w))
        self.assert_stored(fake, {f"w{i}": (20000, keys[i]) for i in range(4)})

    def test_terminate_in_mid_run_hands_over_to_the_next_daemon(self):
        fake = self.fakeddb("--fault", "slow_ms=3")
        daemon = self.daemon(fake)
        writers = [self.writer(daemon, f"w{i}", 20000, flush_every=5000) for i in range(4)]
        for _ in range(2):
            time.sleep(0.4)
            self.assertEqual(daemon.terminate(), 0, daemon.log())
            daemon.start()
        for w in writers:
            self.assertIn("done 20000 0", self.finish(w))
        self.assert_stored(fake, {f"w{i}": (20000, 20000) for i in range(4)})

    def test_the_next_daemon_waits_for_the_last_requests_of_the_one_before(self):
        fake = self.fakeddb("--fault", "hang=1")
        settings = ["handover=0s", "drain_timeout=0s"]
        daemon = self.daemon(fake, *[o for s in settings for o in ("--set", "daemon." + s)], "--set",
                             "aws.request_timeout=5s", "--set", "defaults.key_schema=id:S")
        writer = self.writer(daemon, "w", 25)
        wait_until("a request is out", lambda: daemon.status()["ledger"]["in_flight"] == 25)
        first = daemon.process
        self.addCleanup(self.end_process, first)
        first.send_signal(signal.SIGTERM)
        fake.control(hang=0)
        daemon.start()
        self.assertEqual(first.wait(), 0, daemon.log())
        self.finish(writer)

    def test_a_flush_that_was_answered_was_true_before_the_kill(self):
        fake = self.fakeddb("--history", "--history-attr", "n", "--fault", "slow_ms=5")
        daemon = self.daemon(fake)
        writer = self.writer(daemon, "w", 5000, flush_every=500)
        wait_until("a flush was answered", lambda: "flushed 1500" in self.said(writer))
        daemon.kill()
        flushed = max(int(line.split()[1]) for line in self.said(writer).splitlines() if line.startswith("flushed"))
        stored = {item["id"]["S"] for item in fake.scan(TABLE)}
        missing = [i for i in range(1, flushed + 1) if f"w-{i % 5000}" not in stored]
        self.assertEqual(missing, [])
        daemon.start()
        self.finish(writer)

    def test_records_of_a_client_that_left_are_delivered_at_sigterm(self):
        fake = self.fakeddb("--fault", "slow_ms=200")
        daemon = self.daemon(fake, "--set", "defaults.max_in_flight=1")
        writer = self.writer(daemon, "w", 1000, flush_every=100000)
        wait_until("the daemon has its records", lambda: daemon.status()["ledger"]["accepted"] == 1000)
        writer.kill()
        writer.wait()
        self.assertEqual(daemon.terminate(), 0, daemon.log())
        self.assert_stored(fake, {"w": (1000, 1000)})


class Order(Case):
    def test_writes_of_one_key_arrive_in_order(self):
        fake = self.fakeddb("--history", "--history-attr", "n", "--fault", "unprocessed=0.2", "--fault",
                            "throttle=0.02")
        daemon = self.daemon(fake)
        self.finish(self.writer(daemon, "w", 1500, keys=100, flush_every=1500))
        for entry in fake.history(TABLE):
            seen = [int(w["Value"]) for w in entry["Writes"]]
            self.assertEqual(seen, sorted(seen))


if __name__ == "__main__":
    main()
