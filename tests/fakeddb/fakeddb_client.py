"""Starts fakeddb and sends requests to it: standard library only, with its own small SigV4.

Used by fakeddb's own tests and load generator, and by any test that inspects fakeddb.
"""
import datetime
import hashlib
import hmac
import http.client
import json
import signal
import ssl
import subprocess
import zlib

CONTENT_TYPE = "application/x-amz-json-1.0"


class ServiceError(Exception):
    """An answer that is not 2xx."""

    def __init__(self, status, headers, body):
        super().__init__(f"{status} {body}")
        self.status = status
        self.headers = headers
        self.body = body
        self.type = body.get("__type", "").split("#")[-1]
        self.message = body.get("message", body.get("Message", ""))


def sign(host, target, body, when=None, access_key="fake", secret_key="fake", token=None, region="us-east-1",
         service="dynamodb"):
    """The headers of a signed request."""
    when = when or datetime.datetime.now(datetime.timezone.utc)
    stamp = when.strftime("%Y%m%dT%H%M%SZ")
    day = stamp[:8]
    headers = {"content-type": CONTENT_TYPE, "host": host, "x-amz-date": stamp, "x-amz-target": target}
    if token is not None:
        headers["x-amz-security-token"] = token
    names = sorted(headers)
    canonical = "\n".join(["POST", "/", ""] + [f"{n}:{headers[n]}" for n in names] +
                          ["", ";".join(names), hashlib.sha256(body).hexdigest()])
    scope = f"{day}/{region}/{service}/aws4_request"
    to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + secret_key).encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={access_key}/{scope}, SignedHeaders={';'.join(names)}, "
                                f"Signature={signature}")
    return headers


def request_bytes(host, target, body, **signing):
    """A whole signed request, ready to send."""
    headers = sign(host, target, body, **signing)
    lines = ["POST / HTTP/1.1"] + [f"{n}: {v}" for n, v in headers.items()] + [f"content-length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


class FakeDDB:
    """One fakeddb process; stop() returns its exit code."""

    def __init__(self, exe, *options, ca_file=None):
        self.process = subprocess.Popen([exe, "--port", "0", "--die-with-parent", *options], stdout=subprocess.PIPE)
        self.ca_file = ca_file
        self.port = int(self.process.stdout.readline() or 0)
        if self.port == 0:
            raise RuntimeError(f"fakeddb did not start: exit {self.process.wait()}")
        self.host = f"127.0.0.1:{self.port}"
        self.conn = None

    def connect(self, timeout=20):
        if self.ca_file is None:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        context = ssl.create_default_context(cafile=self.ca_file)
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout, context=context)

    def raw(self, headers, body, timeout=20):
        """Send one request on the kept connection; status, headers (lower case), body bytes."""
        if self.conn is None:
            self.conn = self.connect(timeout)
        try:
            self.conn.request("POST", "/", body, headers)
            answer = self.conn.getresponse()
            data = answer.read()
            headers = {n.lower(): v for n, v in answer.getheaders()}
            if headers.get("connection") == "close":
                self.close()
            return answer.status, headers, data
        except Exception:
            self.close()
            raise

    def close(self):
        if self.conn is not None:
            self.conn.close()
            self.conn = None

    def call(self, operation, body, **signing):
        """A signed DynamoDB call. Returns the answer as a dictionary. Checks crc32 and request id."""
        return self.call_text(operation, json.dumps(body).encode(), **signing)

    def call_text(self, operation, data, **signing):
        target = operation if "." in operation else "DynamoDB_20120810." + operation
        status, headers, answer = self.raw(sign(self.host, target, data, **signing), data)
        if int(headers["x-amz-crc32"]) != zlib.crc32(answer):
            raise ValueError("x-amz-crc32 is wrong")
        if len(headers["x-amzn-requestid"]) != 52:
            raise ValueError("x-amzn-RequestId is missing")
        if not answer.startswith(b"{"):
            raise ServiceError(status, headers, {"message": answer.decode()})
        body = json.loads(answer)
        if status != 200:
            raise ServiceError(status, headers, body)
        return body

    def control(self, **settings):
        """Change the fault settings (unsigned)."""
        status, headers, answer = self.raw({"x-amz-target": "FakeDDB.Control"}, json.dumps(settings).encode())
        body = json.loads(answer)
        if status != 200:
            raise ServiceError(status, headers, body)
        return body

    def script(self, text):
        """Load a script ("" stops one). Returns its progress."""
        status, headers, answer = self.raw({"x-amz-target": "FakeDDB.Script"}, text.encode())
        body = json.loads(answer)
        if status != 200:
            raise ServiceError(status, headers, body)
        return body

    def stats(self):
        return json.loads(self.raw({"x-amz-target": "FakeDDB.Stats"}, b"{}")[2])

    def history(self, table, **more):
        """All pages of the history of a table."""
        found, body = [], {"TableName": table, **more}
        while True:
            page = json.loads(self.raw({"x-amz-target": "FakeDDB.History"}, json.dumps(body).encode())[2])
            found += page["History"]
            if "LastEvaluatedKey" not in page:
                return found
            body["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def scan(self, table, **more):
        """All pages of a scan: the items."""
        found, body = [], {"TableName": table, **more}
        while True:
            page = self.call("Scan", body)
            found += page["Items"]
            if "LastEvaluatedKey" not in page:
                return found
            body["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def stop(self):
        self.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=20)
        self.process.stdout.close()
        return code


def digest(item):
    """The history's digest of an item whose numbers are in plain decimal."""
    text = json.dumps(item, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
