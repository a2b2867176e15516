"""Tests of fakeddb's edges: HTTP, TLS, options, and mutated bodies.

Run by meson test as: test_http.py PATH_OF_FAKEDDB
"""
import decimal
import json
import os
import random
import socket
import subprocess
import tempfile
import unittest

from fakeddb_case import EXE, Case, FakeDDBSocket, N, S, delete, put
from fakeddb_client import FakeDDB, ServiceError, request_bytes


class Http(Case):
    def exchange(self, data, n=1):
        s = FakeDDBSocket(self.db)
        s.send(data)
        found = s.answers(n)
        s.close()
        return found

    def request(self):
        return request_bytes(self.db.host, "DynamoDB_20120810.ListTables", b"{}")

    def test_pipelined(self):
        self.assertEqual(self.exchange(self.request() * 5, 5), [200] * 5)

    def test_byte_by_byte(self):
        s = FakeDDBSocket(self.db)
        s.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in self.request():
            s.send(bytes([byte]))
        self.assertEqual(s.answers(1), [200])
        s.close()

    def test_expect(self):
        head, body = self.request().split(b"\r\n\r\n")
        s = FakeDDBSocket(self.db)
        s.send(head + b"\r\nExpect: 100-continue\r\n\r\n")
        self.assertEqual(s.answers(1), [100])
        s.send(body)
        self.assertEqual(s.answers(1), [200])
        s.close()

    def test_refused(self):
        self.assertEqual(self.exchange(b"nonsense\r\n\r\n"), [400])
        self.assertEqual(self.exchange(b"POST / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n"), [400])
        self.assertEqual(self.exchange(b"POST / HTTP/1.1\r\nContent-Length: 16777217\r\n\r\n" + b"x" * 100000), [413])
        self.assertEqual(self.exchange(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), [411])
        self.assertEqual(self.exchange(b"POST / HTTP/1.1\r\nX: " + b"x" * 20000 + b"\r\n\r\n"), [431])
        self.assertEqual(self.exchange(b"POST / HTTP/1.1\r\n" + b"X: y\r\n" * 100 + b"\r\n"), [431])
        self.assertEqual(self.exchange(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"), [404])
        self.assertEqual(self.exchange(self.request().replace(b"json-1.0", b"json-1.1")), [404])

    def test_largest_body(self):
        body = b'{"TableName":"tab"' + b" " * (16 * 1024 * 1024 - 19) + b"}"
        self.assertEqual(len(body), 16 * 1024 * 1024)
        self.assertIn("Table", self.db.call_text("DescribeTable", body))

    def test_close_and_old_http(self):
        for data in [self.request().replace(b"HTTP/1.1", b"HTTP/1.0", 1),
                     self.request().replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)]:
            s = FakeDDBSocket(self.db)
            s.send(data)
            answer = b""
            while more := s.receive():
                answer += more
            self.assertIn(b" 200 OK", answer)
            self.assertIn(b"Connection: close", answer)
            s.close()

    def test_vanishing_clients(self):
        self.db.control(slow_ms=50)
        body = json.dumps({"RequestItems": {"tab": [put(pk=S("gone"))]}}).encode()
        for cut in [0, 10, 500, None]:
            s = FakeDDBSocket(self.db)
            s.send(request_bytes(self.db.host, "DynamoDB_20120810.BatchWriteItem", body)[:cut])
            s.close()
        self.db.control(reset=True)
        self.db.call("ListTables", {})


class Differential(Case):
    """Python's json and decimal must accept and refuse the same bytes."""

    OPTIONS = ("--no-auth",)

    def refusal(self, operation, body):
        try:
            self.db.call_text(operation, body)
            return ""
        except ServiceError as error:
            return error.type

    def test_json_that_was_bent(self):
        dice = random.Random(20251)
        good = (b'{"a":[1,-2.5e+3,0,true,false,null,{"b":"x\\u00e9\\n\\"\\\\ plain text that is long"}],'
                b'"c":"\xc3\xa9\xf0\x9f\x98\x80","d":{},"e":[],"f":"\\ud83d\\ude00"}')
        json.loads(good)
        seen = {"": 0, "SerializationException": 0}
        for _ in range(4000):
            body = bytearray(good)
            for _ in range(dice.randint(1, 3)):
                at = dice.randrange(len(body))
                kind = dice.randrange(3)
                byte = dice.choice(b'{}[]",:\\u0189eE+-. tfn\n\x00\x1f\x7f\x80\xc0\xe0\xed\xf5')
                body[at:at + (kind > 0)] = b"" if kind == 2 else bytes([byte])
            try:
                text = bytes(body).decode()
                wanted = isinstance(json.loads(text, parse_constant=self.no_constant), dict)
            except ValueError:
                wanted = False
            got = self.refusal("ListTables", bytes(body))
            self.assertEqual(got, "" if wanted else "SerializationException", bytes(body))
            seen[got] += 1
        self.assertGreater(min(seen.values()), 300, "both kinds were tried")

    @staticmethod
    def no_constant(name):
        raise ValueError(name)

    def test_numbers(self):
        dice = random.Random(20252)
        for _ in range(1500):
            digits = "".join(dice.choices("0123456789", weights=[9] + [1] * 9, k=dice.randint(1, 45)))
            point = dice.randint(0, len(digits))
            text = dice.choice(["", "-", "+"]) + digits[:point] + dice.choice(["", "."]) + digits[point:]
            text += dice.choice(["", f"e{dice.randint(-140, 140)}", f"E+{dice.randint(0, 130)}"])
            number = decimal.Decimal(text)
            significant = len(number.normalize(decimal.Context(prec=100)).as_tuple().digits)
            wanted = not number or (-130 <= number.adjusted() <= 125 and significant <= 38)
            item = {"pk": S("number"), "n": N(text)}
            got = self.refusal("PutItem", json.dumps({"TableName": "tab", "Item": item}).encode())
            self.assertEqual(got, "" if wanted else "ValidationException", text)
            if wanted:
                back = self.db.call("GetItem", {"TableName": "tab", "Key": {"pk": S("number")}})["Item"]["n"]["N"]
                self.assertEqual(decimal.Decimal(back), number, text)
                self.assertRegex(back, r"^(0|-?([1-9]\d*|0)(\.\d*[1-9])?)$")

    def test_bent_batches_do_no_harm(self):
        dice = random.Random(20253)
        good = json.dumps({"RequestItems": {"tab": [
            put(pk=S("a"), m={"M": {"x": {"L": [N(1), {"B": "AA=="}]}}}, s={"NS": ["1", "2"]}), delete(pk=S("b"))],
            "num": [put(pk=N("1.5"), sk={"B": "AAAA"}, b={"BOOL": True}, z={"NULL": True}, t={"SS": ["x"]})]}}).encode()
        self.assertEqual(self.refusal("BatchWriteItem", good), "")
        for _ in range(4000):
            body = bytearray(good)
            for _ in range(dice.randint(1, 4)):
                at, other = dice.randrange(len(body)), dice.randrange(len(body))
                body[at:at + dice.randint(0, 3)] = body[other:other + dice.randint(0, 12)]
            self.assertIn(self.refusal("BatchWriteItem", bytes(body)),
                          ["", "SerializationException", "ValidationException", "ResourceNotFoundException"])
        self.db.scan("tab")
        self.db.scan("num")


class Process(unittest.TestCase):
    def test_port_file_and_tls(self):
        with tempfile.TemporaryDirectory() as folder:
            port_file, ca_file = os.path.join(folder, "port"), os.path.join(folder, "ca.pem")
            db = FakeDDB(EXE, "--table", "tab:pk", "--port-file", port_file, "--tls", "--ca-file", ca_file,
                         ca_file=ca_file)
            with open(port_file) as f:
                self.assertEqual(int(f.read()), db.port)
            for i in range(40):
                db.call("PutItem", {"TableName": "tab", "Item": {"pk": S(str(i)), "v": S("x" * 100000)}})
            self.assertEqual(len(db.scan("tab")), 40)
            self.assertEqual(db.stats()["handshakes"], 1)
            self.assertEqual(db.stop(), 0)

    def test_no_auth(self):
        db = FakeDDB(EXE, "--no-auth", "--fault", "throttle=1", "--fault", "throttle_error=RequestLimitExceeded",
                     "--table", "tab:pk")
        status, _, body = db.raw({"content-type": "application/json", "x-amz-target": "DynamoDB_20120810.PutItem"},
                                 b'{"TableName":"tab","Item":{"pk":{"S":"a"}}}')
        self.assertEqual(status, 400)
        self.assertIn(b"RequestLimitExceeded", body)
        self.assertEqual(db.stop(), 0)

    def test_bad_options(self):
        for options, code, part in [(["--port", "x"], 64, "--port takes"), (["--nothing"], 64, "--help"),
                                    (["extra"], 64, "extra"), (["--history", "--forget"], 64, "exclude"),
                                    (["--port", "0", "--table", "tab"], 1, "NAME:partition"),
                                    (["--port", "0", "--table", "tab:a=X"], 1, "AttributeDefinitions"),
                                    (["--port", "0", "--fault", "x=1"], 1, "no fault setting"),
                                    (["--port", "0", "--credential", "a"], 1, "--credential 1: write it as"),
                                    (["--port", "0", "--script", "/nonexistent/x"], 1, "/nonexistent/x"),
                                    (["--port", "0", "--table", "abc:a@0"], 1, "must both be specified"),
                                    (["--port", "0", "--tls", "--ca-file", "/nonexistent/x"], 1, "/nonexistent/x")]:
            with self.subTest(options=options):
                done = subprocess.run([EXE, *options], capture_output=True, text=True, timeout=20)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(part, done.stderr)
        self.assertEqual(subprocess.run([EXE, "--help"], capture_output=True, timeout=20).returncode, 0)


if __name__ == "__main__":
    unittest.main()
