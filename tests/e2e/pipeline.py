#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1,6.12,debug timeout=90
"""Many requests in one write: all are answered, in order and without pauses,
whatever budget of the engine they exhaust and wherever TCP cuts them.
"""
import socket
import time

import engine_lib
import kelp_test
from engine_lib import PATIENCE, PORT, SMALL, counted, get_line, settles
from kelp_test import Failure, equal, true

ONE = get_line("/small")
# Two of the runs of 32 KiB in which loopback delivers: the second is gathered.
MANY = 2 * 32768 // len(ONE)


def setup():
    engine_lib.setup()


def ask(requests, count, shut=False, expect=SMALL):
    """Send bytes at once, read count answers; the seconds that took."""
    with socket.create_connection(("127.0.0.1", PORT), 30 * PATIENCE) as sock:
        start = time.monotonic()
        sock.sendall(requests)
        if shut:
            sock.shutdown(socket.SHUT_WR)
        file = sock.makefile("rb")
        for number in range(count):
            line = file.readline()
            if not line.startswith(b"HTTP/1.1 200"):
                raise Failure("answer %d begins with %r" % (number, line))
            length = None
            while line not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
                line = file.readline()
            equal(file.read(length), expect, "body of answer %d" % number)
        took = time.monotonic() - start
        if shut:
            equal(file.read(), b"", "bytes behind the last answer")
        return took


@settles
def test_more_than_a_workers_budget():
    # Cut by TCP in the middle of a head, so that what follows is gathered, and
    # far more of it than a worker answers in one go.
    with counted() as seen:
        took = ask(ONE * MANY, MANY)
    true(seen["gathers"] > 0, "something was gathered")
    true(took < 5 * PATIENCE, "%d answers without a pause: %.2f s" % (MANY, took))


@settles
def test_more_than_a_workers_budget_then_fin():
    ask(ONE * MANY, MANY, shut=True)


@settles
def test_every_depth_without_a_pause():
    # An answer that is held back by MSG_MORE comes 200 ms late, every time.
    for depth in (1, 16, 31, 32, 33, 64, 96, 128):
        best = min(ask(ONE * depth, depth) for _ in range(4))
        true(best < 0.15 * PATIENCE, "depth %d took %.3f s" % (depth, best))


@settles
def test_normalised_path_behind_others():
    # Finding the name of "/./small" needs room that earlier answers fill.
    ask((ONE * 31 + get_line("/./small")) * 20, 640)


if __name__ == "__main__":
    kelp_test.main(globals())
