#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=6.12,debug where=guest timeout=120
"""RPC methods over HTTP/1.1, as the Connect protocol calls them: what is a call
and what is not, replies, errors as JSON, time, secrets, compression.
"""
import json
import os
import time
import zlib

import kelp_test
import rpc_kit
from kelp_test import (PATIENCE, Connection, equal, get, kelpctl,
                       kelpctl_json, true, wait_for, write_file)
from rpc_kit import Rpc, field, message

TYPE = ("Content-Type", "application/proto")


def setup():
    rpc_kit.insert()
    rpc_kit.listen()


def teardown():
    rpc_kit.remove()


def post(conn, path, body=b"", headers=(TYPE,), **how):
    return conn.request(path, "POST", headers, body, **how)


def is_reply(answer, body):
    equal(answer.status, 200, "status (%r)" % answer.body)
    equal(answer.get("Content-Type"), "application/proto", "type")
    equal(answer.body, body, "message")


def is_error(answer, status, code, text=""):
    equal(answer.status, status, "status (%r)" % answer.body)
    equal(answer.get("Content-Type"), "application/json", "type")
    found = json.loads(answer.body)
    equal(found["code"], code, "code")
    true(text in found["message"], "%r in %r" % (text, found["message"]))


# Replies

def test_add():
    with Connection() as conn:
        for a, b in ((2, 3), (1 << 40, 7), (-5, 4)):
            is_reply(post(conn, "/kelp.Calc/Add", field(1, a) + field(2, b)),
                     field(1, a + b))
        is_reply(post(conn, "/kelp.Calc/Add"), b"")


def test_chunked():
    body = field(1, 40) + field(2, 2)
    with Connection() as conn:
        conn.send(b"POST /kelp.Calc/Add HTTP/1.1\r\nHost: a\r\n"
                  b"Content-Type: application/proto\r\n"
                  b"Transfer-Encoding: chunked\r\n\r\n" +
                  b"".join(b"1\r\n%c\r\n" % byte for byte in body) +
                  b"0\r\n\r\n")
        is_reply(conn.response(), field(1, 42))


def test_every_kind_of_method():
    payload = field(1, 5)
    with Connection() as conn:
        for method in ("Echo", "EchoSleeping", "Sleep", "Later"):
            is_reply(post(conn, "/test.Methods/" + method, payload), payload)
        is_reply(post(conn, "/test.Methods/Later", field(1, 0)), field(1, 0))
        is_reply(post(conn, "/test.State/Count"), field(1, 1))
        with Rpc() as rpc:
            equal(message(rpc.call("test.State", "Count").payload)[1], 2,
                  "one state, however it is called")


def test_large():
    payload = os.urandom(3 << 20)
    with Connection() as conn:
        is_reply(post(conn, "/test.Methods/EchoSleeping", payload), payload)
        answer = post(conn, "/test.Methods/Echo", os.urandom((4 << 20) + 1))
        is_error(answer, 429, "resource_exhausted", "too large")


def test_type_with_parameters():
    with Connection() as conn:
        is_reply(post(conn, "/kelp.Calc/Add", field(1, 1),
                      [("content-type", "Application/Proto; a=b")]),
                 field(1, 1))


def test_compressed():
    packer = zlib.compressobj(wbits=31)
    packed = packer.compress(field(1, b"hello")) + packer.flush()
    with Connection() as conn:
        is_reply(post(conn, "/kelp.Echo/Echo", packed,
                      [TYPE, ("Content-Encoding", "gzip")]),
                 field(1, b"hello"))
        is_reply(post(conn, "/kelp.Echo/Echo", field(1, b"hello"),
                      [TYPE, ("Content-Encoding", "identity")]),
                 field(1, b"hello"))
        is_error(post(conn, "/kelp.Echo/Echo", packed[:-1],
                      [TYPE, ("Content-Encoding", "gzip")]),
                 400, "invalid_argument", "compressed")
        is_error(post(conn, "/kelp.Echo/Echo", packed,
                      [TYPE, ("Content-Encoding", "br")]),
                 400, "invalid_argument", "gzip")


# Errors

def test_errors():
    codes = [(1002, 501, "unimplemented"), (1003, 400, "invalid_argument"),
             (1004, 401, "unauthenticated"), (2004, 429, "resource_exhausted"),
             (1008, 504, "deadline_exceeded"), (2003, 503, "unavailable"),
             (2001, 500, "internal"), (4711, 500, "internal")]
    with Connection() as conn:
        for code, status, name in codes:
            is_error(post(conn, "/test.Methods/Fail", field(1, code)),
                     status, name, "as you wish: %d" % code)
        is_error(post(conn, "/kelp.Calc/Add", b"\x08"), 400,
                 "invalid_argument")
        is_error(post(conn, "/kelp.Calc/Add", b"",
                      [TYPE, ("Connect-Protocol-Version", "2")]), 400,
                 "invalid_argument", "Protocol-Version")


def test_unknown():
    with Connection() as conn:
        for path in ("/kelp.Calc/Sub", "/none.Such/Method", "/a/b"):
            is_error(post(conn, path), 501, "unimplemented")
        for path in ("/", "/a", "/kelp.Calc/", "/kelp.Calc/Add/more"):
            equal(post(conn, path).status, 404, path)


def test_not_a_call():
    """Another method, or another type, is an ordinary request."""
    with Connection() as conn:
        equal(conn.request("/kelp.Calc/Add").status, 404, "GET")
        equal(conn.request("/kelp.Calc/Add", "PUT", [TYPE]).status, 404,
              "PUT")
        for headers in ((), [("Content-Type", "application/json")],
                        [("Content-Type", "application/proton")]):
            equal(post(conn, "/kelp.Calc/Add", b"", headers).status, 404,
                  repr(headers))


def test_beside_routes_and_sites():
    with kelp_test.scratch() as folder:
        write_file(os.path.join(folder, "index.html"), b"hello")
        kelpctl("site", "add", "/", folder)
        kelpctl("route", "add", "/a", "echo")
        try:
            with Connection() as conn:
                is_reply(post(conn, "/kelp.Calc/Add", field(1, 1)),
                         field(1, 1))
                is_error(post(conn, "/no.Such/Method"), 501, "unimplemented")
                equal(post(conn, "/a/b", b"body").body, b"body",
                      "a handler's route")
                equal(post(conn, "/", b"").status, 405, "a site's")
                equal(conn.request("/").body, b"hello", "GET")
        finally:
            kelpctl("route", "del", "/a")
            kelpctl("site", "del", "/")


# Time

def test_timeout():
    with Connection() as conn:
        began = time.monotonic()
        is_error(post(conn, "/test.Methods/Sleep", field(1, 5000),
                      [TYPE, ("Connect-Timeout-Ms", "100")]),
                 504, "deadline_exceeded")
        is_error(post(conn, "/test.Methods/Stuck", b"",
                      [TYPE, ("Connect-Timeout-Ms", "100")]),
                 504, "deadline_exceeded")
        took = time.monotonic() - began
        true(took < 2 * PATIENCE, "took %.1f s" % took)
        for bad in ("", "x", "-1", "12345678901"):
            is_error(post(conn, "/kelp.Calc/Add", b"",
                          [TYPE, ("Connect-Timeout-Ms", bad)]), 400,
                     "invalid_argument", "Timeout")
        is_reply(post(conn, "/kelp.Calc/Add", field(1, 1),
                      [TYPE, ("Connect-Timeout-Ms", "10000")]), field(1, 1))


def test_gone_under_way():
    with Rpc() as probe:
        def cancelled():
            return message(probe.call("test.Methods", "Cancelled").payload)[1]
        before = cancelled()
        conns = [Connection() for _ in range(10)]
        for conn in conns:
            conn.send(b"POST /test.Methods/Stuck HTTP/1.1\r\nHost: a\r\n"
                      b"Content-Type: application/proto\r\n"
                      b"Content-Length: 0\r\n\r\n")
        wait_for(lambda: kelpctl_json("status")["connections"] == 11,
                 what="connections")
        for conn in conns:
            conn.reset()
        wait_for(lambda: cancelled() == before + 10, 2 * PATIENCE,
                 "all cancelled")


# Who may

def test_services_and_secret():
    with kelp_test.scratch() as folder:
        name = write_file(os.path.join(folder, "secret"), b"sesame\n")
        kelpctl("listener", "add", "127.0.0.1:8081", "--services",
                "kelp.Calc", "--secret-file", name)
        try:
            with Connection(port=8081) as conn:
                is_error(post(conn, "/kelp.Calc/Add"), 401, "unauthenticated")
                for wrong in ("sesame", "Bearer sesam", "Basic sesame",
                              "Bearer sesame2"):
                    is_error(post(conn, "/kelp.Calc/Add", b"",
                                  [TYPE, ("Authorization", wrong)]), 401,
                             "unauthenticated")
                right = [TYPE, ("Authorization", "Bearer sesame")]
                is_reply(post(conn, "/kelp.Calc/Add", field(1, 1), right),
                         field(1, 1))
                is_error(post(conn, "/kelp.Echo/Echo", b"", right), 501,
                         "unimplemented")
        finally:
            kelpctl("listener", "del", "127.0.0.1:8081")


def test_the_service_goes_under_way():
    with Connection() as conn:
        conn.send(b"POST /test.Methods/Sleep HTTP/1.1\r\nHost: a\r\n"
                  b"Content-Type: application/proto\r\n"
                  b"Content-Length: 3\r\n\r\n" + field(1, 5000))
        wait_for(lambda: kelpctl_json("conn", "show")[0]["state"] != "idle",
                 what="the call")
        rpc_kit.remove()
        true(conn.response().status in (200, 503, 504), "an answer")
        is_error(post(conn, "/test.Methods/Echo"), 501, "unimplemented")
        rpc_kit.insert()
    equal(get("/").status, 404, "goes on")


if __name__ == "__main__":
    kelp_test.main(globals())
