"""Checks a round: everything sent against everything stored, the order per key, and that flushes were true.

The history of fakeddb numbers every write (Seq) with its time. An epoch is one daemon's life; its writes are between
two boundaries, each a pair (lowest, highest Seq at which the next epoch may have begun).
"""
import collections
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fakeddb"))
from fakeddb_client import digest  # noqa: E402

COMPLAINTS_MAX = 20
CLOCK_SLACK_MS = 10  # fakeddb stamps a write at the start of its turn, and the clocks are compared with a request

Said = collections.namedtuple("Said", "flushed failed done ended")
Round = collections.namedtuple("Round", "plans said history boundaries start_ms ordered")


def read_said(text):
    """Parse a hammer's output: flushes as (seq, milliseconds), failures by seq, done as (written, failed)."""
    flushed, failed, done, ended = [], {}, None, None
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        if word == "flushed":
            seq, at_us = rest.split()
            flushed.append((int(seq), int(at_us) / 1000))
        elif word == "failed":
            seq, code = rest.split()
            failed[int(seq)] = code
        elif word == "done":
            done = tuple(map(int, rest.split()))
        elif word == "ended":
            ended = rest
    return Said(flushed, failed, done, ended)


class Judge:
    def __init__(self, round_):
        self.round, self.complaints = round_, []
        self.plans = {plan.name: plan for plan in round_.plans}
        self.digests = {}
        self.first = {}  # (writer, seq): milliseconds of the first application
        self.final = {}  # key: value of the last write, None for a delete

    def say(self, text):
        self.complaints.append(text)

    def judge(self, stored=None):
        """stored: {key: value} of the table in the end, to compare with the last writes."""
        for entry in self.round.history:
            self.judge_key(entry["Key"]["id"]["S"], entry["Writes"])
        for plan in self.round.plans:
            self.judge_writer(plan, self.round.said[plan.name])
        self.judge_final()
        if stored is not None:
            self.judge_stored(stored)
        return self.complaints[:COMPLAINTS_MAX]

    # ---- one key ----

    def writes_of(self, key, writes):
        """(Seq, AtMs, writer, seq) of each write of a key; a delete belongs to the writer whose key it is."""
        for w in writes:
            if w["Op"] == "delete":
                name = key.rsplit("-d", 1)[0]
                seq = self.delete_seq(name, key)
                if seq is None:
                    self.say(f"{key}: a delete that nobody sent")
                    continue
            else:
                name, _, number = w["Value"].partition(":")
                seq = int(number)
                if not self.was_sent(name, seq, key, w["Digest"]):
                    self.say(f"{key}: {w['Value']} was stored, but not sent so")
                    continue
            yield w["Seq"], w["AtMs"], name, seq

    def delete_seq(self, name, key):
        if name not in self.plans:
            return None
        return next((seq for seq, op in enumerate(self.plans[name].ops, 1) if op[:2] == ("delete", key)), None)

    def was_sent(self, name, seq, key, stored):
        plan = self.plans.get(name)
        if plan is None or not 1 <= seq <= len(plan.ops) or plan.ops[seq - 1][:2] != ("put", key):
            return False
        if (name, seq) not in self.digests:
            self.digests[name, seq] = digest(plan.item(seq))
        return self.digests[name, seq] == stored

    def judge_key(self, key, writes):
        boundaries = list(self.round.boundaries)
        last, before, newest = {}, None, {}
        for at_seq, at_ms, name, seq in self.writes_of(key, writes):
            while boundaries and at_seq > boundaries[0][1]:
                boundaries.pop(0)
                last, before = {}, None
            if (name, seq) not in self.first:
                self.first[name, seq] = at_ms
                if self.round.ordered and seq < newest.get(name, 0):
                    self.say(f"{key}: {name}:{seq} was written for the first time behind {name}:{newest[name]}")
                newest[name] = seq
            again = before is not None and before[1:] == (name, seq)
            if self.round.ordered and not again and seq <= last.get(name, 0):
                if boundaries and boundaries[0][0] <= at_seq and before[0] <= boundaries[0][1]:
                    boundaries.pop(0)
                    last = {}
                else:
                    self.say(f"{key}: {name}:{seq} came behind {name}:{last[name]} in one daemon's life")
            last[name] = seq
            before = (at_seq, name, seq)
        if before is not None:
            self.final[key] = before[1:]

    # ---- one writer ----

    def judge_writer(self, plan, said):
        name, bad = plan.name, plan.bad_seqs()
        if not plan.victim:
            if said.done is None:
                self.say(f"{name} did not come to its end: {said.ended}")
            elif said.done != (len(plan.ops) - len(bad), len(bad)):
                self.say(f"{name}: {said.done} written and failed, not {(len(plan.ops) - len(bad), len(bad))}")
        flushed = max((seq for seq, _ in said.flushed), default=0)
        expected = {seq: "missing_key" for seq in bad if seq <= flushed}
        if said.failed != expected:
            wrong = sorted(set(said.failed.items()) ^ set(expected.items()))
            self.say(f"{name}: failures differ from what is bad: {wrong[:5]}")
        self.judge_flushes(plan, said)
        lost = [seq for seq in range(1, flushed + 1) if seq not in bad and (name, seq) not in self.first]
        if lost:
            self.say(f"{name}: {len(lost)} flushed records were never stored, such as {lost[:5]}")

    def judge_flushes(self, plan, said):
        """No record before a flush was first written after it."""
        late, at = None, 0
        for seq, ms in said.flushed:
            while at < seq:
                at += 1
                stored = self.first.get((plan.name, at))
                if stored is not None and (late is None or stored > late[0]):
                    late = stored, at
            if late is not None and self.round.start_ms + late[0] - CLOCK_SLACK_MS > ms:
                behind = self.round.start_ms + late[0] - ms
                self.say(f"{plan.name}: flush {seq} was answered {behind:.0f} ms before {plan.name}:{late[1]} was stored")

    # ---- the final state ----

    def judge_final(self):
        """The last write to a key is some writer's last write to it."""
        if not self.round.ordered:
            return
        lasts = collections.defaultdict(set)
        for plan in self.round.plans:
            own = {}
            for seq, (kind, key, _) in enumerate(plan.ops, 1):
                if kind != "bad" and (not plan.victim or (plan.name, seq) in self.first):
                    own[key] = seq
            for key, seq in own.items():
                lasts[key].add((plan.name, seq))
        for key, allowed in lasts.items():
            if key in self.final and self.final[key] not in allowed:
                self.say(f"{key}: the last write is {self.final[key]}, not one of {sorted(allowed)}")

    def judge_stored(self, stored):
        """The table holds what the last writes left, and nothing else. After a delete the key is gone."""
        expected = {key: f"{name}:{seq}" for key, (name, seq) in self.final.items()
                    if self.plans[name].ops[seq - 1][0] == "put"}
        wrong = sorted(set(stored.items()) ^ set(expected.items()))
        if wrong:
            self.say(f"the table holds other values than the last writes: {wrong[:5]}")
