#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The clients of the suite vanish.

usage: vanish_clients.py HOW HOST PORT COUNT

Each of COUNT clients sends a request and goes away without reading its answer;
the requests take turns: kept alive or Connection: close, a small or a large
answer, a partial request, a body that is missing. HOW it goes:

close   close() at once: a FIN, or a reset once the answer arrives
reset   a reset at once
hold    all send, then "held" is printed and nobody does anything any more;
        at a line on standard input the sockets are closed
silent  all connect, then "held" is printed; at a line on standard input all
        send their requests and wait for the end of standard input
"""
import sys

from kelp_test import Connection

CLOSE = b"Connection: close\r\n\r\n"
REQUESTS = [
    b"GET /small HTTP/1.1\r\nHost: t\r\n\r\n",
    b"GET /small HTTP/1.1\r\nHost: t\r\n" + CLOSE,
    b"GET /huge HTTP/1.1\r\nHost: t\r\n\r\n",
    b"GET /huge HTTP/1.1\r\nHost: t\r\n" + CLOSE,
    b"GET /site/cold?%d HTTP/1.1\r\nHost: t\r\n\r\n",
    b"GET /large/file HTTP/1.1\r\nHost: t\r\n" + CLOSE,
    b"GET /small HTTP/1.1\r\nHo",
    b"POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 9999\r\n\r\nbegin",
    b"",
    b"GET /small HTTP/1.1\r\nHost: t\r\n\r\n" * 20,
]


def main():
    how, host, port, count = sys.argv[1:]
    kept = []

    def connect():
        return Connection(int(port), host, timeout=30)

    for i in range(int(count)):
        connection = connect()
        if how != "silent":
            connection.send(REQUESTS[i % len(REQUESTS)])
        if how == "close":
            connection.close()
        elif how == "reset":
            connection.reset()
        else:
            kept.append(connection)
    if how in ("hold", "silent"):
        print("held", flush=True)
        sys.stdin.readline()
    if how == "silent":
        for i, connection in enumerate(kept):
            connection.send(REQUESTS[i % len(REQUESTS)])
        print("sent", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
