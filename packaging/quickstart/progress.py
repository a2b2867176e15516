#!/usr/bin/env python3
"""Show how far the job is: a bar on a terminal, otherwise a line every few seconds. Ends when the job's process does.

The figures are the daemon's own, asked for by `ddbsidecarctl --json status`. Exit 3 if the daemon has ended before the
job: then the job waits for another one, in vain.
"""
import argparse
import json
import os
import subprocess
import sys
import time

BAR_WIDTH = 24
TERMINAL_S, LINES_S = 0.25, 5


def stat_of(pid):
    """The fields of /proc/PID/stat from the state on; empty if there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rsplit(")", 1)[1].split()
    except OSError:
        return []


def running(pid):
    """False for a process that has ended, also while its parent has not asked for its end."""
    fields = stat_of(pid)
    return bool(fields) and fields[0] not in "ZX"


def now():
    """Seconds on the clock by which processes start."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def start_of(pid):
    fields = stat_of(pid)
    return int(fields[19]) / os.sysconf("SC_CLK_TCK") if fields else now()


def ask(command):
    """(written, in flight, retries), or None if there is no answer this time."""
    try:
        answer = subprocess.run(command, capture_output=True, timeout=5, check=False).stdout
        status = json.loads(answer)
        return status["ledger"]["written"], status["ledger"]["in_flight"], status["retries"]
    except (OSError, ValueError, KeyError, subprocess.TimeoutExpired):
        return None


def line_of(figures, total, seconds):
    written, in_flight, retries = figures
    share = min(1, written / total) if total else 1
    bar = "#" * int(share * BAR_WIDTH)
    return (f"[{bar:-<{BAR_WIDTH}}] {share:4.0%}  {written:,} of {total:,} records  {written / seconds:,.0f}/s  "
            f"{in_flight:,} in flight  {retries:,} retries")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ctl", required=True, help="path of ddbsidecarctl")
    parser.add_argument("--socket", required=True)
    parser.add_argument("--total", type=int, required=True, help="records of the job")
    parser.add_argument("--pid", type=int, required=True, help="the job's process")
    parser.add_argument("--daemon", type=int, required=True, help="the daemon's process")
    args = parser.parse_args()
    command = [args.ctl, "--socket", args.socket, "--json", "status"]
    terminal = sys.stdout.isatty()
    start, shown = start_of(args.pid), now()
    figures, more = None, True
    while more:
        if not running(args.daemon):
            sys.exit(3)
        more = running(args.pid)  # asked first: the last figures are those after the job's end
        figures = ask(command) or figures
        time_s = now()
        if figures and (terminal or not more or time_s - shown >= LINES_S):
            print(("\r\033[K" if terminal else "") + line_of(figures, args.total, max(time_s - start, 0.01)),
                  end="" if terminal and more else "\n", flush=True)
            shown = time_s
        if more:
            time.sleep(TERMINAL_S)


if __name__ == "__main__":
    main()
