#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=6.12,debug where=guest timeout=240
"""The samples: what each does, and that they come and go under load."""
import socket
import threading

from api_kit import insert, is_in, remove
import kelp_test
from kelp_test import (KERNEL, PATIENCE, SOAK, Connection, equal, get, kelpctl,
                       refused, true, wait_for)

ROUNDS = 200 if SOAK else 3 if KERNEL == "debug" else 10


def setup():
    kelpctl("listener", "add", "127.0.0.1:8080")
    insert("kelp_chat")
    insert("kelp_hello")


def teardown():
    for name in ("kelp_chat", "kelp_hello"):
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
               for work in (talk, talk, greet, greet)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(ROUNDS):
            kelpctl("route", "add", "/hello", "hello")
            wait_for(lambda: get("/hello").status == 200, what="greeted")
            chatters(1)[0].close()
            remove("kelp_chat")
            remove("kelp_hello")
            equal(get("/hello").status, 404, "gone")
            insert("kelp_chat")
            insert("kelp_hello")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    for each in chatters(2):
        each.close()


if __name__ == "__main__":
    kelp_test.main(globals())
