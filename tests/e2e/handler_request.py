#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=6.12,debug where=guest timeout=120
"""What kelp decides and finds out for handlers: whether a request's
preconditions hold, and who sent it.
"""
import socket
import struct

import handler_kit
import kelp_test
from http_kit import get_bytes, is_error
from kelp_test import Connection, equal, get, kelpctl

OTHER = 8081
HOSTS = ("127.0.0.1", "[::1]")

setup = handler_kit.serve
teardown = handler_kit.stop


# Preconditions

MTIME = "Sun, 06 Nov 1994 08:49:37 GMT"
BEFORE = "Sun, 06 Nov 1994 08:49:36 GMT"
TAGGED = (    # field, value, status of GET, of PUT that kelp judges
    ("If-Match", '"v"', 200, 412), ("If-Match", '"w"', 412, 412),
    ("If-Match", "*", 200, 200), ("If-None-Match", '"v"', 304, 200),
    ("If-None-Match", '"w", W/"v"', 304, 200),
    ("If-None-Match", '"w"', 200, 200), ("If-None-Match", "*", 304, 412),
    ("If-Modified-Since", MTIME, 304, 200),
    ("If-Modified-Since", BEFORE, 200, 200),
    ("If-Unmodified-Since", MTIME, 200, 200),
    ("If-Unmodified-Since", BEFORE, 412, 200))


def changes(prefix):
    return int(get(prefix).body.split()[1])


def test_conditions_of_reading():
    """By the validators that the handler gave, however it answers."""
    for query in ("", "?pieces=1", "?sleep=1", "?sleep=1&pieces=1"):
        for name, value, status, _ in TAGGED:
            what = "%s: %s %s" % (name, value, query)
            with Connection() as connection:
                for method in ("GET", "HEAD"):
                    answer = connection.request("/tag" + query, method,
                                                [(name, value)])
                    equal(answer.status, status, "%s %s" % (method, what))
                    equal(answer.get("X-Test"), "kept", what)
                    fields_fit(answer, method, what)
                equal(connection.request("/tag" + query).status, 200,
                      "the next one: " + what)


def fields_fit(answer, method, what):
    has = {name: bool(answer.all(name)) for name in
           ("ETag", "Last-Modified", "Cache-Control", "Content-Type")}
    body = has["Content-Type"]
    equal(has["ETag"], answer.status != 412, "ETag: " + what)
    equal(has["Last-Modified"], answer.status == 200, "date: " + what)
    equal(has["Cache-Control"], answer.status != 412, "caching: " + what)
    equal(body, answer.status != 304, "type: " + what)
    if method == "HEAD":
        return
    if answer.status == 412:
        is_error(answer, 412, what)
    else:
        equal(answer.body.split()[:1], [b"changed"] if body else [], what)


def test_conditions_of_changing():
    """Before the handler is called, which knows nothing of them."""
    for name, value, _, status in TAGGED:
        for method in ("PUT", "POST"):
            before, what = changes("/tag"), "%s: %s" % (name, value)
            with Connection() as connection:
                answer = connection.request("/tag", method, [(name, value)],
                                            b"body")
                equal(answer.status, status, "%s %s" % (method, what))
                equal(connection.request("/show").status, 200, "the next one")
            equal(changes("/tag") - before, status == 200, what)
    equal(get("/tag", method="OPTIONS", headers=[("If-Match", '"w"')]).status,
          200, "OPTIONS has no condition")


def test_conditions_that_a_handler_judges():
    for name, value, reads, _ in TAGGED:
        before, what = changes("/own"), "%s: %s" % (name, value)
        expected = 412 if reads == 412 else 200
        if name == "If-None-Match":
            expected = 412 if reads == 304 else 200
        equal(get("/own", method="PUT", headers=[(name, value)]).status,
              expected, what)
        equal(changes("/own") - before, expected == 200, what)
        equal(get("/own", headers=[(name, value)]).status, reads, what)


def test_conditions_without_validators():
    kelpctl("route", "add", "/old", "redirect", "to=/new")
    kelpctl("route", "add", "/kelp", "status")
    try:
        for name, value, status in (
                ("If-Match", '"a"', 412), ("If-Match", "*", 200),
                ("If-None-Match", '"a"', 200), ("If-None-Match", "*", 304),
                ("If-Unmodified-Since", BEFORE, 200),
                ("If-Modified-Since", MTIME, 200)):
            for page in ("/kelp/health", "/kelp/stats.json"):
                equal(get(page, headers=[(name, value)]).status, status,
                      "%s %s: %s" % (page, name, value))
            # RFC 9110, 13.2.1: none counts when the answer is not 2xx
            for method in ("GET", "POST"):
                equal(get("/old", method=method,
                          headers=[(name, value)]).status, 302, method)
            equal(get("/tag?missing=1", headers=[(name, value)]).status, 404,
                  "%s: %s" % (name, value))
    finally:
        kelpctl("route", "del", "/kelp")
        kelpctl("route", "del", "/old")


# Who asks

class listening:
    """with listening(options): further listeners, for both IPs."""

    def __init__(self, *options):
        self.options = options

    def __enter__(self):
        for host in HOSTS:
            kelpctl("listener", "add", "%s:%d" % (host, OTHER), *self.options)

    def __exit__(self, *error):
        for host in HOSTS:
            kelpctl("listener", "del", "%s:%d" % (host, OTHER))


def asked_by(before=b"", host="127.0.0.1", forwarded=(), path="/show"):
    """(peer, client) as a handler sees them, and our own port."""
    with Connection(OTHER, host) as connection:
        connection.send(before + get_bytes(path, *[
            "X-Forwarded-For: " + value for value in forwarded]))
        seen = connection.response().body.decode().split("|")[-2:]
        return seen + [connection.sock.getsockname()[1]]


def v2(source):
    body = socket.inet_pton(socket.AF_INET6, source) + \
        socket.inet_pton(socket.AF_INET6, "::1") + struct.pack(">HH", 4321, 80)
    return b"\r\n\r\n\0\r\nQUIT\n\x21\x21" + \
        struct.pack(">H", len(body)) + body


PLACES = ("/show", "/show?sleep=1")


def test_who_asks_directly():
    for path in PLACES:
        with listening():
            for host in HOSTS:
                seen = asked_by(host=host.strip("[]"), path=path,
                                forwarded=["192.0.2.1"])
                equal(seen[:2], [host.strip("[]"), "%s:%d" % (host, seen[2])],
                      "nobody is trusted: " + host)


def test_who_asks_through_proxies():
    trust = ("--trust", "127.0.0.0/8", "--trust", "10.0.0.0/8")
    for path in PLACES:
        with listening(*trust):
            for fields, client in (
                    (["192.0.2.1"], "192.0.2.1:0"),
                    (["192.0.2.1, 10.1.1.1", "10.2.2.2"], "192.0.2.1:0"),
                    (["192.0.2.1", "[2001:db8::1]:99"], "[2001:db8::1]:99"),
                    (["192.0.2.1:81"], "192.0.2.1:81"),
                    (["10.9.9.9"], "10.9.9.9:0")):
                equal(asked_by(forwarded=fields, path=path)[1], client,
                      "%s %s" % (path, fields))
            for host, field in zip(HOSTS, ("no address", "192.0.2.1")):
                seen = asked_by(host=host.strip("[]"), path=path,
                                forwarded=[field])
                equal(seen[1], "%s:%d" % (host, seen[2]), "not believed")


def test_who_asks_by_a_proxy_header():
    for path in PLACES:
        with listening("--proxy-protocol", "--trust", "127.0.0.1",
                       "--trust", "2001:db8::7"):
            equal(asked_by(b"PROXY TCP4 192.0.2.9 127.0.0.1 4321 80\r\n",
                           path=path, forwarded=["192.0.2.1"])[:2],
                  ["127.0.0.1", "192.0.2.9:4321"], "announced")
            equal(asked_by(v2("2001:db8::8"), path=path)[1],
                  "[2001:db8::8]:4321", "announced IPv6")
            equal(asked_by(v2("2001:db8::7"), path=path,
                           forwarded=["192.0.2.1"])[1], "192.0.2.1:0",
                  "named by whom the header announces")
            seen = asked_by(b"PROXY UNKNOWN\r\n", path=path)
            equal(seen[1], "127.0.0.1:%d" % seen[2], "of the proxy itself")


if __name__ == "__main__":
    kelp_test.main(globals())
