#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels= soak-kernels=debug where=guest timeout=240 soak=1800
"""Memory that is not there, for RPC calls of all kinds: what a function
allocates fails, or a part of everything. Each call is answered once, with an
error or right, or its connection ends; and all is well when memory is back.
"""
import os
import random
import subprocess
import time
import zlib

import engine_lib
import fault_kit
import kelp_test
import rpc_kit
from engine_lib import SOAK, empty
from fault_kit import failing
from kelp_test import Failure, equal, true, wait_for
from rpc_callers import METHODS, some_call
from rpc_kit import (EINTERNAL, ELIMIT, ERESPONSE, OK, Rpc, field, ok, request)


def setup():
    fault_kit.setup()
    engine_lib.setup()
    rpc_kit.insert()


def teardown():
    for kind in fault_kit.KINDS:
        fault_kit.write(kind, probability=0)
    rpc_kit.remove()


def all_is_well():
    wait_for(empty, what="no connection, no memory in use")
    with Rpc() as conn:
        for size in (0, 5000, 40000):
            ok(conn.call(METHODS, "Echo", bytes(size)), bytes(size))
            ok(conn.call(METHODS, "EchoSleeping", bytes(size)), bytes(size))
    wait_for(empty, what="no memory in use")


def outcome(data, cuts=()):
    """The code of the answer, or None when the connection was broken off."""
    try:
        with Rpc() as conn:
            conn.send(data, cuts)
            conn.sock.shutdown(1)
            return conn.reply().code
    except (OSError, Failure):
        return None


def test_each_function():
    large = zlib.compress(os.urandom(9000))
    cases = (
        # function, a call, what may be answered; None: broken off
        ("rpc_task_create", request(METHODS, "EchoSleeping"), (ELIMIT,)),
        ("rpc_task_create", request(METHODS, "Later", field(1, 5)), (ELIMIT,)),
        # more than one segment, so that it is not there whole
        ("rpc_task_create", request(METHODS, "Echo", bytes(300000)), (ELIMIT,)),
        ("rpc_receive", request(METHODS, "Echo", bytes(300000)), (ELIMIT,)),
        ("kelp_blob_alloc", request(METHODS, "Echo", bytes(300000)),
         (ELIMIT,)),
        ("rpc_unpack", request(METHODS, "Echo", bytes(300000)), (ELIMIT,)),
        ("rpc_inflate", request(METHODS, "Echo", large, outer=field(3, 3)),
         (ELIMIT,)),
        ("kelp_call_reply", request(METHODS, "EchoSleeping", bytes(10)),
         (EINTERNAL,)),
        ("kelp_call_reply", request(METHODS, "Echo", bytes(9000)),
         (EINTERNAL,)),
        ("kelp_call_reply", request("kelp.Echo", "Echo", field(1, bytes(9000))),
         (EINTERNAL,)),
        ("kelp_gather_add", request(METHODS, "Echo", bytes(9000)), (None,)),
    )
    for function, data, expected in cases:
        with failing(function) as faults:
            code = outcome(data, (100,) if "gather" in function else ())
        true(code in expected, "%s: %s" % (function, code))
        true(faults.count, "nothing failed in " + function)
        all_is_well()


def test_what_a_service_keeps():
    """Its state cannot be made: that call fails, the next one makes it."""
    rpc_kit.remove()
    rpc_kit.insert()
    call = request("test.State", "Count")
    with failing("rpc_state_make") as faults:
        equal(outcome(call), ELIMIT, "without memory")
    true(faults.count, "nothing failed")
    equal(outcome(call), OK, "with memory")
    all_is_well()


def test_registering():
    """A module whose service cannot be registered is not inserted."""
    rpc_kit.remove()
    with failing("kelp_service_register") as faults:
        done = subprocess.run(["insmod", rpc_kit.MODULE], check=False,
                              capture_output=True, text=True)
    true(done.returncode and "emory" in done.stderr, done.stderr)
    true(faults.count, "nothing failed")
    rpc_kit.insert()
    all_is_well()


def converse(dice):
    """Some calls on a connection; what was told, by code."""
    idents = set(range(1, dice.randrange(2, 8)))
    told = {}
    try:
        with Rpc() as conn:
            conn.send(b"".join(some_call(dice, ident) for ident in idents))
            if dice.randrange(2):
                conn.sock.shutdown(1)
            while idents:
                reply = conn.reply()
                true(reply.ident in idents, "%r, not of %s" % (reply, idents))
                true(reply.code in (OK, EINTERNAL, ELIMIT, ERESPONSE),
                     repr(reply))
                idents.remove(reply.ident)
                told[reply.code] = told.get(reply.code, 0) + 1
    except OSError:
        told[None] = 1
    except Failure as error:
        if "connection ended" not in str(error):
            raise
        told[None] = 1
    return told


def test_everything_at_random():
    dice = random.Random(os.environ.get("KELP_SEED") or "rpc fault")
    told = {}
    with failing(percent=15) as faults:
        end = time.monotonic() + (600 if SOAK else 30)
        while time.monotonic() < end:
            for code, number in converse(dice).items():
                told[code] = told.get(code, 0) + number
    print("# %d allocations failed; told %s" % (faults.count, told), flush=True)
    true(faults.count > 100, "only %d allocations failed" % faults.count)
    true(told.get(OK) and told.get(ELIMIT) and told.get(EINTERNAL),
         "told %s" % told)
    all_is_well()


if __name__ == "__main__":
    kelp_test.main(globals())
