# SPDX-License-Identifier: GPL-2.0-only
"""What the suites engine and engine_limits share: a server with answers of
several sizes, a look at its counters, and the state each test has to leave.
"""
import functools
import os
import resource
import socket
import struct
import subprocess
import tempfile
import time

import kelp_test
from kelp_test import (Connection, Failure, Skip, equal, kelpctl,
                       kelpctl_json, true, wait_for)

PORT = 8080
DEBUG = kelp_test.KERNEL == "debug"
SOAK = kelp_test.SOAK
PATIENCE = kelp_test.PATIENCE
BRIEF = kelp_test.KERNEL == "6.12" and not SOAK
TCP_WINDOW_CLAMP = 10
BODIES = 8
LIMITS = {}


def body(seed, size):
    """Bytes that say which body they are of and where in it they belong."""
    words = (seed << 24 | i for i in range((size + 3) // 4))
    return b"".join(struct.pack(">I", w) for w in words)[:size]


SMALL = b"twelve bytes"
BIG = [body(i, 65536) for i in range(BODIES)]
HUGE = body(77, 1 << 20)


def put(path, data):
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        kelpctl("object", "put", path, file.name)


def listen():
    kelpctl("listener", "add", "127.0.0.1:%d" % PORT)


def setup():
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192))
    LIMITS.update((row["name"], row["value"])
                  for row in kelpctl_json("limits", "show"))
    put("/small", SMALL)
    put("/huge", HUGE)
    for i, data in enumerate(BIG):
        put("/big/%d" % i, data)
    kelpctl("route", "add", "/echo", "echo")
    listen()


def get_line(target, *fields):
    return "\r\n".join(["GET %s HTTP/1.1" % target, "Host: test",
                        *fields, "", ""]).encode()


# What is looked at after each test

def stats():
    return kelpctl_json("stats", "show")


class counted:
    """with counted() as c: …; then c["requests"] is by how much it grew."""

    def __enter__(self):
        self.before = stats()
        self.now = None
        return self

    def __exit__(self, *error):
        self.now = stats()

    def __getitem__(self, name):
        """Up to the end of the block, or, inside it, to this moment."""
        return (self.now or stats())[name] - self.before[name]


def empty():
    status = kelpctl_json("status")
    return not status["connections"] and not status["memory_bytes"]


def worker_times():
    """Nanoseconds of CPU time that each kelp/N thread has used."""
    times = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/comm" % pid, encoding="ascii") as file:
                name = file.read().strip()
            if not name.startswith("kelp/"):
                continue
            with open("/proc/%s/stat" % pid, encoding="ascii") as file:
                fields = file.read().rpartition(")")[2].split()
            times[name] = (int(fields[11]) + int(fields[12])) * 10 ** 7
        except OSError:
            continue
    return times


def at_rest():
    """Over a quarter of a second the workers use next to no CPU time."""
    before = worker_times()
    true(before, "no worker threads")
    time.sleep(0.25)    # no poll: the window that is measured
    after = worker_times()
    return all(after[name] - before[name] <= 2 * 10 ** 7 for name in before)


def settles(function):
    """Afterwards nothing is left and nothing spins; limits are as before."""
    @functools.wraps(function)
    def wrapper():
        try:
            function()
            wait_for(empty, 10 * PATIENCE, "no connections, no memory in use")
            wait_for(at_rest, 5 * PATIENCE, "workers at rest")
        finally:
            for name, value in CHANGED.items():
                kelpctl("limits", "set", name, value)
            CHANGED.clear()
    return wrapper


CHANGED = {}


def limit(name, value):
    CHANGED.setdefault(name, LIMITS[name])
    kelpctl("limits", "set", name, value)


def not_in_brief(function):
    @functools.wraps(function)
    def wrapper():
        if BRIEF:
            raise Skip("6.1 and debug run it; 6.12 under make soak")
        function()
    return wrapper


def gone(connection):
    """The server ends the connection, with a reset or in order."""
    try:
        while connection.sock.recv(65536):
            pass
    except ConnectionResetError:
        pass
    except socket.timeout:
        raise Failure("the connection is still open") from None


def kill(*expression):
    done = subprocess.run(["ss", "-K", "-H", "-n", *expression], check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    true(done.stdout.strip(), "ss -K killed nothing")


def kill_server_end(connection):
    kill("-t", "sport = :%d and dport = :%d" %
         (PORT, connection.sock.getsockname()[1]))


def listener_again():
    """Some values reach sockets through their listener."""
    kelpctl("listener", "del", "127.0.0.1:%d" % PORT)
    listen()


def tiny(clamp=1024):
    connection = Connection(PORT, rcvbuf=1, timeout=60 * PATIENCE)
    connection.sock.setsockopt(socket.IPPROTO_TCP, TCP_WINDOW_CLAMP, clamp)
    return connection


def expect_body(connection, expected, what):
    answer = connection.response()
    equal(answer.status, 200, what + ": status")
    if answer.body != expected:
        at = next(i for i, (a, b) in enumerate(zip(answer.body, expected))
                  if a != b) if len(answer.body) == len(expected) else -1
        raise Failure("%s: %d bytes, first wrong one at %d" %
                      (what, len(answer.body), at))


def open_from(address, port=PORT, rcvbuf=None, timeout=None, to="127.0.0.1"):
    """A connection whose client has this address."""
    connection = Connection.__new__(Connection)
    connection.buffer = b""
    connection.sock = socket.socket(socket.AF_INET6 if ":" in to else
                                    socket.AF_INET)
    if rcvbuf:
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
    connection.sock.settimeout(timeout or kelp_test.TIMEOUT)
    connection.sock.bind((address, 0))
    connection.sock.connect((to, port))
    return connection


def served(connection):
    equal(connection.request("/small").body, SMALL, "answer")
