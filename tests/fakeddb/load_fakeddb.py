"""How many items fakeddb takes a second of its own CPU: signed batches of 25 items of about 110 bytes.

Run as: load_fakeddb.py PATH_OF_FAKEDDB [--seconds S] [--connections N] [fakeddb options after --]
"""
import argparse
import json
import os
import select
import socket
import time
import uuid

from fakeddb_client import FakeDDB, request_bytes

ITEMS = 25
REQUESTS = 400  # different ones, sent again and again


def make_request(db):
    writes = [{"PutRequest": {"Item": {"pojoId": {"S": f"primaryKey-{uuid.uuid4()}"},
                                       "joinValue": {"S": f"join-{uuid.uuid4()}"}}}} for _ in range(ITEMS)]
    body = json.dumps({"RequestItems": {"foopojo-supplementary": writes}}, separators=(",", ":")).encode()
    return request_bytes(db.host, "DynamoDB_20120810.BatchWriteItem", body)


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(db, seconds, connections):
    """Keep every connection busy with one request at a time; the number of answers."""
    requests = [make_request(db) for _ in range(REQUESTS)]
    poll = select.epoll()
    sockets = {}
    for _ in range(connections):
        s = socket.create_connection(("127.0.0.1", db.port))
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sockets[s.fileno()] = s
        poll.register(s, select.EPOLLIN)
        s.sendall(requests[0])
    done, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        for fd, _ in poll.poll(1):
            answer = sockets[fd].recv(4096)
            if not answer.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(answer)
            done += 1
            sockets[fd].sendall(requests[done % REQUESTS])
    for s in sockets.values():
        s.close()
    return done


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("exe")
    parser.add_argument("--seconds", type=float, default=5, choices=[1, 2, 5, 10, 30])
    parser.add_argument("--connections", type=int, default=8, choices=range(1, 129), metavar="1..128")
    parser.add_argument("options", nargs="*")
    args = parser.parse_args()
    db = FakeDDB(args.exe, "--table", "foopojo-supplementary:pojoId", *args.options)
    before, start = cpu_seconds(db.process.pid), time.monotonic()
    items = run(db, args.seconds, args.connections) * ITEMS
    wall, cpu = time.monotonic() - start, cpu_seconds(db.process.pid) - before
    print(f"{items} items in {wall:.1f} s ({items / wall:,.0f}/s); fakeddb's CPU {cpu:.2f} s: "
          f"{items / cpu:,.0f} items/s/core, {cpu / items * 1e6:.2f} us an item")
    if db.stop() != 0:
        raise SystemExit("fakeddb did not end well")


if __name__ == "__main__":
    main()
