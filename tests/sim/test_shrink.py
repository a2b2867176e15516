#!/usr/bin/env python3
"""A failure of the simulator is shrunk and replays exactly. sim_mutants plays a few seeds with a broken engine. Each
command that it prints must fail again with the same complaint at the same seed, step and time, and the shrunk one with
the shorter trace that was reported.
usage: test_shrink.py SIM_MUTANTS
"""
import re
import shlex
import subprocess
import sys

# One that breaks a promise at once, one that stalls, one that needs a fault of the wire.
MUTANTS = {"RETRY_LOST": "1..2", "KEY_LOCK_KEPT": "1..2", "REPLAY_TWICE": "1..30"}
FAILURE = r"seed \d+, step \d+, \d+ ms: .*"
TRACE = re.compile(r" *\d+ +\d+ ")


def run(command):
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=300)
    return done.returncode, done.stderr.splitlines()


def replay(command, complaint):
    """Play a printed command. Returns the number of its trace lines."""
    code, lines = run(shlex.split(command))
    said = [line for line in lines if re.fullmatch(FAILURE, line)]
    assert code == 1, f"exit status {code}: {command}"
    assert said == [complaint], f"{command}\nsaid     {said}\nexpected {complaint}"
    return sum(bool(TRACE.match(line)) for line in lines)


def check(program, mutant, seeds):
    code, lines = run([program, "--mutant", mutant, "--seeds", seeds])
    text = "\n".join(lines)
    assert code == 1, f"{mutant} passes seeds {seeds}"
    found = re.search(rf"^({FAILURE})\n  play it again: (.*)\n"
                      rf"  made small, (\d+) of (\d+) lines of trace: ({FAILURE})\n  play that again: (.*)$", text, re.M)
    assert found, f"{mutant}: the report has another form:\n{text[:2000]}"
    complaint, command, small, whole, small_complaint, small_command = found.groups()
    assert replay(command, complaint) == int(whole), f"{command}: the trace has another length"
    assert replay(small_command, small_complaint) == int(small), f"{small_command}: the trace has another length"
    assert int(small) < int(whole), f"{mutant}: all {whole} lines of trace are left"
    assert complaint.split(": ")[1] == small_complaint.split(": ")[1], f"another promise: {small_complaint}"
    print(f"{mutant}: {small} of {whole} lines: {small_command}")


def main():
    for mutant, seeds in MUTANTS.items():
        check(sys.argv[1], mutant, seeds)


main()
