#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=6.12,debug where=guest timeout=120
"""The handler kv: values, types, conditions, times to live, bounds."""
import threading

import kelp_test
from http_kit import get_bytes, is_error
from kelp_test import (KERNEL, SOAK, Connection, equal, get, kelpctl,
                       kelpctl_json, refused, true, wait_for)


def setup():
    kelpctl("listener", "add", "127.0.0.1:8080")
    kelpctl("route", "add", "/kv", "kv")


def put(key, body, *fields, status=None, target="/kv/"):
    answer = get(target + key, method="PUT", body=body,
                 headers=[field for field in fields if field] or
                 ([("Content-Length", "0")] if not body else []))
    if status:
        equal(answer.status, status, "PUT " + key)
    return answer


def test_values():
    for body in (b"", b"x", b"y" * 4096, b"z" * 4097, bytes(range(256)) * 2000):
        put("v", body)
        answer = get("/kv/v")
        equal((answer.status, answer.body), (200, body), "value")
        head = get("/kv/v", method="HEAD")
        equal(head.get("Content-Length"), str(len(body)), "HEAD")
    equal(put("new", b"1").status, 201, "created")
    equal(put("new", b"2").status, 204, "replaced")
    equal(get("/kv/new").body, b"2", "the new value")
    equal(get("/kv/new", method="DELETE").status, 204, "deleted")
    equal(get("/kv/new", method="DELETE").status, 404, "deleted twice")
    is_error(get("/kv/new"), 404, "gone")
    for target in ("/kv", "/kv/"):
        equal(get(target).status, 404, "no key")
    equal(get("/kv/v", method="POST", body=b"x").get("Allow"),
          "GET, HEAD, PUT, DELETE, OPTIONS", "Allow")


def test_keys_are_decoded_paths():
    put("a%20b/c", b"1")
    equal(get("/kv/a%20b/x/../c").body, b"1", "the same path")
    equal(get("/kv/" + "k" * 1024, method="PUT", body=b"x").status, 201, "long")
    equal(get("/kv/" + "k" * 1025, method="PUT", body=b"x").status, 404,
          "too long")


def test_types_are_kept():
    put("t", b"{}", ("Content-Type", "application/json"))
    equal(get("/kv/t").get("Content-Type"), "application/json", "type")
    put("t", b"{}")
    equal(get("/kv/t").get("Content-Type"), None, "no type")


def test_chunked_values():
    with Connection() as connection:
        connection.send(get_bytes("/kv/c", "Transfer-Encoding: chunked",
                                  method="PUT") +
                        b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n" +
                        get_bytes("/kv/c"))
        equal(connection.response().status, 201, "PUT")
        equal(connection.response().body, b"hello world", "value")


def test_conditions():
    get("/kv/e", method="DELETE")
    equal(put("e", b"1", ("If-Match", "*")).status, 412, "nothing there")
    first = put("e", b"1", ("If-None-Match", "*"), status=201).get("ETag")
    true(first and first[0] == first[-1] == '"', "an ETag")
    equal(put("e", b"2", ("If-None-Match", "*")).status, 412, "create only")
    equal(get("/kv/e").get("ETag"), first, "still the first")
    second = put("e", b"2", ("If-Match", first), status=204).get("ETag")
    true(second != first, "another ETag")
    equal(put("e", b"3", ("If-Match", first)).status, 412, "an old version")
    equal(put("e", b"3", ("If-Match", '"x", ' + second)).status, 204, "a list")
    etag = get("/kv/e").get("ETag")
    answer = get("/kv/e", headers=[("If-None-Match", etag)])
    equal((answer.status, answer.body, answer.get("ETag")), (304, b"", etag),
          "not modified")
    equal(get("/kv/e", headers=[("If-None-Match", first)]).body, b"3",
          "modified")
    equal(get("/kv/e", headers=[("If-Match", first)]).status, 412, "GET")
    equal(get("/kv/e", method="DELETE", headers=[("If-Match", first)]).status,
          412, "DELETE of an old version")
    equal(get("/kv/e", method="DELETE", headers=[("If-Match", etag)]).status,
          204, "DELETE")


def test_compare_and_set_counts_right():
    """Each of several clients adds to one number; none is lost."""
    put("n", b"0")
    workers, each = 4, 50 if SOAK else 5 if KERNEL == "debug" else 15

    def add():
        with Connection() as connection:
            done = 0
            while done < each:
                answer = connection.request("/kv/n")
                value = b"%d" % (int(answer.body) + 1)
                answer = connection.request(
                    "/kv/n", "PUT", [("If-Match", answer.get("ETag"))], value)
                done += answer.status == 204
    threads = [threading.Thread(target=add) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal(get("/kv/n").body, b"%d" % (workers * each), "sum")


def test_time_to_live():
    put("q?ttl=200ms", b"1", status=201)
    put("f", b"1", ("Kelp-TTL", "200ms"), status=201)
    put("stays", b"1", ("Kelp-TTL", "1h"), status=201)
    for key in ("q", "f"):
        wait_for(lambda k=key: get("/kv/" + k).status == 404, what="end of " + key)
    equal(get("/kv/stays").status, 200, "one that lives longer")
    equal(put("q", b"2", ("If-None-Match", "*")).status, 201, "made anew")
    for bad in ("x", "-1", "0", "1y", ""):
        equal(put("bad", b"1", ("Kelp-TTL", bad)).status, 400, repr(bad))
    kelpctl("route", "add", "/brief", "kv", "store=brief", "ttl=200ms")
    put("x", b"1", target="/brief/")
    wait_for(lambda: get("/brief/x").status == 404, what="end by default")
    kelpctl("route", "del", "/brief")


def test_bounds():
    kelpctl("route", "add", "/b", "kv", "store=b", "entries=10", "bytes=20K",
            "value=19K")
    try:
        for number in range(10):
            put("%d" % number, b"x", target="/b/", status=201)
        equal(get("/b/0").status, 200, "used")
        for number in range(10, 19):
            put("%d" % number, b"x", target="/b/", status=201)
        equal(get("/b/0").status, 200, "what was used stays")
        equal([n for n in range(1, 10) if get("/b/%d" % n).status == 200], [],
              "what was not goes")
        is_error(put("l", b"x" * (19 * 1024 + 1), target="/b/"), 413, "large")
        put("l", b"x" * 18 * 1024, target="/b/", status=201)
        true(sum(get("/b/%d" % n).status == 200 for n in range(19)) < 10,
             "a large one displaces others")
        equal(len(get("/b/l").body), 18 * 1024, "the large one")
    finally:
        kelpctl("route", "del", "/b")
    kelpctl("route", "add", "/s", "kv", "store=s", "bytes=4096", "value=64K")
    equal(put("k", b"x" * 8000, target="/s/").status, 507, "never fits")
    kelpctl("route", "del", "/s")


def shown(prefix, *args):
    kelpctl("route", "add", prefix, "kv", *args)


def hidden(*prefixes):
    for prefix in prefixes:
        kelpctl("route", "del", prefix)


def test_a_store_of_several_routes():
    """By name; it is there for as long as one of them."""
    shown("/one", "store=twice")
    shown("/two", "store=twice")
    shown("/three", "store=thrice")
    put("k", b"1", target="/one/", status=201)
    equal(get("/two/k").body, b"1", "the same store")
    equal(get("/three/k").status, 404, "another store")
    equal(get("/kv/k").status, 404, "the default store")
    hidden("/one", "/three")
    shown("/one", "store=twice")
    equal(get("/one/k").body, b"1", "still there")
    hidden("/one", "/two")
    shown("/one", "store=twice")
    equal(get("/one/k").status, 404, "gone with the last route")
    hidden("/one")


def test_names_of_stores():
    for name in ("a", "A.b_c-9", "x" * 63):
        shown("/name", "store=" + name)
        hidden("/name")
    for name in ("", "x" * 64, "a b", "a/b", "\u00e4"):
        true("name has" in refused("route", "add", "/name", "kv",
                                   "store=" + name), repr(name))


def test_bounds_of_a_store_that_is_there():
    """The last route's hold; what it does not say stays as it was."""
    shown("/wide", "store=bounds", "value=2M")
    for number in range(300):
        put("%d" % number, b"x" * 100, target="/wide/", status=201)
    put("large", bytes(1536 << 10), target="/wide/", status=201)
    # refused, and nothing has gone
    refused("route", "add", "/wide", "kv", "store=bounds", "entries=1")
    refused("route", "add", "/narrow", "kv", "store=bounds", "entries=1", "x=y")
    there = [n for n in range(300) if get("/wide/%d" % n).status == 200]
    equal(len(there), 300, "values after what was refused")
    shown("/narrow", "store=bounds", "entries=20")
    there = [n for n in range(300) if get("/narrow/%d" % n).status == 200]
    true(0 < len(there) <= 20, "%d values" % len(there))
    put("large", bytes(1536 << 10), target="/narrow/")
    hidden("/narrow")
    put("new", b"1", target="/wide/", status=201)
    there = [n for n in range(300) if get("/wide/%d" % n).status == 200]
    true(len(there) < 20, "%d values" % len(there))
    shown("/narrow", "store=bounds", "value=10")
    is_error(put("k", b"x" * 11, target="/wide/"), 413, "for all routes")
    shown("/again", "store=bounds", "value=100", "entries=1000", "ttl=200ms")
    put("k", b"x" * 100, target="/wide/", status=201)
    wait_for(lambda: get("/narrow/k").status == 404, what="end of k")
    hidden("/wide", "/narrow", "/again")


def test_look_ups_stay_in_softirq():
    put("hot", b"x" * 100)
    before = worker_invocations()
    with Connection() as connection:
        for _ in range(100):
            equal(connection.request("/kv/hot").status, 200, "GET")
    true(worker_invocations() - before < 20, "the worker served")


def worker_invocations():
    return kelpctl_json("stats", "show")["served_worker"]


def test_continue_only_when_wanted():
    put("w", b"1")
    with Connection() as connection:
        connection.send(get_bytes("/kv/w", "Content-Length: 5",
                                  "Expect: 100-continue",
                                  "If-None-Match: *", method="PUT"))
        equal(connection.response().status, 412, "in vain")
        connection.closed()


if __name__ == "__main__":
    kelp_test.main(globals())
