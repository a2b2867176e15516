"""A few DynamoDB requests from Python's standard library alone: made, signed (Signature Version 4), answered.

Credentials are the environment's: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN.
"""
import datetime
import hashlib
import hmac
import http.client
import json
import os
import random
import ssl
import time
import urllib.parse

ATTEMPTS = 12
TRY_AGAIN = ("ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded")


class DynamoDBError(Exception):
    """The service's refusal: code and sentence."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code


def _hmac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class Endpoint:
    """One endpoint over one connection, made anew when it was lost."""

    def __init__(self, url, region):
        parts = urllib.parse.urlsplit(url)
        self.host, self.region = parts.netloc, region
        if parts.scheme == "https":
            context = ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE") or None)
            self.connection = http.client.HTTPSConnection(parts.netloc, timeout=60, context=context)
        else:
            self.connection = http.client.HTTPConnection(parts.netloc, timeout=60)

    def _headers(self, operation, body):
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        signed = {"content-type": "application/x-amz-json-1.0", "host": self.host, "x-amz-date": now,
                  "x-amz-target": "DynamoDB_20120810." + operation}
        if os.environ.get("AWS_SESSION_TOKEN"):
            signed["x-amz-security-token"] = os.environ["AWS_SESSION_TOKEN"]
        names = ";".join(sorted(signed))
        request = "\n".join(["POST", "/", ""] + [f"{k}:{signed[k]}" for k in sorted(signed)] +
                            ["", names, hashlib.sha256(body).hexdigest()])
        scope = f"{now[:8]}/{self.region}/dynamodb/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        key = ("AWS4" + os.environ["AWS_SECRET_ACCESS_KEY"]).encode()
        for part in scope.split("/"):
            key = _hmac(key, part)
        signature = _hmac(key, text).hex()
        return {**signed, "Authorization": f"AWS4-HMAC-SHA256 Credential={os.environ['AWS_ACCESS_KEY_ID']}/{scope}, "
                                           f"SignedHeaders={names}, Signature={signature}"}

    def _once(self, operation, body):
        """Status and answer; a lost connection is an OSError or HTTPException."""
        try:
            self.connection.request("POST", "/", body, self._headers(operation, body))
            response = self.connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            raise

    def call(self, operation, attempts=ATTEMPTS, **arguments):
        """The answer as a dict. Throttling, server errors and lost connections are tried again."""
        body = json.dumps(arguments).encode()
        for attempt in range(1, attempts + 1):
            try:
                status, answer = self._once(operation, body)
            except (OSError, http.client.HTTPException):
                if attempt == attempts:
                    raise
            else:
                if status == 200:
                    return json.loads(answer)
                error = DynamoDBError(*self._error(status, answer))
                if attempt == attempts or (status < 500 and error.code not in TRY_AGAIN):
                    raise error
            time.sleep(random.uniform(0, min(10, 0.05 * 2 ** attempt)))

    @staticmethod
    def _error(status, answer):
        try:
            said = json.loads(answer)
            return said["__type"].rsplit("#", 1)[-1], said.get("message") or said.get("Message") or ""
        except (ValueError, KeyError, AttributeError):
            return f"HTTP {status}", answer[:200].decode(errors="replace")
