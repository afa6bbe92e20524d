#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=6.12,debug timeout=120 soak=600
"""What one address may have and how often it may ask, who may connect to a
listener, and who may speak for others: PROXY protocol and X-Forwarded-For.
"""
import contextlib
import socket
import struct
import subprocess

import engine_lib
import kelp_test
from engine_lib import (PORT, SMALL, counted, get_line, gone, limit, open_from,
                        served, settles)
from kelp_test import (Connection, equal, kelpctl, kelpctl_json, refused, true,
                       wait_for)


def setup():
    engine_lib.setup()


# What an address may have

OTHER = 8081


@contextlib.contextmanager
def listening(*rules, port=OTHER):
    kelpctl("listener", "add", "127.0.0.1:%d" % port, *rules)
    try:
        yield
    finally:
        kelpctl("listener", "del", "127.0.0.1:%d" % port)


def turned_away(address, port=PORT, first=b""):
    """Connect; the server resets it without a word."""
    try:
        with open_from(address, port) as connection:
            if first:
                connection.send(first)
            gone(connection)
            equal(connection.buffer, b"", "bytes to who is turned away")
    except (ConnectionResetError, BrokenPipeError):    # Earlier still.
        pass


@settles
def test_connections_per_address():
    limit("connections_per_address", 3)
    with counted() as grown:
        inside = [open_from("127.0.0.3") for _ in range(3)]
        for connection in inside:
            served(connection)
        for _ in range(2):
            turned_away("127.0.0.3")
        with open_from("127.0.0.4") as other:
            served(other)
        inside.pop().close()
        wait_for(lambda: kelpctl_json("status")["connections"] <= 2,
                 what="a free place")
        inside.append(open_from("127.0.0.3"))
        for connection in inside:
            served(connection)
            connection.close()
    equal(grown["refused_per_address"], 2, "refused_per_address")


@settles
def test_connections_per_prefix():
    """All of an IPv6 /64 are one; connections that were there count."""
    for address in ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"):
        subprocess.run(["ip", "addr", "add", address + "/128", "dev", "lo"],
                       check=True)
    kelpctl("listener", "add", "[2001:db8::1]:%d" % OTHER)
    try:
        crowd = [open_from("2001:db8::%d" % i, OTHER, to="2001:db8::1")
                 for i in (1, 2)]
        for connection in crowd:
            served(connection)
        limit("connections_per_address", 2)
        with counted() as grown:
            try:
                with open_from("2001:db8::2", OTHER, to="2001:db8::1") as more:
                    gone(more)
            except ConnectionResetError:
                pass
            with open_from("2001:db8:0:1::1", OTHER, to="2001:db8::1") as other:
                served(other)
        equal(grown["refused_per_address"], 1, "refused_per_address")
        for connection in crowd:
            served(connection)
            connection.close()
    finally:
        kelpctl("listener", "del", "[2001:db8::1]:%d" % OTHER)
        for address in ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"):
            subprocess.run(["ip", "addr", "del", address + "/128", "dev",
                            "lo"], check=True)


def may_come(address, port=OTHER):
    with open_from(address, port) as connection:
        served(connection)


@settles
def test_access():
    with counted() as grown, listening(
            "--deny", "127.0.0.66", "--allow", "127.0.0.64/26",
            "--deny", "127.0.0.0/8"):
        may_come("127.0.0.65")
        turned_away("127.0.0.66", OTHER)
        turned_away("127.0.0.1", OTHER)
        # Others while it listens, also for those who are there; no gap.
        with open_from("127.0.0.65", OTHER) as stays:
            kelpctl("listener", "set", "127.0.0.1:%d" % OTHER,
                    "--allow", "127.0.0.1")
            turned_away("127.0.0.65", OTHER)
            may_come("127.0.0.1")
            kelpctl("listener", "set", "127.0.0.1:%d" % OTHER,
                    "--deny", "127.0.0.65")
            turned_away("127.0.0.65", OTHER)
            may_come("127.0.0.66")
            served(stays)
            kelpctl("listener", "set", "127.0.0.1:%d" % OTHER)
            may_come("127.0.0.65")
    equal(grown["refused_access"], 4, "refused_access")
    may_come("127.0.0.66", PORT)


def test_access_shown():
    rules = ("--allow", "10.0.0.0/8", "--deny", "2001:db8::/33",
             "--trust", "192.0.2.1", "--deny", "0.0.0.0/0")
    with listening("--proxy-protocol", *rules):
        row = [row for row in kelpctl_json("listener", "show")
               if row["port"] == OTHER][0]
        equal(row["proxy_protocol"], True, "proxy_protocol")
        equal([(rule["action"], rule["prefix"]) for rule in row["rules"]],
              [("allow", "10.0.0.0/8"), ("deny", "2001:db8::/33"),
               ("trust", "192.0.2.1/32"), ("deny", "0.0.0.0/0")], "rules")
        text = kelpctl("listener", "show")
        true("--proxy-protocol --allow 10.0.0.0/8 --deny 2001:db8::/33 "
             "--trust 192.0.2.1/32 --deny 0.0.0.0/0" in text, text)
        before = kelpctl_json("listener", "show")
        for wrong in ("10.0.0.1/8", "10.0.0.0/33", "host", "2001:db8::/129",
                      "10.0.0.0/", "10.0.0.0/x", "/8", ""):
            refused("listener", "set", "127.0.0.1:%d" % OTHER,
                    "--allow", wrong, status=2)
        refused("listener", "set", "127.0.0.1:%d" % (OTHER + 1), "--allow",
                "::/0")
        many = ["--allow", "10.0.0.0/8"] * 257
        refused("listener", "set", "127.0.0.1:%d" % OTHER, *many, status=2)
        equal(kelpctl_json("listener", "show"), before, "after refusals")
        kelpctl("listener", "set", "127.0.0.1:%d" % OTHER, *many[2:])
        equal(len(kelpctl_json("listener", "show")[-1]["rules"]), 256, "rules")


# How often an address may ask

def asks(connection, times, headers=()):
    """Statuses of so many requests; 429 says when to come back."""
    statuses = []
    for _ in range(times):
        answer = connection.request("/small", headers=headers)
        if answer.status == 429:
            true(int(answer.get("Retry-After")) >= 1, "Retry-After")
        statuses.append(answer.status)
    return statuses


@settles
def test_rate():
    limit("rate_burst", 5)
    limit("rate_per_address", 1)
    with counted() as grown, open_from("127.0.0.5") as one:
        equal(asks(one, 5), [200] * 5, "the burst")
        true(asks(one, 2)[-1] == 429, "nothing was limited")
        # A new connection has no new tokens; another address has its own.
        one.close()
        with open_from("127.0.0.5") as again:
            true(429 in asks(again, 2), "a new bucket for a new connection")
            with open_from("127.0.0.6") as other:
                equal(asks(other, 5), [200] * 5, "another address")
            # The connection is kept, and tokens come back.
            wait_for(lambda: asks(again, 1) == [200], what="a token")
            answer = again.request("/echo", "POST", body=b"x" * 1000)
            equal(answer.status, 429, "with a body")
            wait_for(lambda: asks(again, 1) == [200], what="a token")
        limit("rate_per_address", 0)
        with open_from("127.0.0.5") as free:
            equal(asks(free, 20), [200] * 20, "without a rate")
    true(grown["rate_limited"] >= 3, "rate_limited")
    equal(grown["http_4xx"], grown["rate_limited"], "http_4xx")


@settles
def test_rate_forwarded():
    """Behind a trusted proxy each client has a bucket of its own; who is not
    trusted names whom he likes in vain."""
    limit("rate_burst", 2)
    limit("rate_per_address", 1)

    def via(connection, *names):
        return asks(connection, 3, [("X-Forwarded-For", name)
                                    for name in names])

    limited = [200, 200, 429]
    with listening("--trust", "127.0.0.7", "--trust", "10.0.0.0/8"):
        with open_from("127.0.0.7", OTHER) as proxy:
            for name in ("192.0.2.1", "192.0.2.2", "192.0.2.3, 10.1.1.1",
                         "198.51.100.9, 192.0.2.4", "2001:db8::1"):
                equal(via(proxy, name), limited, name)
            equal(via(proxy, "192.0.2.5", "10.1.1.1, 10.2.2.2"), limited,
                  "two lines")
            equal(asks(proxy, 1, [("X-Forwarded-For", "[192.0.2.1]")]), [200],
                  "what is no address is the proxy's")
        with open_from("127.0.0.8", OTHER) as liar:
            equal(via(liar, "192.0.2.77"), limited, "a liar")
            true(429 in via(liar, "192.0.2.78"), "a liar with another name")
        kelpctl("listener", "set", "127.0.0.1:%d" % OTHER)
        with open_from("127.0.0.7", OTHER) as proxy:
            true(429 in asks(proxy, 3, [("X-Forwarded-For", "192.0.2.79")]) and
                 429 in asks(proxy, 1, [("X-Forwarded-For", "192.0.2.80")]),
                 "a proxy that is not trusted any more is believed")


# The PROXY protocol

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def v2(source, command=0x21, extra=b""):
    body = socket.inet_aton(source) + socket.inet_aton("127.0.0.1") + \
        struct.pack(">HH", 4321, 80) + extra
    return SIGNATURE + bytes([command, 0x11]) + \
        struct.pack(">H", len(body)) + body


def v1(source):
    return b"PROXY TCP4 %s 127.0.0.1 4321 80\r\n" % source.encode()


@settles
def test_proxy_protocol():
    """Both versions, whole with the request, alone, and byte by byte."""
    with listening("--proxy-protocol"):
        for head in (v1("192.0.2.9"), v2("192.0.2.9"),
                     v2("192.0.2.9", extra=b"\x04\0\x03abc")):
            ask = get_line("/small")
            for cuts in ((), (len(head),), range(1, len(head + ask))):
                with Connection(OTHER) as connection:
                    connection.send(head + ask, cuts)
                    equal(connection.response().body, SMALL, "answer")
                    row = wait_for(lambda: [
                        row for row in kelpctl_json("conn", "show")
                        if row["client"]], what="an announced client")[0]
                    equal(row["client"], "192.0.2.9:4321", "client")
                    equal(row["peer"], "127.0.0.1:%d" %
                          connection.sock.getsockname()[1], "peer")
                    served(connection)
                wait_for(lambda: not kelpctl_json("conn", "show"),
                         what="no connection")
        for head in (b"PROXY UNKNOWN\r\n", v2("192.0.2.9", 0x20)):
            with Connection(OTHER) as connection:
                connection.send(head)
                served(connection)
                equal(kelpctl_json("conn", "show")[0]["client"], None, "client")


@settles
def test_proxy_protocol_refused():
    limit("header_timeout", 400)
    with counted() as grown, listening("--proxy-protocol"):
        for first in (get_line("/small"), b"PROXY TCP4 x\r\n",
                      b"PROXY " + b"x" * 200, SIGNATURE + b"\x31\x11\0\x0c",
                      SIGNATURE + b"\x21\x11\0\x0b",
                      SIGNATURE + b"\x21\x11\xff\xff"):
            turned_away("127.0.0.1", OTHER, first)
        equal(grown["proxy_errors"], 6, "proxy_errors")
        for first in (b"", b"PROXY TC", SIGNATURE + b"\x21"):
            with Connection(OTHER) as connection:
                if first:
                    connection.send(first)
                gone(connection)
                equal(connection.buffer, b"", "an answer")
        equal(grown["timeouts_header"], 3, "timeouts_header")
        with Connection(PORT) as connection:    # Elsewhere it is no request.
            connection.send(v1("192.0.2.9"))
            equal(connection.response().status, 400, "status")


@settles
def test_proxy_protocol_rules():
    """Rules for addresses are about whom the balancer speaks for."""
    with listening("--proxy-protocol", "--trust", "127.0.0.1",
                   "--deny", "192.0.2.0/24"), counted() as grown:
        turned_away("127.0.0.9", OTHER, v1("198.51.100.1"))
        turned_away("127.0.0.1", OTHER, v1("192.0.2.1"))
        equal(grown["refused_access"], 2, "refused_access")
        limit("connections_per_address", 2)
        inside = []
        for last in (1, 1, 2):
            inside.append(Connection(OTHER))
            inside[-1].send(v1("198.51.100.%d" % last))
            served(inside[-1])
        turned_away("127.0.0.1", OTHER, v1("198.51.100.1"))
        equal(grown["refused_per_address"], 1, "refused_per_address")
        limit("rate_burst", 2)
        limit("rate_per_address", 1)
        equal(asks(inside[0], 3), [200, 200, 429], "its rate")
        equal(asks(inside[2], 2), [200, 200], "another's rate")
        for connection in inside:
            connection.close()


if __name__ == "__main__":
    kelp_test.main(globals())
