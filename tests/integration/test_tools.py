"""The output of the two programs when nobody reads it, and while the daemon stops."""
import os
import subprocess

from rig import Case, credentials, environment, main, program, wait_until


def ended_unread(*command):
    """The exit status of a program whose standard output and error nobody reads."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as broken:
        return subprocess.run(command, env=environment(**credentials()), stdin=subprocess.DEVNULL, stdout=broken,
                              stderr=broken, timeout=60).returncode


class Unread(Case):
    def test_a_refusal_that_nobody_reads_keeps_its_exit_status(self):
        path = os.path.join(self.folder, "nobody.sock")
        self.assertEqual(ended_unread(program("daemon"), "--socket", path, "--nonsense"), 78)
        self.assertEqual(ended_unread(program("daemon"), "--socket", "/nope/x", "--check-config"), 78)
        self.assertEqual(ended_unread(program("ctl"), "--socket", path, "status"), 3)
        self.assertEqual(ended_unread(program("ctl"), "--nonsense"), 2)


class Stopping(Case):
    def test_a_flush_that_the_stop_ends_is_a_sentence(self):
        fake = self.fakeddb("--fault", "throttle=1.0")
        daemon = self.daemon(fake, "--set", "daemon.drain_timeout=1s")
        self.writer(daemon, "a", 1)
        wait_until("a record is accepted", lambda: daemon.status()["ledger"]["accepted"] == 1)
        flush = self.flush_begun(daemon)
        daemon.terminate()
        out, err = flush.communicate(timeout=60)
        self.assertEqual((flush.returncode, out), (3, ""), err)
        self.assertIn("the daemon is stopping, 1 record is pending; flush again when it is back", err)


if __name__ == "__main__":
    main()
