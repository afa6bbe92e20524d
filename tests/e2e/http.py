#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=6.12,debug where=guest timeout=300
"""HTTP/1.x as a client sees it: answers, persistence, pipelining, bodies.

What happens over time and to requests that are cut, garbled or not finished is
in http_wire.py.
"""
import calendar
import json
import random
import socket
import threading
import time

import http_kit
import kelp_test
from http_kit import (HELLO, LARGE, PAGE, STREAM, converse, get_bytes, is_error,
                      limits, post_bytes, undated)
from kelp_test import KERNEL, SOAK, Connection, equal, get, true, wait_for

setup = http_kit.serve
teardown = http_kit.stop

DATE = "%a, %d %b %Y %H:%M:%S GMT"
PAGES = {"/hello": HELLO, "/large": LARGE, "/site/page.html": PAGE,
         "/site/stream.bin": STREAM, "/site/dir/": PAGE}


# One request

def test_get():
    for target, body in PAGES.items():
        with Connection() as connection:
            answer = connection.request(target)
            equal((answer.version, answer.status, answer.reason),
                  ("HTTP/1.1", 200, "OK"), target)
            equal(answer.get("Content-Length"), str(len(body)), target)
            true(answer.body == body, target + ": other bytes")
            equal(answer.get("Connection"), None, target + ": Connection")
            equal(answer.get("Transfer-Encoding"), None, target)
            true(answer.get("Content-Type"), target + ": Content-Type")


def test_head():
    for target in list(PAGES) + ["/none", "/site/private", "/site/dir",
                                 "/kelp/health"]:
        with Connection() as connection:
            want = connection.request(target)
            answer = connection.request(target, "HEAD")
            equal(undated(answer.head), undated(want.head), "HEAD " + target)
            # Not a byte of body: the next answer begins right there.
            equal(connection.request("/hello").body, HELLO, "behind HEAD")


def test_date_and_server():
    answer = get("/hello")
    date = answer.get("Date")
    moment = time.strptime(date, DATE)
    equal(time.strftime(DATE, moment), date, "format")
    true(abs(calendar.timegm(moment) - time.time()) < 2 * kelp_test.PATIENCE,
         "Date is %s, now is %s" % (date, time.ctime()))
    true(answer.get("Server", "").startswith("kelp"), "Server")
    for target in ("/none", "/site/page.html", "/site/stream.bin", "/echo",
                   "/kelp/health"):
        true(get(target).get("Date"), target + " has no Date")
        true(get(target).get("Server"), target + " has no Server")
    with Connection() as connection:    # It does not stand still.
        wait_for(lambda: connection.request("/hello").get("Date") != date,
                 4 * kelp_test.PATIENCE, "the next second")


def test_targets():
    for target, status in (("/hello?a=b", 200), ("/hello?", 200),
                           ("/hello?a?b/../c", 200), ("/%68ello", 200),
                           ("/%68%65%6C%6c%6F", 200), ("/x/../hello", 200),
                           ("/./hello", 200), ("/Hello", 404),
                           ("/hello/", 404), ("/hell", 404), ("/helloo", 404),
                           ("http://test/hello", 200),
                           ("HTTP://test:8080/hello", 200)):
        answer = get(target)
        equal(answer.status, status, target)
        equal(answer.body == HELLO, status == 200, target + ": body")


# The connection

def persistence(version, fields, stays, announced):
    what = "%s %s" % (version, fields)
    with Connection() as connection:
        headers = [("Connection", field) for field in fields]
        answer = connection.request("/hello", headers=headers, version=version)
        equal((answer.status, answer.body), (200, HELLO), what)
        equal((answer.get("Connection") or "").lower(), announced, what)
        if stays:
            equal(connection.request("/hello").status, 200, what)
        else:
            connection.closed()


def test_keep_alive_1_1():
    persistence("HTTP/1.1", [], True, "")
    persistence("HTTP/1.1", ["keep-alive"], True, "")
    persistence("HTTP/1.1", ["x-other"], True, "")
    for field in ("close", "Close", "CLOSE", "keep-alive, close",
                  "close, keep-alive", "x, close ,y", "\tclose"):
        persistence("HTTP/1.1", [field], False, "close")
    persistence("HTTP/1.1", ["keep-alive", "close"], False, "close")


def test_keep_alive_1_0():
    persistence("HTTP/1.0", [], False, "close")
    persistence("HTTP/1.0", ["close"], False, "close")
    persistence("HTTP/1.0", ["keep-alive"], True, "keep-alive")
    persistence("HTTP/1.0", ["Keep-Alive"], True, "keep-alive")
    persistence("HTTP/1.0", ["keep-alive, close"], False, "close")


def test_http_1_0_needs_no_host():
    answer = converse(b"GET /hello HTTP/1.0\r\n\r\n")
    true(answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(HELLO),
         "HTTP/1.0: %r" % answer)


def test_minor_versions_above_1():
    answer = converse(b"GET /hello HTTP/1.7\r\nHost: x\r\n"
                      b"Connection: close\r\n\r\n")
    true(answer.startswith(b"HTTP/1.1 200 "), "HTTP/1.7: %r" % answer)


def test_many_requests_on_a_connection():
    count = 20000 if SOAK else 300
    with Connection() as connection:
        for number in range(count):
            target = ("/hello", "/none", "/site/page.html")[number % 3]
            equal(connection.request(target).status,
                  404 if number % 3 == 1 else 200, "request %d" % number)
        answer = connection.request("/hello", headers=[("Connection", "close")])
        equal(answer.get("Connection"), "close", "the last")
        connection.closed()


def test_requests_per_connection():
    with limits(requests_per_connection=3), Connection() as connection:
        for _ in range(2):
            equal(connection.request("/hello").get("Connection"), None, "kept")
        equal(connection.request("/hello").get("Connection"), "close", "third")
        connection.closed()


def test_errors_that_keep_the_connection():
    with Connection() as connection:
        for target, method, status in (
                ("/none", "GET", 404), ("/site/none", "GET", 404),
                ("/site/private", "GET", 403), ("/site/dir", "GET", 301),
                ("/hello", "POST", 405), ("/site/page.html", "DELETE", 405),
                ("/kelp/health", "PUT", 405), ("/kelp/none", "GET", 404),
                ("/hello", "BREW", 501), ("/none", "BREW", 501)):
            what = method + " " + target
            answer = connection.request(target, method)
            is_error(answer, status, what)
            equal(answer.get("Connection"), None, what)
            if status == 405:
                equal(answer.get("Allow"), "GET, HEAD, OPTIONS", what)
        equal(connection.request("/hello").body, HELLO, "still there")


def test_errors_skip_the_body():
    """The next request is found behind a body that nobody wanted, or the
    answer says that the connection closes."""
    for target, method, status in (("/none", "POST", 404),
                                   ("/hello", "PUT", 405),
                                   ("/site/page.html", "POST", 405),
                                   ("/site/none", "PATCH", 405),
                                   ("/hello", "BREW", 501)):
        for size in (1, 5000, 200000):
            what = "%s %s with %d bytes" % (method, target, size)
            body = (b"GET /large HTTP/1.1\r\n" * 10000)[:size]
            with Connection() as connection:
                answer = connection.request(target, method, body=body)
                is_error(answer, status, what)
                if answer.get("Connection") == "close":
                    connection.closed()
                    continue
                equal(connection.request("/hello").body, HELLO, what)


def test_options():
    with Connection() as connection:
        for target in ("/hello", "/site/page.html", "/site/none",
                       "/kelp/health"):
            answer = connection.request(target, "OPTIONS")
            true(answer.status in (200, 204), target)
            equal(answer.get("Allow"), "GET, HEAD, OPTIONS", target)
        answer = connection.request("*", "OPTIONS")
        true(answer.status in (200, 204), "*: %d" % answer.status)
        true("GET" in answer.get("Allow", ""), "Allow of *")
        equal(connection.request("*").status, 400, "GET *")


# Pipelining

def mixture(count, seed):
    """Requests of every kind: bytes to send, and what each must get."""
    rng = random.Random(seed)
    sent, wanted = [], []
    kinds = [
        lambda: (get_bytes("/hello"), "GET", 200, HELLO),
        lambda: (get_bytes("/hello", "X-Filler: " + "x" * 900), "GET", 200,
                 HELLO),
        lambda: (get_bytes("/large", method="HEAD"), "HEAD", 200, b""),
        lambda: (get_bytes("/none"), "GET", 404, b"404 Not Found\n"),
        lambda: (get_bytes("/site/page.html"), "GET", 200, PAGE),
        lambda: (get_bytes("/kelp/health"), "GET", 200, b"ok\n"),
        lambda: (get_bytes("/hello", method="OPTIONS"), "OPTIONS", None, b""),
        lambda: (get_bytes("/site/dir"), "GET", 301, None),
    ]

    def cold():
        number = rng.randrange(100)
        return (get_bytes("/site/cold/%d" % number), "GET", 200,
                b"cold %d" % number)

    def echo():
        body = rng.randbytes(rng.choice((0, 1, 10, 1000, 5000)))
        return post_bytes(body), "POST", 200, body

    def unwanted():
        body = b"GET /none HTTP/1.1\r\nHost: x\r\n\r\n" * rng.randrange(1, 20)
        return post_bytes(body, target="/hello"), "POST", 405, None

    kinds += [cold, echo, echo, unwanted]
    for number in range(count):
        data, *want = rng.choice(kinds)()
        if number % 50 == 49:
            data, *want = (get_bytes("/large"), "GET", 200, LARGE)
        sent.append(data)
        wanted.append(want)
    return sent, wanted


def read_mixture(connection, wanted):
    for number, (method, status, body) in enumerate(wanted):
        what = "answer %d to %s" % (number, method)
        answer = connection.response(method)
        if status:
            equal(answer.status, status, what)
        if body is not None:
            equal(answer.body, body, what)


def pipeline(count, seed, cuts):
    """Write from another thread: neither side may wait for the other."""
    sent, wanted = mixture(count, seed)
    data = b"".join(sent)
    rng = random.Random(seed)
    with Connection() as connection:
        def write():
            if cuts:
                places = [rng.randrange(len(data)) for _ in range(cuts)]
                connection.send(data, places)
            else:
                connection.sock.sendall(data)

        writer = threading.Thread(target=write)
        writer.start()
        read_mixture(connection, wanted)
        writer.join()
        equal(connection.request("/hello").body, HELLO, "afterwards")


def test_pipelined_in_one_write():
    for seed in range(200 if SOAK else 2):
        pipeline(200, seed, 0)


def test_pipelined_and_cut_anywhere():
    for seed in range(200 if SOAK else 2 if KERNEL == "debug" else 4):
        pipeline(60, 1000 + seed, 150)


def test_pipelined_and_cut_at_the_seams():
    """One byte before, at and behind the border between two requests."""
    requests = [get_bytes("/hello"), post_bytes(b"body"), get_bytes("/none"),
                get_bytes("/site/cold/7"), post_bytes(b""), get_bytes("/large")]
    data = b"".join(requests) + get_bytes("/hello", "Connection: close")
    want = undated(converse(data))
    edge = 0
    for request in requests:
        edge += len(request)
        for cut in (edge - 4, edge - 2, edge - 1, edge, edge + 1):
            true(undated(converse(data, [cut])) == want, "cut at %d" % cut)


def test_nothing_is_answered_behind_close():
    data = get_bytes("/hello", "Connection: close") + get_bytes("/large") * 5
    answer = converse(data)
    equal(answer.count(b"HTTP/1.1 "), 1, "answers")
    true(answer.endswith(HELLO), "the answer is whole")


def test_a_bad_request_spares_the_answers_before():
    firsts = [(get_bytes("/hello"), HELLO), (get_bytes("/large"), LARGE),
              (get_bytes("/site/stream.bin"), STREAM),
              (get_bytes("/site/cold/1"), b"cold 1"),
              (get_bytes("/kelp/health"), b"ok\n"),
              (post_bytes(LARGE), LARGE),
              (post_bytes(b"body", target="/none"), None)]
    for first, body in firsts:
        for bad in (b"GET\x00", b"GET /hello HTTP/1.1\r\n\r\n",
                    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"):
            for cuts in ([], [len(first)], [len(first) + 1]):
                what = "%r before %r cut at %r" % (first[:30], bad, cuts)
                with Connection() as connection:
                    connection.send(first + bad, cuts)
                    answer = connection.response()
                    if body is not None:
                        equal(answer.status, 200, what)
                        true(answer.body == body, what + ": other bytes")
                    answer = connection.response()
                    equal((answer.status, answer.get("Connection")),
                          (400, "close"), what)
                    connection.closed()


# Bodies

def test_echo():
    with Connection() as connection:
        for size in (0, 1, 100, 4096, 70000, 1000000, 1 << 20):
            body = random.Random(size).randbytes(size)
            for method in ("POST", "PUT") if size < 1000 else ("POST",):
                answer = connection.request(
                    "/echo", method, [("Content-Length", str(size))], body)
                equal(answer.status, 200, "%s %d" % (method, size))
                true(answer.body == body, "%d: other bytes" % size)
        for method in ("GET", "DELETE", "PATCH", "POST"):
            answer = connection.request("/echo", method)
            equal((answer.status, answer.get("Content-Length")), (200, "0"),
                  method + " without a body")
        answer = connection.request("/echo", "GET", body=b"even with GET")
        equal(answer.body, b"even with GET", "GET with a body")


def test_echo_in_pieces():
    body = random.Random(0).randbytes(70000)
    for pieces in (2, 7, 40):
        data = post_bytes(body, "Connection: close")
        cuts = [len(data) * i // pieces for i in range(1, pieces)]
        answer = converse(data, cuts)
        true(answer.endswith(b"\r\n\r\n" + body), "%d pieces" % pieces)


def test_body_limit():
    with limits(body=1000):
        equal(get("/echo", method="POST", body=b"x" * 1000).status, 200,
              "at the limit")
        for target in ("/echo", "/hello", "/none"):
            with Connection() as connection:    # Only its head is sent.
                connection.send(get_bytes(target, "Content-Length: 1001",
                                          method="POST"))
                answer = connection.response()
                is_error(answer, 413, target)
                equal(answer.get("Connection"), "close", target)
                connection.closed()


def test_refusal_reaches_a_client_that_sends_on():
    """413 must not be destroyed by the reset that unread bytes would cause."""
    chunk = b"x" * 65536
    for _ in range(50 if SOAK else 3):
        with Connection() as connection:
            connection.send(get_bytes("/echo", "Content-Length: 4000000",
                                      method="POST"))
            sent = 0
            while sent < 4000000 and b"\r\n\r\n" not in connection.buffer:
                connection.sock.sendall(chunk[:4000000 - sent])
                sent += len(chunk)
                connection.sock.setblocking(False)
                try:
                    connection.more()
                except BlockingIOError:
                    pass
                connection.sock.settimeout(kelp_test.TIMEOUT)
            is_error(connection.response(), 413, "while sending")


def test_expect_continue():
    expect = ("Expect", "100-continue")
    with Connection() as connection:
        for body in (b"a body", LARGE):
            connection.send(get_bytes("/echo", "Expect: 100-continue",
                                      "Content-Length: %d" % len(body),
                                      method="POST"))
            answer = connection.response("HEAD")
            equal((answer.status, answer.headers), (100, []), "interim answer")
            connection.send(body)
            answer = connection.response()
            equal((answer.status, answer.body == body), (200, True), "final")
    for target, length, status in (("/echo", 9999999, 413),
                                   ("/none", 5, 404), ("/hello", 5, 405)):
        with Connection() as connection:    # Refused: no body is asked for.
            connection.send(get_bytes(target, "Expect: 100-CONTINUE",
                                      "Content-Length: %d" % length,
                                      method="POST"))
            equal(connection.response().status, status, target)
    with Connection() as connection:    # Not in HTTP/1.0.
        answer = connection.request("/echo", "POST", [expect], b"body",
                                    "HTTP/1.0")
        equal((answer.status, answer.body), (200, b"body"), "HTTP/1.0")
    with Connection() as connection:
        answer = connection.request("/echo", "GET", [expect])
        equal(answer.status, 200, "nothing to continue with")


def test_half_close():
    """A client that closes its half still gets all its answers."""
    for target, body in PAGES.items():
        answer = converse(get_bytes(target), half_close=True)
        true(answer.startswith(b"HTTP/1.1 200 ") and
             answer.endswith(b"\r\n\r\n" + body), target)
    answer = converse(get_bytes("/kelp/health"), half_close=True)
    true(answer.endswith(b"ok\n"), "a handler that may sleep")
    answer = converse(post_bytes(LARGE), half_close=True)
    true(answer.endswith(LARGE), "echo")
    sent, wanted = mixture(30, 3)
    with Connection() as connection:
        connection.send(b"".join(sent))
        connection.sock.shutdown(socket.SHUT_WR)
        read_mixture(connection, wanted)
        connection.closed()


# The status handler

def test_status_handler():
    answer = get("/kelp/health")
    equal((answer.status, answer.body), (200, b"ok\n"), "health")
    with Connection() as connection:
        def numbers():
            answer = connection.request("/kelp/stats.json")
            equal(answer.status, 200, "stats.json")
            equal(answer.get("Content-Type"), "application/json", "type")
            return json.loads(answer.body)

        before = numbers()
        for _ in range(5):
            connection.request("/hello")
        after = numbers()
        equal(after["requests"] - before["requests"], 6, "requests")
        true(after["connections"] >= 1, "connections")
        shown = kelp_test.kelpctl_json("stats", "show")
        true(set(shown) <= set(after), "lacks %s" % (set(shown) - set(after)))
    for target in ("/kelp", "/kelp/", "/kelp/x", "/kelp/health/",
                   "/kelp/healthy", "/kelphealth"):
        equal(get(target).status, 404, target)
    equal(get("/kelp/health?verbose").status, 200, "with a query")


if __name__ == "__main__":
    kelp_test.main(globals())
