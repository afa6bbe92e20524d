#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=6.12,debug where=guest timeout=300
"""HTTP on the wire: refusals, requests cut anywhere, never finished, or slow.

Where TCP cut a request must not change its answer, and the first byte that
cannot be valid is refused without waiting for more.
"""
import socket
import time

import http_kit
import kelp_test
from http_kit import (HELLO, LARGE, converse, get_bytes, is_error, limits,
                      post_bytes, undated)
from kelp_test import KERNEL, PATIENCE, SOAK, Connection, equal, get, true

setup = http_kit.serve
teardown = http_kit.stop

HOST = b"Host: test\r\n"
LINE = b"GET /hello HTTP/1.1\r\n"

# Refused requests: what they are, the bytes, the status. All end the
# connection: where the next request would begin is not known.
REFUSED = [
    ("a space in the target", b"GET /a b HTTP/1.1\r\n" + HOST, 400),
    ("no target", b"GET  HTTP/1.1\r\n" + HOST, 400),
    ("a relative target", b"GET hello HTTP/1.1\r\n" + HOST, 400),
    ("two spaces", b"GET  /hello HTTP/1.1\r\n" + HOST, 400),
    ("a control character", b"GET /\x01 HTTP/1.1\r\n" + HOST, 400),
    ("a broken escape", b"GET /%4 HTTP/1.1\r\n" + HOST, 400),
    ("a bare LF", b"GET /hello HTTP/1.1\nHost: test\n\n", 400),
    ("a bare LF behind a field", LINE + b"Host: test\nX: y\r\n", 400),
    ("a bare CR", LINE + b"X: a\rb\r\n" + HOST, 400),
    ("a small http", b"GET /hello http/1.1\r\n" + HOST, 400),
    ("no minor version", b"GET /hello HTTP/1\r\n" + HOST, 400),
    ("HTTP/0.9", b"GET /hello HTTP/0.9\r\n" + HOST, 505),
    ("HTTP/2.0", b"GET /hello HTTP/2.0\r\n" + HOST, 505),
    ("HTTP/3.1", b"GET /hello HTTP/3.1\r\n" + HOST, 505),
    ("no Host", LINE, 400),
    ("two Hosts", LINE + HOST + b"Host: other\r\n", 400),
    ("the same Host twice", LINE + HOST + HOST, 400),
    ("a Host with a space", LINE + b"Host: a b\r\n", 400),
    ("a Host with a path", LINE + b"Host: a/b\r\n", 400),
    ("a Host with two ports", LINE + b"Host: a:1:2\r\n", 400),
    ("a space before the colon", LINE + HOST + b"X : y\r\n", 400),
    ("a folded field", LINE + HOST + b"X: y\r\n z\r\n", 400),
    ("a field without a colon", LINE + HOST + b"nonsense\r\n", 400),
    ("a field without a name", LINE + HOST + b": y\r\n", 400),
    ("NUL in a value", LINE + HOST + b"X: a\x00b\r\n", 400),
    ("a length with a sign", LINE + HOST + b"Content-Length: +1\r\n", 400),
    ("a negative length", LINE + HOST + b"Content-Length: -1\r\n", 400),
    ("a length in hex", LINE + HOST + b"Content-Length: 0x1\r\n", 400),
    ("an empty length", LINE + HOST + b"Content-Length:\r\n", 400),
    ("a length of two words", LINE + HOST + b"Content-Length: 1 1\r\n", 400),
    ("two lengths", LINE + HOST +
     b"Content-Length: 1\r\nContent-Length: 2\r\n", 400),
    ("a length of 2^64", LINE + HOST +
     b"Content-Length: 18446744073709551616\r\n", (400, 413)),
    ("a length of 2^63", LINE + HOST +
     b"Content-Length: 9223372036854775808\r\n", (400, 413)),
    ("a length and chunks", LINE + HOST +
     b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", 400),
    ("chunks and a length", LINE + HOST +
     b"Transfer-Encoding: chunked\r\nContent-Length: 1\r\n", 400),
    ("an unknown coding", LINE + HOST + b"Transfer-Encoding: gzip\r\n",
     (400, 501)),
    ("chunked twice", LINE + HOST +
     b"Transfer-Encoding: chunked, chunked\r\n", 400),
    ("an unknown expectation", LINE + HOST + b"Expect: a miracle\r\n", 417),
    ("a large body", b"POST /echo HTTP/1.1\r\n" + HOST +
     b"Content-Length: 1048577\r\n", 413),
    ("CONNECT", b"CONNECT test:80 HTTP/1.1\r\n" + HOST, (400, 405, 501)),
    ("a long line", b"GET /" + b"x" * 8192 + b" HTTP/1.1\r\n" + HOST, 414),
    ("a long query", b"GET /?" + b"x" * 20000 + b" HTTP/1.1\r\n" + HOST, 414),
    ("a long field", LINE + HOST + b"X: " + b"x" * 8192 + b"\r\n", 431),
    ("a long name", LINE + HOST + b"x" * 8192 + b": x\r\n", 431),
    ("long fields", LINE + HOST + (b"X: " + b"x" * 4000 + b"\r\n") * 5, 431),
    ("many fields", LINE + HOST + b"X: y\r\n" * 100, 431),
]


def test_refusals():
    for what, data, status in REFUSED:
        for cuts in ([], [len(data) // 2]):
            with Connection() as connection:
                connection.send(data + b"\r\n", cuts)
                answer = connection.response()
                if isinstance(status, tuple):
                    true(answer.status in status,
                         "%s: %d" % (what, answer.status))
                    status = answer.status
                is_error(answer, status, what)
                equal(answer.get("Connection"), "close", what)
                connection.closed()


def test_refused_paths():
    """The head is whole and well-formed: the connection may stay."""
    for target in ("/%00", "/hello%00", "/../hello", "/..", "/x/../../hello",
                   "/%2e%2e/hello"):
        with Connection() as connection:
            answer = connection.request(target)
            is_error(answer, 400, target)
            if answer.get("Connection") == "close":
                connection.closed()
            else:
                equal(connection.request("/hello").body, HELLO, target)


def test_refusals_destroy_nothing_before():
    """Behind a good request in the same segment: both answers, in order."""
    for what, data, status in REFUSED[::1 if SOAK else 5]:
        with Connection() as connection:
            connection.send(get_bytes("/hello") + data + b"\r\n")
            equal(connection.response().body, HELLO, what)
            answer = connection.response()
            true(answer.status in (status if isinstance(status, tuple)
                                   else (status,)), what)
            connection.closed()


def test_what_is_just_allowed():
    filler = "x" * 8000
    for what, data in (
            ("a line of 8 KiB",
             get_bytes("/hello?" + "x" * (8192 - 22 - 7 + 6))),
            ("a long field", get_bytes("/hello", "X: " + filler)),
            ("16 KiB of fields", get_bytes("/hello", "X: " + filler,
                                           "Y: " + filler)),
            ("100 fields", get_bytes("/hello", *["X: y"] * 99)),
            ("an empty line first", b"\r\n" + get_bytes("/hello")),
            ("no space behind colons", LINE + b"Host:test\r\n\r\n"),
            ("tabs around a value", LINE + b"Host:\ttest\t\r\n\r\n"),
            ("an empty value", get_bytes("/hello", "X:", "Y: ")),
            ("IPv6 as Host", LINE + b"Host: [::1]:80\r\n\r\n"),
            ("bytes above ASCII", LINE + HOST + b"X: \xff\xc3\xa4\r\n\r\n"),
            ("names in any case", LINE + b"hOsT: test\r\n\r\n")):
        with Connection() as connection:
            connection.send(data)
            equal(connection.response().status, 200, what)
            equal(connection.request("/hello").status, 200, what + ", then")


# Bytes that cannot become a request

GARBAGE = [b"\x16\x03\x01", b"\x00", b"\x80", b"\xff\xfe", b" ", b"GET\x00",
           b"GE\x7f", b"GET\t", b"GE(", b"(", b"GET /\x00", b"GET /\x7f",
           b"GET /\xe4", b"GET /%g", b"GET /hello \x00", b"GET /hello X",
           b"GET /hello HTTX", b"GET /hello HTTP/x", b"GET /hello HTTP/1x",
           b"GET /hello HTTP/1.x", b"GET /hello HTTP/1.1x",
           b"GET /hello HTTP/1.1\rx", LINE + b" ", LINE + b":",
           LINE + b"Ho st", LINE + b"Host:\x00", LINE + b"X: y\rz",
           LINE + HOST + b"\rx", b"\rx", b"\r\n\x00"]


def test_garbage_is_refused_at_once():
    """The last byte of each is the first that cannot be valid."""
    for data in GARBAGE:
        # "\x16" alone says it all; the others are whole at their last byte.
        data = data[:1] if data[0] in b"\x16\xff" else data
        for cuts in ([], range(1, len(data))):
            with Connection() as connection:
                connection.send(data, cuts)
                answer = connection.response()
                is_error(answer, 400, repr(data))
                connection.closed()


def test_garbage_goes_on():
    """Whatever a peer that speaks something else sends meanwhile."""
    for data in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 600,
                 b"\x05\x01\x00", b"SSH-2.0-OpenSSH_9.2\r\n", b"\x00" * 5000,
                 b"EHLO example.org\r\n", b"QUIT\r\n",
                 b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                 b"PRPD" + b"\x00" * 8, b"\n\n\n\n"):
        answer = converse(data)
        true(answer[:10] in (b"HTTP/1.1 4", b"HTTP/1.1 5"),
             "%r: %r" % (data[:20], answer[:60]))
        equal(answer.count(b"HTTP/1.1 "), 1, "answers to %r" % data[:20])


def test_limits_are_checked_before_the_line_ends():
    for data, status in ((b"GET /" + b"x" * 8192, 414),
                         (b"GET /?" + b"x" * 8192, 414),
                         (LINE + b"X: " + b"x" * 8192, 431),
                         (LINE + b"x" * 8193, 431),
                         (LINE + (b"X: " + b"x" * 4000 + b"\r\n") * 5, 431)):
        with Connection() as connection:
            connection.send(data)
            is_error(connection.response(), status, repr(data[:30]))
            connection.closed()


# Cut anywhere

SAMPLES = [
    get_bytes("/hello", "Connection: close"),
    b"\r\n" + get_bytes("/site/page.html?x=%41", "X-Y:  z  ",
                        "Connection: close"),
    b"GET /hello HTTP/1.0\r\n\r\n",
    post_bytes(b"some body", "Connection: close"),
    post_bytes(b"unwanted", "Connection: close", target="/hello"),
    get_bytes("/hello") + get_bytes("/none", "Connection: close"),
    LINE + b"Bad Field: x\r\n\r\n",
    b"GET /hello HTTP/2.0\r\n\r\n",
]


def test_cut_in_two_at_every_byte():
    step = 1 if SOAK else 7 if KERNEL == "debug" else 3
    for number, data in enumerate(SAMPLES):
        want = undated(converse(data))
        true(want.startswith(b"HTTP/1.1 "), "whole: %r" % want)
        # Other places in each sample, so that no class of places is left out.
        for cut in range(1 + number % step, len(data), step):
            equal(undated(converse(data, [cut])), want,
                  "%r cut at %d" % (data[:40], cut))


def test_byte_by_byte():
    for data in SAMPLES:
        equal(undated(converse(data, range(1, len(data)))),
              undated(converse(data)), "%r byte by byte" % data[:40])


def test_refusals_byte_by_byte():
    step = 1 if SOAK else 16 if KERNEL == "debug" else 4
    for what, data, _ in REFUSED[::step]:
        if len(data) > 200:
            continue
        data += b"\r\n"
        equal(undated(converse(data, range(1, len(data)))),
              undated(converse(data)), what)


def test_a_large_head_byte_by_byte():
    data = get_bytes("/hello", "X: " + "x" * (8000 if SOAK else 400),
                     "Connection: close")
    equal(undated(converse(data, range(1, len(data), 1 if SOAK else 3))),
          undated(converse(data)), "large head")


# The end of the stream

def ends_within(connection, seconds, what):
    """The rest of the stream; it has to end in time, if need be by a reset."""
    begin = time.monotonic()
    connection.sock.settimeout(seconds + 5)
    try:
        data = connection.rest()
    except ConnectionResetError:
        data = connection.buffer
    took = time.monotonic() - begin
    true(took < seconds, "%s: ended after %.1f s" % (what, took))
    return data


def test_fin_inside_a_request():
    for data in (b"", b"G", b"GET /hel", LINE, LINE + HOST, LINE + b"Ho",
                 get_bytes("/echo", "Content-Length: 10", method="POST") +
                 b"01234",
                 get_bytes("/hello", "Content-Length: 10", method="POST"),
                 b"\r", b"\r\n"):
        with Connection() as connection:
            connection.send(data)
            connection.sock.shutdown(socket.SHUT_WR)
            answer = ends_within(connection, 1 * PATIENCE, repr(data))
            # An answer to half a request is an error or none at all; echo
            # had begun its answer, which must be visibly incomplete.
            if b"/echo" in data:
                true(len(answer.partition(b"\r\n\r\n")[2]) < 10,
                     "a whole answer to half a body")
            elif b"/hello" not in data or b"Content-Length" not in data:
                true(not answer or answer[:10] == b"HTTP/1.1 4",
                     "%r: %r" % (data, answer))


def test_reset_inside_a_request():
    for data in (b"", b"GET /hel", get_bytes("/hello"), get_bytes("/large"),
                 get_bytes("/site/stream.bin"), get_bytes("/kelp/health"),
                 post_bytes(LARGE)[:5000]):
        for _ in range(50 if SOAK else 5):
            connection = Connection()
            connection.send(data)
            connection.reset()
    kelp_test.wait_for(lambda: kelp_test.kelpctl_json("status")["connections"]
                       == 0, what="no connection left")
    equal(get("/hello").body, HELLO, "afterwards")


# Time

# Long enough to tell them apart on the slowest kernel, short enough to wait.
SHORT = 700 if KERNEL == "debug" else 300


def timely(begin, milliseconds, what):
    """It took the limit, and not more than a second longer."""
    took = time.monotonic() - begin
    true(took > milliseconds / 1000 - 0.05,
         "%s: already after %.2f s" % (what, took))
    true(took < milliseconds / 1000 + 1 * PATIENCE,
         "%s: only after %.2f s" % (what, took))


def test_header_timeout():
    with limits(header_timeout=SHORT):
        for data in (b"G", b"\r\n", LINE + HOST):
            with Connection() as connection:
                begin = time.monotonic()
                connection.send(data)
                answer = connection.response()
                timely(begin, SHORT, repr(data))
                is_error(answer, 408, repr(data))
                equal(answer.get("Connection"), "close", repr(data))
                connection.closed()
        with Connection() as connection:    # Also for a later request.
            connection.request("/hello")
            begin = time.monotonic()
            connection.send(LINE)
            equal(connection.response().status, 408, "the second request")
            timely(begin, SHORT, "the second request")


def test_dripping_does_not_extend_the_header_timeout():
    with limits(header_timeout=3 * SHORT), Connection() as connection:
        begin = time.monotonic()
        connection.send(LINE)
        connection.sock.settimeout(SHORT / 10000)
        answer = False
        while not answer:
            true(time.monotonic() - begin < 10 * PATIENCE, "no answer at all")
            try:
                connection.sock.sendall(b"X")
                answer = connection.more()
            except socket.timeout:
                pass
            except OSError:
                break
        timely(begin, 3 * SHORT, "the answer")
        true(connection.buffer.startswith(b"HTTP/1.1 408 "),
             "answer: %r" % connection.buffer)


def test_idle_timeout():
    """A plain close, without a word: nobody asked anything."""
    with limits(idle_timeout=SHORT):
        for requests in (0, 1):
            with Connection() as connection:
                for _ in range(requests):
                    equal(connection.request("/hello").status, 200, "request")
                begin = time.monotonic()
                connection.closed()
                timely(begin, SHORT, "after %d requests" % requests)
        with Connection() as connection:    # Each request starts it anew.
            begin = time.monotonic()
            while time.monotonic() - begin < 2 * SHORT / 1000:
                equal(connection.request("/hello").status, 200, "busy")


def test_body_timeout():
    with limits(body_timeout=SHORT):
        for target in ("/echo", "/hello", "/none"):
            with Connection() as connection:
                equal(connection.request("/hello").status, 200, "first")
                begin = time.monotonic()
                connection.send(get_bytes(target, "Content-Length: 10",
                                          method="POST") + b"01234")
                answer = ends_within(connection, 3 * PATIENCE, target)
                timely(begin, SHORT, target)
                if target == "/echo":
                    true(len(answer.partition(b"\r\n\r\n")[2]) < 10,
                         "a whole answer to half a body")
        with Connection() as connection:    # Progress extends it.
            connection.send(get_bytes("/echo", "Content-Length: 8",
                                      method="POST"))
            begin = time.monotonic()
            connection.response("HEAD")
            for _ in range(8):
                ready = time.monotonic() + SHORT / 4000
                while time.monotonic() < ready:
                    time.sleep(0.01)    # poll
                connection.send(b"x")
            equal(connection.take(8), b"x" * 8, "a slow body")
            true(time.monotonic() - begin > SHORT / 1000, "too quick to tell")


def test_waiting_connections_do_not_disturb_others():
    count = 500 if SOAK else 60
    connections = []
    try:
        for number in range(count):
            connections.append(Connection())
            connections[-1].send((b"", b"G", LINE, get_bytes(
                "/echo", "Content-Length: 9", method="POST"))[number % 4])
        begin = time.monotonic()
        for _ in range(20):
            equal(get("/hello").body, HELLO, "meanwhile")
        true(time.monotonic() - begin < 5 * PATIENCE, "slow meanwhile")
        for connection in connections[1::4]:
            connection.send(b"ET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
            equal(connection.response().body, HELLO, "one that waited")
    finally:
        for connection in connections:
            connection.close()


if __name__ == "__main__":
    kelp_test.main(globals())
