#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1,6.12 timeout=120 soak=300
"""Echoes of 16 bytes per second beside the same service in user space.

tests/bench describes the server and the client. Both servers answer on the
same two CPUs in the same guest, in alternating rounds; the ratio of the
medians counts. make check asks for less, because something else may keep the
machine busy.
"""
import json
import os
import statistics
import subprocess

import guest_kit
import kelp_test
from kelp_test import equal, kelpctl, true

SOAK = kelp_test.SOAK
BENCH = guest_kit.ROOT + "/build/bench/"
KELP, TWIN = 8080, 8081
ROUNDS, SECONDS = (5, 4) if SOAK else (3, 2) if kelp_test.KERNEL != "6.12" \
    else (3, 1)
STATE = {}


def setup():
    kelpctl("listener", "add", "127.0.0.1:%d" % KELP)
    STATE["twin"] = subprocess.Popen([BENCH + "rpc_twin", "-p", str(TWIN)],
                                     stdout=subprocess.PIPE, text=True)
    equal(STATE["twin"].stdout.readline(), "port %d threads 2\n" % TWIN,
          "what the twin says")


def teardown():
    if "twin" in STATE:
        STATE["twin"].terminate()
        STATE["twin"].wait(20)


def load(port, threads, connections):
    """One round of rpc_load; a wrong or missing reply is no rate."""
    done = subprocess.run(
        [BENCH + "rpc_load", "-j", "-t", str(threads), "-c", str(connections),
         "-d", str(SECONDS), "--size", "16", "127.0.0.1:%d" % port],
        capture_output=True, text=True, check=False)
    equal(done.returncode, 0, "status of rpc_load at port %d: %s%s" %
          (port, done.stdout, done.stderr))
    return json.loads(done.stdout)


def compare(threads, connections, least):
    found = {KELP: [], TWIN: []}
    for _ in range(ROUNDS):
        for port in (KELP, TWIN):
            found[port].append(load(port, threads, connections))
    kelp, twin = (statistics.median(
        round["calls_per_second"] for round in found[port])
        for port in (KELP, TWIN))
    print("# -t%d -c%d, %d x %d s: kelp %.0f, epoll %.0f calls/s, ratio %.2f "
          "(at least %.1f here)" % (threads, connections, ROUNDS, SECONDS,
                                    kelp, twin, kelp / twin, least))
    for name in ("p50", "p99", "p99.9"):
        print("#   %s: kelp %.0f, epoll %.0f us" % (name, *(
            statistics.median(round["latency_us"][name]
                              for round in found[port])
            for port in (KELP, TWIN))), flush=True)
    true(kelp >= least * twin, "%.0f is only %.2f times %.0f calls/s" %
         (kelp, kelp / twin, twin))


def test_64_connections():
    equal(os.cpu_count(), 2, "CPUs")
    compare(2, 64, 1.5 if SOAK else 1.2)


def test_one_connection():
    compare(1, 1, 2.5 if SOAK else 1.5)


if __name__ == "__main__":
    kelp_test.main(globals())
