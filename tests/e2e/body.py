#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=6.12,debug where=guest timeout=240
"""Request bodies: by length and in chunks (RFC 9112, 6 and 7.1), wanted or
not, whole, cut anywhere, too large, malformed, unfinished.

What comes of a request must not depend on where TCP cut it, and whatever
happens to it, answers to earlier requests arrive.
"""
import socket
import time

import http_kit
import kelp_test
from http_kit import HELLO, converse, get_bytes, is_error, limits
from kelp_test import PATIENCE, SOAK, Connection, equal, true

setup = http_kit.serve
teardown = http_kit.stop

LAST = get_bytes("/hello", "Connection: close")


def chunked(body, *fields, target="/echo", method="POST"):
    """A request whose chunked body is given as it goes over the wire."""
    return get_bytes(target, "Transfer-Encoding: chunked", *fields,
                     method=method) + body


def answers(data):
    """The answers in a stream: status, whether it announces the close, its
    body with the framing undone, and whether that was complete."""
    found = []
    while data:
        head, ended, data = data.partition(b"\r\n\r\n")
        answer = kelp_test.Response(head)
        true(ended, "an answer's head is cut: %r" % head)
        body, whole, data = framed(answer, data)
        found.append((answer.status, answer.get("Connection"), body, whole))
    return found


def framed(answer, data):
    if answer.status in (100, 204, 304):
        return b"", True, data
    if answer.get("Transfer-Encoding") == "chunked":
        return dechunked(data)
    length = int(answer.get("Content-Length"))
    return data[:length], len(data) >= length, data[length:]


def dechunked(data):
    body = b""
    while True:
        line, ended, rest = data.partition(b"\r\n")
        if not ended:
            return body, False, b""
        size = int(line, 16)
        if not size:
            return body, True, rest.partition(b"\r\n")[2]
        body += rest[:size]
        if len(rest) < size + 2:
            return body, False, b""
        equal(rest[size:size + 2], b"\r\n", "end of a chunk")
        data = rest[size + 2:]


def outcome(data, cuts=()):
    return answers(converse(data, cuts))


# What it is, the body on the wire, its payload.
GOOD = [
    ("no chunk", b"0\r\n\r\n", b""),
    ("one chunk", b"5\r\nhello\r\n0\r\n\r\n", b"hello"),
    ("several chunks", b"1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n\r\n", b"abcdef"),
    ("hexadecimal in both cases", b"a\r\n0123456789\r\n0A\r\n0123456789\r\n"
     b"0\r\n\r\n", b"01234567890123456789"),
    ("zeros in front", b"0005\r\nhello\r\n000\r\n\r\n", b"hello"),
    ("line ends as payload", b"4\r\n\r\n\r\n\r\n0\r\n\r\n", b"\r\n\r\n"),
    ("a request as payload", b"13\r\nGET / HTTP/1.1\r\n\r\n\n\r\n0\r\n\r\n",
     b"GET / HTTP/1.1\r\n\r\n\n"),
    ("extensions", b"5;a;b=c;d=\"e;\\\"f\"\r\nhello\r\n0;x=y\r\n\r\n",
     b"hello"),
    ("trailers", b"5\r\nhello\r\n0\r\nX: y\r\nContent-Length: 7\r\n\r\n",
     b"hello"),
]

# What it is, the body on the wire up to its first byte that cannot be valid.
BAD = [
    ("no size", b"\r"),
    ("not hexadecimal", b"g"),
    ("a sign", b"+"),
    ("0x", b"0x"),
    ("a space in front", b" "),
    ("NUL in the size", b"1\0"),
    ("a bare LF behind the size", b"5\n"),
    ("CR CR behind the size", b"5\r\r"),
    ("more than 64 bits", b"10000000000000000"),
    ("an extension that is none", b"5;\r"),
    ("LF in an extension", b"5;a\n"),
]
# The same behind a first chunk: an echo has begun by then.
BAD_LATER = [
    ("payload longer than its size", b"5\r\nhello!"),
    ("a bare LF behind the payload", b"5\r\nhello\n"),
    ("no size behind a chunk", b"5\r\nhello\r\n\r"),
    ("a bad size behind a chunk", b"5\r\nhello\r\nx"),
    ("a space in a trailer's name", b"5\r\nhello\r\n0\r\na b"),
    ("a folded trailer", b"5\r\nhello\r\n0\r\na: b\r\n "),
]


def everywhere(data):
    """Lists of cuts: none, in two at each byte, and byte by byte."""
    yield range(1, len(data))
    step = 1 if SOAK else 11
    for cut in range(1, len(data), step):
        yield [cut]


def test_good_bodies_cut_anywhere():
    for what, body, payload in GOOD:
        data = chunked(body) + LAST
        want = [(200, None, payload, True), (200, "close", HELLO, True)]
        equal(outcome(data), want, what)
        for cuts in everywhere(data):
            equal(outcome(data, cuts), want, "%s, cut at %s" % (what, cuts))


def test_bad_bodies_cut_anywhere():
    for what, body in BAD:
        data = get_bytes("/hello") + chunked(body)
        found = outcome(data)
        equal([a[:2] for a in found], [(200, None), (400, "close")], what)
        for cuts in everywhere(data):
            equal(outcome(data, cuts), found, "%s, cut at %s" % (what, cuts))


def test_bad_bodies_behind_the_beginning_of_an_answer():
    """What was echoed arrives, and is visibly not all."""
    for what, body in BAD_LATER:
        data = get_bytes("/hello") + chunked(body)
        want = [(200, None, HELLO, True), (200, None, b"hello", False)]
        equal(outcome(data), want, what)
        for cuts in everywhere(data):
            equal(outcome(data, cuts), want, "%s, cut at %s" % (what, cuts))


def test_bodies_that_nobody_wants():
    """They are framed, so that the next request is found."""
    for method, target, status in (("GET", "/hello", 200),
                                   ("HEAD", "/hello", 200),
                                   ("OPTIONS", "/hello", 204),
                                   ("POST", "/hello", 405),
                                   ("DELETE", "/none", 404),
                                   ("GET", "/site/page.html", 200),
                                   ("GET", "/kelp/health", 200),
                                   ("BREW", "/hello", 501),
                                   ("GET", "/%00", 400)):
        for body in (b"Content-Length: 5\r\n\r\nhello",
                     b"Transfer-Encoding: chunked\r\n\r\n"
                     b"5;x\r\nhello\r\n0\r\nA: b\r\n\r\n"):
            data = get_bytes(target, method=method)[:-2] + body
            for cuts in ([], range(1, len(data)), [len(data) - 3]):
                with Connection() as connection:
                    connection.send(data, cuts)
                    what = "%s %s %s" % (method, target, body[:16])
                    equal(connection.response(method).status, status, what)
                    equal(connection.request("/hello").body, HELLO, what)


def test_bad_bodies_that_nobody_wants():
    """The answer was given: it is the only one, and the connection ends."""
    for what, body in BAD + BAD_LATER:
        data = chunked(body, target="/hello", method="GET")
        for cuts in ([], range(1, len(data))):
            equal(outcome(data, cuts), [(200, None, HELLO, True)], what)


def test_large_bodies():
    payload = bytes(range(256)) * (4096 if SOAK else 1024)
    for size in (1, 7, 4096, 65536, len(payload)):
        take = payload if size > 7 else payload[:2000]
        body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (
            take[at:at + size] for at in range(0, len(take), size)))
        data = chunked(body + b"0\r\n\r\n") + LAST
        with Connection(rcvbuf=4096 if size == 4096 else None) as connection:
            read = reader(connection)
            connection.send(data)
            equal(answers(read()), [(200, None, take, True),
                                    (200, "close", HELLO, True)],
                  "chunks of %d" % size)


def reader(connection):
    """Read to the end in a thread: the peer stops when nobody does."""
    import threading
    found = []
    thread = threading.Thread(target=lambda: found.append(connection.rest()))
    thread.start()

    def wait():
        thread.join(6 * kelp_test.TIMEOUT)
        return found[0]
    return wait


def test_body_limit():
    """The size that passes the limit is refused, not the bytes behind it."""
    with limits(body="10"):
        full = b"4\r\nabcd\r\n6\r\nefghij\r\n0\r\n\r\n"
        equal(outcome(chunked(full) + LAST)[0],
              (200, None, b"abcdefghij", True), "just allowed")
        for body in (b"b\r", b"000b;x\r", b"ffffffffffffffff\r"):
            data = chunked(body)
            for cuts in ([], range(1, len(data))):
                found = outcome(data, cuts)
                equal([a[:2] for a in found], [(413, "close")], body)
        found = outcome(chunked(b"4\r\nabcd\r\n7\r"))
        equal(found, [(200, None, b"abcd", False)], "the second chunk")
        equal(outcome(chunked(b"b\r", target="/hello", method="GET")),
              [(200, None, HELLO, True)], "unwanted")


def test_extension_and_trailer_limits():
    with limits(chunk_extensions="20", trailer_fields="20"):
        data = chunked(b"1;aaaaaaaa\r\nx\r\n1;bbbbbbbbbb\r\ny\r\n0\r\n"
                       b"A: 345678901234\r\n\r\n") + LAST
        equal(outcome(data)[0], (200, None, b"xy", True), "just allowed")
        data = chunked(b"1;aaaaaaaaaaaaaaaaaaaa\r\n")
        for cuts in ([], range(1, len(data))):
            equal([a[:2] for a in outcome(data, cuts)], [(413, "close")],
                  "extensions")
        data = chunked(b"0\r\nA: 3456789012345678901\r\n")
        for cuts in ([], range(1, len(data))):
            equal([a[:2] for a in outcome(data, cuts)], [(431, "close")],
                  "trailers")
    # The defaults.
    data = chunked(b"1;" + b"a" * 4095 + b"\r\nx\r\n0\r\n" +
                   b"A: " + b"b" * 8185 + b"\r\n\r\n") + LAST
    equal(outcome(data)[0], (200, None, b"x", True), "just allowed")


# Expect: 100-continue

EXPECT = "Expect: 100-continue"


def test_continue_when_the_body_is_wanted():
    for framing, body in (("Content-Length: 5", b"hello"),
                          ("Transfer-Encoding: chunked",
                           b"5\r\nhello\r\n0\r\n\r\n")):
        with Connection() as connection:
            connection.send(get_bytes("/echo", framing, EXPECT, method="POST"))
            equal(connection.response().status, 100, framing)
            connection.send(body)
            answer = connection.response()
            equal((answer.status, answer.body), (200, b"hello"), framing)
            equal(answer.get("Connection"), None, framing)
            equal(connection.request("/hello").body, HELLO, framing)


def test_no_continue_when_it_is_not():
    """Whether a body follows cannot be known: the connection ends."""
    for method, target, status in (("POST", "/hello", 405),
                                   ("PUT", "/none", 404),
                                   ("GET", "/hello", 200),
                                   ("GET", "/site/page.html", 200)):
        for framing in ("Content-Length: 5", "Transfer-Encoding: chunked"):
            with Connection() as connection:
                connection.send(get_bytes(target, framing, EXPECT,
                                          method=method))
                answer = connection.response()
                equal(answer.status, status, target)
                equal(answer.get("Connection"), "close", target)
                connection.closed()
    with Connection() as connection:
        connection.send(get_bytes("/echo", "Content-Length: 1048577", EXPECT,
                                  method="POST"))
        is_error(connection.response(), 413, "too large")
        connection.closed()


def test_continue_without_a_body():
    with Connection() as connection:
        answer = connection.request("/hello", headers=[
            ("Expect", "100-continue")])
        equal(answer.status, 200, "status")
        equal(connection.request("/hello").status, 200, "the next one")


# Unfinished

def ends(connection, what):
    """Everything until the end, which comes within a second."""
    begin = time.monotonic()
    try:
        data = connection.rest()
    except ConnectionResetError:
        data = connection.buffer
    took = time.monotonic() - begin
    true(took < 1 * PATIENCE, "%s: ended after %.1f s" % (what, took))
    return data


def test_fin_inside_a_body():
    whole = chunked(b"5;x=y\r\nhello\r\n0\r\nA: b\r\n\r\n")
    head = whole.index(b"\r\n\r\n") + 4
    for end in range(head, len(whole)):
        with Connection() as connection:
            connection.send(get_bytes("/hello") + whole[:end])
            connection.sock.shutdown(socket.SHUT_WR)
            found = answers(ends(connection, "FIN at %d" % end))
            equal(found[0], (200, None, HELLO, True), "the one before")
            true(not found[1:] or not found[1][3],
                 "a whole answer to half a body: %r" % found[1:])


def test_fin_behind_a_body():
    for target in ("/echo", "/hello", "/site/page.html", "/kelp/health"):
        with Connection() as connection:
            connection.send(chunked(b"5\r\nhello\r\n0\r\n\r\n", target=target,
                                    method="GET"))
            connection.sock.shutdown(socket.SHUT_WR)
            found = answers(ends(connection, target))
            equal([(a[0], a[3]) for a in found], [(200, True)], target)


def test_body_timeout():
    with limits(body_timeout="300"):
        with Connection() as connection:
            connection.send(chunked(b"5\r"))
            is_error(connection.response(), 408, "no answer had begun")
            connection.closed()
        with Connection() as connection:
            connection.send(chunked(b"5\r\nhello\r\n"))
            found = b""
            try:
                found = connection.rest()
            except ConnectionResetError:
                found = connection.buffer
            equal(answers(found)[0][2:], (b"hello", False), "it had begun")


def test_many_pipelined():
    """Bodies and requests without one, in a row, cut at odd places."""
    data, want = b"", []
    for number in range(60):
        what, body, payload = GOOD[number % len(GOOD)]
        data += chunked(body, "X: " + what)
        want.append((200, None, payload, True))
        data += get_bytes("/hello", "Content-Length: 3", method="GET") + b"abc"
        want.append((200, None, HELLO, True))
    data += LAST
    want.append((200, "close", HELLO, True))
    for step in (0, 1460, 97):
        cuts = range(step, len(data), step) if step else ()
        equal(outcome(data, cuts), want, "cut every %d" % step)


if __name__ == "__main__":
    kelp_test.main(globals())
