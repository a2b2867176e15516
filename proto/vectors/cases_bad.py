"""Frames that must be refused with protocol_error: their head, their limits, their fields."""
from cases_frames import SESSION, U64
from msgpack import Pairs, Raw, frame, framed, pack


def bad(name, data, sender="client"):
    return {"name": name, "from": sender, "hex": bytes(data).hex(), "code": "protocol_error"}


def heads():
    yield bad("length_0", b"\0\0\0\0")
    yield bad("length_1", b"\0\0\0\1\x91")
    yield bad("no_array", framed(b"\x81\x04\x01"))
    yield bad("empty_array", framed(b"\x90\x04"))
    yield bad("array_16", framed(b"\xdc\x00\x03\x04\x01\x01"))
    yield bad("type_uint_8", framed(b"\x93\xcc\x04\x01\x01"))
    yield bad("type_negative", framed(b"\x93\xfc\x01\x01"))
    yield bad("type_nil", framed(b"\x91\xc0"))
    yield bad("type_0", frame(0, 1))
    yield bad("type_8", frame(8, 1))
    yield bad("type_of_the_daemon", frame(34, 1))
    yield bad("type_64_from_a_client", frame(64, 1))
    yield bad("text", b"GET / HTTP/1.1\r\n")
    for name, kind, limit in [("hello", 1, 16384), ("write", 2, 2101248), ("blocked", 3, 4096), ("flush", 4, 4096),
                              ("abort", 5, 4096), ("bye", 6, 4096), ("request", 7, 4096)]:
        yield bad(f"{name}_too_long", (limit + 1).to_bytes(4, "big") + bytes([0x99, kind]))


def hello(**changed):
    fields = {"versions": [1], "session": SESSION, "client": "c", "pid": 1, "table": "t", "options": {}, "tags": {},
              "features": []}
    assert set(changed) <= set(fields)
    return frame(1, *{**fields, **changed}.values())


def hellos():
    yield bad("hello_short", frame(1, [1], SESSION, "c", 1, "t", {}, {}))
    yield bad("hello_versions_int", hello(versions=1))
    yield bad("hello_versions_none", hello(versions=[]))
    yield bad("hello_versions_17", hello(versions=[1] * 17))
    yield bad("hello_versions_text", hello(versions=["1"]))
    yield bad("hello_session_15", hello(session=SESSION[:15]))
    yield bad("hello_session_17", hello(session=SESSION + b"x"))
    yield bad("hello_session_text", hello(session="0123456789abcdef"))
    yield bad("hello_client_nil", hello(client=None))
    yield bad("hello_client_long", hello(client="c" * 129))
    yield bad("hello_pid_negative", hello(pid=-1))
    yield bad("hello_pid_float", hello(pid=1.0))
    yield bad("hello_table_empty", hello(table=""))
    yield bad("hello_table_long", hello(table="t" * 1025))
    yield bad("hello_table_bin", hello(table=b"t"))
    yield bad("hello_options_list", hello(options=[]))
    yield bad("hello_option_name_int", hello(options=Pairs([(1, 1)])))
    yield bad("hello_option_name_empty", hello(options={"": 1}))
    yield bad("hello_option_name_long", hello(options={"o" * 65: 1}))
    yield bad("hello_on_eof_other", hello(options={"on_eof": "drop"}))
    yield bad("hello_on_eof_bool", hello(options={"on_eof": True}))
    yield bad("hello_max_window_text", hello(options={"max_window": "1M"}))
    yield bad("hello_max_window_negative", hello(options={"max_window": -1}))
    yield bad("hello_tags_nil", hello(tags=None))
    yield bad("hello_tags_long", hello(tags={"t": "x" * 1024}))
    yield bad("hello_features_map", hello(features={}))
    yield bad("hello_features_int", hello(features=[1]))
    yield bad("hello_behind", framed(hello()[4:] + b"\x01"))
    yield bad("hello_cut", framed(hello()[4:-2]))


def writes():
    ok = [0, {"id": "a"}]
    yield bad("write_short", frame(2, 1))
    yield bad("write_seq_0", frame(2, 0, [ok]))
    yield bad("write_seq_negative", frame(2, -1, [ok]))
    yield bad("write_seq_text", frame(2, "1", [ok]))
    yield bad("write_seq_too_high", frame(2, U64, [ok, ok]))
    yield bad("write_no_records", frame(2, 1, []))
    yield bad("write_records_map", frame(2, 1, {}))
    yield bad("write_record_int", frame(2, 1, [5]))
    yield bad("write_record_1", frame(2, 1, [[0]]))
    yield bad("write_record_3", frame(2, 1, [[0, {}, 1]]))
    yield bad("write_op_negative", frame(2, 1, [[-1, {}]]))
    yield bad("write_op_256", frame(2, 1, [[256, {}]]))
    yield bad("write_op_text", frame(2, 1, [["put", {}]]))
    yield bad("write_second_bad", frame(2, 1, [ok, [0]]))
    yield bad("write_item_cut", framed(pack([2, 1, [ok]])[:-1]))
    yield bad("write_item_missing", framed(b"\x93\x02\x01\x91\x92\x00"))
    yield bad("write_item_c1", frame(2, 1, [[0, Raw(b"\xc1")]]))
    yield bad("write_item_count", frame(2, 1, [[0, Raw(b"\xdf\xff\xff\xff\xff")]]))
    yield bad("write_item_length", frame(2, 1, [[0, Raw(b"\xdb\xff\xff\xff\xff")]]))
    yield bad("write_count_high", frame(2, 1, Raw(b"\x92" + pack(ok))))
    yield bad("write_count_low", frame(2, 1, Raw(b"\x91" + pack(ok) + pack(ok))))
    yield bad("write_behind", framed(pack([2, 1, [ok]]) + b"\xc0"))


def others():
    yield bad("blocked_text", frame(3, "1"))
    yield bad("blocked_negative", frame(3, -1))
    yield bad("blocked_short", frame(3))
    yield bad("flush_short", frame(4, 1))
    yield bad("flush_float", frame(4, 1.0, 1))
    yield bad("flush_negative", frame(4, 1, -1))
    yield bad("flush_cut", framed(b"\x93\x04\xcf\x00"))
    yield bad("flush_behind", framed(pack([4, 1, 1]) + b"\x00"))
    yield bad("abort_nil", frame(5, None))
    yield bad("request_verb_empty", frame(7, 1, "", {}))
    yield bad("request_verb_long", frame(7, 1, "v" * 65, {}))
    yield bad("request_arguments_list", frame(7, 1, "ping", []))
    yield bad("request_id_text", frame(7, "1", "ping", {}))
    yield bad("request_short", frame(7, 1, "ping"))


def daemon():
    def d(name, *elements):
        return bad(name, frame(*elements), "daemon")
    yield d("welcome_short", 33, 1, 2, 3, 4, 5, 6, [])
    yield d("welcome_epoch_text", 33, 1, "2", 3, 4, 5, 6, [], "s")
    yield d("welcome_features_nil", 33, 1, 2, 3, 4, 5, 6, None, "s")
    yield d("credit_negative", 34, -1)
    yield d("settled_short", 35, 1, [], [])
    yield d("settled_range_order", 35, 1, [[4, 3]], [], 0)
    yield d("settled_range_1", 35, 1, [[4]], [], 0)
    yield d("settled_failure_3", 35, 1, [], [[1, "invalid_item", "x"]], 0)
    yield d("settled_failure_code_empty", 35, 1, [], [[1, "", "x", False]], 0)
    yield d("settled_failure_text_long", 35, 1, [], [[1, "invalid_item", "x" * 513, False]], 0)
    yield d("settled_failure_maybe_int", 35, 1, [], [[1, "invalid_item", "x", 0]], 0)
    yield d("flushed_nil", 36, None)
    yield d("aborted_text", 37, "1")
    yield d("goaway_empty", 38, "")
    yield d("error_short", 39, "busy", "x")
    yield d("error_code_int", 39, -1, "x", False)
    yield d("error_text_long", 39, "busy", "x" * 513, True)
    yield d("reply_payload_text", 40, 1, False, "ok", "{}")
    yield d("reply_more_int", 40, 1, 0, "ok", b"")
    yield d("notice_reason_empty", 41, "", "x")


def frames():
    return [*heads(), *hellos(), *writes(), *others(), *daemon()]
