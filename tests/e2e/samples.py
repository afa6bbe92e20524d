#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=6.12,debug where=guest timeout=240
"""The samples: what each does, and that they come and go under load."""
import socket
import threading
import time

from api_kit import insert, is_in, remove
import kelp_test
from kelp_test import (KERNEL, PATIENCE, SOAK, Connection, equal, get, kelpctl,
                       refused, true, wait_for)
from rpc_kit import EREQUEST, ENOMETHOD, ELOGOFF, OK, Rpc, fails, field, \
    message, ok, request

SAMPLES = ("kelp_chat", "kelp_hello", "kelp_clock")
STATE = {}
ROUNDS = 200 if SOAK else 3 if KERNEL == "debug" else 4


def setup():
    kelpctl("listener", "add", "127.0.0.1:8080")
    for name in SAMPLES:
        insert(name)


def teardown():
    for name in SAMPLES:
        if is_in(name):
            remove(name)


class Chat(Connection):
    """One who chats."""

    def __init__(self, **options):
        super().__init__(**options)
        self.send(b"CHAT\n")

    def hears(self, *lines):
        for line in lines:
            equal(self.line(b"\n"), line, "what was heard")


def hears_soon(chat, line):
    """Within a moment, whatever else is said."""
    chat.sock.settimeout(0.2)
    try:
        while chat.line(b"\n") != line:
            pass
        return True
    except socket.timeout:
        return False
    finally:
        chat.sock.settimeout(kelp_test.TIMEOUT)


def chatters(count):
    """They are there when all have heard something."""
    found = [Chat() for _ in range(count)]
    with Chat() as caller:
        for chat in found:
            def called(chat=chat):
                caller.send(b"ready?\n")
                return hears_soon(chat, b"ready?")
            wait_for(called, what="one more")
        caller.send(b"all\n")
        for chat in found:
            while chat.line(b"\n") != b"all":
                pass
    return found


def test_lines_go_to_all_others():
    chat = chatters(4)
    for number in range(20):
        chat[number % 4].send(b"line %d\n" % number)
        for other in range(4):
            if other != number % 4:
                chat[other].hears(b"line %d" % number)
    # nobody hears himself: the next thing heard is another's
    chat[0].send(b"mine\n")
    chat[1].hears(b"mine")
    chat[1].send(b"yours\n")
    chat[0].hears(b"yours")
    for each in chat:
        each.close()


def test_lines_in_pieces_and_pipelined():
    one, two = chatters(2)
    data = b"first\nsecond\nthird\n"
    one.send(data, range(1, len(data)))
    one.send(data)
    two.hears(b"first", b"second", b"third", b"first", b"second", b"third")
    one.send(b"x" * 3000 + b"\n")
    equal(two.take(3001), b"x" * 3000 + b"\n", "a long one")
    one.close()
    two.close()


def test_goodbye():
    one, two = chatters(2)
    drain = threading.Thread(target=kelpctl, args=("drain",))
    drain.start()
    for each in (one, two):
        each.hears(b"*** the server goes down")
        equal(each.rest(), b"", "an orderly end")
        each.close()
    drain.join()
    kelpctl("listener", "add", "127.0.0.1:8080")


def test_greetings():
    kelpctl("route", "add", "/hello", "hello", "greeting=Ahoy")
    try:
        answer = get("/hello?name=Ada")
        equal((answer.status, answer.body),
              (200, b"Ahoy, Ada! You are number 1.\n"), "greeting")
        equal(get("/hello").body,
              b"Ahoy, whoever you are! You are number 2.\n", "nobody")
        equal(get("/hello?name=" + 65 * "x").status, 400, "too long")
        equal(get("/hello", method="POST", body=b"x").status, 405, "method")
        true("too long" in refused("route", "add", "/x", "hello",
                                   "greeting=" + 32 * "x"), "argument")
    finally:
        kelpctl("route", "del", "/hello")


def unix_ns(reply):
    ok(reply)
    return message(reply.payload)[1]


def test_clock():
    with Rpc() as rpc:
        before = time.time_ns()
        now = unix_ns(rpc.call("sample.Clock", "Now"))
        true(before <= now <= time.time_ns(), "the time")
        rpc.send(request("sample.Clock", "Later", field(1, 300), ident=7) +
                 request("sample.Clock", "Now", ident=8))
        equal(rpc.reply().ident, 8, "who is answered first")
        later = rpc.reply()
        equal(later.ident, 7, "who is answered then")
        true(unix_ns(later) - now >= 300 * 10 ** 6, "it waited")
        fails(rpc.call("sample.Clock", "Later", field(1, 60001)), EREQUEST)
        fails(rpc.call("sample.Clock", "Later", b"\x08"), EREQUEST)


def test_clock_goes_while_it_waits():
    with Rpc() as rpc:
        for ident in range(50):
            rpc.send(request("sample.Clock", "Later", field(1, 60000),
                             ident=ident))
        unix_ns(rpc.call("sample.Clock", "Now", ident=50))
        remove("kelp_clock")
        answered = [rpc.reply() for _ in range(50)]
        equal(sorted(reply.ident for reply in answered), list(range(50)),
              "each is answered")
        fails(rpc.call("sample.Clock", "Now"), ENOMETHOD)
    insert("kelp_clock")


def test_clock_when_nobody_waits():
    for _ in range(20):
        with Rpc() as rpc:
            rpc.send(b"".join(request("sample.Clock", "Later",
                                      field(1, 60000), ident=ident)
                              for ident in range(20)))
            unix_ns(rpc.call("sample.Clock", "Now", ident=50))
    remove("kelp_clock", 5 * PATIENCE)
    insert("kelp_clock")


def ask(stop):
    """Each call is answered once, whatever becomes of the service."""
    while not stop.is_set():
        try:
            with Rpc(timeout=5 * PATIENCE) as rpc:
                for _ in range(20):
                    rpc.send(b"".join(
                        request("sample.Clock", "Later" if ident % 3 else "Now",
                                field(1, ident), ident=ident)
                        for ident in range(20)))
                    replies = [rpc.reply() for _ in range(20)]
                    if sorted(r.ident for r in replies) != list(range(20)):
                        STATE["wrong"].append(replies)
                    for reply in replies:
                        if reply.code not in (OK, ENOMETHOD, ELOGOFF):
                            STATE["wrong"].append(reply)
        except (OSError, kelp_test.Failure) as error:
            STATE["wrong"].append(error)


def talk(stop):
    while not stop.is_set():
        try:
            with Chat(timeout=5 * PATIENCE) as chat, \
                    Chat(timeout=5 * PATIENCE) as other:
                for _ in range(20):
                    chat.send(b"x\n" * 10)
                    other.line(b"\n")
        except (OSError, kelp_test.Failure):
            pass


def greet(stop):
    while not stop.is_set():
        try:
            with Connection(timeout=5 * PATIENCE) as connection:
                for _ in range(20):
                    connection.request("/hello?name=x")
        except (OSError, kelp_test.Failure):
            pass


def test_inserted_and_removed_under_load():
    stop = threading.Event()
    threads = [threading.Thread(target=work, args=(stop,))
               for work in (talk, talk, greet, greet, ask, ask)]
    STATE["wrong"] = []
    for thread in threads:
        thread.start()
    try:
        for _ in range(ROUNDS):
            kelpctl("route", "add", "/hello", "hello")
            wait_for(lambda: get("/hello").status == 200, what="greeted")
            chatters(1)[0].close()
            with Rpc() as rpc:
                unix_ns(rpc.call("sample.Clock", "Now"))
                for name in SAMPLES:
                    remove(name)
                equal(get("/hello").status, 404, "gone")
                fails(rpc.call("sample.Clock", "Now"), ENOMETHOD)
            for name in SAMPLES:
                insert(name)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    equal(STATE["wrong"], [], "answers of the clock")
    for each in chatters(2):
        each.close()


if __name__ == "__main__":
    kelp_test.main(globals())
