#!/usr/bin/env python3
"""Compare the pojos that the job wrote out with the table that is scanned back, record by record.

Both sides go through sort(1), so that memory stays the same however many records there are. The last line on stdout
is 'verified N of N records'; exit 0 only if all are there, once, with their values.
"""
import argparse
import json
import os
import subprocess
import sys

from dynamodb import DynamoDBError, Endpoint

SHOWN = 3  # examples of each kind of difference
END = ("\U0010ffff", "")


class Sorted:
    """Takes lines, gives them back in order."""

    def __init__(self, folder):
        self.process = subprocess.Popen(["sort", "-S", "64M", "-T", folder], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, env={**os.environ, "LC_ALL": "C"})
        self.count = 0

    def add(self, pairs):
        """Write (id, value) pairs."""
        self.process.stdin.write("".join([f"{i}\t{v}\n" for i, v in pairs]).encode())
        self.count += len(pairs)

    def pairs(self):
        """All pairs in the order of their ids, then END for ever."""
        for line in self.process.stdout:
            yield tuple(line[:-1].decode().split("\t", 1))
        if self.process.wait() != 0:
            sys.exit("sort failed: is there room for temporary files?")
        while True:
            yield END


def read_lines(folder, into):
    """The job's files."""
    for name in sorted(os.listdir(folder)):
        if not name.startswith("part-"):
            continue
        with open(os.path.join(folder, name), encoding="utf-8") as lines:
            while True:
                some = lines.readlines(1 << 20)
                if not some:
                    break
                pojos = map(json.loads, some)
                into.add([(p["pojoId"], p["joinValue"]) for p in pojos])


def pair_of(item):
    """What is compared of an item: the values of both attributes, or the item itself if it has others."""
    try:
        if len(item) == 2:
            return item["pojoId"]["S"], item["joinValue"]["S"]
    except KeyError:
        pass
    return item["pojoId"]["S"], "not the job's: " + json.dumps(item)


def scan(endpoint, table, into):
    """The whole table. Items whose ids are not the job's own are not looked at; their number is returned."""
    arguments = {"TableName": table, "ConsistentRead": True}
    foreign = 0
    while True:
        page = endpoint.call("Scan", **arguments)
        pairs = [pair_of(i) for i in page["Items"]]
        ours = [p for p in pairs if p[0].startswith("primaryKey-") and "\n" not in p[0] + p[1]]
        foreign += len(pairs) - len(ours)
        into.add(ours)
        if not page.get("LastEvaluatedKey"):
            return foreign
        arguments["ExclusiveStartKey"] = page["LastEvaluatedKey"]


class Differences:
    """Counts each kind, keeps the first few."""

    def __init__(self):
        self.found = {}

    def add(self, kind, pair):
        count, examples = self.found.setdefault(kind, [0, []])
        self.found[kind][0] = count + 1
        if count < SHOWN:
            examples.append(pair[0])

    def forget(self, kind):
        """How many there were of a kind that is none, after all."""
        return self.found.pop(kind, [0])[0]

    def show(self):
        for kind, (count, examples) in self.found.items():
            print(f"{count} {kind}, as {', '.join(examples)}")


def compare(wanted, found):
    """Merge both sides; the number of equal records, and the differences."""
    differences, equal = Differences(), 0
    w, f, last = next(wanted), next(found), None  # last: the id of the last equal pair
    while w is not END or f is not END:
        if w == f:
            equal += 1
            last, w, f = w[0], next(wanted), next(found)
        elif w[0] == last:
            differences.add("twice in the files", w)
            w = next(wanted)
        elif w[0] == f[0]:
            differences.add("with another value in the table", w)
            w, f = next(wanted), next(found)
        elif w[0] < f[0]:
            differences.add("missing in the table", w)
            w = next(wanted)
        else:
            differences.add("only in the table", f)
            f = next(found)
    return equal, differences


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--region", required=True)
    parser.add_argument("--table", required=True)
    parser.add_argument("--files", required=True, help="the job's folder")
    parser.add_argument("--records", type=int, required=True, help="how many there have to be")
    parser.add_argument("--temporary", required=True, help="a folder for sort")
    parser.add_argument("--others", action="store_true", help="the table may hold more than this run's records")
    args = parser.parse_args()
    wanted, found = Sorted(args.temporary), Sorted(args.temporary)
    try:
        foreign = scan(Endpoint(args.endpoint, args.region), args.table, found)
    except (DynamoDBError, OSError) as error:
        sys.exit(f"the table cannot be scanned: {error}")
    read_lines(args.files, wanted)
    wanted.process.stdin.close()
    found.process.stdin.close()
    equal, differences = compare(wanted.pairs(), found.pairs())
    if args.others:
        more = foreign + differences.forget("only in the table")
        foreign = 0
        print(f"{more} other items are in the table")
    differences.show()
    if foreign:
        print(f"{foreign} items of another kind are in the table")
    if wanted.count != args.records:
        print(f"the files hold {wanted.count} pojos instead of {args.records}")
    print(f"verified {equal} of {args.records} records")
    sys.exit(0 if equal == args.records == wanted.count and not differences.found and not foreign else 1)


if __name__ == "__main__":
    main()
