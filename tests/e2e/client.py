#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=6.12 where=guest timeout=240
"""libkelp against servers in the kernel: the examples, one connection for many
calls beside blocking ones, and three servers in namespaces of their own, of
which one is taken away, comes back, and another one is drained.
"""
import contextlib
import json
import os
import subprocess
import time

import guest_kit
import kelp_test
from kelp_test import SOAK, equal, kelpctl, true
from rpc_kit import ip, namespace_end

BENCH = guest_kit.ROOT + "/build/bench/"
EXAMPLES = guest_kit.ROOT + "/build/examples/"
# health_max_ms and connect_timeout_ms of a channel that says nothing else, and
# what starting a server and looking take.
BACK_WITHIN = 3.0 + 0.3 + 1.0
TIMEOUT_MS = 1000
STATE = {}


def setup():
    kelpctl("listener", "add", "127.0.0.1:8080")


def run(name, *args, status=0):
    done = subprocess.run([EXAMPLES + name, *args], capture_output=True,
                          text=True, timeout=20, check=False)
    equal(done.returncode, status, "status of %s: %s%s" %
          (name, done.stdout, done.stderr))
    return done.stdout


# The examples

def test_sync():
    equal(run("sync", "127.0.0.1:8080"), "40 + 2 = 42\n", "the sum")


def test_stubs():
    equal(run("stubs", "127.0.0.1:8080"), 2 * "the sum is 3\n", "the sums")


def test_async():
    text = run("async", "127.0.0.1:8080")
    true(text.startswith("1000 calls, 0 failed, 1 connection, "), text)


def test_loop():
    lines = run("loop", "127.0.0.1:8080").splitlines()
    equal(sorted(lines), ["call %d: done" % i for i in range(10)], "calls")


def test_fanout():
    lines = run("fanout", "127.0.0.1:8080", "127.0.0.1:1",
                "127.0.0.1:8080", status=1).splitlines()
    equal(lines[0], "127.0.0.1:8080: done", "the first")
    true("refused" in lines[1], lines[1])
    equal(lines[2:], ["127.0.0.1:8080: done", "1 of 3 failed"], "the rest")


# Many calls on one connection

def test_one_connection():
    """Started calls beside blocking ones, a thread of the caller's for each.

    make check asks for less, because something else may keep the machine busy.
    """
    done = subprocess.run(
        [BENCH + "client_speed", "-d", "2" if SOAK else "0.5", "-r",
         "5" if SOAK else "3", "127.0.0.1:8080"],
        capture_output=True, text=True, timeout=100, check=False)
    equal(done.returncode, 0, done.stderr)
    found = json.loads(done.stdout)
    ratio = found["started"] / found["blocking"]
    print("# blocking %.0f, started %.0f calls/s: %.1f times; %.3f system "
          "calls each" % (found["blocking"], found["started"], ratio,
                          found["system_calls_per_call"]), flush=True)
    true(ratio >= (4 if SOAK else 1.5), "%.1f times" % ratio)
    true(found["system_calls_per_call"] < (0.2 if SOAK else 0.5),
         "system calls per call")


# Three servers

def address(number):
    return "10.77.%d.2:8000" % number


def server_start(number):
    """A namespace with a server, and a wire to it."""
    name, wire = "server%d" % number, "wire%d" % number
    ip("netns", "add", name)
    ip("link", "add", wire, "type", "veth", "peer", "name", "eth0", "netns",
       name)
    ip("addr", "add", "10.77.%d.1/24" % number, "dev", wire)
    ip("link", "set", wire, "up")
    ip("-n", name, "addr", "add", "10.77.%d.2/24" % number, "dev", "eth0")
    ip("-n", name, "link", "set", "eth0", "up")
    ip("-n", name, "link", "set", "lo", "up")
    server_listen(number)


def server_listen(number):
    kelpctl("listener", "add", address(number), "--services", "all",
            netns="server%d" % number)


@contextlib.contextmanager
def servers(count):
    try:
        for number in range(count):
            server_start(number)
        yield "list://" + ",".join(address(n) for n in range(count))
    finally:
        for number in range(count):
            namespace_end("server%d" % number)


class Drive:
    """Somebody who calls them all the time."""

    def __init__(self, target, seconds, *options):
        self.lines = []
        self.process = subprocess.Popen(
            [BENCH + "client_drive", "-d", str(seconds), "-t", str(TIMEOUT_MS),
             *options, target], stdout=subprocess.PIPE, text=True)

    def look(self):
        line = self.process.stdout.readline()
        true(line, "the caller ended early")
        self.lines.append(json.loads(line))
        return self.lines[-1]

    def until(self, what, holds, seconds):
        """Look until it holds; the time that this took."""
        begun = time.monotonic()
        while not holds(self.look()):
            true(time.monotonic() - begun < seconds, what)
        return time.monotonic() - begun

    def end(self):
        self.process.terminate()
        rest = self.process.stdout.read().splitlines()
        self.lines += [json.loads(line) for line in rest]
        equal(self.process.wait(20), 0, "its status")
        return self.lines[-1]


def attempts(line, number):
    return line["servers"][address(number)]["attempts"]


def grows_by(drive, number, more):
    """Does that server get calls again?"""
    before = attempts(drive.lines[-1], number)
    return lambda line: attempts(line, number) >= before + more


def judge(last, most_errors):
    """No reply was wrong, none came too late, and few calls failed."""
    print("# %d calls, %d retries, errors %s, slowest %.1f ms" % (
        last["calls"], last["retries"], last["errors"], last["slowest_ms"]),
          flush=True)
    equal(last["wrong"], 0, "wrong replies")
    true(last["slowest_ms"] <= TIMEOUT_MS + 50, "%.1f ms" % last["slowest_ms"])
    true(sum(last["errors"].values()) <= most_errors,
         "errors %s" % last["errors"])


# Calls under way at a time: see client_drive.c.
UNDER_WAY = 18


def taken_away(*options, most_errors):
    with servers(3) as target:
        drive = Drive(target, 25, *options)
        drive.until("all are called", lambda line: all(
            attempts(line, n) > 20 for n in range(3)), 5)
        ip("netns", "del", "server1")
        # the kernel takes a namespace apart later, when it has the time
        drive.until("it is out of use", lambda line:
                    line["servers"][address(1)]["state"] == 1, 10)
        # the others go on meanwhile
        drive.until("the others are called", grows_by(drive, 0, 50), 3)
        server_start(1)
        took = drive.until("it is called again", grows_by(drive, 1, 20),
                           BACK_WITHIN)
        print("# back in use after %.2f s" % took, flush=True)
        judge(drive.end(), most_errors)


def test_one_is_taken_away():
    """Calls that were under way there may fail, no others."""
    taken_away(most_errors=UNDER_WAY)


def test_one_is_taken_away_from_who_may_repeat():
    """They are made again, but for those whose time is up by then."""
    taken_away("-i", most_errors=UNDER_WAY)


def test_one_is_drained():
    with servers(3) as target:
        drive = Drive(target, 25)
        drive.until("all are called", lambda line: all(
            attempts(line, n) > 20 for n in range(3)), 5)
        kelpctl("drain", netns="server2")
        drive.until("it is out of use", lambda line:
                    line["servers"][address(2)]["state"] != 0, 3)
        server_listen(2)
        drive.until("it is called again", grows_by(drive, 2, 20), BACK_WITHIN)
        judge(drive.end(), 0)


if __name__ == "__main__":
    os.environ.setdefault("LC_ALL", "C")
    kelp_test.main(globals())
