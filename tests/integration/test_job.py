"""The canonical job: partitions on worker processes that come and go; bugs of a shared publisher would show as
missing records or a hang."""
import glob
import json
import os
import subprocess

from rig import PATIENCE_S, Case, environment, main, program

JOB_TABLE = "foopojo-supplementary"


class Job(Case):
    def run_job(self, daemon, records, partitions, workers):
        out = os.path.join(self.folder, "out")
        os.mkdir(out)
        command = [program("foopojo"), "--socket", daemon.socket, "--table", JOB_TABLE, "--records", str(records),
                   "--partitions", str(partitions), "--workers", str(workers), "--output", out]
        done = subprocess.run(command, env=environment(), text=True, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=2 * PATIENCE_S)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        made = {}
        for path in glob.glob(os.path.join(out, "*.json*")):
            with open(path) as f:
                for line in f:
                    pojo = json.loads(line)
                    made[pojo["pojoId"]] = pojo["joinValue"]
        self.assertEqual(len(made), records)
        return made

    def assert_job(self, *faults, options=()):
        fake = self.fakeddb("--table", JOB_TABLE + ":pojoId", *faults)
        daemon = self.daemon(fake, *options)
        made = self.run_job(daemon, 20000, 24, 4)
        stored = {i["pojoId"]["S"]: i["joinValue"]["S"] for i in fake.scan(JOB_TABLE)}
        self.assertEqual(stored, made)

    def test_every_record_of_every_partition_is_there(self):
        self.assert_job()

    def test_with_throttling_partial_answers_and_lost_replies(self):
        self.assert_job("--fault", "throttle=0.02", "--fault", "unprocessed=0.05", "--fault", "drop_after=0.01",
                        "--fault", "error500=0.02")

    def test_with_two_lanes(self):
        self.assert_job(options=("--set", "daemon.lanes=2"))


if __name__ == "__main__":
    main()
