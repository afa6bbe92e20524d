#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=6.12,debug where=guest timeout=240 soak=3600
"""RPC frames that lie: every length, at every cut; messages that are none;
numbers used twice. What has to come back says rpc_judge.py. rpc_mutated has
frames that nobody thought of, rpc_limits clients that are slow, many or gone.
"""
import os
import random
import struct

import engine_lib
import kelp_test
import rpc_kit
from engine_lib import counted, empty
from kelp_test import (KERNEL, PATIENCE, SOAK, equal, kelpctl_json, true,
                       wait_for)
from rpc_judge import judge
from rpc_kit import (ENOMETHOD, EREQUEST, OK, Rpc, fails, field, frame, ok,
                     request, varint)

DICE = random.Random(os.environ.get("KELP_SEED") or "hostile")
# Of all cases and cuts check has time for some, and for others each time.
SHARE = 1 if SOAK else 0.05


def setup():
    engine_lib.setup()
    rpc_kit.insert()


def teardown():
    rpc_kit.remove()


def some(cases, share=SHARE):
    return [case for case in cases if DICE.random() < share]


# One stream of bytes, cut in every way

class Stream:
    """A connection on which pieces are sent, and all that came back."""

    def __init__(self, pieces):
        self.pieces = pieces
        self.conn = Rpc()
        self.sent = 0

    def step(self):
        """The next piece, and the end of the stream behind the last one."""
        if self.sent < len(self.pieces):
            try:
                self.conn.sock.sendall(self.pieces[self.sent])
            except OSError:    # It was closed before; the reply is there.
                pass
        self.sent += 1
        if self.sent == len(self.pieces):
            try:
                self.conn.sock.shutdown(1)
            except OSError:
                pass

    def replies(self):
        self.conn.buffer = self.conn.rest()
        found = []
        while self.conn.buffer:
            reply = self.conn.reply()
            found.append((reply.ident, reply.code, reply.payload,
                          reply.attachment))
        self.conn.close()
        return found


def cut(data, places):
    edges = [0] + list(places) + [len(data)]
    return [data[a:b] for a, b in zip(edges, edges[1:])]


def cuts_of(data, share):
    """Whole, a byte at a time, and in two at every place, or at some."""
    size = len(data)
    places = [n for n in range(1, size)
              if n in (4, 8, 12) or DICE.random() < share]
    ways = [[data]] + [cut(data, [n]) for n in places]
    if size <= 400:
        ways.append(cut(data, range(1, size)))
    return ways


AT_A_TIME = 150


class Cases:
    """Streams to be cut in every way: however it is done, the outcome is what
    the protocol says. Many at a time, and by turns, so that the server sees a
    piece before the next one is sent.
    """

    def __init__(self):
        self.streams, self.broken, self.count = [], 0, 0

    def add(self, what, data, share):
        expected, broken = judge(data)
        for way in cuts_of(data, share):
            self.streams.append((Stream(way), expected, what))
            self.broken += broken
            self.count += 1
            if len(self.streams) >= AT_A_TIME:
                self.run()

    def run(self):
        streams, self.streams = self.streams, []
        for turn in range(max([len(s.pieces) for s, _, _ in streams] or [0])):
            for stream, _, _ in streams:
                if turn < len(stream.pieces):
                    stream.step()
        for stream, expected, what in streams:
            # What came in pieces is answered later than what follows it.
            equal(sorted(stream.replies()), sorted(expected),
                  "%s, %s in pieces of %s" % (
                      what, b"".join(stream.pieces)[:300].hex(),
                      [len(piece) for piece in stream.pieces][:9]))

    def __enter__(self):
        self.counter = counted()
        self.grown = self.counter.__enter__()
        return self

    def __exit__(self, kind, *error):
        if kind:
            return
        self.run()
        self.counter.__exit__()
        print("# %d connections" % self.count, flush=True)
        equal(self.grown["rpc_broken"], self.broken, "rpc_broken")
        wait_for(empty, what="nothing is left")


# Lengths

class Liar:
    """A call of Echo of which one number says something else than it should."""

    NAMES = ("body", "meta", "request", "service", "method", "request_id",
             "attachment", "chunk", "auth", "stream", "user", "key", "value",
             "checksum", "unknown")

    def __init__(self, name=None, value=None):
        self.name, self.value = name, value
        self.exact = {}

    def number(self, name, exact):
        self.exact[name] = exact
        return self.value if name == self.name else exact

    def bytes(self, number, name, data):
        return varint(number << 3 | 2) + \
            varint(self.number(name, len(data))) + data

    def frame(self, payload=b"\n\x05hello", attached=b"abcd"):
        names = self.bytes(1, "service", b"test.Methods") + \
            self.bytes(2, "method", b"Echo") + \
            self.bytes(7, "request_id", b"some id")
        user = self.bytes(1, "key", b"word") + self.bytes(2, "value", b"hello")
        meta = self.bytes(1, "request", names) + field(4, 4711) + \
            varint(5 << 3) + varint(self.number("attachment", len(attached))) \
            + self.bytes(6, "chunk", field(1, 1) + field(2, 2)) + \
            self.bytes(7, "auth", b"secret") + \
            self.bytes(8, "stream", field(1, 1)) + \
            self.bytes(9, "user", user) + \
            self.bytes(12, "checksum", b"1234") + \
            self.bytes(77, "unknown", b"whatever")
        size = self.number("meta", len(meta))
        body = self.number("body", len(meta + payload + attached))
        return b"PRPC" + struct.pack(">II", body, size) + meta + payload + \
            attached


def values_of(name):
    """What a length claims; 64 bits where it is written as a varint."""
    honest = Liar()
    honest.frame()
    equal(sorted(honest.exact), sorted(Liar.NAMES), "lengths of a frame")
    exact = honest.exact[name]
    yield from (0, 1, exact - 1, exact + 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1)
    if name not in ("body", "meta"):
        yield from (2 ** 32 + exact, 2 ** 63 - 1, 2 ** 63, 2 ** 64 - 1)
    elif name == "body":
        yield from (16384, 16385, 4 << 20, (4 << 20) + 1)


def test_every_length():
    """Each length with each value; the body there, absent and cut off."""
    behind = request("test.Methods", "Echo", b"behind", ident=2)
    for name in Liar.NAMES:
        with Cases() as cases:
            for value in values_of(name):
                data = Liar(name, value).frame()
                what = "%s is %d" % (name, value)
                cases.add(what, data, SHARE / 4)
                how = [data + behind] + [data[:size] for size in (
                    4, 8, 11, 12, 13, len(data) - 5, len(data) - 1)]
                for stream in some(how, SHARE * 2):
                    cases.add(what, stream, SHARE / 4)


def test_honest():
    """The judge is right about frames that are."""
    data = Liar().frame()
    equal(judge(data), ([(4711, OK, b"\n\x05hello", b"abcd")], False),
          "what is expected")
    large = request("test.Methods", "Echo", bytes(20000), ident=3,
                    attachment=b"x" * 9000)
    with Cases() as cases:
        cases.add("honest", data * 2, 1 if KERNEL != "debug" else 0.3)
        cases.add("in pieces", large + data, 0.001)


def test_lies_of_large_frames():
    """Those that are received in pieces."""
    lies = [(name, value) for name in Liar.NAMES for value in values_of(name)]
    with Cases() as cases:
        for name, value in some(lies, SHARE * 2):
            data = Liar(name, value).frame(b"p" * 20000, b"abcd" * 2000)
            cases.add("large, %s is %d" % (name, value), data, 0.0002)


def test_nothing_is_allocated_for_a_claim():
    """The largest lengths that are taken, and no body: memory is for what has
    come."""
    count = 50 if KERNEL == "debug" else 200
    meta = rpc_kit.request_meta("test.Methods", "Echo")
    claims = [(4 << 20, len(meta), meta), (16384, len(meta), meta),
              (4 << 20, 16384, b""), (4 << 20, 16384, meta),
              (2 ** 32 - 1, len(meta), meta[:-1])]
    for body, size, sent in claims:
        conns = [Rpc() for _ in range(count)]
        for conn in conns:
            conn.send(b"PRPC" + struct.pack(">II", body, size) + sent)
        wait_for(lambda: [row["state"] for row in
                          kelpctl_json("conn", "show")].count("idle") == 0,
                 what="all of it was looked at")
        memory = kelpctl_json("status")["memory_bytes"]
        print("# %d x %d bytes claimed: %d bytes each" %
              (count, body, memory / count), flush=True)
        true(memory <= count * 3072, "%d bytes for %d claims of %d" %
             (memory, count, body))
        with Rpc() as probe:
            ok(probe.call("kelp.Echo", "Echo"))
        for conn in conns:
            conn.close()
        wait_for(empty, what="nothing is left")


# Messages

def names(service=b"test.Methods", method=b"Echo", more=b""):
    return field(1, service) + field(2, method) + more


CALL, TAIL = field(1, names()), field(4, 99)


def metas_that_are_deep():
    call, tail = CALL, TAIL
    for depth in (1, 15, 16, 17, 1000):
        groups = varint(100 << 3 | 3) * depth + varint(100 << 3 | 4) * depth
        yield "%d groups" % depth, call + groups + tail
        yield "%d groups in the request" % depth, \
            field(1, names(more=groups)) + tail
        yield "%d groups without an end" % depth, \
            call + tail + varint(100 << 3 | 3) * depth
        nested = b""
        for _ in range(depth):
            nested = field(1, nested)
        yield "%d messages" % depth, call + field(50, nested) + tail
        yield "%d messages in the request" % depth, \
            field(1, names(more=field(9, nested))) + tail
        yield "%d requests" % depth, nested + tail
        yield "%d user fields" % depth, call + field(9, nested) + tail


def metas_with_odd_fields():
    call, tail = CALL, TAIL
    for size in (1, 9, 10, 11, 20):
        endless = b"\xff" * size
        yield "a tag of %d bytes" % size, call + tail + endless
        yield "a value of %d bytes" % size, call + tail + b"\x20" + endless
        yield "a length of %d bytes" % size, call + tail + b"\x3a" + endless
        yield "a length of %d bytes within" % size, \
            field(1, names(more=b"\x3a" + endless)) + tail
        yield "a value of %d bytes that ends" % size, \
            call + b"\x20" + endless + b"\x01"
    for kind, value in ((0, b"\x05"), (1, bytes(8)), (2, b"\x02ab"),
                        (5, bytes(4)), (6, b""), (7, b""), (4, b"")):
        for number in (1, 2, 4, 5, 8, 9, 10, 110, (1 << 29) - 1, 1 << 29, 0):
            yield "field %d of type %d" % (number, kind), \
                call + tail + varint(number << 3 | kind) + value
        yield "type %d cut off" % kind, \
            call + tail + varint(110 << 3 | kind) + value[:-1]
    for count in (4093, 4094, 4095):
        yield "%d fields" % (count + 2), call + tail + b"\x50\x00" * count
    yield "many user fields", call + tail + field(9, b"") * 4094


def metas_with_too_much_or_too_little():
    call, tail = CALL, TAIL
    yield "a service twice", field(1, names(b"no.Service", more=field(
        1, b"test.Methods"))) + tail
    yield "a request twice", field(1, field(1, b"no") + field(2, b"Nope")) + \
        call + tail
    yield "a number twice", call + field(4, 5) + tail
    yield "two requests that only together are one", \
        field(1, field(1, b"test.Methods")) + field(1, field(2, b"Echo")) + tail
    yield "no request", tail
    yield "a response", field(2, field(1, 0)) + tail
    yield "both", call + field(2, field(2, b"\xff")) + tail
    yield "no method", field(1, field(1, b"test.Methods")) + tail
    yield "no service", field(1, field(2, b"Echo")) + tail
    yield "nothing", b""
    for size in (-1, 1, 7, 8, 1 << 31, 1 << 32, (1 << 32) + 1, 1 << 63):
        yield "an attachment of %d" % size, call + tail + field(5, size)


def metas_with_odd_text():
    call, tail = CALL, TAIL
    for text in (b"\xff\xfe\xfd", b"\xc0\x80", b"\xed\xa0\x80", b"\0", b"",
                 b"test.Methods\0", b"a" * 127, b"a" * 128, b"b" * 9000,
                 b"%s%n%p", "täst.Methods".encode(), b"\xf4\x90\x80\x80"):
        yield "a service %r" % text[:20], field(1, names(text)) + tail
        yield "a method %r" % text[:20], field(1, names(method=text)) + tail
        yield "an id %r" % text[:20], \
            field(1, names(more=field(7, text))) + tail
        yield "a user field %r" % text[:20], \
            call + field(9, field(1, text) + field(2, text)) + tail


def test_messages():
    with Cases() as cases:
        for what, meta in (*metas_that_are_deep(), *metas_with_odd_fields(),
                           *metas_with_too_much_or_too_little(),
                           *metas_with_odd_text()):
            cases.add(what, frame(meta, b"payload"), 0)
            if len(meta) < 400 and DICE.random() < SHARE:
                cases.add(what, frame(meta, b"payload") * 2, SHARE / 4)


def test_what_an_error_says_is_text():
    """Names that are none come back as printable characters."""
    with Rpc() as conn:
        for name in (b"\xff" * 40, b"\0\n\r\x1b[31m", b"\xc3", b'"\\'):
            conn.send(frame(field(1, names(name, name)) + field(4, 1)))
            reply = conn.reply()
            fails(reply, ENOMETHOD)
            true(reply.text.isascii() and reply.text.isprintable(), reply.text)


def test_fields_of_built_in_messages():
    """The payload is looked at with the same care as the meta."""
    bad = [b"\x0a", b"\x0a\x7f", b"\x0a" + b"\xff" * 10, b"\xff" * 11, b"\x0f",
           b"\x0b", b"\x0c", b"\x00", b"\x0b" * 1000, b"\x09\0\0"]
    with Rpc() as conn:
        for service, method in (("kelp.Echo", "Echo"), ("kelp.Calc", "Add")):
            for payload in bad:
                fails(conn.call(service, method, payload), EREQUEST)
            ok(conn.call(service, method, b"\xf8\xff\xff\xff\x0f\x01"))


# Numbers used twice, and other protocols

def test_numbers_used_twice():
    """Each of the calls is answered all the same."""
    with Rpc() as conn:
        sent = [("Later", 60), ("Echo", 1), ("Sleep", 30), ("Later", 0),
                ("Sleep", 31), ("EchoSleeping", 2)]
        conn.send(b"".join(request("test.Methods", method, field(1, ms),
                                   ident=7) for method, ms in sent))
        replies = [conn.reply() for _ in sent]
        for reply in replies:
            equal((reply.ident, reply.code), (7, OK), "number and code")
        equal(sorted(reply.payload for reply in replies),
              sorted(field(1, ms) for _, ms in sent), "each once")
        ok(conn.call("kelp.Echo", "Echo", ident=7))


HTTP = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def test_http_and_back():
    """A connection stays with what it began with; a new one is free."""
    call = request("kelp.Echo", "Echo")
    for cuts in ((), range(200), (1, 5)):
        with Rpc() as conn:
            conn.send(HTTP, cuts)
            equal(conn.response().status, 404, "HTTP")
            conn.send(call, cuts)
            equal(conn.response().status, 400, "a frame behind HTTP")
            conn.closed()
        with Rpc() as conn:
            conn.send(call, cuts)
            ok(conn.reply())
            conn.send(HTTP, cuts)
            conn.closed()
        with Rpc() as conn:
            conn.send(call + HTTP + call, cuts)
            ok(conn.reply())
            conn.closed()
    for first in (b"PRPX", b"PRP\0", b"prpc", b"RPC", b"\0\0\0\0", b"STRM",
                  b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"):
        with Rpc() as conn:
            conn.send(first + bytes(20))
            conn.sock.shutdown(1)
            true(b"PRPC" not in conn.rest(), "%r is a frame" % first)


def test_calls_before_a_broken_frame():
    """They are answered first, however long they take."""
    broken = b"PRPC" + b"\xff" * 8
    ended = frame(field(1, names()), b"payload")[:-1]
    for behind in (broken, HTTP, ended, b"P"):
        with Rpc() as conn:
            conn.send(request("test.Methods", "Sleep", field(1, 150), ident=1) +
                      request("test.Methods", "Later", field(1, 80), ident=2) +
                      request("test.Methods", "Echo", b"3", ident=3) + behind)
            conn.sock.shutdown(1)
            for ident in (3, 2, 1):
                reply = conn.reply()
                equal((reply.ident, reply.code), (ident, OK),
                      "before %r" % behind[:8])
            conn.closed()
    wait_for(empty, 10 * PATIENCE, "nothing is left")


if __name__ == "__main__":
    kelp_test.main(globals())
