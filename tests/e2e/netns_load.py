#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Clients of the suite netns that keep a server busy in every way at once.

usage: netns_load.py HOST PORT LARGE

Until it is killed: readers that stop in mid-answer (of /huge) and in the
download of LARGE, halves of requests, idle connections, requests with
Connection: close that are never read, and threads that ask again and again.
Prints "busy" once all of that is under way.
"""
import sys
import threading
import time

from kelp_test import Connection, Failure

HOST, PORT, LARGE = sys.argv[1], int(sys.argv[2]), sys.argv[3]


def request(target, *fields):
    return "\r\n".join(["GET %s HTTP/1.1" % target, "Host: t", *fields, "",
                        ""]).encode()


def again(barrier):
    waited = False
    while True:
        try:
            with Connection(PORT, HOST) as connection:
                for _ in range(100):
                    connection.request("/huge" if waited else "/small")
                    if not waited:
                        barrier.wait()
                        waited = True
        except (Failure, OSError):
            if not waited:
                raise
            time.sleep(0.05)    # poll, until killed: the server has gone


def main():
    kept = []
    for data in (request("/huge") * 4, request(LARGE),
                 request("/huge", "Connection: close"),
                 request("/small", "Connection: close"),
                 b"GET /small HT", b"",
                 b"POST /echo HTTP/1.1\r\nHost: t\r\n"
                 b"Content-Length: 9000\r\n\r\nbegin"):
        for _ in range(5):
            connection = Connection(PORT, HOST, rcvbuf=4096)
            connection.send(data)
            kept.append(connection)
    barrier = threading.Barrier(5)
    for _ in range(4):
        threading.Thread(target=again, args=(barrier,), daemon=True).start()
    barrier.wait()
    print("busy", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
