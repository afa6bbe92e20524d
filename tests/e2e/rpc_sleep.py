#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1,6.12,debug where=guest timeout=60
"""RPC methods that sleep: because they asked for it when they were called, and
when everything around them goes.
"""
import kelp_test
import rpc_kit
from kelp_test import equal, kelpctl, wait_for
from rpc_kit import (ELIMIT, Rpc, checksum, fails, field, message, ok,
                     request)


def setup():
    rpc_kit.insert()
    rpc_kit.listen()


def teardown():
    rpc_kit.remove()


def test_sleeps_when_it_has_to():
    """Called in softirq, it asks to be called where it may sleep."""
    payload = field(1, b"hello")
    with Rpc() as conn:
        for method in ("Again", "AgainLater"):
            for attached in (b"", b"attached"):
                ok(conn.call("test.Methods", method, payload,
                             attachment=attached), payload, attached)
                ok(conn.call("test.Methods", method, payload,
                             attachment=attached, timeout_ms=60000,
                             outer=checksum(payload + attached, True)),
                   payload, attached)
        conn.send(request("test.Methods", "Again", ident=1) +
                  request("kelp.Echo", "Echo", ident=2))
        equal([conn.reply().ident, conn.reply().ident], [2, 1], "order")
        kelpctl("limits", "set", "rpc_calls_per_connection", "1")
        try:
            conn.send(request("test.Methods", "Sleep", field(1, 500)) +
                      request("test.Methods", "Again", ident=2))
            fails(conn.reply(), ELIMIT, "too many calls")
            ok(conn.reply())
        finally:
            kelpctl("limits", "set", "rpc_calls_per_connection", "1000")


def test_the_namespace_goes_under_way():
    """It does not wait for a method that sleeps, which ends all the same."""
    with Rpc() as probe, rpc_kit.namespace("kelp-rpc"):
        before = message(probe.call("test.Methods", "Cancelled").payload)[1]
        with rpc_kit.inside("kelp-rpc"):
            conn = Rpc()
        ok(conn.call("test.State", "Count"), field(1, 1))
        conn.send(request("test.Methods", "Deaf", field(1, 1500)))
        ok(conn.call("kelp.Echo", "Echo", ident=2))
        conn.reset()
        rpc_kit.namespace_end("kelp-rpc")
        wait_for(lambda: message(probe.call("test.Methods", "Cancelled")
                                 .payload)[1] == before + 1,
                 what="end of the method")
        ok(probe.call("test.State", "Count"))


if __name__ == "__main__":
    kelp_test.main(globals())
