"""Tests of ddbs_wire against scripted daemons."""
import contextlib
import os
import pathlib
import sys
import tempfile
import time
import unittest
import unittest.mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import ddbs_frames as frames  # noqa: E402 (the path has to be set first)
import ddbs_wire as wire  # noqa: E402
from ddbs_frames import (ABORT, ABORTED, BLOCKED, BYE, CREDIT, ERROR, FLUSH, FLUSHED, GOAWAY, NOTICE,  # noqa: E402
                         REPLY, REQUEST, WELCOME, WRITE)
from fake_daemon import FakeDaemon  # noqa: E402


def item(number, size=0):
    return {"id": f"a{number:06d}", "data": b"x" * size}


def cost_of(value):
    return len(wire.pack([0, value])) + 256


@contextlib.contextmanager
def writing(*scripts, **options):
    """A writer with a daemon that plays the scripts; closed at the end if all went well."""
    with FakeDaemon(*scripts) as daemon:
        writer = wire.Writer(daemon.path, "orders", **{"batch": 1, **options})
        yield writer
        if not writer.error:
            writer.close(5)


def run_until(writer, condition):
    """Lets the writer work without a call that waits."""
    end = time.monotonic() + 10
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("it never happened")
        writer._step(time.monotonic() + 0.5)


class Writing(unittest.TestCase):
    def test_flush_and_bye(self):
        def script(peer):
            hello = peer.welcome()
            assert (hello["versions"], hello["table"], hello["pid"]) == ([1], "orders", os.getpid())
            assert hello["options"] == {"on_eof": "deliver"} and len(hello["session"]) == 16
            peer.expect(WRITE, first_seq=1, records=[[0, {"id": "a1", "n": 7}]])
            peer.expect(WRITE, first_seq=2, records=[[1, {"id": "a1"}]])
            peer.send(NOTICE, "throttled", "wait a moment")
            peer.sock.sendall(b"\x00\x00\x00\x03\x92\x41\xc1")
            peer.finish(2, token=2, superseded=1)
            peer.expect_end()

        with writing(script) as writer:
            self.assertEqual(writer.flush(), wire.Result(0, 0, 0, []))
            self.assertEqual(writer.put({"id": "a1", "n": 7}), 1)
            self.assertEqual(writer.delete({"id": "a1"}), 2)
            self.assertEqual(writer.flush(5), wire.Result(1, 0, 1, []))
            self.assertEqual(writer.notice, ["throttled", "wait a moment"])
        for call in (writer.flush, lambda: writer.put({"id": "b"}), writer.abort):
            with self.assertRaises(wire.WireError) as caught:
                call()
            self.assertEqual(caught.exception.code, "closed")

    def test_frames_are_shared_and_stay_small(self):
        def script(peer):
            peer.welcome(credit=10**6)
            counts = [len(peer.expect(WRITE)["records"]) for _ in range(3)]
            assert counts == [2, 1, 1], counts
            peer.finish(4)

        with writing(script, batch=100) as writer:
            for number, size in enumerate((30000, 30000, 30000, 100000)):
                writer.put(item(number, size))
            self.assertEqual(writer.flush(5).written, 4)

    def test_credit_and_blocked(self):
        cost = cost_of(item(1, 1000))

        def script(peer):
            peer.welcome(credit=2 * cost + 10)
            peer.seqs(1, 2)
            peer.expect(BLOCKED, cost_wanted=cost)
            for limit in (2 * cost + 10, 5, 3 * cost - 1):
                peer.send(CREDIT, limit)
            peer.quiet()
            peer.send(CREDIT, 3 * cost)
            peer.seqs(3)
            peer.expect(BLOCKED, cost_wanted=cost)
            peer.send(CREDIT, 4 * cost)
            peer.seqs(4)
            peer.finish(4)

        with writing(script) as writer:
            for number in range(4):
                writer.put(item(number, 1000))
            self.assertEqual(writer.flush(5).written, 4)

    def test_put_waits_for_room(self):
        def script(peer):
            peer.welcome()
            peer.seqs(1, 2)
            peer.quiet()
            peer.settled(upto=1)
            peer.seqs(3)
            peer.finish(3)

        with writing(script, hold=2) as writer:
            self.assertEqual([writer.put(item(number)) for number in range(3)], [1, 2, 3])
            self.assertEqual(writer.flush(5).written, 3)

    def test_a_stuffed_socket_is_also_read(self):
        def script(peer):
            peer.welcome(credit=4 << 20)
            for _ in range(2000):
                peer.send(NOTICE, "memory", "x" * 500)
            peer.seqs(*range(1, 31))
            peer.finish(30)

        with writing(script) as writer:
            for number in range(30):
                writer.put(item(number, 60000))
            self.assertEqual(writer.flush(5).written, 30)

    def test_failures(self):
        def script(peer):
            peer.welcome()
            peer.seqs(*range(1, 10))
            peer.settled(upto=2, failures=[[5, "invalid_item", "bad", False]])
            peer.settled(upto=2, ranges=[[4, 6], [9, 9]], failures=[[3, "rejected", "", True],
                                                                    [5, "rejected", "again", False]])
            peer.finish(9)

        with writing(script) as writer:
            for number in range(9):
                writer.put(item(number))
            self.assertEqual(writer.flush(5), wire.Result(7, 2, 0, [
                wire.Failure(5, "invalid_item", "bad", False), wire.Failure(3, "rejected", "", True)]))

    def test_what_the_client_refuses_itself(self):
        def script(peer):
            peer.welcome(max_record=1000)
            peer.expect(BYE)

        with writing(script) as writer:
            for value, code in ((item(1, 1000), "item_too_large"), ({"a": object()}, "invalid_item")):
                with self.assertRaises(wire.WireError) as caught:
                    writer.put(value)
                self.assertEqual(caught.exception.code, code)

    def test_flush_times_out(self):
        def script(peer):
            peer.welcome()
            peer.seqs(1)
            peer.expect(FLUSH, token=1)
            peer.send(NOTICE, "table_paused", "")
            peer.expect(FLUSH, token=2)
            peer.settled(upto=1)
            peer.send(FLUSHED, 1)
            peer.send(FLUSHED, 2)
            peer.expect(BYE)

        with writing(script) as writer:
            writer.put(item(1))
            with self.assertRaises(wire.WireError) as caught:
                writer.flush(0.2)
            self.assertEqual((caught.exception.code, caught.exception.unknown), ("timed_out", 1))
            self.assertIn("table_paused", str(caught.exception))
            self.assertEqual(writer.flush(5).written, 1)


class Losing(unittest.TestCase):
    def test_resend_in_order(self):
        hellos = []

        def first(peer):
            hellos.append(peer.welcome())
            peer.seqs(1, 2, 3, 4, 5)
            peer.settled(upto=1, ranges=[[3, 3]])

        def second(peer):
            hellos.append(peer.welcome(credit=3 * 300))
            peer.seqs(2)
            peer.expect(WRITE, first_seq=4)
            cost = peer.expect(BLOCKED)["cost_wanted"]
            peer.settled(failures=[[4, "rejected", "no", False]])
            peer.send(CREDIT, 3 * 300 + 2 * cost)
            peer.seqs(6)
            peer.finish(6, failures=[[4, "rejected", "no", False]])

        with writing(first, second) as writer:
            for number in range(5):
                writer.put(item(number))
            run_until(writer, lambda: not writer.conn)
            writer.put(item(6))
            self.assertEqual(writer.flush(5), wire.Result(5, 1, 0, [wire.Failure(4, "rejected", "no", False)]))
        self.assertEqual(hellos[0], hellos[1])

    def test_open_tokens_are_sent_again_and_a_new_daemon_is_doubted(self):
        def first(peer):
            peer.welcome()
            peer.seqs(1, 2, 3)
            peer.expect(FLUSH, token=1, upto_seq=3)
            peer.settled(upto=1)
            peer.sock.sendall(b"\x00\x00\x00\x06\x95\x23")

        def second(peer):
            peer.welcome(epoch=2)
            peer.seqs(2, 3)
            peer.finish(3, failures=[[2, "access_denied", "", False]])

        with writing(first, second) as writer:
            for number in range(3):
                writer.put(item(number))
            self.assertEqual(writer.flush(5).failures, [wire.Failure(2, "access_denied", "", True)])

    def test_retryable_errors(self):
        def first(peer):
            peer.expect(frames.HELLO)
            peer.send(ERROR, "busy", "no place left", True)

        def second(peer):
            peer.welcome()
            peer.seqs(1)
            peer.send(ERROR, "shutting_down", "", True)

        def third(peer):
            peer.welcome(max_record=500)
            peer.seqs(2)
            peer.finish(2)

        with writing(first, second, third) as writer:
            writer.put(item(1, 500))
            run_until(writer, lambda: not writer.conn)
            writer.put(item(2))
            result = writer.flush(5)
        self.assertEqual([(f.seq, f.code, f.maybe_written) for f in result.failures], [(1, "item_too_large", True)])
        self.assertEqual(result.written, 1)

    def test_final_error(self):
        def script(peer):
            peer.welcome()
            peer.seqs(1, 2)
            peer.settled(upto=1)
            peer.send(ERROR, "fenced", "another connection", False)

        with writing(script) as writer:
            with self.assertRaises(wire.WireError) as caught:
                writer.put(item(1))
                writer.put(item(2))
                writer.flush(5)
            self.assertEqual((caught.exception.code, caught.exception.unknown), ("fenced", 1))
            with self.assertRaises(wire.WireError) as caught:
                writer.put(item(3))
            self.assertEqual(caught.exception.code, "fenced")

    def test_goaway(self):
        def first(peer):
            peer.welcome()
            peer.seqs(1)
            peer.send(GOAWAY, "draining")
            peer.quiet()
            peer.settled(upto=1)

        def second(peer):
            peer.welcome(epoch=2)
            peer.seqs(2)
            peer.finish(2)

        with writing(first, second) as writer:
            writer.put(item(1))
            run_until(writer, lambda: writer.goaway)
            writer.put(item(2))
            self.assertEqual(writer.flush(5).written, 2)

    def test_lost_ten_times(self):
        def script(peer):
            peer.welcome()
            peer.seqs(1)

        with writing(*[script] * 10) as writer:
            writer.put(item(1))
            with unittest.mock.patch("random.uniform", return_value=0.0), self.assertRaises(wire.WireError) as caught:
                writer.flush(10)
            self.assertEqual((caught.exception.code, caught.exception.unknown), ("connection_lost", 1))

    def test_nobody_there(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "sock")
            with self.assertRaises(wire.WireError) as caught:
                wire.Writer(path, "orders", connect_timeout=0.2)
            self.assertEqual(caught.exception.code, "not_reachable")
            self.assertIn(path, str(caught.exception))
        with self.assertRaises(wire.WireError) as caught:
            wire.Writer("/" + "x" * 107, "orders")
        self.assertEqual(caught.exception.code, "invalid_argument")

    def test_daemon_does_not_come_back(self):
        with FakeDaemon(lambda peer: (peer.welcome(), peer.seqs(1))) as daemon:
            writer = wire.Writer(daemon.path, "orders", reconnect_timeout=0.3, batch=1)
            writer.put(item(1))
            daemon.thread.join(10)
            daemon.listener.close()
            with self.assertRaises(wire.WireError) as caught:
                writer.flush(10)
            self.assertEqual((caught.exception.code, caught.exception.unknown), ("not_reachable", 1))

    def test_defects_of_the_daemon(self):
        defects = [lambda peer: peer.settled(upto=3), lambda peer: peer.send(FLUSHED, 1),
                   lambda peer: peer.send(FLUSHED, 2), lambda peer: peer.send(ABORTED, 2),
                   lambda peer: peer.send(WELCOME, 1, 1, 7, 1, 1, 1, [], ""),
                   lambda peer: peer.send(REPLY, 1, False, "ok", b""),
                   lambda peer: peer.sock.sendall(b"\x00\x00\x00\x01\x91")]
        for defect in defects:
            def script(peer, defect=defect):
                peer.welcome()
                peer.seqs(1, 2)
                peer.expect(FLUSH)
                defect(peer)
                peer.expect_end()

            with writing(script) as writer:
                writer.put(item(1))
                writer.put(item(2))
                with self.assertRaises(wire.WireError) as caught:
                    writer.flush(5)
                self.assertEqual((caught.exception.code, caught.exception.unknown), ("protocol_error", 2))


class Withdrawing(unittest.TestCase):
    def test_abort(self):
        def script(peer):
            peer.welcome(credit=3 * cost_of(item(1)))
            peer.seqs(1, 2, 3)
            peer.expect(BLOCKED)
            peer.expect(ABORT, upto_seq=3)
            peer.settled(upto=1, failures=[[2, "aborted", "", False], [3, "aborted", "", True]])
            peer.send(CREDIT, 10000)
            peer.send(ABORTED, 3)
            peer.seqs(6)
            peer.finish(6)

        with writing(script) as writer:
            for number in range(5):
                writer.put(item(number))
            result = writer.abort(5)
            self.assertEqual((result.written, result.failed), (1, 4))
            self.assertEqual({f.seq: (f.code, f.maybe_written) for f in result.failures},
                             {2: ("aborted", False), 3: ("aborted", True), 4: ("aborted", False),
                              5: ("aborted", False)})
            self.assertEqual(writer.put(item(6)), 6)
            self.assertEqual(writer.flush(5), wire.Result(1, 0, 0, []))

    def test_nothing_goes_out_while_an_abort_is_open(self):
        def first(peer):
            peer.welcome()
            peer.seqs(1, 2)
            peer.expect(ABORT, upto_seq=2)
            peer.quiet()

        def second(peer):
            peer.welcome(epoch=2)
            peer.expect(ABORT, upto_seq=2)
            peer.quiet()
            peer.send(ABORTED, 2)
            peer.seqs(3)
            peer.finish(3)

        with writing(first, second) as writer:
            writer.put(item(1))
            writer.put(item(2))
            with self.assertRaises(wire.WireError):
                writer.abort(0)
            writer.put(item(3))
            result = writer.flush(5)
            self.assertEqual((result.written, [(f.seq, f.code, f.maybe_written) for f in result.failures]),
                             (1, [(1, "aborted", True), (2, "aborted", True)]))

    def test_abort_without_an_answer(self):
        def first(peer):
            peer.welcome()
            peer.seqs(1)
            peer.expect(ABORT, upto_seq=1)
            peer.expect_end()

        def second(peer):
            peer.welcome()
            peer.expect(ABORT, upto_seq=1)
            peer.quiet()
            peer.quiet()
            peer.settled(failures=[[1, "aborted", "", False]])
            peer.send(ABORTED, 1)
            peer.expect(BYE)

        with writing(first, second, abort_wait=0.15) as writer:
            writer.put(item(1))
            self.assertEqual(writer.abort(5).failures, [wire.Failure(1, "aborted", "", False)])

    def test_leaving_without_bye(self):
        def script(peer):
            assert peer.welcome()["options"] == {"on_eof": "discard"}
            peer.seqs(1)
            peer.expect_end()

        with writing(script, on_eof="discard") as writer:
            writer.put(item(1))
            writer.leave()


class Asking(unittest.TestCase):
    def test_requests(self):
        def script(peer):
            assert peer.expect(frames.HELLO)["table"] is None
            peer.send(WELCOME, 1, 1, 7, 2101248, 2101484, 0, [], "fake 1")
            peer.expect(REQUEST, id=1, verb="flush", arguments={"timeout_ms": 100})
            peer.send(NOTICE, "none", "")
            peer.send(REPLY, 1, True, "ok", b'{"pen')
            peer.send(REPLY, 1, False, "ok", b'ding":0}')
            peer.expect(REQUEST, id=2, verb="dance", arguments={})
            peer.send(REPLY, 2, False, "unsupported_op", b"no")
            peer.expect(REQUEST, id=3, verb="ping")
            peer.send(REPLY, 3, False, "ok", b"")
            peer.expect(REQUEST, id=4, verb="ping")

        with FakeDaemon(script) as daemon:
            asker = wire.Asker(daemon.path)
            self.assertEqual(asker.request("flush", {"timeout_ms": 100}), '{"pending":0}')
            with self.assertRaises(wire.WireError) as caught:
                asker.request("dance")
            self.assertEqual((caught.exception.code, caught.exception.message), ("unsupported_op", "no"))
            self.assertEqual(asker.request("ping"), "")
            with self.assertRaises(wire.WireError) as caught:
                asker.request("ping")
            self.assertEqual(caught.exception.code, "connection_lost")
            asker.close()


if __name__ == "__main__":
    unittest.main()
