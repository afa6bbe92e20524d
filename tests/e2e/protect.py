#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: timeout=180 soak=1200
"""Protections against clients that want too much: room is made when the limit
of connections is reached, and ordinary clients are served meanwhile.
"""
import os
import socket
import subprocess
import time

import engine_lib
import kelp_test
from engine_lib import (DEBUG, PORT, SMALL, SOAK, counted, get_line,
                        gone, limit, settles)
from kelp_test import Connection, equal, kelpctl_json, true, wait_for

HEAD = b"GET /small HTTP/1.1\r\nHost: test\r\nX-Half: "
BODY = (b"POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 10000\r\n\r\n"
        b"ten bytes.")


def setup():
    engine_lib.setup()


def open_from(address, port=PORT, rcvbuf=None, timeout=None):
    """A connection whose client has this address."""
    connection = Connection.__new__(Connection)
    connection.buffer = b""
    connection.sock = socket.socket()
    if rcvbuf:
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
    connection.sock.settimeout(timeout or kelp_test.TIMEOUT)
    connection.sock.bind((address, 0))
    connection.sock.connect(("127.0.0.1", port))
    return connection


def states():
    return sorted(row["state"] for row in kelpctl_json("conn", "show"))


def in_states(*expected):
    wait_for(lambda: states() == sorted(expected), what="states %s, now %s" %
             (expected, states()))


def served(connection):
    equal(connection.request("/small").body, SMALL, "answer")


# Who goes when there is no room

@settles
def test_evict_order():
    """Incomplete requests, the oldest first; then an answer that stands
    still; then who was idle for the longest time."""
    limit("connections", 5)
    idle = [Connection(PORT), Connection(PORT)]
    for connection in idle:
        served(connection)
    reader = Connection(PORT, rcvbuf=4096)
    reader.send(get_line("/huge") * 4)
    head = Connection(PORT)
    head.send(HEAD)
    in_states("idle", "idle", "header", "write")
    body = Connection(PORT)
    body.send(BODY)
    in_states("idle", "idle", "header", "body", "write")
    served(idle[0])    # Now the other is idle for longer.
    time.sleep(1.2)    # no poll: they have to be older than a second
    new = []
    for name, expected in (("head", head), ("body", body), ("reader", reader),
                           ("idle", idle[1]), ("used", idle[0])):
        with counted() as grown:
            new.append(Connection(PORT))
            served(new[-1])
            print("# expected to go: " + name, flush=True)
            gone(expected)
            wait_for(lambda: kelpctl_json("status")["connections"] == 5,
                     what="room")
        equal(grown["connections_evicted"], 1, "evicted")
        equal(grown["connections_refused"], 0, "refused")
    for connection in new:
        served(connection)
    for connection in new + idle + [head, body, reader]:
        connection.close()


@settles
def test_evict_silent():
    """Who connected and sent nothing goes before those who asked."""
    limit("connections", 3)
    asked = Connection(PORT)
    served(asked)
    silent = Connection(PORT)
    also = Connection(PORT)
    served(also)
    wait_for(lambda: len(states()) == 3, what="three connections")
    time.sleep(1.2)    # no poll: it has to be older than a second
    new = Connection(PORT)
    served(new)
    gone(silent)
    for connection in (asked, also, new):
        served(connection)
        connection.close()
    silent.close()


@settles
def test_evict_lowered_limit():
    """A limit that was lowered is reached by and by."""
    crowd = [Connection(PORT) for _ in range(20)]
    for connection in crowd:
        served(connection)
    limit("connections", 5)
    for _ in range(20):
        with Connection(PORT) as connection:
            served(connection)
    wait_for(lambda: kelpctl_json("status")["connections"] <= 5,
             what="five connections")
    for connection in crowd:
        connection.close()


@settles
def test_evict_at_once():
    """Many more than there is room for, all at once: none is refused, none
    waits for ever, and the number never gets far beyond the limit."""
    limit("connections", 20)
    most, crowd = 0, []
    with counted() as grown:
        for _ in range(200 if DEBUG else 600):
            crowd.append(Connection(PORT))
            crowd[-1].send(HEAD)
            if len(crowd) % 20 == 0:
                most = max(most, kelpctl_json("status")["connections"])
        wait_for(lambda: kelpctl_json("status")["connections"] <= 20,
                 what="within the limit again")
        with Connection(PORT) as connection:
            served(connection)
    equal(grown["connections_refused"], 0, "refused")
    true(grown["connections_evicted"] >= len(crowd) - 20, "%d evicted of %d" %
         (grown["connections_evicted"], len(crowd)))
    true(most <= 20 + 64 + 64, "%d connections at a limit of 20" % most)
    for connection in crowd:
        connection.close()


# The bar: half-open clients from one address, ordinary ones from another

CROWD = """
import os, select, socket, sys, time
PORT, COUNT, HEAD, BODY, LINE = %r
def begin(i):
    s = socket.socket()
    if i %% 3 == 2:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.bind(("127.0.0.2", 0))
    s.connect(("127.0.0.1", PORT))
    s.sendall((HEAD, BODY, LINE * 4)[i %% 3])
    s.setblocking(False)
    return s
socks, again = [], 0
def fill(i):
    try:
        return begin(i)
    except OSError:
        return None
socks = [fill(i) for i in range(COUNT)]
print("on", flush=True)
while os.getppid() == int(sys.argv[1]):
    end = time.monotonic() + 0.25
    for i, s in enumerate(socks):
        try:
            if s is None:
                raise ConnectionResetError
            if i %% 3 == 2:
                gone = s.recv(64) == b""
            else:
                gone = s.send(b"x") != 1
            if gone:
                raise ConnectionResetError
        except BlockingIOError:
            pass
        except OSError:
            if s:
                s.close()
            socks[i] = fill(i)
            again += 1
        time.sleep(max(end - time.monotonic(), 0) / (COUNT - i))  # endless
"""


def probes(count):
    """(how many of them were answered, 99th percentile in seconds)"""
    times, answered = [], 0
    for _ in range(count):
        begin = time.monotonic()
        try:
            with open_from("127.0.0.1", timeout=5 * kelp_test.PATIENCE) as one:
                answered += one.request("/small").body == SMALL
        except (OSError, kelp_test.Failure):
            pass
        times.append(time.monotonic() - begin)
    times.sort()
    return answered, times[int(count * 0.99)]


@settles
def test_half_open_crowd():
    count = 1000 if SOAK else 200 if DEBUG else 1000
    limit("connections", 512)
    probes(count // 10)
    answered, idle = probes(count)
    equal(answered, count, "answered without a crowd")
    crowd = subprocess.Popen(
        ["/usr/bin/python3", "-c", CROWD %
         ((PORT, 600, HEAD, BODY, get_line("/huge")),), str(os.getpid())],
        stdout=subprocess.PIPE)
    try:
        with counted() as grown:
            equal(crowd.stdout.readline(), b"on\n", "crowd")
            answered, busy = probes(count)
            now = kelpctl_json("status")["connections"]
    finally:
        crowd.kill()
        crowd.wait()
        crowd.stdout.close()
    print("# %d probes: %d answered, p99 %.1f ms beside the crowd, %.1f ms "
          "without; %d evicted" % (count, answered, busy * 1e3, idle * 1e3,
                                   grown["connections_evicted"]), flush=True)
    true(grown["connections_evicted"] >= 88, "nobody was evicted")
    true(now >= 500, "only %d connections: no crowd" % now)
    true(answered >= 0.99 * count, "%d of %d answered" % (answered, count))
    true(busy <= 5 * idle, "p99 %.1f ms, %.1f ms without the crowd" %
         (busy * 1e3, idle * 1e3))


if __name__ == "__main__":
    kelp_test.main(globals())
