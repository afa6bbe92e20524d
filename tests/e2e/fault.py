#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels= soak-kernels=debug where=guest timeout=420 soak=1800
"""Memory that is not there: each allocation of a command fails once, those of
a request fail by their function and at random. What is answered is an error or
right, nothing is left behind, and all is well when memory is back.

The census, kmemleak and the kernel log are looked at by the runner.
"""
import errno
import os
import random
import time

import fault_kit
import handler_kit
import http_kit
import kelp_test
import netlink
from fault_kit import failing
from http_kit import get_bytes
from kelp_test import (SOAK, Connection, equal, get, kelpctl, kelpctl_json,
                       true, wait_for, write_file)
from netlink import nest, text, u32

OTHER = 8081
NOMEM = (errno.ENOMEM, errno.ENOBUFS)
STATE = {}


def setup():
    fault_kit.setup()
    handler_kit.serve()
    netlink.ATTRIBUTES += ["RULES"]
    folder = STATE["folder"] = kelp_test.scratch()
    site = STATE["site"] = folder.__enter__() + "/site"
    for number in range(200):
        write_file("%s/%d" % (site, number), body(number))
        write_file("%s/%d.gz" % (site, number), b"gz" + body(number))
    write_file(site + "/large", b"x" * (5 << 20))
    os.chmod(site, 0o755)
    kelpctl("site", "add", "/site", site, "--header", "X-Test: 1")
    kelpctl("route", "add", "/kv", "kv")


def teardown():
    for kind in fault_kit.KINDS:
        fault_kit.write(kind, probability=0)
    STATE["folder"].__exit__()
    handler_kit.stop()


def body(number):
    """Some in an object, some in pages."""
    return b"%05d\n" % number * (20 if number % 2 else 2000)


def settled():
    status = kelpctl_json("status")
    return not status["connections"] and not status["memory_bytes"]


def all_is_well():
    wait_for(settled, what="no connection, no memory in use")
    number = random.randrange(100, 200)
    equal(get("/site/%d" % number).body, body(number), "a file")
    equal(get("/copy", method="POST", body=b"copy").body, b"copy", "a handler")
    equal(get("/kv/well", method="PUT", body=b"well").status // 100, 2, "PUT")
    equal(get("/kv/well").body, b"well", "GET")
    wait_for(settled, what="no memory in use")


# Commands: every allocation, one after the other

def command(what, undo, *pairs):
    """All or nothing, whichever allocation fails."""
    family, other = netlink.Family(), netlink.Family()
    number = netlink.COMMANDS.index(what)
    payload = netlink.pack(*pairs)
    seen = []

    def once(fault):
        before = generation(other)
        try:
            with fault:
                family.send(family.number, number, payload)
        except OSError as error:    # The message itself could not be made.
            true(error.errno in NOMEM + (errno.EFAULT,), str(error))
            return
        error = answer_of(family)
        changed = generation(other) != before
        if error is None:    # Not known: the answer could not be made.
            error = 0 if changed else errno.ENOMEM
        true(error == 0 or error in NOMEM, "%s: error %d" % (what, error))
        equal(changed, error == 0, "%s changed something" % what)
        seen.append(error)
        if changed:
            undo(family)
    count = fault_kit.every(once)
    print("# %s: %d allocations, %d of them mattered" %
          (what, count, sum(map(bool, seen))), flush=True)
    true(count >= 10 and any(seen), "hardly anything failed")
    true(seen[-1] == 0, "nothing failed, but the command did")
    all_is_well()


def generation(family):
    _, _, answers = family.call("STATUS_GET")
    return dict(answers[0])[netlink.ATTRIBUTES.index("GENERATION")]


def answer_of(family):
    """What a command came to: 0, an error, or None if that was lost."""
    answers = []
    try:
        result = None
        while not result:
            result = family.receive(answers)
        return result[0]
    except OSError as error:
        true(error.errno in NOMEM, str(error))
        return None


def undone(what, *pairs):
    return lambda family: equal(family.call(what, *pairs)[0], 0, what)


def test_site_add():
    folder = os.open(STATE["site"], os.O_PATH)
    prefix = ("PREFIX", text("/other")), ("HOST", text("*.example.org"))
    command("SITE_ADD", undone("SITE_DEL", *prefix), *prefix,
            ("DIR", text("/x")), ("FD", u32(folder)),
            nest("OPTIONS", ("CACHE_CONTROL", text("no-store")),
                 ("HEADER", text("X-A: b")), ("INDEX", text("a.html")),
                 ("ERROR_PAGE", text("404=/e")), ("MIME", text("x=a/b"))))
    os.close(folder)


def test_route_add():
    prefix = ("PREFIX", text("/other")),
    for handler, args in (("kv", ("bytes=1M", "ttl=60")),
                          ("redirect", ("to=/x", "keep=path"))):
        command("ROUTE_ADD", undone("ROUTE_DEL", *prefix), *prefix,
                ("HANDLER", text(handler)),
                nest("ARGS", *[("ARG", text(arg)) for arg in args]))


def test_object_put():
    path = ("PATH", text("/object")),
    for size in (10, 100000):
        name = write_file(os.path.dirname(STATE["site"]) + "/o", b"x" * size)
        file = os.open(name, os.O_RDONLY)
        command("OBJECT_PUT", undone("OBJECT_DEL", *path), *path,
                ("TYPE", text("a/b")), ("FD", u32(file)))
        os.close(file)


def test_listener_add():
    where = netlink.address(port=9001)
    command("LISTENER_ADD", undone("LISTENER_DEL", *where), *where,
            ("RULES", bytes([1, 4, 8, 0, 10]) + bytes(15) +
             bytes([2, 4, 32, 0, 127, 0, 0, 1]) + bytes(12)))


def test_dispatcher_of_a_listener():
    """Its sockets are made elsewhere."""
    for function in ("kelp_listener_add", "kelp_gate_rules_create"):
        with failing(function) as faults:
            why = kelp_test.refused("listener", "add", "127.0.0.1:9001",
                                    "--deny", "10.0.0.0/8")
        true("emory" in why, why)
        true(faults.count, "nothing failed in " + function)
    kelpctl("listener", "add", "127.0.0.1:9001", "--deny", "10.0.0.0/8")
    kelpctl("listener", "del", "127.0.0.1:9001")
    all_is_well()


# Requests: what one function allocates

def outcome(*requests):
    """Status and body of an answer, or None when it was broken off. A request
    that gets neither is a failure."""
    try:
        with Connection(timeout=5) as connection:
            for part in requests:    # Each a segment, over loopback.
                connection.sock.sendall(part)
            try:
                answer = connection.response()
            except TimeoutError:
                # TCP may have had no memory for a reset, and makes it once
                # only: whoever sends something is told. If there is an answer
                # that was merely slow, the end comes behind it.
                connection.sock.settimeout(kelp_test.TIMEOUT)
                connection.sock.sendall(b"G")
                connection.rest()
                return None
            return answer.status, answer.body
    except TimeoutError as error:
        raise kelp_test.Failure("neither answered nor broken off: %s" %
                                requests[0][:60]) from error
    except (ConnectionError, kelp_test.Failure):
        return None


def put(key, data, *fields):
    return get_bytes("/kv/" + key, "Content-Length: %d" % len(data), *fields,
                     method="PUT") + data


def post(target, data):
    return get_bytes(target, "Content-Length: %d" % len(data),
                     method="POST") + data


def test_each_function():
    """Where memory fails: what is answered then, and that it is again well."""
    fresh = iter(range(100))    # Nobody else asks for these.
    cases = (
        # function, a request (made anew each time), status; None: broken off
        ("http_rq_create", lambda: post("/copy", b"x"), (503,)),
        ("http_rq_create", lambda: get_bytes("/pour?n=9"), (503,)),
        ("kelp_http_read", lambda: post("/copy", b"x"), (500,)),
        ("kelp_http_read_all", lambda: put("k", b"x"), (500,)),
        ("http_call_write", lambda: post("/copy", b"x"), (None,)),
        ("kelp_kv_set", lambda: put("k", b"x"), (503,)),
        ("kelp_kv_set", lambda: put("k", b"x" * 5000), (503,)),
        ("kelp_blob_alloc", lambda: put("k", b"x" * 50000), (503,)),
        ("http_task_file", lambda: get_bytes("/site/%d" % next(fresh)),
         (503,)),
        ("kelp_cache_create", lambda: get_bytes("/site/%d" % next(fresh)),
         (500, 503)),
        ("kelp_object_create", lambda: get_bytes("/site/%d" % next(fresh)),
         (500, 503)),
        ("kelp_snapshot_take", lambda: get_bytes("/site/%d" % next(fresh)),
         (500, 503)),
        ("kelp_stream_create", lambda: get_bytes("/site/large"), (500, 503)),
        ("kelp_stream_read", lambda: get_bytes("/site/large"), (None,)),
        ("kelp_gather_add", lambda: None, (None,)),
        # these can do without
        ("kelp_watch_set", lambda: get_bytes("/site/%d" % next(fresh)),
         (200,)),
        ("kelp_client_get", lambda: get_bytes("/show"), (200,)),
    )
    for function, request, expected in cases:
        with failing(function) as faults:
            data = request()
            if data:
                seen = outcome(data)
            else:
                seen = cut_head()
        status = seen[0] if seen else None
        true(status in expected, "%s: %s" % (function, seen))
        true(faults.count, "nothing failed in " + function)
        all_is_well()


def cut_head():
    """A head that has to be gathered."""
    data = get_bytes("/show")
    return outcome(data[:len(data) // 2], data[len(data) // 2:])


def test_parts_without_memory():
    """What must be remembered of several parts of a streamed file cannot be:
    it is sent as a whole, as if none had been asked for."""
    ask = get_bytes("/site/large", "Range: bytes=0-1,5-6")
    equal(outcome(ask)[0], 206, "with memory")
    # The first that is allocated there; what TCP wants comes behind it.
    with failing("http_task_ready", times=1, kinds=["failslab"]) as faults:
        seen = outcome(ask)
    equal((seen[0], len(seen[1])), (200, 5 << 20), "without")
    true(faults.count, "nothing failed")
    all_is_well()


def test_a_file_that_is_not_watched():
    """Its changes show, if later."""
    name = STATE["site"] + "/unwatched"
    write_file(name, b"old")
    with failing("kelp_watch_set"):
        equal(get("/site/unwatched").body, b"old", "old")
    write_file(name + ".new", b"new")
    os.rename(name + ".new", name)
    begin = time.monotonic()
    wait_for(lambda: get("/site/unwatched").body == b"new", what="the change")
    true(time.monotonic() - begin < 1.0 * kelp_test.PATIENCE, "too late")


def test_clients_that_are_not_known():
    """Behind a trusted proxy they share its bucket; without one nobody is
    turned away for it, and connections are not counted."""
    with http_kit.limits(rate_per_address="1", rate_burst="2",
                         connections_per_address="1000"):
        kelpctl("listener", "add", "127.0.0.1:%d" % OTHER, "--trust",
                "127.0.0.1")

        def asked(count):
            with Connection(OTHER) as proxy:
                return [proxy.request("/show", headers=[
                    ("X-Forwarded-For", "192.0.2.%d" % number)]).status
                        for number in range(count)]
        equal(asked(6), [200] * 6, "with memory: a bucket each")
        wait_for(lambda: get("/show", OTHER).status == 200,
                 what="a token of the proxy's")
        with Connection(OTHER) as proxy:
            with failing("kelp_client_get") as faults:
                seen = [proxy.request("/show", headers=[
                    ("X-Forwarded-For", "198.51.100.%d" % number)]).status
                        for number in range(6)]
        true(429 in seen, "unknown clients: %s" % seen)
        true(faults.count, "nothing failed")
        kelpctl("listener", "del", "127.0.0.1:%d" % OTHER)
        wait_for(settled, what="no connection")
        time.sleep(3.5)    # no poll: the bucket of 127.0.0.1 becomes full
        with failing("kelp_client_get"), Connection() as connection:
            equal([connection.request("/show").status for _ in range(6)],
                  [200] * 6, "a connection without an entry")
    all_is_well()


# Everything at once, at random

def right(number, seen):
    """An answer that is an error, or right."""
    return seen is None or seen[0] in (500, 503, 507) or \
        (seen[0] == 200 and seen[1] in (body(number), b"gz" + body(number)))


def some_request(dice, stored):
    number = dice.randrange(200)
    kind = dice.randrange(8)
    encoding = ("Accept-Encoding: gzip",) if dice.randrange(2) else ()
    if kind < 2:
        seen = outcome(get_bytes("/site/%d" % number, *encoding))
        true(right(number, seen), "file %d: %s" % (number, seen))
    elif kind == 2:
        seen = outcome(post("/copy", body(number)))
        true(right(number, seen), "copy: %s" % (seen,))
    elif kind == 3:
        seen = outcome(get_bytes("/pour?n=20000%s" %
                                 ("&sleep=1" if number % 2 else "")))
        true(seen is None or len(seen[1]) == 20000 or seen[0] >= 500,
             "pour: %s" % (seen,))
    elif kind == 4:
        seen = outcome(put("r%d" % (number % 10), body(number)))
        true(seen is None or seen[0] in (201, 204, 500, 503, 507), str(seen))
        stored.setdefault(number % 10, set()).add(number)
    elif kind == 5:
        seen = outcome(get_bytes("/kv/r%d" % (number % 10)))
        true(seen is None or seen[0] in (404, 500, 503) or seen[1] in
             [body(n) for n in stored.get(number % 10, ())], "kv: %s" % (seen,))
    elif kind == 6:
        outcome(get_bytes("/site/large", "Range: bytes=0-9,100-109"))
    else:
        cut_head()


def test_everything_at_random():
    dice = random.Random(os.environ.get("KELP_SEED") or "fault")
    stored = {}
    with failing(percent=15) as faults:
        end, count = time.monotonic() + (600 if SOAK else 30), 0
        while time.monotonic() < end:
            some_request(dice, stored)
            count += 1
            if not dice.randrange(20):
                kelpctl_or_not("object", "put", "/o", STATE["site"] + "/2")
                kelpctl_or_not("limits", "set", "body", "1M")
                kelpctl_or_not("site", "add", "/site", STATE["site"],
                               "--replace", "--header", "X-Test: 1")
    print("# %d allocations failed in %d requests" % (faults.count, count),
          flush=True)
    true(faults.count >= 30, "only %d allocations failed" % faults.count)
    all_is_well()


def kelpctl_or_not(*args):
    try:
        kelpctl(*args)
    except kelp_test.KelpctlError:
        pass


if __name__ == "__main__":
    kelp_test.main(globals())
