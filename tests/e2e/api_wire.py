#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1,debug soak-kernels=6.12 where=guest timeout=180
"""The interface for other modules, at the wire: hooks that transform every
byte, and sockets that leave kelp and come back.
"""
import codecs
import os

import http_kit
from api_kit import Api, counter, grows, insert, is_in, pattern, remove
import kelp_test
from kelp_test import (KERNEL, Connection, equal, kelpctl, kelpctl_json,
                       scratch, true, wait_for, write_file)


def setup():
    kelpctl("listener", "add", "127.0.0.1:8080")
    insert("kelp_api")


def teardown():
    if is_in("kelp_api"):
        remove("kelp_api")


def rot13(data):
    return codecs.encode(data.decode("ascii"), "rot13").encode("ascii")


# Hooks

def test_hook():
    before = counter("released")
    with Api() as api:
        # what is behind the command is the hook's already
        api.send(b"hook\n" + rot13(b"echo hello\n"))
        api.says("hooked")
        equal(rot13(api.line(b"\n")), b"hello", "transformed")
        api.send(rot13(b"copy 200000\n"))
        equal(rot13(api.take(200000)), pattern(200000), "a copy")
        api.send(rot13(b"move\n"))
        equal(rot13(api.take(32768)), pattern(32768), "pages")
        api.send(rot13(b"stream 50000\n"))
        equal(rot13(api.take(50001)), b"S" + b"s" * 50000, "a stream")
        api.send(rot13(b"hook\n"))
        equal(rot13(api.line(b"\n")), b"hooked", "not twice")
        equal(rot13(api.line(b"\n")), b"error -16", "not twice")
        api.send(rot13(b"speak http\nGET /nothing HTTP/1.1\r\nHost: x\r\n"
                       b"\r\n"))
        equal(rot13(api.line(b"\n")), b"now http", "another protocol")
        true(rot13(api.line(b"\r\n")).startswith(b"HTTP/1.1 404"), "HTTP")
    grows("released", before)


def test_hook_sends_files():
    with scratch() as folder, Api() as api:
        body = pattern(150000)
        path = write_file(os.path.join(folder, "file"), body)
        equal(api.ask("hook"), "hooked", "a hook")
        api.send(rot13(b"file 0 150000 %s\n" % path.encode()))
        equal(rot13(api.take(150000)), body, "a file")


def test_hook_at_every_cut():
    data = b"api\nhook\n" + rot13(b"echo one\necho two\n")
    step = 4 if KERNEL == "debug" else 1
    for cut in range(1, len(data), step):
        with Connection() as connection:
            connection.send(data, [cut])
            equal(connection.line(b"\n"), b"hooked", "cut at %d" % cut)
            equal(rot13(connection.take(8)), b"one\ntwo\n", "cut at %d" % cut)
    with Connection() as connection:
        connection.send(data, range(1, len(data)))
        equal(connection.line(b"\n"), b"hooked", "byte by byte")
        equal(rot13(connection.take(8)), b"one\ntwo\n", "byte by byte")


def test_hook_that_fails():
    with Api() as api:
        equal(api.ask("hook"), "hooked", "a hook")
        api.send(b"x" * 5000)
        try:
            api.rest()
            raise kelp_test.Failure("an orderly end")
        except ConnectionResetError:
            pass


# Sockets that go and come

def test_hijack():
    """The answer first, then what was gathered, then the socket itself."""
    before = kelpctl_json("status")["connections"]
    for gathered in (b"", b"begin"):
        with Api() as api:
            if gathered:
                # cut: the worker gathers what is behind
                api.send(b"hij")
                api.flushed()
                api.send(b"ack\n" + gathered)
            else:
                api.tell("hijack")
            api.says("going -16")
            line = api.said()
            true(line.startswith("taken with "), line)
            took = int(line.split()[2].rstrip(":"))
            equal(line.split(": ", 1)[1], gathered[:took].decode(), "gathered")
            api.send(b"plain\n")
            equal(api.rest(), gathered[took:] + b"plain\n",
                  "what was in the socket")
    wait_for(lambda: kelpctl_json("status")["connections"] == before,
             what="kelp has let go")


def test_hijack_behind_what_is_written():
    with http_kit.limits(queue="4096"), Api(rcvbuf=4096) as api:
        api.send(b"copy 300000\nhijack\n")
        api.says("going -16")
        equal(api.take(300000), pattern(300000), "all of it")
        true(api.said().startswith("taken with"), "then")
        api.send(b"x\n")
        equal(api.rest(), b"x\n", "the socket")


def test_hijack_of_one_that_dies():
    before = counter("gone")
    with http_kit.limits(queue="4096"):
        api = Api(rcvbuf=4096)
        api.send(b"copy 600000\nhijack\n")
        api.take(5000)
        api.reset()
    grows("gone", before)


def test_attach():
    """Away and back again, with its protocol and without."""
    for name, greeting in (("api", b""), ("any", b"api\n")):
        with Api() as api:
            equal(api.ask("back " + name), "back", "there and back")
            api.send(greeting)
            equal(api.ask("count"), "1", "anew")
            true("api" in [row["protocol"] for row in
                           kelpctl_json("conn", "show")], "listed")
            equal(api.ask("back " + name), "back", "once more")
            api.send(greeting)
            equal(api.ask("bye"), "bye", "the last word")
            equal(api.rest(), b"", "an orderly end")
    with Api() as api:
        equal(api.ask("back any"), "back", "there and back")
        api.send(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
        equal(api.response().status, 404, "HTTP this time")


if __name__ == "__main__":
    kelp_test.main(globals())
