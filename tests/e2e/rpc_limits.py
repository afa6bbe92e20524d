#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=6.12,debug where=guest timeout=240 soak=1200
"""RPC clients that want too much, are too slow, or go, and services and a module
that go: who is refused, how soon, what it costs others, and that nothing is
left. rpc_hostile has those that lie.
"""
import ctypes
import os
import random
import threading
import time

import engine_lib
import kelp_test
import rpc_kit
from engine_lib import DEBUG, PATIENCE, SOAK, counted, empty, limit, settles
from kelp_test import Failure, equal, kelpctl_json, true, wait_for
from rpc_callers import (METHODS, Crowd, Probe, alone, callers, finish,
                         unnoticed)
from rpc_kit import (ELIMIT, ELOGOFF, ENOMETHOD, OK, Rpc, fails, field, ok,
                     request)

DICE = random.Random(os.environ.get("KELP_SEED") or "limits")
UNLOAD_SECONDS = 5


def setup():
    engine_lib.setup()
    rpc_kit.insert()


def teardown():
    rpc_kit.remove()


def memory():
    return kelpctl_json("status")["memory_bytes"]


def remove(name):
    """Remove a module by the system call itself; the seconds it took."""
    libc = ctypes.CDLL(None, use_errno=True)
    begin = time.monotonic()
    if libc.delete_module(name.encode(), os.O_NONBLOCK):
        raise Failure("delete_module: " + os.strerror(ctypes.get_errno()))
    took = time.monotonic() - begin
    print("# %s removed in %.2f s" % (name, took), flush=True)
    true(took <= UNLOAD_SECONDS, "the removal took %.1f s" % took)
    return took


# Slow ones

@settles
def test_silent_behind_the_head():
    """500 that say no more: they go in time, others are served meanwhile."""
    count, most = (200 if DEBUG and not SOAK else 500), 2.0 * PATIENCE
    limit("header_timeout", int(most * 1000))
    limit("body_timeout", int(most * 1000))
    small, large = request("kelp.Echo", "Echo", bytes(50)), \
        request(METHODS, "Echo", bytes(50000))
    # nothing but the head, some of the meta, some of a body
    began = (small[:12], small[:20], small[:-1], large[:12], large[:70])
    before = alone()
    with counted() as grown, Probe() as probe:
        conns = []
        for number in range(count):
            conns.append(Rpc(timeout=most + 10 * PATIENCE))
            conns[-1].sock.sendall(began[number % len(began)])
        last = time.monotonic()
        conns[0].closed()
        true(time.monotonic() - last < most, "the first goes in time")
        for conn in conns:
            conn.closed()
        took = time.monotonic() - last
        for conn in conns:
            conn.close()
    print("# %d gone %.2f s after the last, at %.1f s" % (count, took, most),
          flush=True)
    true(most - 0.2 < took < most + 1.0 * PATIENCE, "the last went after "
         "%.2f s" % took)
    equal(grown["timeouts_header"] + grown["timeouts_body"], count, "time-outs")
    equal(grown["timeouts_body"], count // len(began), "in their bodies")
    unnoticed(probe, before, "silent ones")


def crawl(conn, stop):
    """Read 1 KB a second, until it is over."""
    try:
        while not stop.wait(1) and conn.sock.recv(1024):
            pass
    except OSError:
        pass


@settles
def test_reader_of_1_kb_a_second():
    """64 MB queued for it: its connection goes, others do not notice."""
    before = alone()
    stop = threading.Event()
    with counted() as grown, Probe() as probe:
        slow = Rpc(rcvbuf=4096)
        reader = threading.Thread(target=crawl, args=(slow, stop))
        reader.start()
        slow.send(b"".join(request(METHODS, "Large", field(1, 1 << 20),
                                   ident=i) for i in range(64)))
        wait_for(lambda: grown["rpc_crowded"], 20 * PATIENCE, "crowded")
        wait_for(lambda: kelpctl_json("status")["connections"] == 1,
                 20 * PATIENCE, "it is gone")
        wait_for(lambda: memory() < 1 << 20, 5 * PATIENCE, "its memory")
        stop.set()
        reader.join()
        slow.close()
    equal(grown["connections_aborted"], 1, "aborted")
    unnoticed(probe, before, "1 KB/s")


@settles
def test_replies_that_wait_are_counted():
    """Their memory is known to the server, and limited."""
    with Rpc(rcvbuf=4096) as conn:
        conn.send(b"".join(request(METHODS, "Large", field(1, 1 << 20), ident=i)
                           for i in range(7)))
        wait_for(lambda: memory() > 5 << 20, what="replies of 7 MB counted")
        for _ in range(7):
            ok(conn.reply())
        wait_for(lambda: memory() < 100000, what="it is given back")
    limit("memory", 3 << 20)
    with Rpc(rcvbuf=4096) as conn:
        conn.send(b"".join(request(METHODS, "Large", field(1, 1 << 20), ident=i)
                           for i in range(7)))
        codes = []
        try:
            while len(codes) < 7:
                codes.append(conn.reply().code)
        except (OSError, Failure):    # None left to send one, either.
            codes.append("reset")
        true(codes.count(OK) <= 4, "codes %s" % codes)
    with Rpc() as conn:
        ok(conn.call("kelp.Echo", "Echo"))


@settles
def test_no_memory_for_a_body():
    """It is told so, the rest of the body is passed over, and it goes on."""
    limit("memory", 200000)
    with counted() as grown, Rpc() as conn:
        fails(conn.call(METHODS, "Echo", bytes(1 << 20), ident=5), ELIMIT)
        ok(conn.call("kelp.Echo", "Echo", ident=6))
        fails(conn.call(METHODS, "EchoSleeping", attachment=bytes(1 << 20)),
              ELIMIT)
        ok(conn.call(METHODS, "Echo", bytes(50000)), bytes(50000))
    true(grown["memory_refused"], "memory_refused")


@settles
def test_who_does_not_read_at_all():
    """64 MB of calls that are answered in place: the server stops reading."""
    before = alone()
    limit("write_timeout", 1500 * PATIENCE)
    engine_lib.listener_again()
    call = request("kelp.Echo", "Echo", field(1, b"x" * 4000))
    with counted() as grown, Probe() as probe:
        with Rpc(rcvbuf=4096) as conn:
            conn.sock.settimeout(0.5 * PATIENCE)
            sent = 0
            try:
                while sent < 64 << 20:
                    sent += conn.sock.send(call * 16)
            except OSError:
                pass
            true(sent < 32 << 20, "%d bytes went in without one read" % sent)
            true(memory() < 1 << 20, "%d bytes of memory" % memory())
            wait_for(lambda: kelpctl_json("status")["connections"] == 1,
                     20 * PATIENCE, "it is gone")
    true(grown["timeouts_write"] + grown["connections_aborted"], "gone")
    unnoticed(probe, before, "no reader")


# Too many

@settles
def test_ten_times_too_many():
    """Who is too many is told at once; the others are served as before."""
    most, ms, seconds = 16, (500 if DEBUG else 200), (20 if SOAK else 5)
    limit("rpc_calls", most)
    with counted() as grown:
        at_limit = Crowd(most, ms, seconds)
        wait_for(empty, what="nothing under way")
        crowd = Crowd(10 * most, ms, seconds)
    times = sorted(crowd.refused)
    true(len(times) > 10 * most, "only %d were refused" % len(times))
    # What is over that is us, who wait for a CPU, when the machine is busy.
    late = times[len(times) * (99 if SOAK else 90) // 100]
    print("# at the limit %.1f calls/s; ten times as many: %.1f calls/s, %d "
          "refused in %.2f ms (median), %.2f ms (90 %%), %.2f ms (99 %%)" %
          (at_limit.rate, crowd.rate, len(times), times[len(times) // 2] * 1e3,
           times[len(times) * 9 // 10] * 1e3,
           times[len(times) * 99 // 100] * 1e3), flush=True)
    # A call counts until the last of it is freed, which is a little later than
    # its reply: whoever asks again at once may come too early.
    true(len(at_limit.refused) <= at_limit.rate * seconds / 20,
         "%d were refused at the limit" % len(at_limit.refused))
    true(grown["rpc_limited"] >= len(times), "rpc_limited")
    true(late <= 0.01 * PATIENCE ** 2, "refused after %.1f ms" % (late * 1e3))
    true(crowd.rate >= 0.8 * at_limit.rate, "%.1f of %.1f calls/s" %
         (crowd.rate, at_limit.rate))


# Those that go

def in_flight():
    """1,000 calls: as many as a connection may have. Each that sleeps takes a
    thread, and making those takes the debug kernel long."""
    calls = []
    for ident in range(1, 1000):
        method, ms = (("Stuck", 0), ("Stuck", 0), ("Later", 300),
                      ("Sleep", 60000), ("Stuck", 1))[ident % 5]
        if method == "Sleep" and DEBUG and ident % 20 != 3:
            method, ms = "Stuck", 0
        calls.append(request(METHODS, method, field(1, ms), ident=ident))
    # and one that is still being received
    return b"".join(calls) + request(METHODS, "Echo", bytes(50000),
                                     ident=1000)[:30000]


@settles
def test_gone_with_1000_in_flight():
    """All that was held for them is given back within a second."""
    for end in ("reset", "close", "module"):
        conn = Rpc()
        conn.send(in_flight())
        wait_for(lambda: [row["state"] for row in kelpctl_json("conn", "show")]
                 == ["body"], what="the last one is being received")
        begin = time.monotonic()
        if end == "reset":
            conn.reset()
        else:
            conn.close()
        if end == "module":
            remove("kelp_services")
        wait_for(empty, 3 * PATIENCE, "all is given back")
        took = time.monotonic() - begin
        if end == "module":
            rpc_kit.insert()
        print("# %s: %.2f s" % (end, took), flush=True)
        true(took <= 1.0 * PATIENCE, "%s: %.2f s" % (end, took))


def collect(conn, idents, codes):
    """Each of the calls is answered once, with one of the codes."""
    idents = set(idents)
    while idents:
        reply = conn.reply()
        true(reply.code in codes, repr(reply))
        idents.remove(reply.ident)


@settles
def test_a_service_goes_whatever_clients_do():
    """Neither a body that does not come nor a reply that is not read keeps it;
    what is answered to them comes later all the same."""
    limit("body_timeout", 60000 * PATIENCE)
    limit("body_rate", 0)
    late = Rpc()
    body = request(METHODS, "Echo", bytes(40000), ident=1)
    late.send(body[:20000])
    idle = Rpc()
    idle.send(request("kelp.Echo", "Echo", bytes(40000), ident=2)[:20000])
    lazy = Rpc(rcvbuf=4096, timeout=30 * PATIENCE)
    lazy.send(b"".join(request(METHODS, "Large", field(1, 1 << 20), ident=i)
                       for i in range(1, 7)))
    gone = Rpc()
    gone.send(request(METHODS, "EchoSleeping", bytes(40000))[:30000])
    busy = Rpc()
    busy.send(b"".join(
        request(METHODS, method, field(1, ms), ident=i) for i, (method, ms) in
        enumerate([("Stuck", 0), ("Later", 500), ("Sleep", 60000)] * 30)))
    wait_for(lambda: sorted(row["state"] for row in
                            kelpctl_json("conn", "show")) ==
             ["async", "body", "body", "body", "write"],
             what="all are under way, not %s" % [
                 row["state"] for row in kelpctl_json("conn", "show")])
    remove("kelp_services")
    gone.close()
    collect(busy, range(90), (OK, ELOGOFF))
    collect(lazy, range(1, 7), (OK, ELOGOFF))
    late.send(body[20000:])
    fails(late.reply(), ELOGOFF)
    fails(late.call(METHODS, "Echo"), ENOMETHOD)
    for conn in (late, idle, lazy, busy):
        conn.close()
    rpc_kit.insert()
    with Rpc() as conn:
        ok(conn.call(METHODS, "Echo", b"back"), b"back")


@settles
def test_services_come_and_go_under_load():
    """Each call is answered once, by the service or by its absence."""
    threads = callers(DICE, 4, (OK, ELOGOFF, ENOMETHOD))
    rounds = 200 if SOAK else 3 if DEBUG else 6
    for _ in range(rounds):
        enough = [sum(t.told.values()) + 10 for t in threads]
        remove("kelp_services")
        rpc_kit.insert()
        wait_for(lambda: all(sum(t.told.values()) >= least or t.trouble
                             for t, least in zip(threads, enough)),
                 30 * PATIENCE, "calls between two removals")
    told = finish(threads)
    equal([str(t.trouble) for t in threads if t.trouble], [], "trouble")
    true(told[OK] > 100 and told.get(ENOMETHOD, 0) + told.get(ELOGOFF, 0),
         "told %s" % told)


def stuff(conn, data):
    """Send it as often as the server reads."""
    conn.sock.settimeout(0.3 * PATIENCE)
    try:
        for _ in range(200):
            conn.sock.sendall(data)
    except TimeoutError:
        pass


def test_the_module_goes_under_load():
    """Each call is answered at most once, and its connection ends."""
    for _ in range(20 if SOAK else 2):
        threads = callers(DICE, 6, (OK, ELOGOFF, ENOMETHOD))
        stuck = Rpc()
        stuck.send(in_flight())
        lazy = Rpc(rcvbuf=4096)
        stuff(lazy, request("kelp.Echo", "Echo", field(1, bytes(100000))))
        half = Rpc()
        half.send(request("kelp.Echo", "Echo", bytes(50000))[:30000])
        remove("kelp_services")
        remove("kelp")
        finish(threads)
        for thread in threads:
            true(thread.trouble, "a connection that did not end")
            true(not isinstance(thread.trouble, TimeoutError),
                 "a connection that waits for ever")
        for conn in (stuck, lazy, half):
            conn.close()
        kelp_test.load()
        engine_lib.setup()
        rpc_kit.insert()
        with Rpc() as conn:
            ok(conn.call(METHODS, "Echo", b"back"), b"back")


if __name__ == "__main__":
    kelp_test.main(globals())
