"""Shared by the tests of fakeddb: a test class with a running fakeddb, and raw sockets.

A test file is run as: test_NAME.py PATH_OF_FAKEDDB
"""
import os
import socket
import sys
import unittest

from fakeddb_client import FakeDDB, ServiceError

EXE = sys.argv.pop(1) if len(sys.argv) > 1 and os.path.basename(sys.argv[0]).startswith("test_") else "fakeddb"


def put(**attributes):
    return {"PutRequest": {"Item": attributes}}


def delete(**key):
    return {"DeleteRequest": {"Key": key}}


def S(text):
    return {"S": text}


def N(text):
    return {"N": str(text)}


class Case(unittest.TestCase):
    """A test class with one fakeddb, whose exit code is checked (under ASan a leak is a failure)."""

    OPTIONS = ()

    @classmethod
    def setUpClass(cls):
        cls.db = FakeDDB(EXE, "--table", "tab:pk", "--table", "num:pk=N,sk=B", *cls.OPTIONS)

    @classmethod
    def tearDownClass(cls):
        code = cls.db.stop()
        if code != 0:
            raise AssertionError(f"fakeddb ended with {code}")

    def setUp(self):
        self.db.control(reset=True)

    def refused(self, operation, body, kind, part="", **signing):
        with self.assertRaises(ServiceError) as caught:
            if isinstance(body, bytes):
                self.db.call_text(operation, body, **signing)
            else:
                self.db.call(operation, body, **signing)
        self.assertEqual(caught.exception.type, kind, caught.exception.message)
        self.assertIn(part, caught.exception.message)
        return caught.exception

    def batch(self, *writes, table="tab", **more):
        return self.db.call("BatchWriteItem", {"RequestItems": {table: list(writes)}, **more})


class FakeDDBSocket:
    """A raw connection, for what http.client does not support."""

    def __init__(self, db):
        self.socket = socket.create_connection(("127.0.0.1", db.port), timeout=10)

    def send(self, data):
        self.socket.sendall(data)

    def receive(self, timeout=10):
        """The next input; None if there is none, b"" at the end."""
        self.socket.settimeout(timeout)
        try:
            return self.socket.recv(1 << 20)
        except TimeoutError:
            return None
        except ConnectionError:
            return b""

    def answers(self, n):
        """Read n answers. Returns their status codes."""
        found, data = [], b""
        while len(found) < n:
            head, found_end, rest = data.partition(b"\r\n\r\n")
            if found_end:
                length = [int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if b"content-length" in line]
                if not length or len(rest) >= length[0]:
                    found.append(int(head.split()[1]))
                    data = rest[length[0] if length else 0:]
                    continue
            more = self.receive()
            if not more:
                break
            data += more
        return found

    def close(self):
        self.socket.close()
