"""Tests of judge.py: it finds every kind of wrong history and accepts the right ones."""
import os
import random
import socket
import tempfile
import types
import unittest

import judge
import watch
import plan as plans
from judge import Judge, Round, digest, read_said

SAID_AT_MS = 1000  # of the writer's clock; fakeddb was started at 500


def two_writers():
    a, b = plans.Plan("a", "things"), plans.Plan("b", "things")
    a.put("k", 0)       # a:1
    a.put("k", 3)       # a:2
    a.put("shared", 0)  # a:3
    a.bad()             # a:4
    a.put("a-d5", 0)    # a:5
    a.delete("a-d5")    # a:6
    b.put("shared", 0)  # b:1
    return [a, b]


def said(seq, done, failed="", at_ms=SAID_AT_MS):
    return read_said(f"{failed}flushed {seq} {at_ms * 1000}\ndone {done[0]} {done[1]}\n")


class Histories(unittest.TestCase):
    def setUp(self):
        self.plans = two_writers()
        self.said = {"a": said(6, (5, 1), "failed 4 missing_key\n"), "b": said(1, (1, 0))}
        self.boundaries, self.ordered = [], True
        # (key, writer, seq, AtMs) in the order of their Seq
        self.writes = [("k", "a", 1, 10), ("shared", "b", 1, 12), ("k", "a", 2, 20), ("shared", "a", 3, 30),
                       ("a-d5", "a", 5, 31), ("a-d5", "a", 6, 32)]

    def complaints(self, stored=None):
        keys = {}
        by_name = {plan.name: plan for plan in self.plans}
        for seq, (key, name, number, at_ms) in enumerate(self.writes, 1):
            write = {"Seq": seq, "AtMs": at_ms, "Op": "delete"}
            if by_name[name].ops[number - 1][0] == "put":
                write.update(Op="put", Value=f"{name}:{number}", Digest=digest(by_name[name].item(number)))
            keys.setdefault(key, []).append(write)
        history = [{"Key": {"id": {"S": key}}, "Writes": writes} for key, writes in keys.items()]
        return Judge(Round(self.plans, self.said, history, self.boundaries, 500, self.ordered)).judge(stored)

    def assert_found(self, *words):
        found = self.complaints()
        for word in words:
            self.assertIn(word, " ".join(found))
        self.assertTrue(found)

    def test_what_is_right_passes(self):
        self.assertEqual(self.complaints(), [])

    def test_a_retried_write_passes(self):
        self.writes.insert(2, ("k", "a", 1, 15))
        self.assertEqual(self.complaints(), [])

    def test_a_replay_in_the_next_life_passes_and_in_the_same_life_does_not(self):
        self.writes += [("k", "a", 1, 40), ("k", "a", 2, 41), ("a-d5", "a", 5, 42), ("a-d5", "a", 6, 43)]
        self.assert_found("k: a:1 came behind a:2 in one daemon's life", "a-d5: a:5 came behind a:6")
        for boundary in [(6, 6), (3, 8)]:
            self.boundaries = [boundary]
            self.assertEqual(self.complaints(), [], boundary)
        self.boundaries = [(2, 2)]
        self.assert_found("k: a:1 came behind")

    def test_a_write_between_two_of_another_writer_passes_once(self):
        self.writes.append(("shared", "b", 1, 40))
        self.assert_found("shared: b:1 came behind b:1")

    def test_a_lost_record(self):
        del self.writes[3]
        self.assert_found("a: 1 flushed records were never stored, such as [3]")

    def test_a_lost_delete(self):
        del self.writes[5]
        self.assert_found("never stored, such as [6]")

    def test_two_writes_in_the_wrong_order(self):
        self.writes[0], self.writes[2] = self.writes[2], self.writes[0]
        self.assert_found("k: a:1 was written for the first time behind a:2", "k: the last write is ('a', 1)")

    def test_a_replay_that_ends_too_early(self):
        self.boundaries = [(6, 6)]
        self.writes.append(("k", "a", 1, 40))
        self.assert_found("k: the last write is ('a', 1), not one of [('a', 2)]")

    def test_a_table_that_holds_something_else(self):
        right = {"k": "a:2", "shared": "a:3"}
        self.assertEqual(self.complaints(right), [])
        for wrong in [{**right, "k": "a:1"}, {"k": "a:2"}, {**right, "a-d5": "a:5"}]:
            self.assertIn("the table holds other values", " ".join(self.complaints(wrong)))

    def test_order_is_not_judged_when_writes_may_land_late(self):
        self.ordered = False
        self.writes[0], self.writes[2] = self.writes[2], self.writes[0]
        self.assertEqual(self.complaints(), [])

    def test_what_was_not_sent_or_not_so(self):
        item = self.plans[0].item(2)
        for value, stored in [("a:2", {**item, "pad": {"S": "xxy"}}), ("a:9", item), ("z:2", item), ("a:3", item)]:
            write = {"Seq": 1, "AtMs": 1, "Op": "put", "Value": value, "Digest": digest(stored)}
            history = [{"Key": {"id": {"S": "k"}}, "Writes": [write]}]
            found = Judge(Round(self.plans, self.said, history, [], 500, True)).judge()
            self.assertIn(f"k: {value} was stored, but not sent so", found)

    def test_a_flush_that_was_answered_too_early(self):
        self.said["a"] = said(6, (5, 1), "failed 4 missing_key\n", at_ms=520)
        self.assert_found("a: flush 6 was answered 12 ms before a:6 was stored")
        self.said["a"] = said(6, (5, 1), "failed 4 missing_key\n", at_ms=532)
        self.assertEqual(self.complaints(), [])

    def test_a_wrong_count_or_a_wrong_failure(self):
        self.said["b"] = said(1, (0, 1), "failed 1 rejected\n")
        self.assert_found("b: (0, 1) written and failed, not (1, 0)", "b: failures differ")

    def test_a_failure_that_was_not_told(self):
        self.said["a"] = said(6, (5, 1))
        self.assert_found("a: failures differ from what is bad: [(4, 'missing_key')]")

    def test_a_writer_that_ends_early(self):
        self.said["b"] = read_said("ended flush: connection_lost\n")
        self.assert_found("b did not come to its end: flush: connection_lost")

    def test_of_a_killed_writer_only_what_was_flushed_must_be_there(self):
        self.plans[0].victim = True
        self.said["a"] = read_said("flushed 2 1000000\n")
        self.writes = self.writes[:3]
        self.assertEqual(self.complaints(), [])
        del self.writes[2]
        self.assert_found("a: 1 flushed records were never stored, such as [2]")


class Plans(unittest.TestCase):
    def test_the_same_dice_make_the_same_plan(self):
        made = [plans.make(random.Random(7), "w", "things", shared=["s"], unique=False, large=True, victim=False)
                for _ in range(2)]
        self.assertEqual(made[0].lines, made[1].lines)
        self.assertEqual(len(made[0].ops), sum(not line.startswith(("flush", "pause")) for line in made[0].lines))

    def test_a_plan_of_unique_keys_writes_none_twice(self):
        plan = plans.make(random.Random(1), "w", "things", shared=["s"], unique=True, large=False, victim=False)
        keys = [key for kind, key, _ in plan.ops if kind != "bad"]
        self.assertEqual(len(keys), len(set(keys)))


class Watches(unittest.TestCase):
    """With a fake daemon that accepts connections and never answers."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.listening = socket.socket(socket.AF_UNIX)
        self.addCleanup(self.listening.close)
        self.fake = types.SimpleNamespace(socket=folder.name + "/s", process=types.SimpleNamespace(pid=os.getpid()))
        self.listening.bind(self.fake.socket)
        self.listening.listen()
        self.addCleanup(setattr, watch, "ANSWER_S_MAX", watch.ANSWER_S_MAX)
        self.addCleanup(setattr, watch, "STATUS_MS_MAX", watch.STATUS_MS_MAX)
        watch.ANSWER_S_MAX, watch.STATUS_MS_MAX = 0.3, 200

    def test_a_status_that_is_not_answered_is_found(self):
        found = watch.Watch(self.fake).stop()
        self.assertEqual(len(found), 1, found)
        self.assertIn("status was answered after", found[0])

    def test_a_daemon_that_is_stopped_is_excused(self):
        one = watch.Watch(self.fake)
        with one.excused():
            self.assertEqual(one.stop(), [])

    def test_a_daemon_that_ends_is_excused(self):
        one = watch.Watch(self.fake)
        self.listening.accept()[0].close()
        self.listening.close()
        self.assertEqual(one.stop(), [])

    def test_too_much_memory_is_found(self):
        self.addCleanup(setattr, watch, "peak_mib", watch.peak_mib)
        watch.peak_mib = lambda process: watch.MEMORY_MIB + watch.SLACK_MIB + 1
        one = watch.Watch(self.fake)
        with one.excused():
            found = one.stop()
        self.assertEqual([complaint[:20] for complaint in found], [] if watch.SANITIZED else ["the daemon held 97 M"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
