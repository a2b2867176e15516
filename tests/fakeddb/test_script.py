"""Tests of fakeddb's scripts: steps by count and by time, for one table, rounds, refusals, and the manual example.

Run by meson test as: test_script.py PATH_OF_FAKEDDB
"""
import os
import re
import subprocess
import tempfile
import time
import unittest

from fakeddb_case import EXE, Case, N, S, put
from fakeddb_client import FakeDDB, ServiceError

MANUAL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "fakeddb.1")
REFUSALS = {"ThrottlingException": "throttled", "RequestLimitExceeded": "throttled",
            "ProvisionedThroughputExceededException": "throttled",
            "AccessDeniedException": "denied",
            "ServiceUnavailable": "503", "InternalServerError": "500", "ResourceNotFoundException": "missing"}


class Scripts(Case):
    def setUp(self):
        super().setUp()
        self.load("")

    def load(self, text):
        return self.db.script(text)

    def one(self, table="tab"):
        """The outcome of one write."""
        item = {"pk": S("a")} if table != "num" else {"pk": N(1), "sk": {"B": "AA=="}}
        try:
            self.batch(put(**item), table=table)
            return "ok"
        except ServiceError as error:
            return REFUSALS[error.type]

    def ends(self, n, table="tab"):
        return [self.one(table) for _ in range(n)]

    def test_at_a_request(self):
        self.load("""
            # a short storm
            at request 3    throttle=1   # the third is the first that is hit
            at request 5    reset
            at request 6    for tab  error503=1
        """)
        self.assertEqual(self.ends(7), ["ok", "ok", "throttled", "throttled", "ok", "503", "503"])
        self.assertEqual(self.db.stats()["script"], {"steps": 3, "taken": 3, "rounds": 0, "errors": 0})

    def test_after_requests(self):
        self.load("at request 1 deny=true\nafter 2 requests deny=false throttle=1\nafter 1 request reset")
        self.assertEqual(self.ends(5), ["denied", "denied", "throttled", "ok", "ok"])

    def test_only_writes_count(self):
        self.load("at request 2 throttle=1")
        for _ in range(5):
            self.db.call("DescribeTable", {"TableName": "tab"})
        self.assertEqual(self.ends(2), ["ok", "throttled"])

    def test_requests_of_a_table(self):
        self.load("at request 2 of num for num error500=1\nafter 2 requests of num for num reset")
        self.assertEqual(self.ends(4), ["ok"] * 4)
        self.assertEqual(self.ends(2, "num"), ["ok", "500"])
        self.assertEqual(self.ends(2), ["ok", "ok"])
        self.assertEqual(self.ends(3, "num"), ["500", "ok", "ok"])

    def test_what_has_passed_is_done_at_once(self):
        self.load("at request 4 throttle=1\nat request 2 throttle_error=any\nat 0s throttle=0 error503=1")
        self.assertEqual(self.ends(4), ["ok", "ok", "ok", "503"])

    def test_rounds(self):
        self.load("at request 2 throttle=1\nafter 1 request reset\nafter 1 request repeat")
        self.assertEqual(self.ends(8), ["ok", "throttled", "ok", "ok", "throttled", "ok", "ok", "throttled"])
        self.assertEqual(self.db.stats()["script"]["rounds"], 2)

    def test_time(self):
        """Steps come in order and not before their time; how much later depends on the machine."""
        start = time.monotonic()
        self.load("after 50ms throttle=1\nafter 0.05s throttle=0 error503=1\nat 150ms reset deny=true")
        seen = []
        while seen[-1:] != ["denied"] and time.monotonic() < start + 20:
            end = self.one()
            seen += [end] if seen[-1:] != [end] else []
        self.assertGreaterEqual(time.monotonic() - start, 0.14)
        order = ["ok", "throttled", "503", "denied"]
        self.assertEqual(seen, [e for e in order if e in seen])
        self.assertEqual(seen[-1], "denied")

    def test_time_without_requests(self):
        self.load("after 10ms create=timely:pk@5\nafter 10ms delete=timely\nafter 10ms delete=timely create=timely:pk")
        deadline = time.monotonic() + 20
        while self.db.stats()["script"]["taken"] < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual(self.db.stats()["script"], {"steps": 3, "taken": 3, "rounds": 0, "errors": 1})
        self.assertEqual(self.one("timely"), "ok")
        self.load("at request 2 delete=timely\nat request 3 create=timely:pk")
        self.assertEqual(self.ends(3, "timely"), ["ok", "missing", "ok"])

    def test_a_clock_that_begins_with_a_request(self):
        self.load("at request 2 throttle=1\nafter 30ms reset")
        time.sleep(0.05)
        self.assertEqual(self.one(), "ok")
        self.assertEqual(self.one(), "throttled")

    def test_same_script_same_seed_same_day(self):
        text = "at request 1 seed=9 throttle=0.4 error503=0.3\nat request 20 throttle=0\nat request 30 reset"
        days = []
        for _ in range(2):
            self.load(text)
            days.append(self.ends(35))
        self.assertEqual(days[0], days[1])
        self.assertEqual(set(days[0]), {"ok", "throttled", "503"})

    def test_refused(self):
        for text, part in [("at", "line 1: write"), ("\n\nat 5 throttle=1", "line 3: write"), ("at 5s", "line 1"),
                           ("at request 0 reset", "line 1"), ("after request 5 reset", "line 1"),
                           ("at 5 requests reset", "line 1"), ("at 2d reset", "line 1"), ("at -1s reset", "line 1"),
                           ("at 1s of tab reset", "setting of;"), ("at 1s for tab", "line 1"),
                           ("at 1s throttle=2", "line 1: throttle takes a number from 0 to 1, not 2"),
                           ("at 1s reset\nat 2s trottle=1", "line 2: there is no fault setting trottle"),
                           ("at 1s for tab wcu=5", "all tables"), ("at 1s create=x", "write it as NAME"),
                           ("at 1s repeat\nat 2s reset", "last line"), ("at 0s repeat", "last line"),
                           ("at 1s reset=1", "no fault setting reset"), ("at 1s seed=x", "no fault setting seed"),
                           ("at 1s reset\n" * 513, "512 steps"), ("#" * 70000, "65536 bytes")]:
            with self.subTest(text=text[:40]), self.assertRaises(ServiceError) as caught:
                self.load("at 1s reset")
                self.load(text)
            self.assertIn(part, caught.exception.message)
            self.assertEqual(self.db.stats()["script"]["steps"], 0, "a refused script leaves none")

    def test_by_option(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "day")
            with open(path, "w") as f:
                f.write("at request 2 throttle=1\n")
            db, self.db = self.db, FakeDDB(EXE, "--table", "tab:pk", "--script", path)
            self.assertEqual(self.ends(2), ["ok", "throttled"])
            self.assertEqual(self.db.stop(), 0)
            self.db = db
            with open(path, "w") as f:
                f.write("nonsense\n")
            done = subprocess.run([EXE, "--port", "0", "--script", path], capture_output=True, text=True, timeout=20)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"script {path}: line 1: write", done.stderr)

    def test_the_manuals_example(self):
        with open(MANUAL) as f:
            blocks = re.findall(r"^\.nf\n(.*?)^\.fi", f.read(), re.M | re.S)
        day, = [b.replace("\\-", "-").replace("\\&", "") for b in blocks if "repeat" in b]
        db, self.db = self.db, FakeDDB(EXE, "--table", "orders:id", "--table", "tab:pk")
        self.assertEqual(self.load(day)["errors"], 0)
        ends = []
        for i in range(1, 1301):
            try:
                answer = self.db.call("BatchWriteItem", {"RequestItems": {"orders": [put(id=S(str(i)))]}})
                ends.append("unprocessed" if answer["UnprocessedItems"] else "ok")
            except ServiceError as error:
                ends.append(REFUSALS[error.type])
        self.assertEqual(set(ends[:999]), {"ok"})
        self.assertEqual(set(ends[999:1199]), {"throttled"})
        self.assertEqual(set(ends[1199:1299]), {"denied"})
        self.assertEqual(self.one(), "ok", "only orders is denied")
        self.assertGreater(self.db.stats()["script"]["taken"], 2)
        self.assertEqual(self.db.stop(), 0)
        self.db = db


if __name__ == "__main__":
    unittest.main()
