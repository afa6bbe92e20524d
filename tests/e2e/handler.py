#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=6.12,debug where=guest timeout=240
"""Handlers: what they see and answer, bodies both ways, failures, and their end
in the middle of it. kelp's own (echo, redirect) and those of tests/handlers.
"""
import os
import socket
import subprocess
import threading
import time

import handler_kit
import http_kit
import kelp_test
from handler_kit import stat
from http_kit import get_bytes, is_error
from kelp_test import (KERNEL, PATIENCE, SOAK, Connection, equal, get, kelpctl,
                       kelpctl_json, refused, true, wait_for)

LARGE = (3 << 20) if SOAK else (600 << 10)

setup = handler_kit.serve
teardown = handler_kit.stop


def pattern(count):
    return (b"abcdefghijklmnopqrstuvwxyz" * (count // 26 + 1))[:count]


# Routes and their arguments

def test_arguments_are_shown():
    rows = {row["prefix"]: row for row in kelpctl_json("route", "show")}
    equal(rows["/show"]["arguments"], {"word": "abc"}, "arguments")
    equal(rows["/pour"]["arguments"], {}, "no arguments")
    true("word=abc" in kelpctl("route", "show"), "text form")


def test_arguments_are_refused():
    for args, text in ((["test-show", "wrod=abc"], "knows no argument"),
                       (["test-pour", "word=abc"], "knows no argument"),
                       (["test-show", "word=bad"], "bad is no word"),
                       (["test-show", "word=a", "word=b"], "twice"),
                       (["test-show", "body=x"], "no number"),
                       (["test-show", "body=1X"], "K, M or G"),
                       (["redirect"], "needs to="),
                       (["redirect", "to=elsewhere"], "must begin"),
                       (["redirect", "to=/x", "status=304"], "must be"),
                       (["redirect", "to=/x", "status=200"], "range"),
                       (["redirect", "to=/x", "keep=query"], "only be path"),
                       (["kv", "bytes=1"], "range"),
                       (["kv", "ttl=x"], "no time"),
                       (["kv", "store=a b"], "name has"),
                       (["nobody"], "no such handler")):
        why = refused("route", "add", "/refused", *args)
        true(text in why, "%s: %s" % (args, why))
    refused("route", "add", "/refused", "test-show", "word")
    true(not any(row["prefix"] == "/refused"
                 for row in kelpctl_json("route", "show")), "nothing was added")


def test_body_limit_of_a_route():
    """Smaller or larger than everybody's."""
    kelpctl("route", "add", "/small", "echo", "body=10")
    kelpctl("route", "add", "/wide", "echo", "body=4M")
    try:
        equal(get("/small", method="POST", body=b"x" * 10).body, b"x" * 10,
              "just allowed")
        is_error(get("/small", method="POST", body=b"x" * 11), 413, "length")
        with Connection() as connection:
            connection.send(get_bytes("/small", "Transfer-Encoding: chunked",
                                      method="POST") + b"b\r")
            is_error(connection.response(), 413, "chunk")
        body = bytes(2 << 20)
        with Connection() as connection:
            pump = threading.Thread(target=lambda: connection.send(
                get_bytes("/wide", "Content-Length: %d" % len(body),
                          method="POST") + body))
            pump.start()
            equal(connection.response().body, body, "above everybody's limit")
            pump.join()
    finally:
        kelpctl("route", "del", "/small")
        kelpctl("route", "del", "/wide")


# What a handler sees and answers

def test_request_and_answer():
    with Connection() as connection:
        answer = connection.request(
            "/show/a%20b?x=y", headers=[
                ("X-Test", "one"), ("Cookie", "other=1; crumb=\"eaten\"")])
        equal(answer.body,
              b"1|/a b|x=y|one|eaten|abc|127.0.0.1|127.0.0.1:%d" %
              connection.sock.getsockname()[1], "what was seen")
        equal(answer.get("X-Test"), "shown", "a field")
        equal(answer.get("Set-Cookie"), "a=b; Path=/; HttpOnly", "a cookie")
        equal(answer.get("X-Split"), None, "a field with a line end")
        head = connection.request("/show", method="HEAD",
                                  headers=[("X-Test", "one")])
        equal(head.get("Content-Length"),
              str(len(b"2|||one||abc|127.0.0.1|127.0.0.1:%d" %
                      connection.sock.getsockname()[1])), "HEAD")
        equal(connection.request("/show").status, 200, "the next one")


def test_methods():
    for method, status in (("PUT", 405), ("DELETE", 405), ("OPTIONS", 204)):
        answer = get("/show", method=method)
        equal(answer.status, status, method)
        equal(answer.get("Allow"), "GET, HEAD, POST, OPTIONS", method)


def test_echo():
    for fields in ([], [("Content-Type", "text/x-test")]):
        kelpctl("route", "add", "/echo", "echo")
        answer = get("/echo", method="POST", body=b"hello", headers=fields)
        kelpctl("route", "del", "/echo")
        equal(answer.body, b"hello", "body")
        equal(answer.get("Content-Type"), fields[0][1] if fields else
              "application/octet-stream", "type")


def test_redirect():
    cases = (
        (["to=/new"], "/old/a?b", 302, "/new"),
        (["to=/new", "status=301"], "/old", 301, "/new"),
        (["to=/new/", "keep=path", "status=308"], "/old/a/b?c=d", 308,
         "/new/a/b?c=d"),
        (["to=http://x.test:81", "keep=path", "status=307"], "/old/%c3%a4%20b",
         307, "http://x.test:81/%C3%A4%20b"),
        (["to=/", "keep=path"], "/old", 302, "/"),
        (["to=/", "keep=path"], "/old//host", 302, "/host"),
    )
    for args, target, status, location in cases:
        kelpctl("route", "add", "/old", "redirect", *args)
        answer = get(target)
        kelpctl("route", "del", "/old")
        equal((answer.status, answer.get("Location")), (status, location),
              "%s %s" % (args, target))


# Bodies both ways

PLACES = ("", "&sleep=1")


def test_pouring():
    """Chunks with a trailer, a known length, and until the close."""
    for place in PLACES:
        for count in (0, 1, 5000, LARGE):
            target = "/pour?n=%d%s" % (count, place)
            with Connection() as connection:
                connection.send(get_bytes(target))
                head = connection.line(b"\r\n\r\n")
                if not count and b"Content-Length: 0" in head:
                    continue
                true(b"Transfer-Encoding: chunked" in head, target)
                body, trailers = chunks(connection)
                equal(body, pattern(count), target)
                equal(trailers, [b"X-Sum: 42"], target)
                answer = connection.request(target + "&length=1")
                equal(answer.get("Content-Length"), str(count), target)
                equal(answer.body, pattern(count), target)
                equal(connection.request(target, method="HEAD").status, 200,
                      "HEAD " + target)
                equal(connection.request("/show").status, 200, "the next one")
            with Connection() as connection:
                answer = connection.request(target, version="HTTP/1.0",
                                            headers=[("Connection",
                                                      "keep-alive")])
                equal(answer.get("Transfer-Encoding"), None, "HTTP/1.0")
                equal(answer.body, pattern(count), "HTTP/1.0 " + target)


def chunks(connection):
    body, trailers = b"", []
    while True:
        size = int(connection.line(), 16)
        if not size:
            break
        body += connection.take(size)
        equal(connection.take(2), b"\r\n", "end of a chunk")
    line = connection.line()
    while line:
        trailers.append(line)
        line = connection.line()
    return body, trailers


def test_slow_readers_hold_it_back():
    """What waits in the module stays within the limit, and all arrives."""
    for place in PLACES:
        with http_kit.limits(queue="65536"), \
                Connection(rcvbuf=4096) as connection:
            connection.send(get_bytes("/pour?n=%d&length=1%s" %
                                      (8 * LARGE, place)))
            connection.line(b"\r\n\r\n")
            most, quiet = 0, time.monotonic() + 0.5 * PATIENCE
            while time.monotonic() < quiet:
                most = max(most, kelpctl_json("status")["memory_bytes"])
                time.sleep(0.02)    # poll
            true(most < 4 * 65536, "%d bytes waited" % most)
            equal(connection.take(8 * LARGE), pattern(8 * LARGE), "bytes")


def test_memory_of_handlers_that_sleep():
    """What waits between them and the connection is the connection's."""
    with Connection(rcvbuf=4096) as connection:
        connection.send(get_bytes("/pour?n=%d&sleep=1" % (8 * LARGE)))
        connection.line(b"\r\n\r\n")

        def stalled():
            row = kelpctl_json("conn", "show")[0]
            return row["memory_bytes"] - row["queued_bytes"] > 100000
        wait_for(stalled, what="pieces of the answer in conn show")
        equal(kelpctl_json("conn", "show")[0]["memory_bytes"],
              kelpctl_json("status")["memory_bytes"], "the connection's, all")


def test_memory_of_a_connection_is_bounded():
    """Before an answer has begun it becomes 500, behind that it breaks off."""
    before = stat("memory_refused")
    with http_kit.limits(memory_per_connection="8192"):
        with Connection() as connection:
            is_error(connection.request("/copy", "POST", body=b"hello"), 500,
                     "no room for the body")
            equal(stat("memory_refused") - before, 1, "memory_refused")
            equal(connection.request("/show").status, 200, "the next one")
        with Connection(rcvbuf=4096) as connection:
            connection.send(get_bytes("/pour?sleep=1&n=9999999"))
            try:
                true(not connection.rest().endswith(b"0\r\n\r\n"), "whole")
            except ConnectionResetError:
                pass
    true(stat("memory_refused") > before + 1, "memory_refused")
    wait_for(lambda: kelpctl_json("status")["memory_bytes"] == 0,
             what="no memory held")
    equal(get("/copy", method="POST", body=b"hello").body, b"hello", "later")


def test_copying_through_a_handler_that_sleeps():
    body = os.urandom(LARGE)
    for framing in ("length", "chunked"):
        with Connection() as connection:
            if framing == "length":
                data = get_bytes("/copy", "Content-Length: %d" % len(body),
                                 method="POST") + body
            else:
                data = get_bytes("/copy", "Transfer-Encoding: chunked",
                                 method="POST")
                for at in range(0, len(body), 7777):
                    part = body[at:at + 7777]
                    data += b"%x;e\r\n%s\r\n" % (len(part), part)
                data += b"0\r\nT: x\r\n\r\n"
            pump = threading.Thread(target=connection.send, args=(data,))
            pump.start()
            equal(connection.response().body, body, framing)
            pump.join()
            equal(connection.request("/show").status, 200, "the next one")


def test_copying_byte_by_byte():
    data = get_bytes("/copy", "Transfer-Encoding: chunked", method="POST") + \
        b"5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n" + get_bytes("/show")
    for cuts in ([], range(1, len(data))):
        with Connection() as connection:
            connection.send(data, cuts)
            equal(connection.response().body, b"hello!", "copy")
            equal(connection.response().status, 200, "the next one")


def test_continue_when_a_handler_reads():
    with Connection() as connection:
        connection.send(get_bytes("/copy", "Content-Length: 5",
                                  "Expect: 100-continue", method="POST"))
        equal(connection.response().status, 100, "it reads")
        connection.send(b"hello")
        equal(connection.response().body, b"hello", "then")
        equal(connection.request("/show").status, 200, "the next one")
    for place in ("", "?sleep=1"):
        with Connection() as connection:
            connection.send(get_bytes("/fail/early" + place,
                                      "Content-Length: 5",
                                      "Expect: 100-continue", method="POST"))
            answer = connection.response()
            equal((answer.status, answer.get("Connection")), (500, "close"),
                  "it does not")
            connection.closed()


# Failures

def test_failure_before_the_head():
    for place in ("", "?sleep=1"):
        for path in ("/early", "/nothing"):
            before = stat("handler_errors")
            with Connection() as connection:
                is_error(connection.request("/fail" + path + place), 500, path)
                equal(connection.request("/show").status, 200, "the next one")
            equal(stat("handler_errors"), before + 1, "handler_errors")


def test_failure_behind_the_head():
    """Visible, and what was answered before arrives."""
    for place in ("", "?sleep=1"):
        for path in ("/late", "/short"):
            for version in ("HTTP/1.1", "HTTP/1.0"):
                before = stat("handler_errors")
                with Connection() as connection:
                    connection.send(get_bytes("/show"))
                    equal(connection.response().status, 200, "before")
                    connection.send(get_bytes("/fail" + path + place,
                                              version=version))
                    try:
                        data = connection.rest()
                        true(version == "HTTP/1.1", "an orderly end")
                        true(not data.endswith(b"0\r\n\r\n"), "a whole answer")
                    except ConnectionResetError:
                        pass
                wait_for(lambda b=before: stat("handler_errors") == b + 1,
                         what="handler_errors")


def test_failure_destroys_nothing_before():
    with Connection() as connection:
        connection.send(get_bytes("/show") * 3 + get_bytes("/fail/late"))
        for number in range(3):
            equal(connection.response().status, 200, "answer %d" % number)


# The end in the middle

def uploads(count, target):
    """Connections in the middle of a body."""
    found = []
    for _ in range(count):
        connection = Connection()
        connection.send(get_bytes(target, "Content-Length: 100000",
                                  method="POST") + b"x" * 1000)
        found.append(connection)
    return found


def test_clients_that_vanish():
    for _ in range(20 if SOAK else 3):
        for connection in uploads(10, "/copy"):
            connection.reset()
        for target in ("/pour?n=9999999", "/pour?n=9999999&sleep=1"):
            for _ in range(5):
                connection = Connection(rcvbuf=4096)
                connection.send(get_bytes(target))
                connection.take(100)
                connection.reset()
    wait_for(lambda: kelpctl_json("status")["connections"] == 0,
             what="no connection left")
    wait_for(lambda: kelpctl_json("status")["memory_bytes"] == 0,
             what="no memory held")


def test_fin_inside_a_body():
    for connection in uploads(3, "/copy"):
        begin = time.monotonic()
        connection.sock.shutdown(socket.SHUT_WR)
        try:
            data = connection.rest()
            true(not data.endswith(b"0\r\n\r\n"), "a whole answer")
        except ConnectionResetError:
            pass
        true(time.monotonic() - begin < 1 * PATIENCE, "ends in time")
        connection.close()


def test_body_that_stays_away():
    with http_kit.limits(body_timeout="300"), Connection() as connection:
        connection.send(get_bytes("/copy", "Content-Length: 10",
                                  method="POST"))
        is_error(connection.response(), 408, "no byte came")
        connection.closed()


def test_removing_a_route_under_way():
    """Who was there is served to the end."""
    connection = uploads(1, "/copy")[0]
    kelpctl("route", "del", "/copy")
    try:
        equal(get("/copy").status, 404, "a new request")
        connection.send(b"x" * 99000)
        equal(connection.response().body, b"x" * 100000, "the old one")
        connection.close()
    finally:
        kelpctl("route", "add", "/copy", "test-copy", "body=8M")


def test_removing_the_module_under_way():
    """Its routes go, its connections break, everybody else goes on."""
    kelpctl("route", "add", "/echo", "echo")
    rounds = 50 if SOAK else 2 if KERNEL == "debug" else 3
    for number in range(rounds):
        stop = threading.Event()
        threads = [threading.Thread(target=hammer, args=(stop, target))
                   for target in ("/show", "/fail/late", "/pour?n=50000",
                                  "/pour?n=50000&sleep=1")]
        for thread in threads:
            thread.start()
        busy = uploads(10, "/copy")
        slow = Connection(rcvbuf=4096)
        slow.send(get_bytes("/pour?n=9999999&sleep=1"))
        slow.take(100)
        begin = time.monotonic()
        subprocess.run(["rmmod", "kelp_handlers"], check=True, timeout=60)
        took = time.monotonic() - begin
        stop.set()
        for thread in threads:
            thread.join()
        for connection in busy + [slow]:
            connection.close()
        true(took < 5 * PATIENCE, "rmmod took %.1f s" % took)
        equal([row["prefix"] for row in kelpctl_json("route", "show")],
              ["/echo"], "routes left")
        equal(get("/echo", method="POST", body=b"x").body, b"x", "others")
        equal(get("/show").status, 404, "gone")
        subprocess.run(["insmod", handler_kit.MODULE], check=True)
        handler_kit.add_routes()
        equal(get("/show").status, 200, "back, round %d" % number)
    kelpctl("route", "del", "/echo")


def hammer(stop, target):
    while not stop.is_set():
        try:
            with Connection() as connection:
                connection.request(target)
        except (OSError, kelp_test.Failure):
            pass


if __name__ == "__main__":
    kelp_test.main(globals())
