#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=6.12 timeout=90
"""A client in another language, written from the documentation only, calls
every method of the built-in services: kelp_client.py."""
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "e2e"))

import kelp_client
import kelp_test
from kelp_client import Client, RpcError
from kelp_test import Failure, equal, kelpctl, true, wait_for

PORT = 8080
ECHO = ("kelp.Echo", "Echo")
ADD = ("kelp.Calc", "Add")
KV = "kelp.KV"
LOW, HIGH = -(1 << 63), (1 << 63) - 1
STATE = {}


def setup():
    STATE["folder"] = tempfile.TemporaryDirectory(prefix="kelp-test.")
    modules = kelp_client.compile_protos(STATE["folder"].name)
    kelpctl("listener", "add", "127.0.0.1:%d" % PORT)
    STATE["client"] = Client(modules, PORT)


def teardown():
    if "client" in STATE:
        STATE["client"].close()
    STATE["folder"].cleanup()


def call(*args, **fields):
    return STATE["client"].call(*args, **fields)


def fails(code, *args, **fields):
    """The call gets that error."""
    try:
        call(*args, **fields)
    except RpcError as error:
        equal(error.code, code, "code of %s/%s" % args[:2])
        true(error.text, "an error without a text")
        return
    raise Failure("%s/%s did not fail" % args[:2])


def test_echo():
    for data in (b"", b"hello", bytes(range(256)), b"x" * 100000):
        equal(call(*ECHO, message=data).message, data, "message")
    for data, more in ((b"", b"a"), (b"b", b"c" * 70000)):
        answer, attachment = STATE["client"].call_attached(
            *ECHO, message=data, attachment=more)
        equal((answer.message, attachment), (data, more), "both")


def test_add():
    for a, b in ((1, 2), (0, 0), (-5, 3), (HIGH, LOW), (HIGH, 0), (LOW, 0)):
        equal(call(*ADD, a=a, b=b).sum, a + b, "%d + %d" % (a, b))
    for a, b in ((HIGH, 1), (LOW, -1)):
        fails(1003, *ADD, a=a, b=b)


def test_kv_without_a_route():
    """The bounds are the usual ones then, and later the route's."""
    call(KV, "Set", key=b"k", value=bytes(1 << 20))
    fails(1003, KV, "Set", key=b"k", value=bytes((1 << 20) + 1))
    kelpctl("route", "add", "/kv", "kv", "value=100K", "entries=100")
    equal(len(kelp_test.get("/kv/k").body), 1 << 20, "over HTTP")
    call(KV, "Delete", key=b"k")


def test_kv_set_and_get():
    none = call(KV, "Get", key=b"k")
    equal((none.found, none.value, none.version), (False, b"", 0), "nothing")
    versions = set()
    for value in (b"", b"one", b"\0" * 5000, b"v" * 100 * 1024):
        stored = call(KV, "Set", key=b"k", value=value)
        true(stored.stored and stored.version, "stored: %r" % stored)
        found = call(KV, "Get", key=b"k")
        equal((found.found, found.value, found.version),
              (True, value, stored.version), "what was set")
        versions.add(stored.version)
    equal(len(versions), 4, "different versions")
    for key in (b"", b"k" * 1025):
        fails(1003, KV, "Set", key=key, value=b"v")
        fails(1003, KV, "Get", key=key)
    fails(1003, KV, "Set", key=b"k", value=b"v" * (100 * 1024 + 1))
    equal(call(KV, "Get", key=b"k").version, stored.version, "version")


def test_kv_compare_and_set():
    # 0 is "only when there is none", which is not the same as absent
    first = call(KV, "Set", key=b"c", value=b"1", if_version=0)
    true(first.stored, "the first was not stored")
    again = call(KV, "Set", key=b"c", value=b"2", if_version=0)
    equal((again.stored, again.version), (False, first.version), "the second")
    second = call(KV, "Set", key=b"c", value=b"3", if_version=first.version)
    true(second.stored, "the right version was not stored")
    late = call(KV, "Set", key=b"c", value=b"4", if_version=first.version)
    equal((late.stored, late.version), (False, second.version), "a late one")
    none = call(KV, "Set", key=b"d", value=b"5", if_version=first.version)
    equal((none.stored, none.version), (False, 0), "where nothing is")
    equal(call(KV, "Get", key=b"c").value, b"3", "value")


def test_kv_delete():
    version = call(KV, "Set", key=b"x", value=b"1").version
    for fields, deleted in (({"if_version": version + 1}, False),
                            ({"if_version": version}, True), ({}, False)):
        equal(call(KV, "Delete", key=b"x", **fields).deleted, deleted,
              "deleted with %r" % fields)
    call(KV, "Set", key=b"x", value=b"2")
    equal(call(KV, "Delete", key=b"x").deleted, True, "deleted")
    equal(call(KV, "Get", key=b"x").found, False, "found")


def test_kv_incr():
    for fields, value in (({"by": 5, "initial": 100}, 105), ({"by": -200}, -95),
                          ({}, -95), ({"by": 1, "initial": 7}, -94)):
        answer = call(KV, "Incr", key=b"n", **fields)
        equal(answer.value, value, "value after %r" % fields)
        found = call(KV, "Get", key=b"n")
        equal((found.value, found.version),
              (b"%d" % value, answer.version), "as Get shows it")
    call(KV, "Set", key=b"n", value=b"%d" % HIGH)
    fails(1003, KV, "Incr", key=b"n", by=1)
    call(KV, "Set", key=b"n", value=b"many")
    fails(1003, KV, "Incr", key=b"n", by=1)
    equal(call(KV, "Get", key=b"n").value, b"many", "value")


def test_kv_time_to_live():
    call(KV, "Set", key=b"t", value=b"short", ttl_ms=300)
    call(KV, "Set", key=b"u", value=b"long", ttl_ms=3600000)
    call(KV, "Incr", key=b"i", by=1, ttl_ms=300)
    wait_for(lambda: not call(KV, "Get", key=b"t").found, what="end of t")
    wait_for(lambda: not call(KV, "Get", key=b"i").found, what="end of i")
    true(call(KV, "Get", key=b"u").found, "the other one is gone")


def test_kv_multi_get():
    call(KV, "Set", key=b"a", value=b"1")
    call(KV, "Set", key=b"b", value=b"")
    call(KV, "Delete", key=b"none")
    items = call(KV, "MultiGet", keys=[b"b", b"none", b"a", b"a"]).items
    equal([(i.key, i.value, i.found, bool(i.version)) for i in items],
          [(b"b", b"", True, True), (b"none", b"", False, False),
           (b"a", b"1", True, True), (b"a", b"1", True, True)], "items")
    equal(len(call(KV, "MultiGet").items), 0, "no items")
    equal(len(call(KV, "MultiGet", keys=[b"a"] * 256).items), 256, "items")
    fails(1003, KV, "MultiGet", keys=[b"a"] * 257)


def test_kv_is_what_http_shows():
    call(KV, "Set", key=b"shared", value=b"by rpc")
    equal(kelp_test.get("/kv/shared").body, b"by rpc", "over HTTP")
    kelp_test.get("/kv/shared", method="PUT", body=b"by http")
    equal(call(KV, "Get", key=b"shared").value, b"by http", "over RPC")


def test_kv_stats():
    before = call(KV, "Stats")
    true(before.entries and before.bytes, "empty: %r" % before)
    call(KV, "Set", key=b"s", value=b"v")
    call(KV, "Get", key=b"s")
    call(KV, "Get", key=b"not there")
    call(KV, "Delete", key=b"s")
    after = call(KV, "Stats")
    equal([getattr(after, name) - getattr(before, name) for name in
           ("entries", "bytes", "gets", "hits", "sets", "deletes")],
          [0, 0, 2, 1, 1, 1], "counted")
    true(after.expired >= 2, "expired: %d" % after.expired)
    for number in range(150):
        call(KV, "Set", key=b"e%d" % number, value=b"v")
    full = call(KV, "Stats")
    true(full.entries <= 100 and full.evictions >= 50, "full: %r" % full)


def test_status_list():
    services = {service.name: {method.name for method in service.methods}
                for service in call("kelp.Status", "List").services}
    expected = {}
    for service, method in STATE["client"].methods:
        expected.setdefault(service, set()).add(method)
    equal({name: services.get(name) for name in expected}, expected,
          "services")


def counted(service, method):
    for stats in call("kelp.Status", "Stats").methods:
        if (stats.service, stats.method) == (service, method):
            return stats
    raise Failure("no statistics of %s/%s" % (service, method))


def test_status_stats():
    before = counted(*ADD)
    for number in range(10):
        call(*ADD, a=number, b=number)
    client = STATE["client"]
    client.send_raw(*ADD, b"no message")
    equal(client.receive()[1].code, 1003, "code")
    after = counted(*ADD)
    equal((after.calls - before.calls, after.errors - before.errors,
           after.in_flight), (11, 1, 0), "calls, errors, in flight")
    equal(sum(after.latency_log2_us), after.calls, "calls with a latency")
    true(counted("kelp.Status", "Stats").in_flight >= 1,
         "this call is in flight")


def test_every_method_was_called():
    client = STATE["client"]
    equal(client.called, set(client.methods), "methods")


def test_names_and_payloads_that_are_none():
    client = STATE["client"]
    for service, method, payload, code in (
            ("kelp.None", "Echo", b"", 1002), ("kelp.Echo", "None", b"", 1002),
            ("kelp.Echo", "Echo", b"\x0a\x05abc", 1003),
            ("kelp.Calc", "Add", b"\xff", 1003)):
        number = client.send_raw(service, method, payload)
        answered, error, _, _ = client.receive()
        equal((answered, error.code), (number, code), "error")
    number = client.send_raw("Echo", "Echo", b"\x0a\x01x")
    equal(client.receive()[:2], (number, b"\x0a\x01x"), "by a short name")


def test_checksum_and_compression():
    client = STATE["client"]
    payload = b"\x0a\x83\x20" + b"abc" * 1365 + b"d" * 4
    for compress in (kelp_client.NONE, kelp_client.GZIP, kelp_client.ZLIB):
        for checksum in (False, True):
            client.send_raw(*ECHO, payload, b"more", compress, checksum)
            _, found, attachment, meta = client.receive()
            equal((found, attachment, meta.checksum_type),
                  (payload, b"more", int(checksum)), "with %d, %s" %
                  (compress, checksum))
    number = client.send_raw(*ECHO, payload, compress=1)
    answered, error, _, _ = client.receive()
    equal((answered, error.code), (number, 1003), "an unknown compression")


def test_many_in_flight():
    client = STATE["client"]
    sent = {client.send(*ADD, a=number, b=1): number for number in range(200)}
    for _ in range(200):
        number, answer, _ = client.result()
        equal(answer.sum, sent.pop(number) + 1, "sum")
    equal(sent, {}, "calls that were not answered")


if __name__ == "__main__":
    kelp_test.main(globals())
