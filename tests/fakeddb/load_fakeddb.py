"""Measures how many items fakeddb takes per second of its own CPU: signed batches of 25 items of about 110 bytes.

Run as: load_fakeddb.py PATH_OF_FAKEDDB [--seconds S] [--connections N] [--rounds R] [fakeddb options after --]
It prints the median of R rounds for plain HTTP and for TLS, measured alternately, and exits 1 if one is below --least.
Items per CPU second are independent of other load on the machine.
"""
import argparse
import json
import os
import select
import socket
import ssl
import statistics
import sys
import tempfile
import time
import uuid

from fakeddb_client import FakeDDB, request_bytes

ITEMS = 25
REQUESTS = 4000  # distinct ones, so 100,000 keys, written repeatedly
LEAST = 150000  # items per CPU second


def make_request(db):
    writes = [{"PutRequest": {"Item": {"pojoId": {"S": f"primaryKey-{uuid.uuid4()}"},
                                       "joinValue": {"S": f"join-{uuid.uuid4()}"}}}} for _ in range(ITEMS)]
    body = json.dumps({"RequestItems": {"foopojo-supplementary": writes}}, separators=(",", ":")).encode()
    return request_bytes(db.host, "DynamoDB_20120810.BatchWriteItem", body)


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def connect(db):
    s = socket.create_connection(("127.0.0.1", db.port))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if db.ca_file is None:
        return s
    return ssl.create_default_context(cafile=db.ca_file).wrap_socket(s, server_hostname="localhost")


def receive(s):
    """One answer; a TLS socket may wake its reader for less."""
    answer = s.recv(4096)
    if not answer.startswith(b"HTTP/1.1 200") or not answer.endswith(b"}"):
        raise RuntimeError(answer)


def run(db, seconds, connections):
    """Keep every connection busy with one request at a time. Returns the number of answers."""
    requests = [make_request(db) for _ in range(REQUESTS)]
    poll = select.epoll()
    sockets = {}
    for _ in range(connections):
        s = connect(db)
        sockets[s.fileno()] = s
        poll.register(s, select.EPOLLIN)
        s.sendall(requests[0])
    done, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        for fd, _ in poll.poll(1):
            receive(sockets[fd])
            done += 1
            sockets[fd].sendall(requests[done % REQUESTS])
    for s in sockets.values():
        receive(s)
        s.close()
    return done + connections


def measure(args, tls):
    """Items per second of wall time and of fakeddb's CPU time."""
    with tempfile.TemporaryDirectory() as folder:
        ca_file = os.path.join(folder, "ca.pem")
        more = ["--tls", "--ca-file", ca_file] if tls else []
        db = FakeDDB(args.exe, "--table", "foopojo-supplementary:pojoId", *more, *args.options,
                     ca_file=ca_file if tls else None)
        before, start = cpu_seconds(db.process.pid), time.monotonic()
        items = run(db, args.seconds, args.connections) * ITEMS
        wall, cpu = time.monotonic() - start, cpu_seconds(db.process.pid) - before
        if db.stop() != 0:
            raise SystemExit("fakeddb did not end well")
    return items / wall, items / cpu


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("exe")
    parser.add_argument("--seconds", type=float, default=2, choices=[1, 2, 5, 10, 30])
    parser.add_argument("--connections", type=int, default=8, choices=range(1, 129), metavar="1..128")
    parser.add_argument("--rounds", type=int, default=3, choices=range(1, 21), metavar="1..20")
    parser.add_argument("--least", type=float, default=LEAST, help="items a CPU second that are enough")
    own, _, more = " ".join(sys.argv[1:]).partition(" -- ")
    args = parser.parse_args(own.split())
    args.options = more.split()
    found = {"plain": [], "TLS": []}
    for _ in range(args.rounds):
        for name, figures in found.items():
            figures.append(measure(args, name == "TLS"))
    enough = True
    for name, figures in found.items():
        wall, core = (statistics.median(column) for column in zip(*figures))
        enough = enough and core >= args.least
        print(f"{name}: {core:,.0f} items a CPU second, {1e6 / core:.2f} us an item ({wall:,.0f} items/s under this load)")
    if not enough:
        raise SystemExit(f"less than {args.least:,.0f} items a CPU second")


if __name__ == "__main__":
    main()
