"""Good frames, one or more of each message."""
from msgpack import Ext, Pairs, Raw, frame, pack

SESSION = bytes(range(16))
U64 = (1 << 64) - 1


def vector(name, message, fields, *elements, encodes=True):
    return {"name": name, "message": message, "hex": frame(*elements).hex(), "fields": fields, "encodes": encodes}


def hello_fields(**changed):
    fields = {"versions": [1], "session": SESSION.hex(), "client": "example 1.0", "pid": 4711, "table": "orders",
              "discard": False, "max_window": 0, "bad_option": None, "tags": "80"}
    return {**fields, **changed}


def hello(name, options=(), tags=None, table="orders", encodes=True, **changed):
    tags = {} if tags is None else tags
    fields = hello_fields(table=table, tags=pack(tags).hex(), **changed)
    return vector(name, "HELLO", fields, 1, [1], SESSION, "example 1.0", 4711, table, Pairs(options), tags, [],
                  encodes=encodes)


def hellos():
    yield hello("hello_writer")
    yield hello("hello_asker", table=None)
    yield hello("hello_options", [("on_eof", "discard"), ("max_window", 1 << 20)], {"app": "job-7"}, discard=True,
                max_window=1 << 20)
    yield hello("hello_deliver", [("on_eof", "deliver")], encodes=False)
    yield hello("hello_supersede", [("supersede", True)], encodes=False, bad_option="supersede")
    yield hello("hello_deadline", [("max_window", 65536), ("deadline_ms", 1000), ("region", "x")], encodes=False,
                max_window=65536, bad_option="deadline_ms")
    yield hello("hello_arn", table="arn:aws:dynamodb:eu-west-1:123456789012:table/orders")
    wide = Raw(b"\xdd\x00\x00\x00\x02\xcf" + (2).to_bytes(8, "big") + b"\xd1\x00\x01")  # array 32: uint 64, int 16
    yield vector("hello_long_forms", "HELLO", hello_fields(versions=[2, 1], client="c"), 1, wide,
                 Raw(b"\xc6\x00\x00\x00\x10" + SESSION), Raw(b"\xdb\x00\x00\x00\x01c"), 4711, "orders",
                 Raw(b"\xdf\x00\x00\x00\x00"), {}, Raw(b"\xdc\x00\x00"), encodes=False)
    yield vector("hello_later_fields", "HELLO", hello_fields(), 1, [1], SESSION, "example 1.0", 4711, "orders", {}, {},
                 ["some_feature"], {"later": [1, 2]}, None, encodes=False)


def write(name, first_seq, records, *more, encodes=True):
    packed = [pack([op, item]) for op, item in records]
    fields = {"first_seq": first_seq, "records": [
        {"op": op, "item": pack(item).hex(), "cost": len(p) + 256} for (op, item), p in zip(records, packed)]}
    return vector(name, "WRITE", fields, 2, first_seq, [Raw(p) for p in packed], *more, encodes=encodes)


def writes():
    yield write("write_put", 1, [(0, {"id": "a1", "n": 7})])
    yield write("write_delete", 2, [(1, {"id": "a1"})])
    yield write("write_many", 300, [(0, {"id": f"k{i}", "data": bytes([i] * i)}) for i in range(1, 20)])
    yield write("write_types", 20, [(0, {
        "id": "x", "price": Ext(1, b"12.50"), "tags": Ext(2, pack(["a", "b"])), "sizes": Ext(3, pack([1, Ext(1, b"2.5")])),
        "parts": Ext(4, pack([b"\x00", b"\xff\x01"])), "raw": b"\xca\xfe", "count": -3, "ratio": 0.5, "done": True,
        "owner": None, "path": [1, "y"], "geo": {"lat": 1.5}})])
    yield write("write_last_seq", U64, [(0, {"id": "z"})])
    yield write("write_unknown_op", 3, [(7, {"id": "a"}), (255, {}), (0, {"id": "b"})])
    yield write("write_no_map", 6, [(0, 5), (0, None), (1, [1, [2, {}]])])
    yield write("write_later_fields", 9, [(0, {"id": "a"})], "later", encodes=False)


def nested(levels):
    """Lists in lists: as deep as a reader must take them outside items (F4)."""
    return Raw(b"\x91" * (levels - 1) + b"\x90")


def clients():
    yield from hellos()
    yield from writes()
    yield vector("blocked", "BLOCKED", {"cost_wanted": 70000}, 3, 70000)
    yield vector("flush", "FLUSH", {"token": 1, "upto_seq": 7}, 4, 1, 7)
    yield vector("flush_max", "FLUSH", {"token": U64, "upto_seq": U64}, 4, U64, U64)
    yield vector("flush_long_forms", "FLUSH", {"token": 5, "upto_seq": 6}, 4, Raw(b"\xcd\x00\x05"), Raw(b"\xd0\x06"),
                 encodes=False)
    yield vector("abort", "ABORT", {"upto_seq": 7}, 5, 7)
    yield vector("bye", "BYE", {}, 6)
    yield vector("bye_later_fields", "BYE", {}, 6, [1, 2, 3], encodes=False)
    yield vector("request_ping", "REQUEST", {"id": 1, "verb": "ping", "arguments": "80"}, 7, 1, "ping", {})
    arguments = {"timeout_ms": 30000}
    deep = {"later": nested(31)}
    yield vector("request_nested", "REQUEST", {"id": 3, "verb": "ping", "arguments": pack(deep).hex()}, 7, 3, "ping", deep)
    yield vector("request_flush", "REQUEST", {"id": 2, "verb": "flush", "arguments": pack(arguments).hex()}, 7, 2, "flush",
                 arguments)


def settled(name, upto, ranges, failures, superseded, encodes=True):
    fields = {"upto": upto, "ranges": ranges, "superseded": superseded,
              "failures": [{"seq": s, "code": c, "message": m, "maybe_written": w} for s, c, m, w in failures]}
    return vector(name, "SETTLED", fields, 35, upto, ranges, failures, superseded, encodes=encodes)


def welcome_fields():
    return {"version": 1, "epoch": 1700000000123, "connection": 17, "max_frame": 2101248, "max_record": 2101484,
            "credit": 65536, "server": "ddbsidecard 0.1.0"}


def daemon():
    w = welcome_fields()
    values = [w[k] for k in ("version", "epoch", "connection", "max_frame", "max_record", "credit")]
    yield vector("welcome", "WELCOME", w, 33, *values, [], w["server"])
    yield vector("welcome_later_fields", "WELCOME", w, 33, *values, ["later"], w["server"], 5, encodes=False)
    yield vector("credit", "CREDIT", {"limit": 131072}, 34, 131072)
    yield vector("credit_later_values", "CREDIT", {"limit": 1}, 34, 1, nested(32), Ext(1, b"no number"), Ext(-1, b""), 0.5,
                 encodes=False)
    yield settled("settled_upto", 7, [], [], 0)
    yield settled("settled_nothing", 0, [], [], 0)
    yield settled("settled_ranges", 4, [[6, 9], [12, 12]], [], 2)
    yield settled("settled_failures", 9, [], [[3, "invalid_item", "attribute 'n': not a number", False],
                                              [8, "aborted", "", True]], 0)
    yield vector("settled_later_fields", "SETTLED",
                 {"upto": 1, "ranges": [[3, 4]], "superseded": 0,
                  "failures": [{"seq": 1, "code": "internal", "message": "new", "maybe_written": False}]},
                 35, 1, [[3, 4, "x"]], [[1, "code_of_a_later_version", "new", False, 9]], 0, {}, encodes=False)
    yield vector("flushed", "FLUSHED", {"token": 1}, 36, 1)
    yield vector("aborted", "ABORTED", {"upto_seq": 7}, 37, 7)
    yield vector("goaway", "GOAWAY", {"reason": "draining"}, 38, "draining")
    yield vector("error_protocol", "ERROR", {"code": "protocol_error", "message": "FLUSH: token is not an unsigned integer",
                                             "retryable": False},
                 39, "protocol_error", "FLUSH: token is not an unsigned integer", False)
    yield vector("error_busy", "ERROR", {"code": "busy", "message": "no place left", "retryable": True}, 39, "busy",
                 "no place left", True)
    yield vector("error_later_code", "ERROR", {"code": "internal", "message": "?", "retryable": True}, 39, "later_code", "?",
                 True, encodes=False)
    yield vector("reply", "REPLY", {"id": 1, "more": False, "status": "ok", "payload": ""}, 40, 1, False, "ok", b"")
    pending = b'{"pending":0,"failed":0}'
    yield vector("reply_pending", "REPLY", {"id": 2, "more": False, "status": "ok", "payload": pending.hex()}, 40, 2, False,
                 "ok", pending)
    yield vector("reply_more", "REPLY", {"id": 2, "more": True, "status": "ok", "payload": b'{"a":'.hex()}, 40, 2, True, "ok",
                 b'{"a":')
    yield vector("reply_refused", "REPLY", {"id": 3, "more": False, "status": "not_permitted", "payload": b"no".hex()}, 40, 3,
                 False, "not_permitted", b"no")
    yield vector("notice", "NOTICE", {"reason": "throttled", "message": "DynamoDB throttles the table"}, 41, "throttled",
                 "DynamoDB throttles the table")
    yield vector("notice_none", "NOTICE", {"reason": "none", "message": ""}, 41, "none", "")


def frames():
    return list(clients()) + list(daemon())
