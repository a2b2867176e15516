"""Bad input over the socket, in records, on the command line: the error names the fault, no other client is affected."""
import os
import socket
import struct
import subprocess
import sys

from rig import HERE, TABLE, Case, credentials, environment, main, program, wait_until

sys.path.insert(0, os.path.join(HERE, "..", "pyclient"))
import ddbs_wire as wire  # noqa: E402

HELLO = [1, [1], bytes(range(16)), "bad 1", 1, TABLE, {}, {}, []]


def frame(message):
    body = wire.pack(message)
    return struct.pack(">I", len(body)) + body


class Socket(Case):
    def setUp(self):
        super().setUp()
        self.fake = self.fakeddb()
        self.bad_daemon = self.daemon(self.fake)

    def answers(self, data):
        """Send bytes, read until the daemon closes. Returns the decoded frames."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(30)
            s.connect(self.bad_daemon.socket)
            s.sendall(data)
            got = b""
            while True:
                more = s.recv(65536)
                if not more:
                    break
                got += more
        frames = []
        while got:
            n = struct.unpack(">I", got[:4])[0]
            frames.append(wire.unpack(got[4:4 + n]))
            got = got[4 + n:]
        return frames

    def assert_refused(self, data, code, words):
        last = self.answers(data)[-1]
        self.assertEqual((last[0], last[1]), (39, code))
        self.assertIn(words, last[2])

    def test_every_broken_frame_is_refused_and_the_neighbour_goes_on(self):
        neighbour = self.writer(self.bad_daemon, "neighbour", 20000, flush_every=100)
        hello = frame(HELLO)
        cases = [
            (b"GET / HTTP/1.1\r\n\r\n", "protocol_error", "frame"),
            (struct.pack(">I", 3) + b"\x92\x01\xc1", "protocol_error", "HELLO"),
            (frame([63, 1]), "protocol_error", "63"),
            (frame([4, 1, 1]), "protocol_error", "before HELLO"),
            (frame([1, [9], *HELLO[2:]]), "unsupported_version", "version 1"),
            (frame([*HELLO[:6], {"colour": 1}, {}, []]), "unsupported_option", "colour"),
            (frame([*HELLO[:6], {"supersede": True}, {}, []]), "unsupported_option", "supersede"),
            (frame([*HELLO[:5], "a b", {}, {}, []]), "invalid_argument", "table name"),
            (hello + hello, "protocol_error", "second HELLO"),
            (hello + struct.pack(">I", 1 << 30) + b"\x93\x02\x01", "protocol_error", "at most"),
            (hello + struct.pack(">I", 5000) + b"\x93\x04\x01", "protocol_error", "at most"),
            (hello + frame([2, 1, [[0, {"id": "k", "pad": "x" * 60000}]] * 1]) * 2, "protocol_error", "seq"),
        ]
        for data, code, words in cases:
            with self.subTest(words=words, code=code):
                self.assert_refused(data, code, words)
        self.assertIn("done 20000 0", self.finish(neighbour))
        self.assertEqual(self.bad_daemon.status()["health"], "ok")

    def test_credit_exceeded(self):
        writes = b"".join(frame([2, i + 1, [[0, {"id": f"k{i}", "pad": "x" * 50000}]]]) for i in range(2))
        self.assert_refused(frame(HELLO) + writes, "protocol_error", "credit")
        wait_until("the accepted record is written", lambda: len(self.fake.scan(TABLE)) == 1)


class Records(Case):
    def test_a_bad_record_fails_alone_with_its_number(self):
        fake = self.fakeddb()
        daemon = self.daemon(fake)
        writer = wire.Writer(daemon.socket, TABLE)
        bad = {2: ({"x": "no key"}, "missing_key"), 3: ({"id": 7}, "missing_key"), 4: ({"id": ""}, "missing_key"),
               6: ({"id": "big", "pad": "x" * 420000}, "item_too_large"),
               7: ({"id": "nan", "v": float("nan")}, "invalid_item")}
        for seq in range(1, 10):
            writer.put(bad[seq][0] if seq in bad else {"id": f"k{seq}"})
        result = writer.flush(60)
        self.assertEqual({f.seq: f.code for f in result.failures}, {seq: code for seq, (_, code) in bad.items()})
        self.assertEqual(result.written, 4)
        writer.close()
        self.assertEqual({i["id"]["S"] for i in fake.scan(TABLE)}, {"k1", "k5", "k8", "k9"})


class CommandLine(Case):
    def refused(self, *options, env=None, config=None):
        """Refused with one clear line and exit status 78."""
        if config is not None:
            path = os.path.join(self.folder, "ddbsidecar.conf")
            with open(path, "w") as f:
                f.write(config)
            options += ("--config", path)
        env = environment(**(credentials() if env is None else env))
        command = [program("daemon"), "--socket", os.path.join(self.folder, "s"), *options]
        done = subprocess.run(command, env=env, text=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 78, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        return done.stderr

    def test_a_bad_configuration_is_one_line_and_exit_78(self):
        keys = {k: v for k, v in credentials().items() if k != "AWS_REGION"}
        region = {"AWS_REGION": "us-east-1"}
        cases = [
            (dict(config="[daemon]\nmemory_maxx = 1G\n"), ["memory_maxx", "memory_max", ":2"]),
            (dict(config="[daemon]\nmemory_max = lots\n"), ["memory_max", "lots"]),
            (dict(options=["--set", "defaults.linger=-1"]), ["linger"]),
            (dict(options=["--endpoint", "ftp://x"]), ["ftp"]),
            (dict(env=region), ["AWS_ACCESS_KEY_ID"]),
            (dict(env={**region, "AWS_ACCESS_KEY_ID": "x"}), ["AWS_SECRET_ACCESS_KEY"]),
            (dict(env=keys), ["AWS_REGION"]),
            (dict(options=["--nonsense"]), ["nonsense"]),
            (dict(options=["--socket", "/tmp/" + "x" * 110]), ["107"]),
            (dict(config="[daemon]\nmemory_max = 1M\n"), ["memory_max", "64"]),
            (dict(options=["--check-config", "--socket", "/nope/x/s"]), ["mkdir -p /nope/x"]),
            (dict(options=["--check-config", "--set", "daemon.socket_group=nosuch"]), ["no group nosuch"]),
        ]
        for case, words in cases:
            with self.subTest(words=words):
                said = self.refused(*case.get("options", []), env=case.get("env"), config=case.get("config"))
                for word in words:
                    self.assertIn(word, said)

    def test_check_config_says_nothing_when_all_is_well(self):
        done = subprocess.run([program("daemon"), "--socket", os.path.join(self.folder, "s"), "--check-config"],
                              env=environment(**credentials()), text=True, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_without_a_daemon_the_tools_say_where_they_looked(self):
        path = os.path.join(self.folder, "nobody.sock")
        done = subprocess.run([program("ctl"), "--socket", path, "status"], env=environment(), text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 3)
        self.assertIn(path, done.stderr)


if __name__ == "__main__":
    main()
