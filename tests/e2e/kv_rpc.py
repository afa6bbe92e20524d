#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=6.12,debug where=guest timeout=180
"""kelp.KV: every method, what it refuses, and that its store is the one that
HTTP shows; namespaces have a store each.
"""
import threading

import kelp_test
import rpc_kit
from kelp_test import (KERNEL, SOAK, equal, get, kelpctl, kelpctl_json, true,
                       wait_for)
from rpc_kit import (ELIMIT, EREQUEST, ERESPONSE, Rpc, fails, field, fields,
                     message, ok, request)

LOW, HIGH = -(1 << 63), (1 << 63) - 1
VALUE, LARGE, LARGEST = 100, 100000, 1 << 20


def setup():
    rpc_kit.listen()
    kelpctl("route", "add", "/kv", "kv")


class Store(Rpc):
    """A connection whose calls are kelp.KV's."""

    def kv(self, method, key, *rest):
        """A call; rest are fields (number, value) beside the key."""
        payload = b"".join(field(*one) for one in ((1, key),) + rest)
        return self.call("kelp.KV", method, payload)

    def asked(self, method, key, *rest):
        reply = self.kv(method, key, *rest)
        ok(reply)
        return message(reply.payload)

    def get(self, key):
        """(value, version), or None."""
        found = self.asked("Get", key)
        if not found.get(3):
            equal(found, {}, "nothing found")
            return None
        return found.get(1, b""), found[2]

    def value(self, key):
        found = self.get(key)
        return found and found[0]

    def set(self, key, value, *rest):
        """(stored, version)"""
        done = self.asked("Set", key, *((2, value),) + rest)
        return done.get(2, 0) == 1, done.get(1, 0)

    def delete(self, key, *rest):
        return self.asked("Delete", key, *rest).get(1, 0) == 1

    def stats(self):
        reply = self.call("kelp.KV", "Stats")
        ok(reply)
        names = ("entries", "bytes", "gets", "hits", "sets", "deletes",
                 "evictions", "expired")
        found = message(reply.payload)
        return {name: found.get(i + 1, 0) for i, name in enumerate(names)}


def signed(value):
    return value - (1 << 64) if value >> 63 else value


# Get and Set

def test_get_and_set():
    versions = set()
    with Store() as kv:
        kv.delete(b"k")
        equal(kv.get(b"k"), None, "nothing there")
        for size in (0, 1, 16, 4070, 4095, 4096, 4097, 9000, LARGE, LARGEST):
            value = (b"0123456789abcdef" * (size // 16 + 1))[:size]
            stored, version = kv.set(b"k", value)
            true(stored and version, "%d bytes stored" % size)
            equal(kv.get(b"k"), (value, version), "%d bytes" % size)
            versions.add(version)
    equal(len(versions), 10, "different versions")


def test_keys_are_any_bytes():
    with Store() as kv:
        for key in (b"\0", b"a\0b", bytes(range(256)) * 4, b"/", b"k" * 1024):
            kv.set(key, key[::-1])
            equal(kv.value(key), key[::-1], "value of %r" % key[:8])
        equal(kv.get(b"a"), None, "a prefix")


def test_what_is_refused():
    with Store() as kv:
        for method in ("Get", "Set", "Delete", "Incr", "MultiGet"):
            for key in (b"", b"k" * 1025):
                fails(kv.kv(method, key), EREQUEST, "1 to 1024 bytes")
            fails(kv.call("kelp.KV", method, b"\x0a\x05abc"), EREQUEST, "none")
        fails(kv.call("kelp.KV", "Stats", b"\x0a\x05abc"), EREQUEST, "none")
        for method in ("Get", "Set", "Delete", "Incr"):
            fails(kv.call("kelp.KV", method), EREQUEST, "1 to 1024 bytes")
        kv.set(b"r", b"stays")
        fails(kv.kv("Set", b"r", (2, bytes(LARGEST + 1))), EREQUEST,
              "more than 1048576 bytes")
        equal(kv.value(b"r"), b"stays", "value")


def test_unknown_and_repeated_fields():
    with Store() as kv:
        ok(kv.call("kelp.KV", "Set", field(1, b"no") + field(9, b"unknown") +
                   field(2, 7) + field(2, b"x") + field(1, b"last") +
                   field(4, b"no number")))
        equal(kv.value(b"last"), b"x", "the last one's value")


def test_conditions():
    with Store() as kv:
        kv.delete(b"c")
        equal(kv.set(b"c", b"0", (4, 5)), (False, 0), "a version of nothing")
        stored, first = kv.set(b"c", b"1", (4, 0))
        true(stored, "when there is none")
        equal(kv.set(b"c", b"2", (4, 0)), (False, first), "there is one")
        stored, second = kv.set(b"c", b"3", (4, first))
        true(stored and second != first, "the right version")
        equal(kv.set(b"c", b"4", (4, first)), (False, second), "a late one")
        equal(kv.get(b"c"), (b"3", second), "value")
        equal(kv.set(b"c", bytes(LARGE), (4, first)), (False, second),
              "a late one, and a large one")
        stored, third = kv.set(b"c", b"5")
        true(stored, "without a condition")
        equal(kv.delete(b"c", (2, second)), False, "another version")
        equal(kv.delete(b"c", (2, third)), True, "the version")
        equal(kv.delete(b"c"), False, "twice")
        kv.set(b"c", b"6")
        equal(kv.delete(b"c"), True, "whatever is there")


def test_compare_and_set_counts_right():
    workers, each = 4, 100 if SOAK else 8 if KERNEL == "debug" else 30
    with Store() as kv:
        kv.set(b"cas", b"0")

    def add():
        with Store() as kv:
            done = 0
            while done < each:
                value, version = kv.get(b"cas")
                done += kv.set(b"cas", b"%d" % (int(value) + 1),
                               (4, version))[0]
    run(add, workers)
    with Store() as kv:
        equal(kv.value(b"cas"), b"%d" % (workers * each), "sum")


def run(function, workers):
    threads = [threading.Thread(target=function) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# Incr

def test_incr():
    with Store() as kv:
        kv.delete(b"n")
        for rest, expected in ((((2, 5), (3, 100)), 105), (((2, -200),), -95),
                               ((), -95), (((2, 95), (3, 7)), 0),
                               (((2, HIGH),), HIGH), (((2, -HIGH),), 0),
                               (((2, LOW),), LOW)):
            done = kv.asked("Incr", b"n", *rest)
            equal(signed(done.get(1, 0)), expected, "sum")
            equal(kv.get(b"n"), (b"%d" % expected, done[2]), "as Get has it")


def test_no_number():
    with Store() as kv:
        for value in (b"", b"many", b"1.5", b"0x10", b"9" * 19, b"5\0", b"1 2",
                      b"9" * 30, bytes(LARGE)):
            _, version = kv.set(b"n", value)
            fails(kv.kv("Incr", b"n", (2, 1)), EREQUEST, "no ")
            equal(kv.get(b"n"), (value, version), "it stays")
        for value, by in ((HIGH, 1), (LOW, -1)):
            kv.set(b"n", b"%d" % value)
            fails(kv.kv("Incr", b"n", (2, by)), EREQUEST, "no int64")
            equal(kv.value(b"n"), b"%d" % value, "it stays")
        kv.delete(b"n")
        fails(kv.kv("Incr", b"n", (2, 1), (3, HIGH)), EREQUEST, "no int64")
        equal(kv.get(b"n"), None, "nothing was made")


def test_incr_counts_right():
    workers, each = 4, 500 if SOAK else 20 if KERNEL == "debug" else 100
    with Store() as kv:
        kv.delete(b"sum")

    def add():
        with Store() as kv:
            kv.send(b"".join(request("kelp.KV", "Incr", field(1, b"sum") +
                                     field(2, 1)) for _ in range(each)))
            for _ in range(each):
                ok(kv.reply())
    run(add, workers)
    with Store() as kv:
        equal(kv.value(b"sum"), b"%d" % (workers * each), "sum")


# Time

def test_time_to_live():
    with Store() as kv:
        kv.delete(b"i")
        kv.set(b"t", b"short", (3, 300))
        kv.set(b"u", b"long", (3, 3600000))
        kv.asked("Incr", b"i", (2, 1), (4, 300))
        # the time it has is what is left of 300 ms, not another 300
        kv.asked("Incr", b"i", (2, 1), (4, 3600000))
        wait_for(lambda: kv.get(b"t") is None, what="end of t")
        wait_for(lambda: kv.get(b"i") is None, what="end of i")
        true(kv.get(b"u"), "the other one")
        true(kv.set(b"t", b"anew", (4, 0))[0], "there is none any more")
        before = kv.stats()
        for number in range(20):
            kv.set(b"met %d" % number, b"v", (3, 1))
        wait_for(lambda: all(kv.get(b"met %d" % number) is None
                             for number in range(20)), what="end of 20")
        after = kv.stats()
        equal((after["entries"] - before["entries"],
               after["expired"] - before["expired"]), (0, 20), "met")


# Many

def items(reply):
    ok(reply)
    found = []
    for number, item in fields(reply.payload):
        equal(number, 1, "field")
        parts = message(item)
        found.append((parts[1], parts.get(2, b""), parts.get(3, 0),
                      parts.get(4, 0)))
    return found


def test_multi_get():
    with Store() as kv:
        expected = []
        for i, size in enumerate((1, 0, 100, 5000, LARGE)):
            key, value = b"m%d" % i, bytes([65 + i]) * size
            expected.append((key, value, kv.set(key, value)[1], 1))
        kv.delete(b"none")
        expected += [(b"none", b"", 0, 0), expected[0], expected[4]]
        payload = b"".join(field(1, item[0]) for item in expected)
        equal(items(kv.call("kelp.KV", "MultiGet", payload)), expected, "items")
        equal(items(kv.call("kelp.KV", "MultiGet")), [], "no keys")
        many = [b"key %d" % i for i in range(256)]
        payload = b"".join(field(1, key) for key in many)
        equal([item[0] for item in items(kv.call("kelp.KV", "MultiGet",
                                                 payload))], many, "256 keys")
        fails(kv.call("kelp.KV", "MultiGet", payload + field(1, b"x")),
              EREQUEST, "256 keys")


def test_replies_too_large():
    with Store() as kv:
        kv.set(b"m", bytes(LARGEST))
        fails(kv.call("kelp.KV", "MultiGet", field(1, b"m") * 8), EREQUEST,
              "exceed")
        equal(len(kv.call("kelp.KV", "MultiGet", field(1, b"m") * 7).payload) >
              7 << 20, True, "7 of 8 MiB")
        kelpctl("limits", "set", "rpc_queue", "100K")
        try:
            fails(kv.kv("Get", b"m"), ERESPONSE, "too large")
            kv.set(b"m", bytes(90000))
            equal(len(kv.value(b"m")), 90000, "just so")
        finally:
            kelpctl("limits", "set", "rpc_queue", "8M")


# The store

def test_http_shows_the_same():
    with Store() as kv:
        for value in (b"", b"by rpc", bytes(LARGE)):
            _, version = kv.set(b"shared", value)
            answer = get("/kv/shared")
            equal((answer.status, answer.body, answer.get("ETag")),
                  (200, value, '"%x"' % version), "over HTTP")
            get("/kv/shared", method="PUT", body=b"by http" + value)
            equal(kv.value(b"shared"), b"by http" + value, "over RPC")
        etag = get("/kv/shared").get("ETag")
        true(kv.set(b"shared", b"x", (4, int(etag.strip('"'), 16)))[0],
             "the version is what the ETag says")
        kv.delete(b"shared")
        equal(get("/kv/shared").status, 404, "deleted")


def test_stats():
    with Store() as kv:
        kv.delete(b"s")
        kv.delete(b"not")
        before = kv.stats()
        true(before["entries"] and before["bytes"], repr(before))
        kv.set(b"s", b"v")
        kv.set(b"s", b"no", (4, 0))
        kv.get(b"s")
        kv.set(b"s", bytes(LARGE))
        kv.get(b"s")
        kv.get(b"not")
        kv.call("kelp.KV", "MultiGet", field(1, b"s") * 3 + field(1, b"not"))
        full = kv.stats()
        kv.delete(b"s")
        kv.delete(b"s")
        after = kv.stats()
    equal({name: after[name] - before[name] for name in after},
          {"entries": 0, "bytes": 0, "gets": 7, "hits": 5, "sets": 2,
           "deletes": 1, "evictions": 0, "expired": 0}, "counted")
    true(LARGE < full["bytes"] - before["bytes"] < LARGE + 1000, "memory")


def test_bounds():
    """The route's, changed while calls come; what is not used goes."""
    kelpctl("route", "del", "/kv")
    with Store() as kv:
        before = kv.stats()
        true(before["entries"], "all gone with the route")
        kelpctl("route", "add", "/kv", "kv", "entries=100", "value=5000")
        try:
            true(kv.stats()["entries"] <= 100, "as many as may be")
            fails(kv.kv("Set", b"k", (2, bytes(5001))), EREQUEST, "5000")
            kv.set(b"used", b"v")
            for number in range(150):
                kv.set(b"e%d" % number, b"v")
                true(kv.value(b"used"), "what is used")
            after = kv.stats()
            equal(after["entries"], 100, "entries")
            true(after["evictions"] >= before["evictions"] + 50, repr(after))
        finally:
            kelpctl("route", "del", "/kv")
            kelpctl("route", "add", "/kv", "kv", "entries=64K", "value=1M")
    kelpctl("route", "add", "/tiny", "kv", "bytes=4096")
    with Store() as kv:
        fails(kv.kv("Set", b"k", (2, bytes(5000))), EREQUEST,
              "larger than the store")
        kelpctl("route", "add", "/back", "kv", "bytes=16M")
        ok(kv.kv("Set", b"k", (2, bytes(5000))))
    kelpctl("route", "del", "/tiny")
    kelpctl("route", "del", "/back")


def test_routes_come_and_go():
    """Under calls; each route has other bounds."""
    done = threading.Event()
    failures, calls = [], [0]

    def work():
        with Store() as kv:
            while not done.is_set():
                key = b"w%d" % (calls[0] % 50)
                try:
                    version = kv.set(key, key * 100)[1]
                    found = kv.get(key)
                    if found and found[1] == version:
                        equal(found[0], key * 100, "value")
                except kelp_test.Failure as error:
                    failures.append(error)
                    return
                calls[0] += 1
    thread = threading.Thread(target=work)
    thread.start()
    try:
        for number in range(100 if SOAK else 10):
            kelpctl("route", "add", "/come", "kv",
                    "entries=%d" % (10 + number % 2 * 10000),
                    "bytes=%dK" % (10 + number % 3 * 1000))
            kelpctl("route", "del", "/come")
    finally:
        done.set()
        thread.join()
    kelpctl("route", "add", "/come", "kv", "entries=64K", "bytes=16M")
    kelpctl("route", "del", "/come")
    equal(failures, [], "failures")
    true(calls[0] > 10, "%d calls" % calls[0])


def test_namespaces_have_a_store_each():
    with Store() as kv, rpc_kit.namespace("kelp-kv"):
        kv.set(b"where", b"here")
        with rpc_kit.inside("kelp-kv"):
            there = Store()
        equal(there.get(b"where"), None, "there")
        there.set(b"where", b"there")
        kelpctl("route", "add", "/kv", "kv", netns="kelp-kv")
        with rpc_kit.inside("kelp-kv"):
            equal(get("/kv/where").body, b"there", "over HTTP")
        equal((kv.value(b"where"), there.value(b"where")),
              (b"here", b"there"), "both")
        there.set(b"large", bytes(LARGE))
        there.reset()
        rpc_kit.namespace_end("kelp-kv")
        equal(kv.value(b"where"), b"here", "afterwards")


# Where it runs

def served(place):
    return kelpctl_json("stats", "show")["served_" + place]


def test_small_ones_stay_in_softirq():
    calls = (("Get", ()), ("Set", ((2, bytes(4000)),)), ("Delete", ()),
             ("Incr", ((2, 1),)))
    with Store() as kv:
        kv.delete(b"hot")
        before = served("worker")
        for number in range(50):
            for method, rest in calls:
                ok(kv.kv(method, b"hot" if method != "Incr" else b"sum",
                         *rest))
        true(served("worker") - before < 20, "the worker served")


def test_no_more_calls_than_are_allowed():
    """What has to go to the dispatcher counts, what is answered at once not."""
    with Store() as kv:
        kv.set(b"large", bytes(LARGE))
        kelpctl("limits", "set", "rpc_calls_per_connection", "1")
        try:
            kv.send(request("kelp.KV", "Get", field(1, b"large"), ident=1) +
                    request("kelp.KV", "Get", field(1, b"small"), ident=2) +
                    request("kelp.KV", "Get", field(1, b"large"), ident=3))
            replies = {reply.ident: reply for reply in
                       (kv.reply(), kv.reply(), kv.reply())}
            ok(replies[1])
            ok(replies[2])
            fails(replies[3], ELIMIT, "too many calls")
        finally:
            kelpctl("limits", "set", "rpc_calls_per_connection", "1000")


if __name__ == "__main__":
    kelp_test.main(globals())
