"""The quickstart's verdict: verify.py must see every kind of difference, and table.py every table that does not fit."""
import json
import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "fakeddb"))
from fakeddb_client import FakeDDB  # noqa: E402

TABLE, COUNT = "foopojo-supplementary", 60
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "fake", "AWS_SECRET_ACCESS_KEY": "fake"}


def pojos():
    return [(f"primaryKey-{i:04d}", f"join-{i * 7:04d}") for i in range(COUNT)]


class Case(unittest.TestCase):
    def setUp(self):
        self.db = FakeDDB(os.environ["DDBS_FAKEDDB"], "--table", "other:id")
        self.folder = tempfile.TemporaryDirectory()
        self.table("--create")

    def tearDown(self):
        self.folder.cleanup()
        self.assertEqual(self.db.stop(), 0)

    def run_tool(self, name, *options):
        env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        command = [sys.executable, os.path.join(ROOT, "packaging", "quickstart", name),
                   "--endpoint", f"http://127.0.0.1:{self.db.port}", "--region", "us-east-1", *options]
        return subprocess.run(command, env={**env, **CREDENTIALS}, capture_output=True, text=True, check=False)

    def table(self, *options, name=TABLE):
        return self.run_tool("table.py", "--table", name, *options)

    def put(self, pairs):
        for i, j in pairs:
            self.db.call("PutItem", {"TableName": TABLE, "Item": {"pojoId": {"S": i}, "joinValue": {"S": j}}})

    def files(self, pairs):
        """The job's folder, the pairs in two partitions."""
        for n, part in enumerate((pairs[::2], pairs[1::2])):
            with open(os.path.join(self.folder.name, f"part-{n:05d}.json"), "w", encoding="utf-8") as out:
                out.writelines(json.dumps({"pojoId": i, "joinValue": j}) + "\n" for i, j in part)

    def verdict(self, *options):
        done = self.run_tool("verify.py", "--table", TABLE, "--files", self.folder.name, "--records", str(COUNT),
                             "--temporary", self.folder.name, *options)
        return done.returncode, done.stdout


class Verify(Case):
    def judge(self, in_table, in_files, *options):
        self.put(in_table)
        self.files(in_files)
        return self.verdict(*options)

    def refused(self, verdict, count, words):
        code, text = verdict
        self.assertEqual(code, 1, text)
        self.assertIn(words, text)
        self.assertTrue(text.endswith(f"verified {count} of {COUNT} records\n"), text)

    def test_equal(self):
        self.assertEqual(self.judge(pojos(), pojos()[::-1]), (0, f"verified {COUNT} of {COUNT} records\n"))

    def test_missing_in_table(self):
        self.refused(self.judge(pojos()[:-1], pojos()), COUNT - 1, "1 missing in the table, as primaryKey-0059")

    def test_nothing_in_table(self):
        self.refused(self.judge([], pojos()), 0, f"{COUNT} missing in the table, as primaryKey-0000")

    def test_other_value(self):
        changed = [("primaryKey-0007", "join-0000")] + pojos()[:7] + pojos()[8:]
        self.refused(self.judge(changed, pojos()), COUNT - 1, "1 with another value in the table, as primaryKey-0007")

    def test_only_in_table(self):
        more = pojos() + [("primaryKey-7777", "join-1")]
        self.refused(self.judge(more, pojos()), COUNT, "1 only in the table, as primaryKey-7777")
        expected = f"1 other items are in the table\nverified {COUNT} of {COUNT} records\n"
        self.assertEqual(self.verdict("--others"), (0, expected))

    def test_foreign_item(self):
        self.refused(self.judge(pojos() + [("somebody's", "x\ny")], pojos()), COUNT, "1 items of another kind")
        self.assertEqual(self.verdict("--others")[0], 0)

    def test_twice_in_files(self):
        twice = pojos()[:-1] + pojos()[:1]
        self.refused(self.judge(pojos()[:-1], twice), COUNT - 1, "1 twice in the files, as primaryKey-0000")

    def test_too_few_in_files(self):
        self.refused(self.judge(pojos()[:-1], pojos()[:-1]), COUNT - 1, f"hold {COUNT - 1} pojos instead of {COUNT}")

    def test_more_attributes(self):
        self.put(pojos())
        self.db.call("PutItem", {"TableName": TABLE, "Item": {
            "pojoId": {"S": "primaryKey-0003"}, "joinValue": {"S": "join-0021"}, "more": {"N": "1"}}})
        self.files(pojos())
        self.refused(self.verdict(), COUNT - 1, "1 with another value in the table, as primaryKey-0003")

    def test_pages(self):
        """A table of several pages is read to its end."""
        big = "join-" + "x" * 100000
        pairs = [(i, big) for i, _ in pojos()]
        self.assertEqual(self.judge(pairs, pairs)[0], 0)


class Table(Case):
    def test_fits(self):
        self.assertEqual(self.table().returncode, 0)
        self.assertEqual(self.table("--create").returncode, 0, "a table that is there is left as it is")

    def test_missing(self):
        done = self.table(name="nowhere")
        self.assertEqual(done.returncode, 1)
        self.assertIn("table nowhere does not exist in us-east-1: run this again with --create", done.stderr)

    def test_other_key(self):
        done = self.table(name="other")
        self.assertEqual(done.returncode, 1)
        self.assertIn("another key than the string pojoId", done.stderr)

    def test_bad_credentials(self):
        self.db.stop()
        self.db = FakeDDB(os.environ["DDBS_FAKEDDB"], "--secret-key", "another")
        done = self.table()
        self.assertEqual(done.returncode, 1)
        self.assertIn("refuses: ", done.stderr)


if __name__ == "__main__":
    unittest.main()
