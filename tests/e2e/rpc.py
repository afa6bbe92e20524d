#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1,6.12,debug where=guest timeout=240
"""The binary RPC protocol: frames as brpc writes them, cut anywhere; methods in
softirq, in the dispatcher and later; errors, time, checksums, compression.
"""
import os
import struct
import time
import zlib

import kelp_test
import rpc_kit
from kelp_test import (PATIENCE, equal, get, kelpctl, kelpctl_json, true,
                       wait_for)
from rpc_kit import (EINTERNAL, ELIMIT, ENOMETHOD, EREQUEST, ERESPONSE,
                     ERPCTIMEDOUT, Rpc, checksum, fails, field, frame, masked,
                     message, ok, request)

# Sent to, and received from, brpc 1.17's echo server.
META = "0a1b0a136578616d706c652e4563686f53657276696365120445"
GOLDEN = {
    "request": (
        "505250430000002e000000270a1b0a136578616d706c652e4563686f53657276696365"
        "12044563686f18002001500058006200" "0a0568656c6c6f",
        "50525043000000150000000e120208001800200150005800"
        "6200" "0a0568656c6c6f"),
    "minimal": (
        "50525043000000260000001f0a1b0a136578616d706c652e4563686f53657276696365"
        "12044563686f2001" "0a0568656c6c6f",
        "50525043000000150000000e120208001800200150005800"
        "6200" "0a0568656c6c6f"),
    "attachment": (
        "5052504300000033000000290a1b0a136578616d706c652e4563686f53657276696365"
        "12044563686f180020012803500058006200" "0a0568656c6c6f" "616263",
        "505250430000001a0000001012020800180020012803500058006200"
        "0a0568656c6c6f" "616263"),
}
# A name that is not there; of the answer everything but the text is fixed.
UNKNOWN = frame(bytes.fromhex(
    "0a1b0a136578616d706c652e4563686f5365727669636512044e6f7065"
    "18002001500058006200"))


def setup():
    rpc_kit.insert()
    rpc_kit.listen()


def teardown():
    rpc_kit.remove()


def stat(name):
    return kelpctl_json("stats", "show")[name]


# The vectors

def test_golden():
    for name, (sent, expected) in GOLDEN.items():
        with Rpc() as conn:
            conn.send(bytes.fromhex(sent))
            equal(conn.take(len(expected) // 2).hex(), expected, name)


def test_golden_cut_anywhere():
    """One connection, so that every frame follows another."""
    with Rpc() as conn:
        for name, (sent, expected) in GOLDEN.items():
            data = bytes.fromhex(sent)
            for cut in range(1, len(data)):
                conn.send(data, [cut])
                equal(conn.take(len(expected) // 2).hex(), expected,
                      "%s cut at %d" % (name, cut))


def test_golden_byte_by_byte():
    with Rpc() as conn:
        for name, (sent, expected) in GOLDEN.items():
            data = bytes.fromhex(sent)
            conn.send(data, range(len(data)))
            equal(conn.take(len(expected) // 2).hex(), expected, name)


def test_golden_error():
    with Rpc() as conn:
        for cut in range(1, len(UNKNOWN)):
            conn.send(UNKNOWN, [cut])
            reply = conn.reply()
            fails(reply, ENOMETHOD, "EchoService")
            inner = reply.outer.pop(2)
            equal(message(inner)[1], 1002, "error code")
            equal(inner[:3].hex(), "08ea07", "error code on the wire")
            equal(reply.meta[-10:].hex(), "18002001500058006200", "the rest")


def test_pipelined():
    data = b"".join(bytes.fromhex(GOLDEN["attachment"][0])[:-3] +
                    b"%03d" % i for i in range(200))
    with Rpc() as conn:
        conn.send(data)
        for i in range(200):
            ok(conn.reply(), b"\n\x05hello", b"%03d" % i)


# One port

def test_http_on_the_same_port():
    """The first four bytes tell, however they are cut."""
    with Rpc() as conn:
        conn.send(bytes.fromhex(GOLDEN["request"][0]), [1, 2, 3])
        ok(conn.reply())
    for method in ("PUT", "POST", "PATCH", "GET"):
        with kelp_test.Connection() as conn:
            conn.send(b"%s / HTTP/1.1\r\nHost: a\r\n\r\n" % method.encode(),
                      [1, 2, 3])
            true(conn.response().status in (404, 405), "%s is HTTP" % method)
    equal(get("/").status, 404, "GET")


def test_http_behind_rpc_is_no_frame():
    before = stat("rpc_broken")
    with Rpc() as conn:
        ok(conn.call("kelp.Echo", "Echo"))
        conn.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        conn.closed()
    equal(stat("rpc_broken"), before + 1, "rpc_broken")


# Built-in services

def test_echo():
    with Rpc() as conn:
        for payload in (b"", field(1, b""), field(1, b"x" * 16),
                        field(1, b"y" * 5000), field(1, b"z" * 60000)):
            expected = payload if len(payload) > 2 else b""
            ok(conn.call("kelp.Echo", "Echo", payload), expected)
            ok(conn.call("kelp.Echo", "Echo", payload, attachment=b"abc"),
               expected, b"abc")


def test_names_without_package():
    with Rpc() as conn:
        ok(conn.call("Calc", "Add", field(1, 2) + field(2, 3)), field(1, 5))
        ok(conn.call("EchoService", "Echo", b"abc"), b"abc")
        fails(conn.call(".Calc", "Add"), ENOMETHOD)
        fails(conn.call("kelp", "Add"), ENOMETHOD)


def test_calc():
    low, high = -(1 << 63), (1 << 63) - 1
    cases = [(1, 2), (0, 0), (-1, 1), (-5, -6), (high, 0), (low, 0),
             (high, low), (low, high), (1 << 40, 7)]
    with Rpc() as conn:
        for a, b in cases:
            expected = field(1, a + b) if a + b else b""
            ok(conn.call("kelp.Calc", "Add", field(1, a) + field(2, b)),
               expected)
        for a, b in ((high, 1), (low, -1), (high, high), (low, low)):
            fails(conn.call("kelp.Calc", "Add", field(1, a) + field(2, b)),
                  EREQUEST, "no int64")
        ok(conn.call("kelp.Calc", "Add", field(9, b"unknown") + field(2, 3)),
           field(1, 3))
        fails(conn.call("kelp.Calc", "Add", b"\x08"), EREQUEST)
        fails(conn.call("kelp.Calc", "Add", b"\x0a\x7f"), EREQUEST)


# What a method sees, and how it fails

def test_meta():
    user = field(9, field(1, b"other") + field(2, b"no")) + \
        field(9, field(1, b"word") + field(2, b"hello"))
    with Rpc() as conn:
        for method in ("Meta", "MetaLater"):
            ok(conn.call("test.Methods", method), b" 0 0")
            ok(conn.call("test.Methods", method, inner=field(3, 77),
                         outer=user, timeout_ms=60000), b"hello 77 1")


def test_unknown_meta_is_skipped():
    """A repeated message in field 7, as another client sends, and field 110."""
    inner = field(7, b"\xff\xfe") + field(7, b"a") + field(110, b"x" * 30)
    with Rpc() as conn:
        ok(conn.call("kelp.Echo", "Echo", inner=inner,
                     outer=field(8, field(1, 5) + field(3, 1))), b"")


def test_failures():
    with Rpc() as conn:
        for errno, code in ((22, EREQUEST), (74, EREQUEST), (16, ELIMIT),
                            (110, ERPCTIMEDOUT), (5, EINTERNAL),
                            (12, EINTERNAL)):
            fails(conn.call("test.Methods", "Fail", field(1, errno)), code)
        fails(conn.call("test.Methods", "Fail", field(1, 4711)), 4711,
              "as you wish: 4711")
        ok(conn.call("kelp.Echo", "Echo", field(1, b"on")), field(1, b"on"))


def test_refused_forms():
    with Rpc() as conn:
        for outer in (field(3, 1), field(3, 4), field(3, 99), field(10, 1),
                      field(11, 2) + field(12, b"1234"),
                      field(11, 1) + field(12, b"123")):
            fails(conn.call("kelp.Echo", "Echo", outer=outer), EREQUEST)
        ok(conn.call("kelp.Echo", "Echo"), b"")


def test_correlation_ids():
    with Rpc() as conn:
        for ident in (0, 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1):
            reply = conn.call("kelp.Echo", "Echo", ident=ident)
            ok(reply)
            equal(reply.ident, ident, "correlation id")


# Checksums

def test_checksum():
    payload, attached = field(1, b"hello"), b"attached"
    with Rpc() as conn:
        reply = conn.call("test.Methods", "Echo", payload, attachment=attached,
                          outer=checksum(payload))
        ok(reply, payload, attached)
        equal(reply.outer[11], 1, "kind of checksum")
        equal(reply.outer[12], masked(payload), "checksum")
        reply = conn.call("test.Methods", "EchoSleeping", payload,
                          attachment=attached,
                          outer=checksum(payload + attached, True))
        ok(reply, payload, attached)
        equal(reply.outer[12], masked(payload + attached), "over both")
        equal(reply.outer[13], 1, "says so")
        for method in ("Echo", "EchoSleeping"):
            fails(conn.call("test.Methods", method, payload,
                            attachment=attached,
                            outer=checksum(payload + b"x")), EREQUEST,
                  "checksum")
            fails(conn.call("test.Methods", method, payload,
                            attachment=attached,
                            outer=checksum(payload + b"attacheD", True)),
                  EREQUEST, "checksum")


def test_checksum_of_what_came_in_pieces():
    payload, attached = os.urandom(9000), os.urandom(11000)
    with Rpc() as conn:
        ok(conn.call("test.Methods", "Echo", payload, attachment=attached,
                     outer=checksum(payload + attached, True)),
           payload, attached)
        fails(conn.call("test.Methods", "Echo", payload, attachment=attached,
                        outer=checksum(payload + attached[:-1] + b"?", True)),
              EREQUEST, "checksum")


# Compression

def gzip(data, **how):
    packer = zlib.compressobj(wbits=31)
    return packer.compress(data) + packer.flush()


def test_compressed():
    payload = b"\n\x05hello"
    extra = gzip(payload)
    named = extra[:3] + b"\x1e" + extra[4:10] + struct.pack("<H", 3) + \
        b"abc" + b"name\0" + b"comment\0" + b"\0\0" + extra[10:]
    with Rpc() as conn:
        for method in ("Echo", "EchoSleeping"):
            ok(conn.call("test.Methods", method, zlib.compress(payload),
                         outer=field(3, 3)), payload)
            ok(conn.call("test.Methods", method, gzip(payload),
                         outer=field(3, 2), attachment=b"as it is"), payload,
               b"as it is")
            ok(conn.call("test.Methods", method, named, outer=field(3, 2)),
               payload)
        big = os.urandom(100000) + bytes(200000)
        ok(conn.call("test.Methods", "Echo", gzip(big), outer=field(3, 2),
                     attachment=b"end"), big, b"end")
        ok(conn.call("test.Methods", "Echo", zlib.compress(b""),
                     outer=field(3, 3)), b"")


def test_not_what_it_says():
    good = gzip(b"hello")
    bad = [b"", b"\x1f\x8b", good[:-1], good[:-4] + b"\0\0\0\0",
           good[:11] + bytes([good[11] ^ 0xff]) + good[12:], good + b"x", b"\x1f\x8b\x07" + good[3:],
           good[:3] + b"\x04" + good[4:10] + b"\xff\xff" + good[10:],
           good[:3] + b"\xe0" + good[4:]]
    with Rpc() as conn:
        for data in bad:
            fails(conn.call("test.Methods", "Echo", data, outer=field(3, 2)),
                  EREQUEST, "compressed")
        for data in (b"", b"x", zlib.compress(b"hello")[:-1],
                     zlib.compress(b"hello") + b"x"):
            fails(conn.call("test.Methods", "Echo", data, outer=field(3, 3)),
                  EREQUEST, "compressed")
        ok(conn.call("kelp.Echo", "Echo"))


def test_a_bomb():
    bomb = gzip(bytes(64 << 20))
    with Rpc() as conn:
        fails(conn.call("test.Methods", "Echo", bomb, outer=field(3, 2)),
              EREQUEST, "larger than 4194304")
        ok(conn.call("kelp.Echo", "Echo"))
    wait_for(lambda: kelpctl_json("status")["memory_bytes"] < 1 << 20,
             what="memory back")


# Large ones

def test_large():
    for size in (20000, 200000, 3 << 20):
        payload, attached = os.urandom(size), os.urandom(size // 5)
        with Rpc() as conn:
            ok(conn.call("test.Methods", "Echo", payload,
                         attachment=attached), payload, attached)
            ok(conn.call("test.Methods", "EchoSleeping", attachment=payload),
               b"", payload)
            ok(conn.call("kelp.Echo", "Echo", field(1, payload)),
               field(1, payload))


def test_large_replies():
    with Rpc() as conn:
        for size in (0, 1, 4096, 100000, 5 << 20):
            reply = conn.call("test.Methods", "Large", field(1, size))
            ok(reply)
            equal(len(reply.payload), size, "bytes")
            equal(reply.payload[-1:], bytes([(size - 1) % 251]) if size
                  else b"", "the last")
        fails(conn.call("test.Methods", "Large", field(1, 9 << 20)), ERESPONSE,
              "more than 8388608")


def test_a_body_too_large():
    """Said if it can be; and the connection ends."""
    kelpctl("limits", "set", "rpc_body", "10000")
    try:
        with Rpc() as conn:
            ok(conn.call("kelp.Echo", "Echo", field(1, b"x" * 9900)))
            conn.send(request("kelp.Echo", "Echo", field(1, b"x" * 10000),
                              ident=7))
            reply = conn.reply()
            fails(reply, EREQUEST, "too large")
            equal(reply.ident, 7, "correlation id")
            conn.closed()
    finally:
        kelpctl("limits", "set", "rpc_body", "4M")


# Out of order

def test_short_ones_overtake():
    """100 calls at once, of mixed durations: each answered once."""
    sent, data = {}, b""
    for i in range(100):
        method, ms = (("Sleep", 200 * PATIENCE), ("Later", 100), ("Later", 0),
                      ("Echo", 0))[i % 4]
        sent[i + 1] = field(1, ms)
        data += request("test.Methods", method, sent[i + 1], ident=i + 1)
    with Rpc() as conn:
        conn.send(data)
        order = []
        for _ in range(100):
            reply = conn.reply()
            ok(reply, sent.pop(reply.ident))
            order.append(reply.ident)
    true(not sent, "all answered")
    place = {ident: at for at, ident in enumerate(order)}
    true(max(place[i] for i in range(4, 101, 4)) <
         min(place[i] for i in range(1, 101, 4)),
         "what answers at once overtakes what sleeps")


def test_time_is_up():
    """What could not begin in time is not begun."""
    before = stat("rpc_expired")
    data = request("test.Methods", "Echo", bytes(40000), timeout_ms=50)
    with Rpc() as conn:
        conn.send(data[:30000])
        conn.flushed()
        end = time.monotonic() + 0.1
        wait_for(lambda: time.monotonic() > end, what="100 ms")
        conn.send(data[30000:])
        fails(conn.reply(), ERPCTIMEDOUT)
        ok(conn.call("test.Methods", "Echo", bytes(40000),
                     timeout_ms=60000), bytes(40000))
    equal(stat("rpc_expired"), before + 1, "rpc_expired")


def test_limit_of_calls():
    """Ten times as many as allowed: the rest is told at once."""
    kelpctl("limits", "set", "rpc_calls_per_connection", "20")
    try:
        with Rpc() as conn:
            conn.send(b"".join(
                request("test.Methods", "Stuck", field(1, i), ident=i + 1)
                for i in range(200)))
            began = time.monotonic()
            for _ in range(180):
                fails(conn.reply(), ELIMIT, "too many calls")
            took = time.monotonic() - began
            true(took < 1.0 * PATIENCE, "%.3f s for 180 refusals" % took)
            ok(conn.call("kelp.Echo", "Echo", ident=999))
    finally:
        kelpctl("limits", "set", "rpc_calls_per_connection", "1000")


# Who may call what

def listener(address="127.0.0.1:8081"):
    return next(row for row in kelpctl_json("listener", "show")
                if row["listen"] == address)


class listening:
    """A further listener while the block runs."""

    def __init__(self, *options, address="127.0.0.1:8081"):
        self.address, self.options = address, options

    def __enter__(self):
        kelpctl("listener", "add", self.address, *self.options)

    def __exit__(self, *error):
        kelpctl("listener", "del", self.address)


def test_services_of_a_listener():
    with listening("--services", "kelp.Calc,test.State"):
        equal(listener()["services"], "kelp.Calc,test.State", "shown")
        with Rpc(port=8081) as conn:
            ok(conn.call("kelp.Calc", "Add", field(1, 2)), field(1, 2))
            ok(conn.call("Calc", "Add", field(1, 2)), field(1, 2))
            fails(conn.call("kelp.Echo", "Echo"), ENOMETHOD, "kelp.Echo")
            fails(conn.call("test.Methods", "Echo"), ENOMETHOD)
            kelpctl("listener", "set", "127.0.0.1:8081", "--services", "none")
            fails(conn.call("kelp.Calc", "Add"), ENOMETHOD)
            kelpctl("listener", "set", "127.0.0.1:8081")
            equal(listener()["services"], "all", "loopback")
            ok(conn.call("kelp.Echo", "Echo"))


def test_services_elsewhere():
    """Nobody's but this host's unless it is said."""
    with listening(address="0.0.0.0:8081"):
        equal(listener("0.0.0.0:8081")["services"], "none", "shown")
        with Rpc(port=8081) as conn:
            fails(conn.call("kelp.Echo", "Echo"), ENOMETHOD)
    with listening(address="[::1]:8081"):
        equal(listener("[::1]:8081")["services"], "all", "shown")


def test_services_refused():
    for text in ("", ",", "a,", ",a", "a,,b", "a b", "a/b", "x" * 1025):
        kelp_test.refused("listener", "add", "127.0.0.1:8081", "--services",
                          text)
        true(not [row for row in kelpctl_json("listener", "show")
                  if row["port"] == 8081], "no listener")


def test_secret():
    with kelp_test.scratch() as folder:
        name = os.path.join(folder, "secret")
        kelp_test.write_file(name, b"sesame\nignored\n")
        before = stat("rpc_unproven")
        with listening("--secret-file", name):
            equal(listener()["secret"], True, "shown")
            true("sesame" not in kelpctl("-j", "listener", "show"), "not told")
            for wrong in (b"", b"sesam", b"sesame ", b"Sesame", b"sesame\n"):
                with Rpc(port=8081) as conn:
                    fails(conn.call("kelp.Echo", "Echo",
                                    outer=field(7, wrong)),
                          rpc_kit.ERPCAUTH, "secret")
                    conn.closed()
            # a stranger does not learn either which methods there are
            for name in ("Nobody", "Echo"):
                with Rpc(port=8081) as conn:
                    fails(conn.call("kelp." + name, "No"), rpc_kit.ERPCAUTH)
            with Rpc(port=8081) as conn:
                ok(conn.call("kelp.Echo", "Echo", outer=field(7, b"sesame")))
                ok(conn.call("kelp.Echo", "Echo"))
        equal(stat("rpc_unproven"), before + 7, "rpc_unproven")
        name = os.path.join(folder, "empty")
        kelp_test.write_file(name, b"\n")
        kelp_test.refused("listener", "add", "127.0.0.1:8081",
                          "--secret-file", name)


# States

def test_state_of_a_namespace():
    with Rpc() as conn:
        for i in range(1, 5):
            ok(conn.call("test.State", "Count"), field(1, i))


# Endings

def test_half_close():
    """The answers come although the peer has no more to say."""
    with Rpc() as conn:
        conn.send(request("test.Methods", "Sleep", field(1, 100), ident=1) +
                  request("test.Methods", "Later", field(1, 50), ident=2))
        conn.sock.shutdown(1)
        equal({conn.reply().ident, conn.reply().ident}, {1, 2}, "both")
        conn.closed()


def test_gone_with_calls_under_way():
    with Rpc() as probe:
        before = message(probe.call("test.Methods", "Cancelled").payload)[1]
        conn = Rpc()
        conn.send(b"".join(request("test.Methods", "Stuck", ident=i + 1)
                           for i in range(500)))
        ok(conn.call("kelp.Echo", "Echo", ident=999))
        conn.reset()
        wait_for(lambda: message(probe.call("test.Methods", "Cancelled")
                                 .payload)[1] == before + 500, 1 * PATIENCE,
                 "all cancelled")


def test_the_service_goes_under_way():
    with Rpc() as conn:
        conn.send(b"".join(request("test.Methods", "Stuck", ident=i + 1)
                           for i in range(100)) +
                  request("test.Methods", "Sleep", field(1, 5000), ident=101))
        ok(conn.call("kelp.Echo", "Echo", ident=999))
        began = time.monotonic()
        rpc_kit.remove()
        took = time.monotonic() - began
        idents = set()
        for _ in range(101):
            reply = conn.reply()
            true(reply.code in (0, rpc_kit.ELOGOFF), repr(reply))
            idents.add(reply.ident)
        equal(idents, set(range(1, 102)), "each once")
        true(took < 5, "took %.1f s" % took)
        fails(conn.call("test.Methods", "Echo"), ENOMETHOD)
        rpc_kit.insert()
        ok(conn.call("test.Methods", "Echo", b"back"), b"back")


if __name__ == "__main__":
    kelp_test.main(globals())
