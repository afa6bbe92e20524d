# SPDX-License-Identifier: GPL-2.0-only
"""Callers for the suites rpc_limits and rpc_fault: one who looks how soon he is
answered, a crowd of which most are refused, and those who call all there is.
"""
import random
import selectors
import struct
import threading
import time

import rpc_kit
from engine_lib import PATIENCE
from kelp_test import Failure, equal, true, wait_for
from rpc_kit import ELIMIT, OK, Rpc, fails, field, ok, request

METHODS = "test.Methods"


class Probe:
    """Somebody else, who calls all the time: with Probe() as probe: …; then
    probe.worst() and probe.median() are in seconds."""

    def __enter__(self):
        self.times, self.errors, self.stop = [], [], threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        wait_for(lambda: self.times or self.errors, what="a first reply")
        return self

    def run(self):
        try:
            with Rpc() as conn:
                while not self.stop.wait(0.005):    # a client's pace
                    begin = time.monotonic()
                    ok(conn.call("kelp.Calc", "Add", field(1, 1)), field(1, 1))
                    self.times.append(time.monotonic() - begin)
        except (OSError, Failure) as error:
            self.errors.append(str(error))

    def __exit__(self, kind, *error):
        self.stop.set()
        self.thread.join()
        if not kind:
            equal(self.errors, [], "what happened to somebody else")

    def median(self):
        return sorted(self.times)[len(self.times) // 2]

    def said(self, beside):
        self.times.sort()
        print("# beside %s: %d calls, median %.1f ms, worst %.1f ms" %
              (beside, len(self.times), self.median() * 1e3,
               self.times[-1] * 1e3), flush=True)


def unnoticed(probe, before, beside):
    """No slower than three times as slow as alone, or than 20 ms."""
    probe.said(beside)
    true(len(probe.times) >= 10, "only %d calls" % len(probe.times))
    true(probe.median() <= max(3 * before, 0.02 * PATIENCE),
         "median %.1f ms, alone %.1f ms" %
         (probe.median() * 1e3, before * 1e3))
    true(probe.times[-1] <= 1.0 * PATIENCE, "worst %.3f s" % probe.times[-1])


def alone():
    with Probe() as probe:
        wait_for(lambda: len(probe.times) >= 50, what="50 calls")
    return probe.median()


class Crowd:
    """So many callers on a few connections. Each calls again when its call was
    answered; when it was refused, after a pause."""

    def __init__(self, callers, milliseconds, seconds):
        self.request = request(METHODS, "Later", field(1, milliseconds),
                               ident=(1 << 34) | 0x155)
        self.id_at = self.request.index(rpc_kit.varint((1 << 34) | 0x155))
        self.pause = milliseconds / 1000
        self.seconds = seconds
        self.good = 0
        self.refused = []
        self.sent = {}
        self.serial = 0
        self.conns = [Rpc() for _ in range(4)]
        self.later = [(0.0, self.conns[i % 4]) for i in range(callers)]
        self.run()

    def call(self, conn):
        self.serial += 1
        ident = (1 << 34) | self.serial
        data = bytearray(self.request)
        data[self.id_at:self.id_at + 5] = rpc_kit.varint(ident)
        conn.sock.sendall(data)
        self.sent[ident] = time.monotonic()

    def answered(self, conn):
        now = time.monotonic()
        conn.more()
        while len(conn.buffer) >= 12 and len(conn.buffer) >= 12 + \
                struct.unpack(">I", conn.buffer[4:8])[0]:
            reply = conn.reply()
            took = now - self.sent.pop(reply.ident)
            if reply.code == OK:
                self.good += 1
                self.later.insert(0, (0.0, conn))
            else:
                fails(reply, ELIMIT, "too many calls")
                self.refused.append(took)
                self.later.append((now + self.pause, conn))

    def run(self):
        selector = selectors.DefaultSelector()
        for conn in self.conns:
            selector.register(conn.sock, selectors.EVENT_READ, conn)
        begin = time.monotonic()
        while True:
            now = time.monotonic()
            if now - begin > self.seconds:
                break
            # A few at a time, so that replies are not seen late for that.
            for _ in range(4):
                if self.later and self.later[0][0] <= now:
                    self.call(self.later.pop(0)[1])
            wait = 0 if self.later and self.later[0][0] <= now else 0.002
            for key, _ in selector.select(wait):
                self.answered(key.data)
        self.rate = self.good / (now - begin)
        for conn in self.conns:
            conn.close()


def some_call(dice, ident):
    """A call of any kind that ends by itself, and soon."""
    size = dice.choice((0, 10, 3000, 20000, 70000))
    attached = bytes(dice.choice((0, 0, 100, 30000)))
    method = dice.choice(("Echo", "EchoSleeping", "Later", "Sleep", "Large",
                          "Count", "kelp.Echo", "Add"))
    if method in ("Echo", "EchoSleeping"):
        return request(METHODS, method, bytes(size), ident, attached)
    if method in ("Later", "Sleep"):
        return request(METHODS, method, field(1, size // 200), ident)
    if method == "Large":
        return request(METHODS, method, field(1, size), ident)
    if method == "Count":
        return request("test.State", method, b"", ident)
    if method == "Add":
        return request("kelp.Calc", method, field(1, size), ident)
    return request("kelp.Echo", "Echo", field(1, bytes(size)), ident, attached)


class Caller(threading.Thread):
    """Calls methods of all kinds without an end; counts what each was told."""

    def __init__(self, seed, codes):
        super().__init__(daemon=True)
        self.dice = random.Random(seed)
        self.codes = codes
        self.told = {}
        self.over = threading.Event()
        self.trouble = None

    def run(self):
        try:
            with Rpc(timeout=60 * PATIENCE) as conn:
                ident = 0
                while not self.over.is_set():
                    idents = range(ident + 1, ident + 1 +
                                   self.dice.randrange(1, 20))
                    ident = idents[-1]
                    conn.send(b"".join(some_call(self.dice, i)
                                       for i in idents))
                    self.take(conn, set(idents))
        except (OSError, Failure) as error:
            self.trouble = error

    def take(self, conn, idents):
        while idents:
            reply = conn.reply()
            if reply.ident not in idents or reply.code not in self.codes:
                raise AssertionError(repr(reply))
            idents.remove(reply.ident)
            self.told[reply.code] = self.told.get(reply.code, 0) + 1


def callers(dice, count, codes):
    threads = [Caller(dice.random(), codes) for _ in range(count)]
    for thread in threads:
        thread.start()
    wait_for(lambda: all(t.told.get(OK, 0) > 20 for t in threads),
             30 * PATIENCE, "everybody is served")
    return threads


def finish(threads):
    """Everything that they were told, {code: number}."""
    told = {}
    for thread in threads:
        thread.over.set()
        thread.join(60 * PATIENCE)
        true(not thread.is_alive(), "a call is never answered")
        for code, number in thread.told.items():
            told[code] = told.get(code, 0) + number
    print("# told: %s" % told, flush=True)
    return told
