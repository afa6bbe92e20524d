#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=debug where=guest guest=own timeout=120 soak=7200 cmdline=slub_debug=FZPU,panic_on_oops=1,panic_on_warn=1
"""RPC frames that nobody thought of: good ones that were damaged, and random
ones, against a kernel that checks its memory and stops at the first warning.

tests/bench/rpc_mutate sends them and says what is expected. KELP_SEED repeats a
run.
"""
import json
import os
import subprocess
import time
import zlib

import engine_lib
import guest_kit
import kelp_test
import rpc_kit
from engine_lib import DEBUG, SOAK, settles
from kelp_test import equal, kelpctl, true
from rpc_kit import field, request

SEED = int(os.environ.get("KELP_SEED") or (time.time_ns() & 0xffffffff))
# Damaged, and as many random ones.
FRAMES = (100000 if DEBUG else 1000000) if SOAK else 1000 if DEBUG else 4000
STATE = {}


def golden():
    """Of each kind of call one: the first is the one that others make. None
    may take long, whatever becomes of its message."""
    key = field(1, b"key")
    payload = field(1, b"hello")
    packed = zlib.compress(bytes(3000) + b"end")
    meta = field(3, 77) + field(7, b"an id")
    user = field(9, field(1, b"word") + field(2, b"hello"))
    for service in ("kelp.Echo", "test.Methods", "example.EchoService"):
        yield request(service, "Echo", payload)
        yield request(service, "Echo", payload, 1 << 40, b"attached", 60000,
                      meta, user)
        yield request(service, "Echo", field(1, bytes(3000)), 2, bytes(2000))
        yield request(service, "Echo", packed, 3, outer=field(3, 3))
        yield request(service, "Echo", payload, 4,
                      outer=field(11, 1) + field(12, b"1234") + field(13, 1))
    yield request("test.Methods", "EchoSleeping", payload, 5, b"attached")
    yield request("test.Methods", "EchoSleeping", bytes(20000), 6, bytes(9000))
    yield request("test.Methods", "MetaLater", b"", 7, inner=meta, outer=user)
    yield request("test.State", "Count", b"", 8)
    yield request("kelp.Calc", "Add", field(1, 1) + field(2, -1), 9)
    yield request("kelp.KV", "Set", key + field(2, b"value") + field(3, 1000),
                  10)
    yield request("kelp.KV", "Set", key + field(2, bytes(5000)) + field(4, 1),
                  11)
    for method, payload in (("Get", key), ("Delete", key), ("Stats", b""),
                            ("Incr", field(1, b"count") + field(2, -5)),
                            ("MultiGet", key + field(1, b"count"))):
        yield request("kelp.KV", method, payload, 12)
    for method in ("List", "Stats"):
        yield request("kelp.Status", method, b"", 13)


def setup():
    engine_lib.setup()
    rpc_kit.insert()
    STATE["folder"] = kelp_test.scratch()
    STATE["golden"] = STATE["folder"].__enter__() + "/golden"
    with open(STATE["golden"], "wb") as file:
        file.write(b"".join(golden()))


def teardown():
    STATE["folder"].__exit__()
    rpc_kit.remove()


def mutate(first=0, count=FRAMES, options=()):
    """Frames of these numbers, from as many senders as there are CPUs."""
    senders, found = os.cpu_count(), {}
    share = count // senders
    running = [subprocess.Popen(
        [guest_kit.ROOT + "/build/bench/rpc_mutate", "-s", str(SEED), "-n",
         str(share), "-f", str(first + number * share), "-t",
         str(int(kelp_test.TIMEOUT)), *options, "127.0.0.1:8080",
         STATE["golden"]], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True) for number in range(senders)]
    for process in running:
        out, errors = process.communicate()
        equal(process.returncode, 0, "status: " + errors)
        print("# seed %d: %s" % (SEED, out.strip()), flush=True)
        for name, value in json.loads(out).items():
            if isinstance(value, int):
                found[name] = found.get(name, 0) + value
    return found


@settles
def test_damaged():
    found = mutate()
    true(found["good"] > FRAMES // 10, "hardly one was understood")
    true(found["errors"] > FRAMES // 20, "hardly one was refused")
    true(engine_lib.stats()["rpc_broken"] > FRAMES // 50, "few were broken")


@settles
def test_random():
    found = mutate(options=["-r"])
    true(found["errors"] + found["good"] > 0, "none was looked at")
    true(found["others"] > FRAMES // 200, "hardly one was no frame at all")


@settles
def test_with_little_memory():
    """The same when there is hardly any, and few calls may be under way."""
    for name, value in (("memory", 300000), ("rpc_calls", 3), ("queue", 4096),
                        ("rpc_queue", 8192), ("rpc_body", 16000)):
        engine_lib.limit(name, value)
    before = engine_lib.stats()
    mutate(first=1000000, count=FRAMES // 10 if SOAK else FRAMES)
    after = engine_lib.stats()
    true(after["rpc_limited"] + after["memory_refused"] >
         before["rpc_limited"] + before["memory_refused"], "nothing was scarce")
    kelpctl("limits", "show")


if __name__ == "__main__":
    kelp_test.main(globals())
