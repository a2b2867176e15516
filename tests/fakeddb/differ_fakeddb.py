"""Compares the answers of fakeddb and another endpoint to the same requests, most of them wrong in several ways.

Run as: differ_fakeddb.py PATH_OF_FAKEDDB ENDPOINT, for example http://127.0.0.1:8001 of DynamoDB Local, which must be
empty. It prints the requests that one accepts and the other refuses, with both answers; with a last argument "all" also
those that are refused with different messages. Not part of the test run: the other endpoint may be wrong. DynamoDB Local
checks the table before the values, confuses numbers and texts, and has its own messages.
"""
import base64
import http.client
import json
import sys
import urllib.parse

from fakeddb_case import N, S, delete, put
from fakeddb_client import FakeDDB, sign

CREDENTIALS = {"access_key": "fake", "secret_key": "fake"}
TABLES = [
    {"TableName": "tab", "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
     "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}]},
    {"TableName": "num", "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"},
                                       {"AttributeName": "sk", "KeyType": "RANGE"}],
     "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "N"},
                              {"AttributeName": "sk", "AttributeType": "B"}]},
    {"TableName": "idx", "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
     "AttributeDefinitions": [{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "c")],
     "GlobalSecondaryIndexes": [{"IndexName": "by-c", "KeySchema": [{"AttributeName": "c", "KeyType": "HASH"}],
                                 "Projection": {"ProjectionType": "ALL"}}]},
]


def values():
    """Attribute values, good and bad."""
    deep = S("bottom")
    for _ in range(31):
        deep = {"L": [deep]}
    yield from [{}, None, "text", 1, [], {"S": 1}, {"S": None}, {"S": "a", "N": "1"}, {"S": None, "N": "1"}, {"X": "a"},
                S(""), {"B": ""}, {"B": "abc"}, {"B": "AB=="}, {"B": "A-=="}, {"BOOL": "true"}, {"BOOL": 1},
                {"NULL": False}, {"NULL": True}, {"L": {}}, {"M": []}, {"L": []}, {"M": {}}, {"M": {"": S("a")}},
                {"L": [deep]}, deep, {"SS": []}, {"SS": [""]}, {"SS": ["a", "a"]}, {"SS": "a"}, {"SS": [1]},
                {"NS": []}, {"NS": ["1", "1.0"]}, {"NS": ["x"]}, {"BS": []}, {"BS": ["AA==", "AA=="]}, {"BS": [""]},
                {"M": {"a": {}}}, {"M": {"a": N("x"), "b": {"S": 1}}}, {"L": [N("x"), {"SS": []}]}]
    yield from [N(n) for n in ["", " 1", "1 ", "NaN", "Infinity", "1e", "0x1", "1e126", "1e125", "9.99e125", "-1e126",
                               "1e-130", "1e-131", "1" * 38, "1" * 39, "1" * 38 + "0" * 50, "-0", "+1", ".5", "5.",
                               "1_0", "1e999999999", "0e999", "--1"]]


def batches():
    """Bodies of BatchWriteItem."""
    yield from [{}, {"RequestItems": None}, {"RequestItems": {}}, {"RequestItems": []}, {"RequestItems": "x"},
                {"RequestItems": {"tab": []}}, {"RequestItems": {"tab": {}}}, {"RequestItems": {"tab": None}},
                {"RequestItems": {"tab": [{}]}}, {"RequestItems": {"tab": [None]}}, {"RequestItems": {"tab": ["x"]}},
                {"RequestItems": {"tab": [{"PutRequest": {}}]}}, {"RequestItems": {"tab": [{"PutRequest": None}]}},
                {"RequestItems": {"tab": [{"PutRequest": {"Item": {}}}]}},
                {"RequestItems": {"tab": [{"PutRequest": {"Item": None}}]}},
                {"RequestItems": {"tab": [put(pk=S("a")) | delete(pk=S("b"))]}},
                {"RequestItems": {"aa;": [{"PutRequest": {}, "DeleteRequest": {}}]}},
                {"RequestItems": {"a": []}}, {"RequestItems": {"x" * 256: [put(pk=S("a"))]}}]
    good, bad_value, bad_key, unknown = put(pk=S("a")), put(pk=S("b"), v=N("x")), put(no=S("a")), "none"
    big = put(pk=S("big"), v=S("x" * 409600))
    for items in [{"tab": [good] * 26}, {"tab": [put(pk=S(str(i))) for i in range(26)]},
                  {"tab": [put(pk=S(str(i))) for i in range(20)], "idx": [put(pk=S(str(i))) for i in range(6)]},
                  {"tab": [bad_value] * 26}, {unknown: [good]}, {unknown: [bad_value]}, {unknown: [good], "tab": [bad_key]},
                  {unknown: [good, good]}, {"tab": [good, good]}, {"tab": [good, delete(pk=S("a"))]},
                  {"tab": [good, good, bad_key]}, {"tab": [bad_key, bad_value]}, {"tab": [big]}, {unknown: [big]},
                  {"tab": [big, bad_value]}, {"tab": [bad_value, big]}, {"tab": [big, good, good]},
                  {"tab": [put(pk=N(1))]}, {"tab": [put(pk=S(""))]}, {"tab": [put(pk=S("x" * 2049))]},
                  {"tab": [delete(pk=S("a"), v=S("b"))]}, {"tab": [delete(v=S("b"))]}, {"tab": [delete()]},
                  {"num": [put(pk=N(1))]}, {"num": [put(pk=N(1), sk={"B": ""})]},
                  {"num": [put(pk=N(1), sk={"B": base64.b64encode(b"x" * 1025).decode()})]},
                  {"num": [put(pk=N("1.0"), sk={"B": "AA=="}), put(pk=N("10e-1"), sk={"B": "AA=="})]},
                  {"idx": [put(pk=S("a"), c=N(1))]}, {"idx": [put(pk=S("a"), c=S(""))]}, {"idx": [put(c=N(1))]},
                  {"idx": [put(pk=S("a"), c=N(1))] * 2}, {"tab": [good]}]:
        yield {"RequestItems": items}
    yield {"RequestItems": {"tab": [good]}, "ReturnConsumedCapacity": "hi", "ReturnItemCollectionMetrics": "hi"}
    yield {"RequestItems": {"tab": [good] * 26}, "ReturnConsumedCapacity": "hi"}
    yield {"RequestItems": {"tab": [bad_value]}, "ReturnConsumedCapacity": "hi"}
    yield {"RequestItems": {"tab": [put(pk={"S": 1})] * 26}, "ReturnConsumedCapacity": 1}


def singles():
    """Operations on one item and on tables."""
    for name in [None, "", "ab", "x" * 256, "a;b", "none", 1]:
        yield "PutItem", {"TableName": name, "Item": {"pk": N("x")}}
        yield "DeleteItem", {"TableName": name, "Key": {"pk": S("x")}}
        yield "DescribeTable", {"TableName": name}
    for item in [None, {}, [], {"no": S("a")}, {"pk": N(1)}, {"pk": S("")}, {"pk": S("a"), "v": S("x" * 409600)},
                 {"no": N("x")}, {"": S("a"), "pk": S("a")}]:
        yield "PutItem", {"TableName": "tab", "Item": item}
        yield "PutItem", {"TableName": "none", "Item": item}
        yield "DeleteItem", {"TableName": "tab", "Key": item}
    for more in [{"ReturnValues": "ALL_NEW"}, {"ReturnValues": "x", "ReturnConsumedCapacity": "x"}]:
        yield "PutItem", {"TableName": "tab", "Item": {"pk": S("a")}, **more}
        yield "PutItem", {"TableName": "tab", "Item": {"pk": S("a"), "v": N("x")}, **more}


def cases():
    for value in values():
        yield "BatchWriteItem", {"RequestItems": {"tab": [put(pk=S("a"), v=value)]}}
        yield "PutItem", {"TableName": "tab", "Item": {"pk": S("a"), "v": value}}
    for body in batches():
        yield "BatchWriteItem", body
    yield from singles()


def ask(host, operation, body):
    """The kind of the answer and its message."""
    data = json.dumps(body).encode()
    conn = http.client.HTTPConnection(host, timeout=20)
    conn.request("POST", "/", data, sign(host, "DynamoDB_20120810." + operation, data, **CREDENTIALS))
    answer = conn.getresponse()
    found = json.loads(answer.read())
    conn.close()
    if answer.status == 200:
        return "200", ""
    return found["__type"].split("#")[-1], found.get("message", found.get("Message", ""))


def main():
    exe, endpoint, *more = sys.argv[1:]
    other = urllib.parse.urlsplit(endpoint).netloc
    db = FakeDDB(exe)
    for table in TABLES:
        for host in (db.host, other):
            kind, words = ask(host, "CreateTable", table | {"BillingMode": "PAY_PER_REQUEST"})
            if kind != "200":
                raise SystemExit(f"{host}: {words}")
    total = taken = words = 0
    for operation, body in cases():
        ours, theirs = ask(db.host, operation, body), ask(other, operation, body)
        one_takes_it = (ours[0] == "200") != (theirs[0] == "200")
        total += 1
        taken += one_takes_it
        words += not one_takes_it and ours != theirs
        if one_takes_it or (ours != theirs and "all" in more):
            print(f"{operation} {json.dumps(body)[:150]}\n  fakeddb: {ours[0]}: {ours[1][:220]}\n"
                  f"  other:   {theirs[0]}: {theirs[1][:220]}")
    print(f"{total} requests: {taken} are taken by one and refused by the other, {words} refused in other words")
    raise SystemExit(db.stop())


if __name__ == "__main__":
    main()
