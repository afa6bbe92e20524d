#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: where=host timeout=60
"""What kelp's RPC is measured with: is it worth comparing with?

The twin has to answer what brpc answers, or it would be fast for the wrong
reason; rpc_load has to notice replies that are wrong, or it would count them.
No module is needed.
"""
import json
import os
import socket
import subprocess
import threading

import guest_kit
import kelp_test
from kelp_test import equal, true, wait_for
from rpc import GOLDEN, masked
from rpc_kit import Reply, Rpc, field, frame, request

BENCH = guest_kit.ROOT + "/build/bench/"
ECHO = ("kelp.Echo", "Echo")
HELLO = field(1, b"hello")
VECTORS = {name: [bytes.fromhex(data) for data in pair]
           for name, pair in GOLDEN.items()}
STATE = {}


def setup():
    subprocess.run(["make", "-s", "-C", guest_kit.ROOT + "/tests/bench", "all"],
                   check=True)
    STATE["twin"] = subprocess.Popen([BENCH + "rpc_twin", "-b", "1000000"],
                                     stdout=subprocess.PIPE, text=True)
    STATE["port"] = int(STATE["twin"].stdout.readline().split()[1])


def teardown():
    if "twin" in STATE:
        STATE["twin"].terminate()
        STATE["twin"].wait(10)


def connect():
    return Rpc(STATE["port"])


def test_golden_vectors():
    for name, (sent, expected) in VECTORS.items():
        with connect() as conn:
            conn.send(sent * 50)
            equal(conn.take(50 * len(expected)), expected * 50, name)


def test_every_split():
    sent, expected = VECTORS["attachment"]
    with connect() as conn:
        for cut in range(1, len(sent)):
            conn.send(sent, [cut])
            equal(conn.take(len(expected)), expected, "cut at %d" % cut)


def test_service_and_method_names():
    with connect() as conn:
        for names, code in ((ECHO, 0), (("Echo", "Echo"), 0),
                            (("example.EchoService", "Echo"), 0),
                            (("EchoService", "Echo"), 0),
                            (("kelp.Ech", "Echo"), 1002),
                            (("kelp.Echo", "Ech"), 1002),
                            (("elp.Echo", "Echo"), 1002)):
            reply = conn.call(*names, HELLO, ident=-7)
            equal(reply.code, code, "code of %s/%s" % names)
            equal(reply.ident, (1 << 64) - 7, "correlation id")
            equal(reply.payload, b"" if code else HELLO, "payload")
            true(bool(reply.text) == bool(code), "text: " + reply.text)


def test_messages():
    large = field(1, os.urandom(300000))
    with connect() as conn:
        for sent, got in ((b"", b""), (field(1, b""), b""),
                          (field(7, 5) + field(1, b"a") + field(9, b"x") +
                           field(1, b"b"), field(1, b"b")), (large, large)):
            equal(conn.call(*ECHO, sent).payload, got, "message")
        equal(conn.call("EchoService", "Echo", field(1, b"")).payload,
              field(1, b""), "message in proto2")
        equal(conn.call(*ECHO, b"\x0a\x05abc").code, 1003, "cut off")
        reply = conn.call(*ECHO, large, attachment=b"y" * 500000)
        equal((reply.payload, reply.attachment), (large, b"y" * 500000),
              "both")


def test_meta():
    unknown = field(110, b"x") + field(200, 1 << 60)
    minimal, answer = VECTORS["minimal"]
    with connect() as conn:
        reply = conn.call(*ECHO, HELLO, outer=unknown, timeout_ms=50,
                          inner=field(7, field(1, 2)) + unknown)
        equal((reply.code, reply.payload), (0, HELLO), "unknown fields")
        # a group of number 20 with another in it, then one that does not end
        meta = minimal[12:-7]
        groups = b"\xa3\x01\x0b\x08\x01\x0c\xa4\x01"
        conn.send(frame(meta + groups, HELLO))
        equal(conn.take(len(answer)), answer, "reply after groups")
        for number, value in ((3, 2), (5, 100), (5, -1), (11, 2)):
            equal(conn.call(*ECHO, HELLO, outer=field(number, value)).code,
                  1003, "code with %d in field %d" % (value, number))
        conn.send(frame(field(4, 3), HELLO))
        equal(conn.reply().code, 1003, "code without a request")
    for bad in (b"PRPX" + b"\0" * 8, b"PRPC\0\0\0\1\0\0\0\2",
                b"PRPC\0\xff\xff\xff\0\0\0\2", frame(b"\x0a\x10abc"),
                frame(b"\x0b"), frame(b"\x0c"), frame(b"\x0b\x14"),
                frame(b"\x0b" * 20 + b"\x0c" * 20)):
        with connect() as conn:
            conn.send(minimal + bad)
            equal(conn.take(len(answer)), answer, "reply before")
            conn.closed()


def test_checksum():
    with connect() as conn:
        for attachment in (b"", b"more"):
            good = masked(HELLO + attachment)
            reply = conn.call(*ECHO, HELLO, attachment=attachment,
                              outer=field(11, 1) + field(12, good) +
                              field(13, 1))
            equal((reply.code, reply.outer[11], reply.outer[12],
                   reply.outer[13]), (0, 1, good, 1), "reply")
        for value in (b"", b"abcd", masked(b"hello"), masked(HELLO) + b"\0"):
            equal(conn.call(*ECHO, HELLO, outer=field(11, 1) +
                            field(12, value)).code,
                  1003, "code of a wrong checksum")


def test_peer_that_does_not_read():
    """Replies wait, and are all there when they are read at last."""
    count, size = 40, 200000
    with Rpc(STATE["port"], rcvbuf=4096) as conn:
        def send():
            for number in range(count):
                conn.sock.sendall(request(
                    *ECHO, field(1, bytes([number]) * size), ident=number))
        thread = threading.Thread(target=send)
        thread.start()
        for number in range(count):
            reply = conn.reply()
            equal((reply.ident, reply.payload[-size:]),
                  (number, bytes([number]) * size), "reply %d" % number)
        thread.join()


def test_half_closed():
    with connect() as conn:
        conn.send(VECTORS["minimal"][0] * 3)
        conn.sock.shutdown(socket.SHUT_WR)
        equal(conn.rest(), VECTORS["minimal"][1] * 3, "replies")


# rpc_load

def load(*options, port=None, status=0):
    done = subprocess.run(
        [BENCH + "rpc_load", "-j", "-d", "0.3", *options,
         "127.0.0.1:%d" % (port or STATE["port"])],
        capture_output=True, text=True, check=False, timeout=30)
    equal(done.returncode, status, "status with %s: %s" %
          (" ".join(options), done.stderr))
    return json.loads(done.stdout)


def test_load():
    for options in ((), ("-c", "20", "-t", "2"), ("--pipeline", "32"),
                    ("-c", "3", "--size", "70000", "--pipeline", "3"),
                    ("--attachment", "5000", "--size", "0"),
                    ("--timeout-ms", "100", "--service", "EchoService")):
        found = load(*options)
        true(found["calls"] > 10, "calls: %d" % found["calls"])
        true(found["sent"] >= found["calls"], "sent: %d" % found["sent"])
        latency = found["latency_us"]
        true(0 < latency["p50"] <= latency["p90"] <= latency["p99"] <=
             latency["p99.9"] <= latency["max"], "quantiles: %r" % latency)


def test_load_counts_error_codes():
    found = load("--method", "None", status=1)
    equal((list(found["errors"]), found["calls"]), (["1002"], 0), "errors")


def answers(make):
    """A server whose answer to a frame is make(frame); its port."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        with server:
            sock = server.accept()[0]
        with sock, sock.makefile("rb") as stream:
            while True:
                head = stream.read(12)
                if len(head) < 12:
                    return
                answer = make(head + stream.read(
                    int.from_bytes(head[4:8], "big")))
                if answer is None:
                    return
                try:
                    sock.sendall(answer)
                except OSError:
                    return
    threading.Thread(target=serve, daemon=True).start()
    return server.getsockname()[1]


def judged(make, *options):
    return load(*options, port=answers(make), status=1)


def taken_apart(call):
    size = int.from_bytes(call[8:12], "big")
    return Reply(call[12:12 + size], call[12 + size:])


def right(call, **change):
    """What kelp.Echo answers, but for the change."""
    found = taken_apart(call)
    meta = {2: field(1, 0), 4: found.ident, **change.get("meta", {})}
    return frame(b"".join(field(n, v) for n, v in meta.items()
                          if v is not None),
                 change.get("payload", found.payload), found.attachment)


def test_load_takes_right_replies():
    found = load(port=answers(right))
    true(found["calls"] > 10, "calls: %d" % found["calls"])


def test_load_measures():
    """Every tenth reply takes 50 ms: what the quantiles say of that."""
    count = iter(range(100000))

    def slow(call):
        if next(count) % 10 == 9:
            threading.Event().wait(0.05)
        return right(call)
    found = load("-d", "1", port=answers(slow))
    latency = found["latency_us"]
    true(latency["p50"] < 40000 < 50000 <= latency["p99"] <= latency["max"],
         "quantiles: %r" % latency)
    mean = 1e6 / found["calls_per_second"]
    true(0.8 * mean <= latency["mean"] <= mean * 1.05,
         "%.0f us each, mean %.0f" % (mean, latency["mean"]))


def test_load_notices_wrong_replies():
    late = iter(range(1000))
    wrong = field(1, b"abcdefghijklmnoq")
    for name, make in (
            ("payload", lambda call: right(call, payload=wrong)),
            ("payload after good ones", lambda call: right(
                call, **({"payload": wrong} if next(late) > 5 else {}))),
            ("no payload", lambda call: right(call, payload=b"")),
            ("more payload", lambda call: right(
                call, payload=taken_apart(call).payload + b"\x10\1")),
            ("no response", lambda call: right(call, meta={2: None})),
            ("attachment", lambda call: right(call, meta={5: 1})),
            ("too much attachment", lambda call: right(call, meta={5: 99})),
            ("compressed", lambda call: right(call, meta={3: 2})),
            ("checksum", lambda call: right(call, meta={11: 1, 12: b"abcd"})),
            ("magic", lambda call: b"PRPD" + right(call)[4:])):
        equal(judged(make)["mismatches"], 1, name)


def test_load_notices_wrong_ids():
    seen = []

    def again(call):
        seen.append(call)
        return right(seen[0])
    for make in (lambda call: right(call, meta={4: 17}),
                 lambda call: right(call, meta={4: None}),
                 lambda call: right(call) * 2, again):
        equal(judged(make)["unknown_ids"], 1, "unknown ids")


def test_load_takes_replies_in_any_order():
    held = []

    def backwards(call):
        held.append(right(call))
        if len(held) < 8:
            return b""
        answer = b"".join(reversed(held))
        held.clear()
        return answer
    found = load("--pipeline", "8", port=answers(backwards))
    true(found["calls"] > 80, "calls: %d" % found["calls"])


def test_load_notices_the_end():
    count = iter(range(1000))
    found = judged(lambda call: right(call) if next(count) < 5 else None)
    equal((found["calls"], found["lost"]), (5, 1), "calls, lost")
    errors = found["socket_errors"]
    equal(errors["closed"] + errors["read"], 1, "ends")
    equal(load(port=guest_kit.free_port(), status=1)["socket_errors"]
          ["connect"], 1, "connect errors")


def test_load_refuses_nonsense():
    for options in (("-c", "x"), ("-d", "0"), ("--pipeline", "5000"),
                    ("--payload", "abc"), ("--payload", "xy"), ("--none",)):
        done = subprocess.run([BENCH + "rpc_load", *options, "127.0.0.1:1"],
                              capture_output=True, check=False, timeout=10)
        equal(done.returncode, 2, "status of %s" % (options,))


def test_twin_ends():
    twin = STATE.pop("twin")
    twin.terminate()
    wait_for(lambda: twin.poll() is not None, 10, "end of the twin")
    equal(twin.returncode, 0, "status")


if __name__ == "__main__":
    kelp_test.main(globals())
