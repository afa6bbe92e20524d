#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=6.12 where=guest timeout=120
"""Cold files that take their time: whoever asks for them waits, nobody else.

All clients run on one CPU, so that one worker has all their connections.
"""
import contextlib
import os
import select
import tempfile
import time

import disk_kit
import http_kit
from http_kit import get_bytes
import kelp_test
from kelp_test import (Connection, equal, get, kelpctl, kelpctl_json, true,
                       wait_for, write_file)

COLD = 12
STATE = {}


def content(number):
    return b"%06d\n" % number * 20000


def setup():
    os.sched_setaffinity(0, {0})
    scratch = STATE["scratch"] = tempfile.TemporaryDirectory(
        prefix="kelp-test.")
    os.chmod(scratch.name, 0o755)
    for number in range(COLD):
        write_file("%s/from/%d" % (scratch.name, number), content(number))
    write_file(scratch.name + "/from/hot", b"hot")
    os.chmod(scratch.name + "/from", 0o755)
    disk_kit.make_image(scratch.name + "/image", scratch.name + "/from",
                        16 << 20)
    os.mkdir(scratch.name + "/slow")
    http_kit.serve()


def teardown():
    http_kit.stop()
    STATE["scratch"].cleanup()


@contextlib.contextmanager
def slow_site():
    """A disk, and /slow on it; however the test ends both go."""
    folder = STATE["scratch"].name
    with disk_kit.SlowDisk(folder + "/image", folder + "/slow") as disk:
        kelpctl("site", "add", "/slow", folder + "/slow")
        try:
            yield disk
        finally:
            disk.release()
            if any(row["prefix"] == "/slow" for row in
                   kelpctl_json("site", "show")):
                kelpctl("site", "del", "/slow")


def ask_for_cold():
    found = []
    for number in range(COLD):
        found.append(Connection(timeout=60))
        found[-1].send(get_bytes("/slow/%d" % number) + get_bytes("/hello"))
    return found


def timed(what, function):
    begin = time.monotonic()
    function()
    took = time.monotonic() - begin
    true(took < 1.0, "%s took %.2f s" % (what, took))
    return took


def pipelined():
    """More than a softirq may answer, so that the worker has to."""
    with Connection() as connection:
        connection.send(get_bytes("/hello") * 200)
        for _ in range(200):
            equal(connection.response().body, http_kit.HELLO, "pipelined")


def others_are_served(number):
    equal(get("/hello").body, http_kit.HELLO, "an object")
    equal(get("/slow/hot").body, b"hot", "a cached file of that disk")
    equal(get("/site/cold/%d" % number).body, b"cold %d" % number,
          "a cold file of another disk")
    equal(get("/echo", method="POST", body=b"x").body, b"x", "a handler")
    pipelined()


def test_a_slow_file_stops_nobody_else():
    with slow_site() as disk:
        equal(get("/slow/hot").body, b"hot", "the disk")
        others_are_served(0)
        disk.hold()
        cold = ask_for_cold()
        wait_for(lambda: disk.waiting, what="a read that waits")
        wait_for(lambda: sum(row["state"] == "async" for row in
                             kelpctl_json("conn", "show")) == COLD,
                 what="all of them wait")
        equal(len({row["cpu"] for row in kelpctl_json("conn", "show")}), 1,
              "workers")
        slowest = max(timed("a round of requests",
                            lambda n=number: others_are_served(n))
                      for number in range(1, 31))
        print("# slowest round of five requests beside the disk that waits: "
              "%.0f ms" % (slowest * 1e3), flush=True)
        equal(select.select([c.sock for c in cold], [], [], 0)[0], [],
              "answers, of files that could not be read")
        disk.release()
        for number, connection in enumerate(cold):
            equal(connection.response().body, content(number), "cold file")
            equal(connection.response().body, http_kit.HELLO, "what follows")
            connection.close()


def test_the_end_does_not_wait_for_clients_of_a_slow_file():
    """They go, the disk goes on: what was read for them is dropped."""
    with slow_site() as disk:
        disk.hold()
        cold = ask_for_cold()
        wait_for(lambda: disk.waiting, what="a read that waits")
        for connection in cold:
            connection.reset()
        kelpctl("site", "del", "/slow")
        equal(get("/slow/hot").status, 404, "the site")
        wait_for(lambda: kelpctl_json("status")["connections"] == 0,
                 what="no connection left")
        equal(get("/hello").body, http_kit.HELLO, "an object")
        disk.release()


if __name__ == "__main__":
    kelp_test.main(globals())
