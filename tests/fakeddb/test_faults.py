"""Tests of fakeddb's faults: every kind, their scope and seeds, capacity, table states.

Run by meson test as: test_faults.py PATH_OF_FAKEDDB
"""
import http.client
import json
import time
import unittest

from fakeddb_case import EXE, Case, FakeDDBSocket, N, S, delete, put
from fakeddb_client import FakeDDB, ServiceError, request_bytes, sign


class Faults(Case):
    def writes(self, n, start=0):
        """Write n single-item batches. Returns the outcome of each."""
        ends = []
        for i in range(start, start + n):
            try:
                answer = self.batch(put(pk=S(f"f{i}"), v=N(i)))
                ends.append("unprocessed" if answer["UnprocessedItems"] else "ok")
            except ServiceError as error:
                ends.append(error.type)
            except (ConnectionError, http.client.HTTPException):
                ends.append("lost")
        return ends

    def stored(self):
        return {i["pk"]["S"] for i in self.db.scan("tab")}

    def test_each_refusal(self):
        before = self.stored()
        for name, end in [("throttle", "ProvisionedThroughputExceededException"), ("error500", "InternalServerError"),
                          ("error503", "ServiceUnavailable"), ("drop_before", "lost"),
                          ("unprocessed", "ProvisionedThroughputExceededException")]:
            with self.subTest(fault=name):
                self.db.control(**{name: 1})
                self.assertEqual(self.writes(3), [end] * 3)
                self.db.control(**{name: 0})
        self.db.control(deny=True)
        self.assertEqual(self.writes(1), ["AccessDeniedException"])
        self.db.control(deny=False, missing=True)
        self.assertEqual(self.writes(1), ["ResourceNotFoundException"])
        self.refused("DescribeTable", {"TableName": "tab"}, "ResourceNotFoundException")
        self.db.control(missing=False, deny_describe=True)
        self.refused("DescribeTable", {"TableName": "tab"}, "AccessDeniedException", "dynamodb:DescribeTable")
        self.db.control(deny_describe=False)
        self.assertEqual(self.stored(), before, "nothing of these was applied")

    def test_applied_but_lost(self):
        cases = [("error500_after", "InternalServerError"), ("drop_after", "lost"), ("truncate", "lost")]
        for number, (name, end) in enumerate(cases, start=1000):
            with self.subTest(fault=name):
                self.db.control(**{name: 1})
                self.assertEqual(self.writes(1, start=number), [end])
                self.db.control(**{name: 0})
                self.assertIn(f"f{number}", self.stored())

    def test_unprocessed_comes_back_respelled(self):
        self.db.control(unprocessed=0.5, seed=4)
        sent = {f"u{i}": {"pk": S(f"u{i}"), "n": N(i * 10), "s": {"SS": ["é", "a"]}} for i in range(25)}
        answer = self.batch(*[put(**item) for item in sent.values()])["UnprocessedItems"]["tab"]
        back = {w["PutRequest"]["Item"]["pk"]["S"]: w["PutRequest"]["Item"] for w in answer}
        self.assertTrue(5 < len(back) < 20)
        self.assertNotEqual(list(back), [k for k in sent if k in back], "another order")
        for key, item in back.items():
            self.assertEqual(float(item["n"]["N"]), float(sent[key]["n"]["N"]))
            self.assertEqual(item["s"], sent[key]["s"])
        self.assertTrue(any(item["n"] != sent[key]["n"] for key, item in back.items()), "other spellings")
        self.assertEqual({k for k in self.stored() if k.startswith("u")}, set(sent) - set(back))
        answer = self.batch(*[delete(pk=S(k)) for k in sent])["UnprocessedItems"]["tab"]
        self.assertTrue(all("Key" in w["DeleteRequest"] for w in answer))

    def test_late_lands_later(self):
        self.db.control(late=1, late_ms=50)
        ends = self.writes(20, start=5000)
        self.assertEqual(set(ends), {"lost", "InternalServerError"})
        self.db.control(late=0)
        wanted = {f"f{i}" for i in range(5000, 5020)}
        deadline = time.monotonic() + 10
        while not wanted <= self.stored() and time.monotonic() < deadline:
            pass
        self.assertLessEqual(wanted, self.stored())
        self.assertEqual(self.db.stats()["late_applied"], 20)

    def test_slow(self):
        self.db.control(slow_ms=60, slow_jitter_ms=5)
        start = time.monotonic()
        self.assertEqual(self.writes(2), ["ok", "ok"])
        self.assertGreaterEqual(time.monotonic() - start, 0.11)

    def test_overlapping_writes_are_noticed(self):
        db = FakeDDB(EXE, "--table", "tab:pk", "--history", "--fault", "slow_ms=200")
        bodies = [json.dumps({"RequestItems": {"tab": [put(pk=S(k)) for k in keys]}}).encode()
                  for keys in ("ab", "bc", "d")]
        sockets = [FakeDDBSocket(db) for _ in bodies]
        for s, body in zip(sockets, bodies):
            s.send(request_bytes(db.host, "DynamoDB_20120810.BatchWriteItem", body))
        for s in sockets:
            self.assertEqual(s.answers(1), [200])
            s.close()
        db.call("PutItem", {"TableName": "tab", "Item": {"pk": S("a")}})
        stats = db.stats()
        self.assertEqual((stats["overlaps"], stats["in_flight"]), (1, 0))
        self.assertEqual(db.stop(), 0)

    def test_write_units(self):
        db = FakeDDB(EXE, "--table", "tab:pk", "--fault", "wcu=10")
        writes = [put(pk=S(str(i)), v=S("x" * 1000)) for i in range(25)]
        done, deadline = 0, time.monotonic() + 20
        while done < 2 and time.monotonic() < deadline:
            try:
                answer = db.call("BatchWriteItem", {"RequestItems": {"tab": writes}})
                done += len(answer["UnprocessedItems"]["tab"]) < 25
            except ServiceError as error:
                self.assertEqual(error.type, "ProvisionedThroughputExceededException")
        self.assertEqual(done, 2)
        self.assertEqual(db.stop(), 0)

    def test_bad_crc_close_hang(self):
        self.db.control(bad_crc=1)
        with self.assertRaises(ValueError):
            self.batch(put(pk=S("crc")))
        self.db.control(bad_crc=0, close=1)
        body = json.dumps({"RequestItems": {"tab": [put(pk=S("close"))]}}).encode()
        status, headers, _ = self.db.raw(sign(self.db.host, "DynamoDB_20120810.BatchWriteItem", body), body)
        self.assertEqual((status, headers.get("connection")), (200, "close"))
        self.db.control(close=0, close_silent=1)
        status, headers, _ = self.db.raw(sign(self.db.host, "DynamoDB_20120810.BatchWriteItem", body), body)
        self.assertEqual((status, headers.get("connection")), (200, None))
        with self.assertRaises((ConnectionError, http.client.HTTPException)):
            self.db.raw(sign(self.db.host, "DynamoDB_20120810.BatchWriteItem", body), body)
        self.db.control(close_silent=0, hang=1)
        hung = FakeDDBSocket(self.db)
        hung.send(request_bytes(self.db.host, "DynamoDB_20120810.BatchWriteItem", body))
        self.assertIsNone(hung.receive(0.2))
        hung.close()
        self.assertEqual(self.db.control()["Counters"]["faults"]["hang"], 1)

    def test_scope(self):
        self.db.control(throttle=1, table="num")
        self.assertEqual(self.writes(1), ["ok"])
        self.refused("PutItem", {"TableName": "num", "Item": {"pk": N(1), "sk": {"B": "AA=="}}},
                     "ProvisionedThroughputExceededException")
        self.db.control(table="", throttle_error="ThrottlingException",
                        throttle_reason="TableWriteKeyRangeThroughputExceeded")
        error = self.refused("PutItem", {"TableName": "tab", "Item": {"pk": S("a")}}, "ThrottlingException")
        self.assertEqual(error.body["throttlingReasons"][0]["reason"], "TableWriteKeyRangeThroughputExceeded")
        self.db.call("DescribeTable", {"TableName": "tab"})
        self.db.control(all_operations=True)
        self.refused("DescribeTable", {"TableName": "tab"}, "ThrottlingException")

    def test_same_seed_same_faults(self):
        runs = []
        for _ in range(2):
            self.db.control(seed=77, throttle=0.3, error500=0.3, drop_after=0.2)
            runs.append(self.writes(40))
        self.assertEqual(runs[0], runs[1])
        self.assertEqual(set(runs[0]), {"ok", "lost", "InternalServerError", "ProvisionedThroughputExceededException"})
        self.db.control(seed=77, error500=0)
        third = self.writes(40)
        self.assertEqual([e == "ProvisionedThroughputExceededException" for e in third],
                         [e == "ProvisionedThroughputExceededException" for e in runs[0]],
                         "one kind's dice do not depend on another kind")

    def test_malformed_and_oversized(self):
        self.db.control(malformed=1, seed=3)
        body = json.dumps({"RequestItems": {"tab": [put(pk=S("odd"))]}}).encode()
        answers = {self.db.raw(sign(self.db.host, "DynamoDB_20120810.BatchWriteItem", body), body)[2]
                   for _ in range(60)}
        self.assertGreater(len(answers), 6)
        self.assertIn("odd", self.stored())
        self.db.control(malformed=0, oversized=1, oversized_kib=3000)
        answer = self.db.raw(sign(self.db.host, "DynamoDB_20120810.BatchWriteItem", body), body)[2]
        self.assertEqual((len(answer), json.loads(answer)), (3000 * 1024, {"UnprocessedItems": {}}))

    def test_tables_with_settings_of_their_own(self):
        settings = self.db.control(throttle=1, tables={"tab": {"error503": 1}, "new": {"deny": True}})["Settings"]
        self.assertEqual((settings["throttle"], settings["tables"]["tab"]["error503"]), (1, 1))
        self.assertEqual(self.writes(1), ["ServiceUnavailable"], "its own, and none of the general ones")
        number = {"TableName": "num", "Item": {"pk": N(1), "sk": {"B": "AA=="}}}
        self.refused("PutItem", number, "ProvisionedThroughputExceededException")
        arn = "arn:aws:dynamodb:us-east-1:000000000000:table/tab"
        with self.assertRaises(ServiceError) as caught:
            self.batch(put(pk=S("by arn")), table=arn)
        self.assertEqual(caught.exception.status, 503)
        self.db.control(tables={"tab": {"missing": True}})
        self.refused("DescribeTable", {"TableName": "tab"}, "ResourceNotFoundException")
        self.db.call("DescribeTable", {"TableName": "num"})
        self.db.control(tables={"tab": None}, throttle=0)
        self.assertEqual(self.writes(1), ["ok"])
        for tables, part in [({"tab": {"wcu": 1}}, "all tables"), ({"tab": {"x": 1}}, "no fault setting"),
                             ({"x" * 128: {"deny": True}}, "127"), ("tab", "object"), ({"tab": 1}, "object")]:
            with self.subTest(tables=tables), self.assertRaises(ServiceError) as caught:
                self.db.control(close=0.5, tables=tables)
            self.assertIn(part, caught.exception.message)
            self.assertEqual(self.db.control()["Settings"]["close"], 0)

    def test_throttles_of_every_kind(self):
        self.db.control(throttle=1, throttle_error="any", seed=5)
        seen = set()
        for _ in range(60):
            error = self.refused_by_throttle()
            reason, = error.body.get("ThrottlingReasons") or error.body["throttlingReasons"]
            self.assertEqual("throttlingReasons" in error.body, error.type == "ThrottlingException")
            self.assertTrue(reason["resource"].endswith(":table/tab"), reason)
            seen.add((error.type, reason["reason"]))
        self.assertEqual({kind for kind, _ in seen}, {"ProvisionedThroughputExceededException", "ThrottlingException",
                                                      "RequestLimitExceeded"})
        self.assertEqual(len(seen), 5)

    def refused_by_throttle(self):
        with self.assertRaises(ServiceError) as caught:
            self.batch(put(pk=S("a")))
        return caught.exception

    def test_control_refuses_nonsense(self):
        for settings, part in [({"throttle": 2}, "0 to 1"), ({"trottle": 1}, "no fault setting"),
                               ({"deny": 1}, "true or false"), ({"slow_ms": -1}, "whole number"),
                               ({"table": "x" * 200}, "text")]:
            with self.subTest(settings=settings), self.assertRaises(ServiceError) as caught:
                self.db.control(close=0.5, **settings)
            self.assertIn(part, caught.exception.message)
            self.assertEqual(self.db.control()["Settings"]["close"], 0, "all or nothing")


class Capacity(Case):
    """Write units by table and partition. A partition refills so slowly here that time does not matter."""

    def setUp(self):
        super().setUp()
        self.db.control(capacity=True, burst_ms=1000)

    def make(self, name, units=None, **more):
        definition = {"TableName": name, "BillingMode": "PAY_PER_REQUEST",
                      "AttributeDefinitions": [{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
                      "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"},
                                    {"AttributeName": "sk", "KeyType": "RANGE"}], **more}
        if units is not None:
            definition |= {"BillingMode": "PROVISIONED",
                           "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": units}}
        self.db.call("CreateTable", definition)

    def write(self, table, pks):
        """Write a batch with one item per partition key. Returns the unprocessed partition keys."""
        writes = [put(pk=S(pk), sk=S(str(i))) for i, pk in enumerate(pks)]
        back = self.batch(*writes, table=table)["UnprocessedItems"].get(table, [])
        return [w["PutRequest"]["Item"]["pk"]["S"] for w in back]

    def throttled(self, table, pks):
        with self.assertRaises(ServiceError) as caught:
            for _ in range(50):
                self.write(table, pks)
        error = caught.exception
        reasons = error.body.get("ThrottlingReasons") or error.body["throttlingReasons"]
        for reason in reasons:
            self.assertTrue(reason["resource"].endswith(f":table/{table}"), reason)
        return error.type, [r["reason"] for r in reasons]

    def test_a_provisioned_table_shares_its_units(self):
        self.make("provisioned", 10)
        self.assertEqual(len(self.write("provisioned", [f"p{i}" for i in range(25)])), 15, "10 a second, no more")
        self.assertEqual(self.throttled("provisioned", ["a", "b"]),
                         ("ProvisionedThroughputExceededException", ["TableWriteProvisionedThroughputExceeded"]))

    def test_a_hot_key_slows_only_its_partition(self):
        self.db.control(tables={"hot": {"capacity": True, "partitions": 8, "partition_wcu": 10}})
        self.make("hot", 40000)
        self.assertEqual(len(self.write("hot", ["hot"] * 25)), 15)
        back = self.write("hot", ["hot"] * 5 + [f"cold{i}" for i in range(20)])
        self.assertTrue(5 <= back.count("hot") + len(back) < 20, back)
        self.assertEqual(self.throttled("hot", ["hot"] * 25),
                         ("ThrottlingException", ["TableWriteKeyRangeThroughputExceeded"]))
        parts = self.db.stats()["tables"]["hot"]["partitions"]
        self.assertEqual(len(parts), 8)
        self.assertEqual(sum(p["refused"] > 20 for p in parts), 1, parts)

    def test_single_items_and_on_demand(self):
        self.db.control(tables={"demand": {"capacity": True, "partition_wcu": 1}})
        self.make("demand", OnDemandThroughput={"MaxWriteRequestUnits": 1})
        item = {"TableName": "demand", "Item": {"pk": S("a"), "sk": S("a"), "v": S("x" * 5000)}}
        self.db.call("PutItem", item)
        with self.assertRaises(ServiceError) as caught:
            self.db.call("PutItem", item)
        self.assertEqual(caught.exception.body["throttlingReasons"][0]["reason"],
                         "TableWriteKeyRangeThroughputExceeded")
        self.db.control(tables={"demand": {"partition_wcu": 10000}})
        self.assertEqual(self.throttled("demand", ["b", "c"]),
                         ("ThrottlingException", ["TableWriteMaxOnDemandThroughputExceeded"]))
        self.assertEqual(len(self.db.stats()["tables"]["demand"]["partitions"]), 4)

    def test_the_larger_of_old_and_new_is_charged(self):
        self.make("larger", 5)
        self.db.control(capacity=False)
        self.batch(put(pk=S("a"), sk=S("a"), v=S("x" * 200000)), table="larger")
        self.db.control(capacity=True)
        self.batch(put(pk=S("a"), sk=S("a")), table="larger")
        self.assertEqual(self.throttled("larger", ["b"]),
                         ("ProvisionedThroughputExceededException", ["TableWriteProvisionedThroughputExceeded"]))

    def test_units_by_option(self):
        db = FakeDDB(EXE, "--table", "abc:pk@7", "--fault", "capacity=true")
        table = db.call("DescribeTable", {"TableName": "abc"})["Table"]
        self.assertEqual(table["ProvisionedThroughput"]["WriteCapacityUnits"], 7)
        answer = db.call("BatchWriteItem", {"RequestItems": {"abc": [put(pk=S(str(i))) for i in range(20)]}})
        self.assertEqual(len(answer["UnprocessedItems"]["abc"]), 13)
        self.assertEqual(db.stop(), 0)


class TableStates(Case):
    DEFINITION = {"TableName": "slowly", "BillingMode": "PAY_PER_REQUEST",
                  "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                  "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}

    def status(self):
        return self.db.call("DescribeTable", {"TableName": "slowly"})["Table"]["TableStatus"]

    def wait_until(self, done):
        deadline = time.monotonic() + 20
        while not done():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)

    def test_creating_and_deleting_take_their_time(self):
        self.db.control(table_ms=600000)
        answer = self.db.call("CreateTable", self.DEFINITION)
        self.assertEqual((answer["TableDescription"]["TableStatus"], self.status()), ("CREATING", "CREATING"))
        item = {"TableName": "slowly", "Item": {"pk": S("a")}}
        self.refused("PutItem", item, "ResourceNotFoundException")
        with self.assertRaises(ServiceError) as caught:
            self.batch(put(pk=S("a")), table="slowly")
        self.assertEqual(caught.exception.type, "ResourceNotFoundException")
        self.refused("CreateTable", self.DEFINITION, "ResourceInUseException")
        self.refused("DeleteTable", {"TableName": "slowly"}, "ResourceInUseException", "being created: slowly")

    def test_again_and_again(self):
        db, self.db = self.db, FakeDDB(EXE, "--fault", "table_ms=40")
        for _ in range(3):
            self.db.call("CreateTable", self.DEFINITION)
            self.wait_until(lambda: self.status() == "ACTIVE")
            self.assertEqual(self.db.scan("slowly"), [], "nothing is left of the table before")
            self.db.call("PutItem", {"TableName": "slowly", "Item": {"pk": S("a")}})
            answer = self.db.call("DeleteTable", {"TableName": "slowly"})
            self.assertEqual(answer["TableDescription"]["TableStatus"], "DELETING")
            self.wait_until(lambda: "slowly" not in self.db.call("ListTables", {})["TableNames"])
        self.assertEqual(self.db.stop(), 0)
        self.db = db


if __name__ == "__main__":
    unittest.main()
