"""Few open files: even if clients use every connection slot, what they send is delivered."""
import contextlib
import os
import socket
import sys

from rig import HERE, TABLE, Case, main

sys.path.insert(0, os.path.join(HERE, "..", "pyclient"))
import ddbs_wire as wire  # noqa: E402
from ddbs_frames import HELLO, frame  # noqa: E402

FILES = 400


class Files(Case):
    def crowd(self, daemon, count):
        """Up to `count` clients that send HELLO and stay, as far as they are accepted."""
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        for _ in range(count):
            s = stack.enter_context(socket.socket(socket.AF_UNIX))
            s.settimeout(30)
            s.connect(daemon.socket)
            with contextlib.suppress(BrokenPipeError):
                s.sendall(frame(HELLO, [1], os.urandom(16), "crowd 1", os.getpid(), TABLE, {}, {}, []))

    def test_a_crowd_of_clients_leaves_the_lanes_their_connections(self):
        fake = self.fakeddb()
        # With a key_schema there is no DescribeTable, whose connection would be open before the crowd comes.
        daemon = self.daemon(fake, "--set", "aws.max_in_flight=64", "--set", "defaults.key_schema=id:S",
                             under=["prlimit", f"--nofile={FILES}"])
        writer = wire.Writer(daemon.socket, TABLE)
        self.crowd(daemon, FILES + 50)
        for i in range(500):
            writer.put({"id": f"k{i}"})
        self.assertEqual(writer.flush(60).written, 500)
        writer.close()
        self.assertEqual(len(fake.scan(TABLE)), 500)
        self.assertIn("LimitNOFILE", daemon.log())


if __name__ == "__main__":
    main()
