"""One round of torture: fakeddb with faults, a daemon, several writers; and kills, stops and outages under their load.

All randomness comes from the round's seed, except for the timing of the processes.
"""
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import judge
import plan as plans

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from rig import Daemon, FakeDDB, environment, program, wait_until  # noqa: E402
from watch import MEMORY_MIB, Watch  # noqa: E402

PATIENCE_S = 120
TABLES = ("things", "others")
# What must never be in a daemon's log.
DEFECTS = re.compile(r"Assertion|Sanitizer|runtime error:|do not balance|internal")

# Fault rates, per request (per item for unprocessed): name, minimum, maximum.
SHARES = [("throttle", 0.01, 0.08), ("unprocessed", 0.01, 0.3), ("error500", 0.01, 0.2), ("error503", 0.01, 0.2),
          ("drop_before", 0.01, 0.2), ("error500_after", 0.01, 0.2), ("drop_after", 0.01, 0.2), ("truncate", 0.01, 0.2),
          ("bad_crc", 0.01, 0.2), ("close", 0.05, 1), ("close_silent", 0.05, 0.5), ("hang", 0.005, 0.02),
          ("late", 0.01, 0.1)]
WINDOWS = [{"deny": True}, {"missing": True}, {"expired": True}, {"error503": 1}, {"drop_before": 1}, {"throttle": 1},
           {"deny_describe": True}]


class Round:
    def __init__(self, seed):
        self.seed, self.rng = seed, random.Random(seed)
        self.folder = tempfile.mkdtemp(prefix=f"ddbs-torture-{seed}-")
        self.complaints, self.did, self.boundaries = [], [], []
        self.fake, self.daemon, self.hammers, self.start_ms = None, None, {}, None
        self.watch, self.peak_mib, self.loaded, self.applied = None, 0, 0, 0

    # ---- setup ----

    def choose(self):
        rng = self.rng
        self.faults = {}
        for name, least, most in rng.sample(SHARES, rng.randrange(0, 5)):
            self.faults[name] = round(rng.uniform(least, most), 3)
        if rng.random() < 0.7:
            self.faults["slow_ms"] = rng.randrange(1, 15)
            self.faults["slow_jitter_ms"] = rng.choice([0, 5, 30])
        if rng.random() < 0.1:
            self.faults["wcu"] = rng.randrange(2000, 8000)
        if rng.random() < 0.1:
            self.faults["skew_s"] = rng.choice([-1000, 1000])
        self.tls = rng.random() < 0.3
        self.actions = [rng.choice(["kill", "kill", "kill", "term", "handover", "stop", "stop_fake", "stutter", "window", "look",
                                    "kill_victim", "flush"]) for _ in range(rng.randrange(2, 10))]
        self.unique = "late" in self.faults or rng.random() < 0.2
        # Without these, no request of a live daemon stays unanswered.
        self.answered = "hang" not in self.faults and not {"stop", "stutter", "stop_fake"} & {*self.actions}
        # Then an overlap is an ordering bug, unless the service applies late what it has answered with an error.
        self.in_turn = self.answered and "late" not in self.faults
        self.settings = {
            "daemon.memory_max": f"{MEMORY_MIB}M",
            "daemon.lanes": rng.choice([1, 1, 2]),
            "daemon.handover": f"{rng.choice([0, 100, 400])}ms",
            "daemon.drain_timeout": f"{rng.choice([500, 2000])}ms",
            "aws.request_timeout": "5s" if self.answered else f"{rng.choice([150, 300])}ms",
            "defaults.linger": f"{rng.choice([0, 5, 20])}ms",
            "defaults.max_in_flight": rng.choice([1, 4, 32]),
        }
        if rng.random() < 0.3:
            self.settings["defaults.key_schema"] = "id:S"
        shared = [f"shared-{i}" for i in range(rng.randrange(20, 60))]
        large = rng.random() < 0.3
        count = rng.randrange(2, 7)
        self.plans = [plans.make(rng, f"w{i}", rng.choice(TABLES) if i else TABLES[0], shared=shared,
                                 unique=self.unique, large=large, victim=rng.random() < 0.2) for i in range(count)]

    def path(self, name):
        return os.path.join(self.folder, name)

    def start_fake(self):
        options = [f"--table={table}:id" for table in TABLES + ("marks",)]
        options += ["--history", "--history-attr", "v", "--seed", str(self.seed)]
        ca_file = self.path("ca.pem") if self.tls else None
        if self.tls:
            options += ["--tls", "--ca-file", ca_file]
        self.fake = FakeDDB(program("fakeddb"), *options, ca_file=ca_file)
        for i in range(5):
            self.fake.call("PutItem", {"TableName": "marks", "Item": {"id": {"S": str(i)}}})
            now = time.monotonic() * 1000
            at = next(e for e in self.fake.history("marks") if e["Key"]["id"]["S"] == str(i))["Writes"][0]["AtMs"]
            self.start_ms = now - at if self.start_ms is None else min(self.start_ms, now - at)
        self.fake.control(**self.faults)

    def start_daemon(self):
        settings = dict(self.settings)
        if self.tls:
            settings["aws.ca_bundle"] = self.path("ca.pem")
        options = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
        scheme = "https" if self.tls else "http"
        self.daemon = Daemon(self.folder, f"{scheme}://{self.fake.host}", *options)
        self.watch = Watch(self.daemon)

    def start_hammers(self):
        for plan in self.plans:
            plan.write(self.path(plan.name + ".plan"))
            with open(self.path(plan.name + ".said"), "wb") as said:
                command = [program("hammer"), self.daemon.socket, plan.table, plan.name, self.path(plan.name + ".plan")]
                self.hammers[plan.name] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                                                           env=environment())

    # ---- events ----

    def settle_fake(self):
        """Wait until fakeddb holds no request of a daemon that has ended."""
        wait_until("the fake has answered what a dead daemon asked", lambda: self.fake.stats()["in_flight"] == 0, PATIENCE_S)
        return self.fake.stats()["writes"]

    def do_kill(self):
        self.daemon.kill()
        at = self.settle_fake()
        self.boundaries.append((at, at))
        self.daemon.start()

    def do_term(self):
        code = self.daemon.terminate(PATIENCE_S)
        if code != 0:
            self.complaints.append(f"SIGTERM: exit {code}")
        at = self.settle_fake()
        self.boundaries.append((at, at))
        self.daemon.start()

    def do_handover(self):
        """The next daemon waits for the lock while this one stops."""
        old, at = self.daemon.process, self.fake.stats()["writes"]
        old.send_signal(signal.SIGTERM)
        self.daemon.start(wait=False)
        code = old.wait(timeout=PATIENCE_S)
        if code != 0:
            self.complaints.append(f"SIGTERM: exit {code}")
        self.boundaries.append((at, self.fake.stats()["writes"]))
        wait_until("the next daemon answers", self.daemon.answers, PATIENCE_S)

    def stop_and_go(self, process):
        process.send_signal(signal.SIGSTOP)
        time.sleep(self.rng.choice([0.05, 0.2, 0.6]))
        process.send_signal(signal.SIGCONT)

    def do_stop(self):
        with self.watch.excused():
            self.stop_and_go(self.daemon.process)

    def do_stop_fake(self):
        self.stop_and_go(self.fake.process)

    def do_stutter(self):
        """Stop it again and again, so that connection attempts time out."""
        with self.watch.excused():
            for _ in range(5):
                self.stop_and_go(self.daemon.process)
                time.sleep(self.rng.uniform(0, 0.1))

    def do_window(self):
        window = self.rng.choice(WINDOWS)
        before = {name: self.faults.get(name, False if value is True else 0) for name, value in window.items()}
        self.fake.control(**window)
        time.sleep(self.rng.uniform(0.05, 0.4))
        self.fake.control(**before)

    def do_kill_victim(self):
        for plan in self.plans:
            if plan.victim and self.hammers[plan.name].poll() is None:
                self.hammers[plan.name].kill()
                return

    def do_look(self):
        self.look()

    def do_flush(self):
        """Done, timed out, or done with failed records (the writers put bad ones too). Done means that as many
        records have an outcome as had been accepted before."""
        accepted = self.look()["ledger"]["accepted"]
        done = self.daemon.ctl("flush", "--timeout", "200ms")
        failed = done.returncode == 1 and "failed since the flush began" in done.stderr
        if done.returncode not in (0, 5) and not failed:
            self.complaints.append(f"ctl flush: exit {done.returncode}: {done.stdout}{done.stderr}")
        ledger = self.look()["ledger"]
        settled = ledger["accepted"] - ledger["queued"] - ledger["in_flight"]
        if done.returncode == 0 and settled < accepted:
            self.complaints.append(f"ctl flush: done with {settled} of {accepted} records: {ledger}")

    def look(self):
        status = self.daemon.status()
        if status["health"] == "broken":
            self.complaints.append(f"the books do not balance: {status}")
        return status

    def play(self):
        for action in self.actions:
            time.sleep(self.rng.uniform(0.02, 0.25))
            self.did.append(action)
            self.loaded += any(hammer.poll() is None for hammer in self.hammers.values())
            getattr(self, "do_" + action)()

    # ---- the end ----

    def finish(self):
        time.sleep(self.rng.uniform(0, 0.3))
        self.fake.control(reset=True)
        end = time.monotonic() + PATIENCE_S
        for plan in self.plans:
            try:
                self.hammers[plan.name].wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.complaints.append(f"{plan.name} waits: {self.daemon.ctl('--json', 'status').stdout}")
                self.hammers[plan.name].kill()
                self.hammers[plan.name].wait()

    def empty(self):
        status = self.look()
        ledger = status["ledger"]
        return ledger["queued"] == 0 and ledger["in_flight"] == 0 and status["connections"] <= 1

    def judge_daemon(self):
        self.complaints += self.watch.stop()
        self.peak_mib = self.watch.peak_mib
        wait_until("the daemon is empty", self.empty, PATIENCE_S)
        status = self.look()
        victims = any(plan.victim for plan in self.plans)
        if status["health"] != "ok" or (not victims and status["memory"]["record_bytes"] != 0):
            self.complaints.append(f"not in order at the end: {status}")
        if not victims and status["sessions"] != 0:
            self.complaints.append(f"{status['sessions']} sessions are left")
        code = self.daemon.terminate(PATIENCE_S)
        if code != 0:
            self.complaints.append(f"SIGTERM at the end: exit {code}")
        said = [line for line in self.daemon.log().splitlines() if DEFECTS.search(line)]
        if said:
            self.complaints.append("the daemon said: " + " | ".join(said[:5]))

    def judge_writes(self):
        stats = self.fake.stats()
        if stats["traces_lost"] != 0 or stats["late_refused"] != 0:
            self.complaints.append("fakeddb lost a trace: this round cannot be judged")
        if self.in_turn and stats["overlaps"] != 0:
            self.complaints.append(f"{stats['overlaps']} writes overlapped another one to their key")
        said = {}
        for plan in self.plans:
            with open(self.path(plan.name + ".said"), errors="replace") as f:
                said[plan.name] = judge.read_said(f.read())
        for table in TABLES:
            here = [plan for plan in self.plans if plan.table == table]
            round_ = judge.Round(here, said, self.fake.history(table), self.boundaries, self.start_ms,
                                 "late" not in self.faults)
            self.complaints += judge.Judge(round_).judge(None if "late" in self.faults else self.values(table))
        self.applied = stats["writes"]

    def values(self, table):
        """{key: value} of the table's current content."""
        return {item["id"]["S"]: item["v"]["S"] for item in self.fake.scan(table)}

    def end(self):
        if self.watch and self.watch.is_alive():
            self.watch.stop()
        for process in [*self.hammers.values(), self.daemon and self.daemon.process]:
            if process and process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait()
        if self.fake:
            self.fake.process.send_signal(signal.SIGCONT)
            self.fake.stop()

    def run(self):
        """Play the round. Returns its complaints."""
        self.choose()
        try:
            self.start_fake()
            self.start_daemon()
            self.start_hammers()
            self.play()
            self.finish()
            self.judge_daemon()
            self.judge_writes()
        except (Exception, KeyboardInterrupt) as error:  # an aborted round is a failed round and keeps its folder
            self.complaints.append(f"{type(error).__name__}: {error}")
            if self.daemon and self.daemon.process.poll() is not None:
                self.complaints.append(f"the daemon has ended: {self.daemon.process.returncode}")
            if isinstance(error, KeyboardInterrupt):
                raise
        finally:
            self.end()
            if not self.complaints:
                shutil.rmtree(self.folder, ignore_errors=True)
        return self.complaints

    def story(self):
        records = sum(len(plan.ops) for plan in self.plans)
        faults = " ".join(f"{name}={value}" for name, value in self.faults.items())
        return (f"{len(self.plans)} writers, {records} records; {' '.join(self.did) or 'nothing happens'}; "
                f"{'TLS; ' if self.tls else ''}{faults or 'no faults'}")
