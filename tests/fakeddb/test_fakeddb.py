"""Tests of fakeddb: operations, errors and their order, paging, history, signatures.

Run by meson test as: test_fakeddb.py PATH_OF_FAKEDDB
"""
import base64
import datetime
import json
import unittest

from fakeddb_case import EXE, Case, N, S, delete, put
from fakeddb_client import FakeDDB, ServiceError, digest, sign


class Operations(Case):
    def test_put_get_delete(self):
        item = {"pk": S("a\n\"é\u0001\\"), "n": N("1.50"), "l": {"L": [N("1e2"), {"NULL": True}, {"BOOL": False}]},
                "m": {"M": {}}, "b": {"B": "AQID"}, "ns": {"NS": ["-0", "01", "2.0"]}, "e": S("")}
        self.assertEqual(self.db.call("PutItem", {"TableName": "tab", "Item": item}), {})
        got = self.db.call("GetItem", {"TableName": "tab", "Key": {"pk": item["pk"]}})["Item"]
        item.update(n=N("1.5"), ns={"NS": ["0", "1", "2"]})
        item["l"]["L"][0] = N(100)
        self.assertEqual(got, item)
        old = self.db.call("DeleteItem", {"TableName": "tab", "Key": {"pk": item["pk"]}, "ReturnValues": "ALL_OLD"})
        self.assertEqual(old["Attributes"], item)
        self.assertEqual(self.db.call("GetItem", {"TableName": "tab", "Key": {"pk": item["pk"]}}), {})

    def test_numbers_as_keys_are_compared_by_value(self):
        for n, text in enumerate(["10", "10.0", "1e1", "0100e-1"]):
            self.db.call("PutItem", {"TableName": "num", "Item": {"pk": N(text), "sk": {"B": "AA=="}, "v": N(n)}})
        got = self.db.call("GetItem", {"TableName": "num", "Key": {"pk": N("+1.0E+1"), "sk": {"B": "AA=="}}})["Item"]
        self.assertEqual(got, {"pk": N("0100e-1"), "sk": {"B": "AA=="}, "v": N(3)} | {"pk": N(10)})
        self.assertEqual(sum(i["sk"]["B"] == "AA==" for i in self.db.scan("num")), 1)

    def test_keys_are_compared_without_escapes(self):
        body = b'{"TableName":"tab","Item":{"\\u0070k":{"S":"\\u00e9\\ud83d\\ude00\\/"},"v":{"S":"esc"}}}'
        self.db.call_text("PutItem", body)
        got = self.db.call("GetItem", {"TableName": "tab", "Key": {"pk": S("é😀/")}})
        self.assertEqual(got["Item"]["v"], S("esc"))

    def test_batch_put_delete_and_capacity(self):
        big = "x" * 3000
        answer = self.batch(*[put(pk=S(f"b{i}"), v=S(big)) for i in range(25)], ReturnConsumedCapacity="INDEXES")
        self.assertEqual(answer, {"UnprocessedItems": {}, "ConsumedCapacity": [
            {"TableName": "tab", "CapacityUnits": 75.0, "Table": {"CapacityUnits": 75.0}}]})
        answer = self.batch(*[delete(pk=S(f"b{i}")) for i in range(24)], delete(pk=S("not there")),
                            ReturnConsumedCapacity="TOTAL")
        self.assertEqual(answer["ConsumedCapacity"], [{"TableName": "tab", "CapacityUnits": 24 * 3 + 1.0}])
        self.assertIn("Item", self.db.call("GetItem", {"TableName": "tab", "Key": {"pk": S("b24")}}))

    def test_table_by_arn(self):
        arn = "arn:aws:dynamodb:us-east-1:000000000000:table/tab"
        self.batch(put(pk=S("by arn")), table=arn)
        self.assertIn("Item", self.db.call("GetItem", {"TableName": arn, "Key": {"pk": S("by arn")}}))

    def test_tables(self):
        definition = {
            "TableName": "Made.1_x-", "BillingMode": "PROVISIONED",
            "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 7},
            "AttributeDefinitions": [{"AttributeName": n, "AttributeType": t} for n, t in ("aS", "bN", "cB")],
            "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}, {"AttributeName": "b", "KeyType": "RANGE"}],
            "GlobalSecondaryIndexes": [{"IndexName": "by-c", "KeySchema": [{"AttributeName": "c", "KeyType": "HASH"}],
                                        "Projection": {"ProjectionType": "ALL"},
                                        "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}]}
        self.db.call("CreateTable", definition)
        self.refused("CreateTable", definition, "ResourceInUseException", "Made.1_x-")
        table = self.db.call("DescribeTable", {"TableName": "Made.1_x-"})["Table"]
        self.assertEqual(table["KeySchema"], definition["KeySchema"])
        self.assertEqual(table["AttributeDefinitions"], definition["AttributeDefinitions"])
        self.assertEqual(table["ProvisionedThroughput"]["WriteCapacityUnits"], 7)
        self.assertEqual(table["TableStatus"], "ACTIVE")
        self.assertEqual(table["GlobalSecondaryIndexes"][0]["IndexName"], "by-c")
        self.assertIn("Made.1_x-", self.db.call("ListTables", {})["TableNames"])
        item = {"a": S("k"), "b": N(1), "c": S("not binary")}
        self.refused("PutItem", {"TableName": "Made.1_x-", "Item": item}, "ValidationException", "IndexName: by-c")
        self.refused("PutItem", {"TableName": "Made.1_x-", "Item": item | {"c": {"B": ""}}}, "ValidationException",
                     "empty binary value. IndexName: by-c, IndexKey: c")
        self.db.call("PutItem", {"TableName": "Made.1_x-", "Item": {"a": S("k"), "b": N(1)}})
        self.assertEqual(self.db.call("DescribeTable", {"TableName": "Made.1_x-"})["Table"]["ItemCount"], 1)
        self.db.call("DeleteTable", {"TableName": "Made.1_x-"})
        self.refused("DescribeTable", {"TableName": "Made.1_x-"}, "ResourceNotFoundException", "Made.1_x- not found")

    def test_scan_pages_segments_and_count(self):
        keys = {f"scan{i}" for i in range(300)}
        self.db.call("CreateTable", {
            "TableName": "scanned", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]})
        for i in range(0, 300, 25):
            self.batch(*[put(pk=S(f"scan{k}"), v=S("x" * 10000)) for k in range(i, i + 25)], table="scanned")
        self.assertEqual({i["pk"]["S"] for i in self.db.scan("scanned", Limit=7)}, keys)
        self.assertEqual({i["pk"]["S"] for i in self.db.scan("scanned")}, keys)
        page = self.db.call("Scan", {"TableName": "scanned"})
        self.assertLess(page["Count"], 300, "a page ends at 1 MB")
        parts = [{i["pk"]["S"] for i in self.db.scan("scanned", Segment=s, TotalSegments=4)} for s in range(4)]
        self.assertEqual(set().union(*parts), keys)
        self.assertEqual(sum(map(len, parts)), 300)
        count = self.db.call("Scan", {"TableName": "scanned", "Select": "COUNT", "Limit": 50})
        self.assertEqual((count["Count"], "Items" in count), (50, False))
        # A scan continues after a key that has been deleted meanwhile.
        self.db.call("DeleteItem", {"TableName": "scanned", "Key": count["LastEvaluatedKey"]})
        rest = self.db.scan("scanned", ExclusiveStartKey=count["LastEvaluatedKey"])
        self.assertEqual(len(rest), 250)

    def test_many_items_survive_growth(self):
        for i in range(0, 5000, 25):
            self.batch(*[put(pk=N(k), sk={"B": "AAAA"}) for k in range(i, i + 25)], table="num")
        numbers = sorted(int(i["pk"]["N"]) for i in self.db.scan("num") if i["sk"]["B"] == "AAAA")
        self.assertEqual(numbers, list(range(5000)))


class Errors(Case):
    def test_batch_shapes(self):
        for body, kind, part in [
            (b"{", "SerializationException", ""),
            (b"", "SerializationException", ""),
            (b'{"RequestItems":{}} x', "SerializationException", ""),
            (b'{"RequestItems":[]}', "SerializationException", ""),
            (b'{"RequestItems":{"tab":[{"PutRequest":{"Item":{"pk":{"S":1}}}}]}}', "SerializationException", "NUMBER"),
            (b'{"RequestItems":{"tab":[{"PutRequest":{"Item":{"pk":{"S":"\xff"}}}}]}}', "SerializationException", ""),
            (b'{"RequestItems":{"tab":[{"PutRequest":{"Item":{"pk":{"B":"abc"}}}}]}}', "SerializationException", "B"),
            (b"{}", "ValidationException", "Value null at 'requestItems'"),
            (b'{"RequestItems":{}}', "ValidationException", "length greater than or equal to 1"),
            (b'{"RequestItems":{"tab":[]}}', "ValidationException", "Map value must satisfy"),
            (b'{"RequestItems":{"tab":[{}]}}', "ValidationException", "exactly one"),
        ]:
            with self.subTest(body=body):
                self.refused("BatchWriteItem", body, kind, part)
        many = [put(pk=S(str(i))) for i in range(26)]
        self.refused("BatchWriteItem", {"RequestItems": {"tab": many}}, "ValidationException", "or equal to 25")
        self.refused("BatchWriteItem", {"RequestItems": {"tab": many[:20], "num": many[20:]}}, "ValidationException",
                     "Too many items")
        self.assertEqual(self.db.scan("tab"), [], "nothing of a refused batch is written")

    def test_order_of_judgement(self):
        """Limits before values, values before tables, tables before keys, keys before duplicates."""
        bad_value, bad_key, twice = put(pk=N("x")), put(nokey=S("a")), put(pk=S("a"))
        for items, kind, part in [
            ({"none": [bad_value] * 26}, "ValidationException", "25"),
            ({"none": [put(pk=S("a"))], "tab": [bad_value]}, "ValidationException", "numeric"),
            ({"none": [put(pk=S("a"))], "tab": [bad_key]}, "ResourceNotFoundException", ""),
            ({"tab": [twice, twice, bad_key]}, "ValidationException", "key element does not match the schema"),
            ({"tab": [twice, delete(pk=S("a"))]}, "ValidationException", "duplicates"),
            ({"num": [put(pk=N("1.0"), sk={"B": "AA=="}), put(pk=N("10e-1"), sk={"B": "AA=="})]}, "ValidationException",
             "duplicates"),
        ]:
            with self.subTest(items=items):
                self.refused("BatchWriteItem", {"RequestItems": items}, kind, part)
        # A wrong JSON type comes before everything else, even after a broken constraint.
        self.refused("BatchWriteItem", {"RequestItems": {"x": [put(pk={"S": 1})]}}, "SerializationException", "NUMBER")
        self.refused("BatchWriteItem", {"RequestItems": {"tab": [twice] * 26}, "ReturnConsumedCapacity": 1},
                     "SerializationException", "String")

    def test_all_broken_constraints_are_named_at_once(self):
        enum = "failed to satisfy constraint: Member must satisfy enum value set: "
        keys = "Map keys must satisfy constraint: [Member must have length less than or equal to 255"
        both = {"ReturnConsumedCapacity": "hi", "ReturnItemCollectionMetrics": "SIZ"}
        start = f"Value 'hi' at 'returnConsumedCapacity' {enum}[INDEXES, TOTAL, NONE]; " \
                f"Value 'SIZ' at 'returnItemCollectionMetrics' {enum}[SIZE, NONE]; "
        for items, n, parts in [
            (None, 3, ["Value null at 'requestItems' failed to satisfy constraint: Member must not be null"]),
            ({"a": []}, 4, [keys, "Map value must satisfy constraint: [Member must have length less than or equal"]),
            ({"aa;": [{"PutRequest": {}, "DeleteRequest": {}}]}, 5,
             [keys, "Value null at 'requestItems.aa;.member.1.member.putRequest.item'",
              "Value null at 'requestItems.aa;.member.1.member.deleteRequest.key'"]),
            ({"tab": [put(pk=S("a")), {"PutRequest": {"Item": None}}]}, 3,
             ["Value null at 'requestItems.tab.member.2.member.putRequest.item' failed to satisfy constraint: Member "
              "must not be null"]),
        ]:
            with self.subTest(items=items):
                error = self.refused("BatchWriteItem", both | ({"RequestItems": items} if items else {}),
                                     "ValidationException", f"{n} validation errors detected: {start}")
                for part in parts:
                    self.assertIn(part, error.message)
        self.batch(put(pk=S("a")), ReturnConsumedCapacity="NONE", ReturnItemCollectionMetrics="SIZE")
        self.batch(delete(pk=S("a")))
        self.refused("PutItem", {"TableName": "none", "ReturnValues": "OLD", "ReturnConsumedCapacity": "["},
                     "ValidationException", "3 validation errors detected: Value '[' at 'returnConsumedCapacity'")
        self.refused("PutItem", {"TableName": "none", "Item": {"pk": S("a")}, "ReturnValues": "ALL_NEW"},
                     "ValidationException", "ReturnValues can only be ALL_OLD or NONE")
        self.refused("PutItem", {"TableName": "no", "Item": {"pk": N("x")}}, "ValidationException", "at least 3")
        self.refused("PutItem", {"TableName": "no;ne", "Item": {"pk": N("x")}}, "ValidationException", "'tableName'")
        self.refused("DescribeTable", {"TableName": "no"}, "ValidationException", "at least 3")

    def test_values(self):
        deep = S("bottom")
        for _ in range(31):
            deep = {"L": [deep]}
        self.batch(put(pk=S("deep"), d=deep))
        for value, kind, part in [
            ({}, "ValidationException", "is empty"),
            ({"S": "a", "N": "1"}, "ValidationException", "more than one datatypes"),
            ({"X": "a"}, "ValidationException", "is empty"),
            (N(""), "ValidationException", "numeric"),
            (N(" 1"), "ValidationException", "numeric"),
            (N("NaN"), "ValidationException", "numeric"),
            (N("1e"), "ValidationException", "numeric"),
            (N("1e126"), "ValidationException", "overflow"),
            (N("1e-131"), "ValidationException", "underflow"),
            (N("1" * 39), "ValidationException", "38 significant"),
            ({"NULL": False}, "ValidationException", "true"),
            ({"BOOL": "true"}, "SerializationException", "Boolean"),
            ({"SS": []}, "ValidationException", "may not be empty"),
            ({"M": {"": S("a")}}, "ValidationException", "Empty attribute name"),
            ({"SS": ["a", "b", "a"]}, "ValidationException", "Input collection [a, b, a] contains duplicates."),
            ({"NS": ["1", "2", "1.0"]}, "ValidationException", "duplicates"),
            ({"BS": ["AA==", "AA=="]}, "ValidationException", "[AA==, AA==]of type BS contains duplicates."),
            ({"SS": ["x" * 500, "x" * 500]}, "ValidationException", "Input collection [xxx"),
            ({"SS": "a"}, "SerializationException", ""),
            ({"L": {}}, "SerializationException", ""),
            ({"M": []}, "SerializationException", ""),
            ({"B": "AB=="}, "SerializationException", "last non-pad"),
            ({"B": "A-=="}, "SerializationException", "character"),
            ({"L": [deep]}, "ValidationException", "Nesting Levels"),
            ("text", "SerializationException", ""),
        ]:
            with self.subTest(value=value):
                self.refused("PutItem", {"TableName": "tab", "Item": {"pk": S("a"), "v": value}}, kind, part)
        for good in ["1e125", "-1e-130", "0e999", "9" * 38, "." + "0" * 129 + "1", "1" + "0" * 125, "+.5", "5."]:
            with self.subTest(good=good):
                self.db.call("PutItem", {"TableName": "tab", "Item": {"pk": S("a"), "v": N(good)}})

    def test_item_size(self):
        room = 409600 - len("pk") - 1 - len("v")
        self.batch(put(pk=S("a"), v=S("é" * (room // 2) + "x" * (room % 2))))
        self.refused("BatchWriteItem", {"RequestItems": {"tab": [put(pk=S("a"), v=S("x" * (room + 1)))]}},
                     "ValidationException", "maximum allowed size")
        blob = base64.b64encode(b"x" * room).decode()
        self.batch(put(pk=S("a"), v={"B": blob}))
        # A list counts 3 plus 1 per element, a number 1 plus one byte per two digits.
        for text, size in [("0", 1), ("1", 2), ("12", 2), ("120", 3), ("1200", 2), ("123", 3), ("-1", 3), ("12e2", 2),
                           ("12e1", 3), ("0.01", 2), ("99" * 19, 20)]:
            fill = "x" * (room - len("n") - size)
            with self.subTest(text=text):
                self.batch(put(pk=S("a"), v=S(fill), n=N(text)))
                self.refused("PutItem", {"TableName": "tab", "Item": {"pk": S("a"), "v": S(fill + "x"), "n": N(text)}},
                             "ValidationException", "maximum")

    def test_keys(self):
        for table, item, part in [
            ("tab", {"v": S("a")}, "Missing the key pk"),
            ("tab", {"pk": N(1)}, "Type mismatch for key pk expected: S actual: N"),
            ("tab", {"pk": S("")}, "empty string value. Key: pk"),
            ("tab", {"pk": S("x" * 2049)}, "hashkey"),
            ("num", {"pk": N(1), "sk": {"B": ""}}, "empty binary"),
            ("num", {"pk": N(1), "sk": {"B": base64.b64encode(b"x" * 1025).decode()}}, "range keys"),
            ("num", {"pk": N(1)}, "Missing the key sk"),
        ]:
            with self.subTest(item=str(item)[:80]):
                self.refused("PutItem", {"TableName": table, "Item": item}, "ValidationException", part)
        self.db.call("PutItem", {"TableName": "tab", "Item": {"pk": S("x" * 2048)}})
        for key in [{}, {"pk": N(1)}, {"pk": S("a"), "more": S("b")}, {"other": S("a")}]:
            for operation in ["DeleteItem", "GetItem"]:
                with self.subTest(key=key, operation=operation):
                    self.refused(operation, {"TableName": "tab", "Key": key}, "ValidationException",
                                 "The provided key element does not match the schema")

    def test_requests(self):
        self.refused("PutItem", {"Item": {"pk": S("a")}}, "ValidationException", "TableName")
        self.refused("PutItem", {"TableName": "none", "Item": {"pk": S("a")}}, "ResourceNotFoundException")
        self.refused("PutItem", {"TableName": "tab"}, "ValidationException", "'item'")
        self.refused("PutItem", {"TableName": "tab", "Item": {"pk": S("a")}, "ConditionExpression": "x"},
                     "ValidationException", "does not know ConditionExpression")
        self.refused("Scan", {"TableName": "tab", "Limit": 0}, "ValidationException", "limit")
        self.refused("Scan", {"TableName": "tab", "Segment": 4, "TotalSegments": 4}, "ValidationException", "Segment")
        self.refused("Scan", {"TableName": "tab", "ExclusiveStartKey": {"x": S("a")}}, "ValidationException", "schema")
        self.refused("NoSuchThing", {}, "UnknownOperationException")
        keys = [{"AttributeName": "a", "KeyType": "HASH"}]
        defs = [{"AttributeName": "a", "AttributeType": "S"}]
        for body in [{"TableName": "x"}, {"TableName": "bad name", "KeySchema": keys, "AttributeDefinitions": defs},
                     {"TableName": "okay", "KeySchema": keys, "AttributeDefinitions": []},
                     {"TableName": "okay", "KeySchema": [], "AttributeDefinitions": defs},
                     {"TableName": "okay", "KeySchema": keys, "AttributeDefinitions": defs}]:
            with self.subTest(body=body):
                self.refused("CreateTable", body, "ValidationException")


class Signatures(Case):
    OPTIONS = ("--access-key", "AKID", "--secret-key", "secret", "--session-token", "token")
    GOOD = {"access_key": "AKID", "secret_key": "secret", "token": "token"}

    def test_signer_itself(self):
        """The test's own signer against an independent vector, so that both sides cannot have the same bug."""
        body = b'{"RequestItems":{"T":[{"PutRequest":{"Item":{"k":{"S":"a"}}}}]}}'
        when = datetime.datetime(2015, 8, 30, 12, 36)
        for token, signature in [(None, "c4c09452609ba653345dce97d16ba5afba72bffd8fb78fd5098c9a018e204915"),
                                 ("TOKEN", "bc1208315b4d871f3ca17ff24ee9035ffff188e5a1922736dcd39ed1f3d0ca48")]:
            headers = sign("dynamodb.us-east-1.amazonaws.com", "DynamoDB_20120810.BatchWriteItem", body, when=when,
                           access_key="AKIDEXAMPLE", secret_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token=token)
            self.assertEqual(headers["authorization"].split("Signature=")[1], signature)

    def test_good(self):
        self.db.call("ListTables", {}, **self.GOOD)
        self.db.call("ListTables", {}, **self.GOOD, region="eu-central-1")

    def test_bad(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        minutes = datetime.timedelta(minutes=1)
        for change, kind, part in [
            ({"access_key": "OTHER"}, "UnrecognizedClientException", "invalid"),
            ({"token": "old"}, "UnrecognizedClientException", "invalid"),
            ({"token": None}, "UnrecognizedClientException", "invalid"),
            ({"secret_key": "wrong"}, "InvalidSignatureException", "does not match"),
            ({"when": now - 6 * minutes}, "InvalidSignatureException", "Signature expired"),
            ({"when": now + 6 * minutes}, "InvalidSignatureException", "Signature not yet current"),
            ({"service": "s3"}, "InvalidSignatureException", "correct service"),
        ]:
            with self.subTest(change=change):
                self.refused("ListTables", {}, kind, part, **(self.GOOD | change))
        for shift in [-4, 4]:
            self.db.call("ListTables", {}, when=now + shift * minutes, **self.GOOD)

    def raw_refused(self, headers, kind, part, body=b"{}"):
        status, _, answer = self.db.raw(headers, body)
        self.assertEqual(status, 400, answer)
        self.assertIn(kind, json.loads(answer)["__type"])
        self.assertIn(part, json.loads(answer)["message"])

    def test_bad_headers(self):
        def good():
            return sign(self.db.host, "DynamoDB_20120810.ListTables", b"{}", **self.GOOD)

        headers = good()
        del headers["authorization"]
        self.raw_refused(headers, "MissingAuthenticationToken", "missing")
        headers = good() | {"authorization": "AWS4-HMAC-SHA256 Credential=a"}
        self.raw_refused(headers, "IncompleteSignature", "requires 'Signature' parameter")
        headers = good()
        headers["authorization"] = headers["authorization"].replace("SHA256", "SHA1", 1)
        self.raw_refused(headers, "IncompleteSignature", "Unsupported")
        headers = good()
        headers["authorization"] = headers["authorization"].replace("/dynamodb/", "/")
        self.raw_refused(headers, "IncompleteSignature", "exactly 5")
        headers = good() | {"x-amz-extra": "not signed"}
        self.raw_refused(headers, "InvalidSignature", "x-amz-extra")
        headers = good() | {"x-amz-date": "yesterday"}
        self.raw_refused(headers, "IncompleteSignature", "ISO-8601")
        headers = good()
        headers["authorization"] = headers["authorization"].replace("content-type;host", "host;content-type")
        self.raw_refused(headers, "InvalidSignature", "sorted")
        self.raw_refused(good(), "InvalidSignature", "does not match", body=b"{ }")
        self.assertGreaterEqual(self.db.stats()["auth_refused"], 7)

    def test_tokens_expire_and_others_come(self):
        def accept(**credential):
            status, _, answer = self.db.raw({"x-amz-target": "FakeDDB.Credential"}, json.dumps(credential).encode())
            return status, answer

        second = {"access_key": "SECOND", "secret_key": "other", "token": "t1"}
        for ttl, token, kind in [(1000, "t1", None), (0, "t1", "ExpiredTokenException"), (1000, "t2", None)]:
            self.assertEqual(accept(AccessKeyId="SECOND", SecretAccessKey="other", SessionToken=token,
                                    ExpiresInS=ttl), (200, b"{}"))
            if kind is None:
                self.db.call("ListTables", {}, **(second | {"token": token}))
            else:
                self.refused("ListTables", {}, kind, "expired", **second)
        self.refused("ListTables", {}, "UnrecognizedClientException", **second)
        accept(AccessKeyId="SECOND", SecretAccessKey="new", SessionToken="t2")
        self.refused("ListTables", {}, "InvalidSignatureException", **(second | {"token": "t2"}))
        self.db.call("ListTables", {}, **(second | {"token": "t2", "secret_key": "new"}))
        self.db.call("ListTables", {}, **self.GOOD)
        self.assertEqual(accept(AccessKeyId="x")[0], 400)
        self.assertEqual(accept(AccessKeyId="x", SecretAccessKey="y", ExpiresInS=-1)[0], 400)
        db = FakeDDB(EXE, "--credential", "a:b:c:0", "--credential", "d:e")
        self.db, before = db, self.db
        self.refused("ListTables", {}, "ExpiredTokenException", access_key="a", secret_key="b", token="c")
        db.call("ListTables", {}, access_key="d", secret_key="e")
        self.db = before
        self.assertEqual(db.stop(), 0)

    def test_skew_and_expiry(self):
        self.db.control(skew_s=600)
        error = self.refused("ListTables", {}, "InvalidSignatureException", "Signature expired", **self.GOOD)
        there = datetime.datetime.strptime(error.headers["date"], "%a, %d %b %Y %H:%M:%S GMT")
        ahead = there - datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        self.assertGreater(ahead.total_seconds(), 590)
        self.db.control(skew_s=0, expired=True)
        self.refused("ListTables", {}, "ExpiredTokenException", "expired", **self.GOOD)


class History(Case):
    OPTIONS = ("--history", "--history-attr", "v")

    def test_writes_of_a_key_in_order(self):
        first = {"pk": S("h"), "v": N(1), "z": {"M": {"b": S("é\"\n"), "a": {"L": [{"NULL": True}]}}}}
        second = {"v": N(2), "pk": S("h")}
        self.batch(put(**first))
        self.batch(put(**second), put(pk=S("other")))
        self.batch(delete(pk=S("h")))
        self.batch(delete(pk=S("never put")))
        entry, = self.db.history("tab", Key={"pk": S("h")})
        self.assertEqual((entry["Key"], entry["Live"]), ({"pk": S("h")}, False))
        writes = entry["Writes"]
        self.assertEqual([w["Op"] for w in writes], ["put", "put", "delete"])
        self.assertEqual([w.get("Digest") for w in writes], [digest(first), digest(second), None])
        self.assertEqual([w.get("Value") for w in writes], ["1", "2", None])
        numbers = [(w["Seq"], w["Request"]) for w in writes]
        self.assertEqual(numbers, sorted(set(numbers)))
        all_keys = [e["Key"]["pk"]["S"] for e in self.db.history("tab", Limit=1)]
        self.assertEqual(sorted(set(all_keys) - {"d"}), ["h", "never put", "other"])
        self.assertEqual(len(all_keys), len(set(all_keys)))
        live = {i["pk"]["S"] for i in self.db.scan("tab")}
        self.assertEqual(live - {"d"}, {"other"}, "a scan sees only what lives")
        self.assertEqual(self.db.call("DescribeTable", {"TableName": "tab"})["Table"]["ItemCount"], len(live))
        self.batch(put(**first))
        self.assertEqual(self.db.call("GetItem", {"TableName": "tab", "Key": {"pk": S("h")}})["Item"], first)

    def test_respelled_items_have_one_digest(self):
        texts = [b'{"pk":{"S":"d"},"n":{"N":"10"}}', b'{ "n" : {"N":"1.0e1"} , "\\u0070k":{"S":"\\u0064"} }']
        for text in texts:
            self.db.call_text("PutItem", b'{"TableName":"tab","Item":' + text + b"}")
        entry, = self.db.history("tab", Key={"pk": S("d")})
        self.assertEqual({w["Digest"] for w in entry["Writes"]}, {digest({"pk": S("d"), "n": N(10)})})


class Forget(Case):
    OPTIONS = ("--forget",)

    def test_counts_only(self):
        self.batch(*[put(pk=S(str(i))) for i in range(25)])
        stats = self.db.stats()
        self.assertEqual((stats["items_put"], stats["tables"]["tab"]["puts"], stats["memory_bytes"]), (25, 25, 0))
        self.assertEqual(self.db.scan("tab"), [])


class Full(Case):
    OPTIONS = ("--memory-mib", "1")

    def test_full_is_an_error_and_deleting_helps(self):
        with self.assertRaises(ServiceError) as caught:
            for i in range(20):
                self.batch(put(pk=S(f"big{i}"), v=S("x" * 300000)))
        self.assertEqual((caught.exception.status, i), (500, 3))
        self.assertIn("--memory-mib", caught.exception.message)
        self.batch(delete(pk=S("big0")))
        self.batch(put(pk=S("big3"), v=S("x" * 300000)))



if __name__ == "__main__":
    unittest.main()
