#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=6.12,debug where=guest timeout=90
"""kelp.Status: which services and methods there are, and what is counted for
them.
"""
import kelp_test
import rpc_kit
from kelp_test import Failure, equal, kelpctl, true, wait_for
from rpc_kit import (EREQUEST, Rpc, fails, field, fields, message, ok,
                     read_varint, request)


def setup():
    rpc_kit.insert()
    rpc_kit.listen()


def teardown():
    rpc_kit.remove()


def listed(conn):
    """{service: {method: (softirq, async)}}"""
    reply = conn.call("kelp.Status", "List")
    ok(reply)
    services = {}
    for number, service in fields(reply.payload):
        equal(number, 1, "field of List")
        parts = fields(service)
        equal([number for number, _ in parts],
              [1] + [2] * (len(parts) - 1), "fields of a service")
        methods = [message(part) for _, part in parts[1:]]
        services[parts[0][1].decode()] = {
            method[1].decode(): (bool(method.get(2)), bool(method.get(3)))
            for method in methods}
    return services


def stats(conn, service, method):
    """(calls, errors, in flight, classes of latency)"""
    reply = conn.call("kelp.Status", "Stats")
    ok(reply)
    for _, element in fields(reply.payload):
        found = message(element)
        if (found[1].decode(), found[2].decode()) == (service, method):
            packed, at, classes = found.get(6, b""), 0, []
            while at < len(packed):
                count, at = read_varint(packed, at)
                classes.append(count)
            return found[3], found[4], found[5], classes
    raise Failure("no statistics of %s/%s" % (service, method))


SOFTIRQ, SLEEPS, LATER = (True, False), (False, True), (True, True)


def test_list():
    with Rpc() as conn:
        services = listed(conn)
        equal(services["kelp.Echo"], {"Echo": SOFTIRQ}, "kelp.Echo")
        equal(services["kelp.Calc"], {"Add": SOFTIRQ}, "kelp.Calc")
        equal(services["kelp.KV"],
              {"Get": SOFTIRQ, "Set": SOFTIRQ, "Delete": SOFTIRQ,
               "Incr": SOFTIRQ, "MultiGet": SLEEPS, "Stats": SOFTIRQ},
              "kelp.KV")
        equal(services["kelp.Status"], {"List": SLEEPS, "Stats": SLEEPS},
              "kelp.Status")
        equal(services["test.Methods"]["Later"], LATER, "one that is later")


def test_list_is_of_the_listener():
    kelpctl("listener", "add", "127.0.0.1:8081", "--services",
            "kelp.Calc,kelp.Status")
    try:
        with Rpc(port=8081) as conn:
            equal(sorted(listed(conn)), ["kelp.Calc", "kelp.Status"], "List")
            true(stats(conn, "kelp.Calc", "Add"), "statistics")
            reply = conn.call("kelp.Status", "Stats")
            equal({message(element)[1] for _, element in fields(reply.payload)},
                  {b"kelp.Calc", b"kelp.Status"}, "Stats")
    finally:
        kelpctl("listener", "del", "127.0.0.1:8081")


def test_list_changes():
    with Rpc() as conn:
        rpc_kit.remove()
        true("test.Methods" not in listed(conn), "gone")
        rpc_kit.insert()
        true("test.Methods" in listed(conn), "back")


def test_what_is_counted():
    with Rpc() as conn:
        calls, errors, flying, classes = stats(conn, "kelp.Calc", "Add")
        equal((sum(classes), flying), (calls, 0), "before")
        for number in range(10):
            ok(conn.call("kelp.Calc", "Add", field(1, number)))
        fails(conn.call("kelp.Calc", "Add", b"\x08"), EREQUEST)
        after = stats(conn, "kelp.Calc", "Add")
        equal(after[:3], (calls + 11, errors + 1, 0), "after")
        equal(sum(after[3]), calls + 11, "in some class of latency each")
        true(after[3] and after[3][-1] and len(after[3]) <= 25,
             "classes %r" % after[3])


def test_calls_that_begin_anew_are_one():
    with Rpc() as conn:
        before = stats(conn, "test.Methods", "Again")
        for _ in range(5):
            ok(conn.call("test.Methods", "Again"))
        after = stats(conn, "test.Methods", "Again")
        equal((after[0] - before[0], after[2]), (5, 0), "calls, in flight")


def test_latency():
    """100 ms are at least 65,536 microseconds, hence in class 17 or behind."""
    with Rpc() as conn:
        before = stats(conn, "test.Methods", "Sleep")[3]
        ok(conn.call("test.Methods", "Sleep", field(1, 100)))
        after = stats(conn, "test.Methods", "Sleep")[3]
        before += [0] * (len(after) - len(before))
        grown = [i for i, pair in enumerate(zip(before, after))
                 if pair[0] != pair[1]]
        true(len(grown) == 1 and 17 <= grown[0] <= 22, "class %r" % grown)


def test_in_flight():
    with Rpc() as conn, Rpc() as probe:
        conn.send(b"".join(request("test.Methods", "Stuck", ident=i)
                           for i in range(30)))
        wait_for(lambda: stats(probe, "test.Methods", "Stuck")[2] == 30,
                 what="30 in flight")
        # one that is answered may be counted a little later
        wait_for(lambda: stats(probe, "kelp.Status", "Stats")[2] == 1,
                 what="this call alone")
        conn.reset()
        wait_for(lambda: stats(probe, "test.Methods", "Stuck")[2] == 0,
                 what="none in flight")


def test_what_is_no_message():
    with Rpc() as conn:
        for method in ("List", "Stats"):
            fails(conn.call("kelp.Status", method, b"\x0a"), EREQUEST)
            ok(conn.call("kelp.Status", method, field(7, b"unknown")))


if __name__ == "__main__":
    kelp_test.main(globals())
