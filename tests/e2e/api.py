#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1,debug soak-kernels=6.12 where=guest timeout=240
"""The interface for other modules: tests/api calls all of it, on command."""
import os
import socket
import subprocess
import threading
import time

import http_kit
from api_kit import Api, counter, grows, insert, is_in, pattern, remove
import kelp_test
from kelp_test import (PATIENCE, Connection, equal, get, kelpctl,
                       kelpctl_json, scratch, true, wait_for, write_file)

def setup():
    kelpctl("listener", "add", "127.0.0.1:8080")
    insert("kelp_api")


def teardown():
    if is_in("kelp_api"):
        remove("kelp_api")


# A protocol and its namespaces

def test_speaks_beside_http():
    with Api() as api:
        equal(api.ask("echo hello"), "hello", "answer")
        api.send(b"echo one\necho two\n")
        api.says("one", "two")
        equal(get("/nothing").status, 404, "HTTP")
        rows = [row["protocol"] for row in kelpctl_json("conn", "show")]
        true("api" in rows, rows)


def test_detected_byte_by_byte():
    data = b"api\necho x\n"
    with Connection() as connection:
        connection.send(data, range(1, len(data)))
        equal(connection.line(b"\n"), b"x", "answer")


def test_state_of_namespaces():
    """There was one when it was registered, another comes and goes."""
    before = counter("nets")
    true(before >= 1, "a namespace that was there")
    with Api() as api:
        true(int(api.ask("state")) >= 1, "its state")
    subprocess.run(["ip", "netns", "add", "api"], check=True)
    equal(counter("nets"), before + 1, "a new one")
    subprocess.run(["ip", "netns", "del", "api"], check=True)
    wait_for(lambda: counter("nets") == before, what="its end")


def test_workers_ticks_idle():
    equal(counter("workers"), os.cpu_count(), "a call for each worker")
    grows("ticks", counter("ticks"), 2)
    before = counter("idles")
    with Api() as api:
        equal(api.ask("sleep"), "ready", "the worker has worked")
    grows("idles", before)


def test_count_by_protocol():
    with Api() as one, Api() as two:
        equal(two.ask("echo x"), "x", "there")
        wait_for(lambda: one.ask("speakers") == "2", what="two of them")
        two.close()
        wait_for(lambda: one.ask("speakers") == "1", what="one of them")


def told_busy():
    """It may be lost: the reset can come before connect() has returned."""
    heard = b""
    try:
        with Connection() as late:
            while late.more():
                heard = late.buffer
    except ConnectionResetError:
        return heard == b"busy\n"
    raise kelp_test.Failure("not turned away")


def test_busy():
    with Api() as api, http_kit.limits(connections="1"):
        equal(api.ask("echo x"), "x", "there")
        api.tell("sleep 3000")
        # an answer is being made: it must not go
        wait_for(lambda: kelpctl_json("conn", "show")[0]["state"] == "async",
                 what="asleep")
        wait_for(told_busy, what="the message")
        api.says("ready")


# One connection

def test_data_of_its_own():
    with Api() as one, Api() as two:
        for number in range(1, 4):
            equal(one.ask("count"), str(number), "commands so far")
        equal(two.ask("count"), "1", "the other's")


def test_names():
    with Api() as api:
        mine = "%s:%d" % api.sock.getsockname()
        equal(api.ask("peer"), mine + " 127.0.0.1:8080", "addresses")
        number = int(api.ask("id"))
        rows = {row["id"]: row for row in kelpctl_json("conn", "show")}
        equal(rows[number]["protocol"], "api", "its row")


def test_close_and_close_when_sent():
    with Api() as api:
        equal(api.ask("bye"), "bye", "the last word")
        equal(api.rest(), b"", "an orderly end")
    with Api() as api:
        api.tell("close")
        try:
            api.rest()
            raise kelp_test.Failure("an orderly end")
        except ConnectionResetError:
            pass


def test_timeout_of_its_own():
    with Api() as api:
        begin = time.monotonic()
        equal(api.ask("timeout 400"), "400 ms", "set")
        api.says("ping?", "late 0")
        equal(api.rest(), b"", "its end")
        took = time.monotonic() - begin
        true(0.8 <= took < 5 * PATIENCE, "after %.2f s" % took)
    with Api() as api:
        api.ask("timeout 400")
        api.send(b"half a line")
        api.says("late 1")


def test_ping_keeps_it():
    with Api() as api:
        api.ask("timeout 300")
        for _ in range(3):
            equal(api.said(), "ping?", "asked")
            equal(api.ask("echo pong"), "pong", "alive")


def test_touch():
    """A timer keeps it alive, until it is cancelled."""
    with Api() as api:
        api.ask("timeout 600")
        equal(api.ask("touch 100"), "set", "timer")
        api.sock.settimeout(2)
        try:
            raise kelp_test.Failure("said %r" % api.said())
        except socket.timeout:
            pass
        api.sock.settimeout(kelp_test.TIMEOUT)
        before = counter("gone")
        equal(api.ask("cancel"), "1", "cancelled")
        api.says("ping?", "late 0")
        grows("gone", before)


def test_other_protocol_takes_the_rest():
    with Api() as api:
        api.send(b"echo x\nspeak api-rest\nthe rest")
        api.says("x", "now api-rest")
        equal(api.take(10), b"[the rest]", "what was behind it")
        api.send(b"more")
        equal(api.take(6), b"[more]", "what came later")
    with Api() as api:
        api.send(b"pass\nmore\n")
        equal(api.take(12), b"[pass\nmore\n]", "what was not taken")
    with Api() as api:
        equal(api.ask("speak nobody"), "error -2", "no such protocol")
        equal(api.ask("count"), "2", "nothing has changed")
        api.send(b"speak http\nGET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
        api.says("now http")
        equal(api.response().status, 404, "HTTP from here on")
        equal(api.request("/nothing").status, 404, "and again")


def test_other_protocol_at_every_cut():
    data = b"api\nspeak api-rest\nxyz"
    for cut in range(1, len(data)):
        with Connection() as connection:
            connection.send(data, [cut])
            equal(connection.line(b"\n"), b"now api-rest", "cut at %d" % cut)
            text = connection.take(5)
            while len(text.replace(b"][", b"")) < 5:
                text += connection.take(1)
            equal(text.replace(b"][", b""), b"[xyz]", "cut at %d" % cut)


# Writing

def test_copies():
    with Api() as api:
        for size in (1, 5000, 60000, 300000):
            api.tell("copy %d" % size)
            equal(api.take(size), pattern(size), "%d bytes" % size)
        equal(api.ask("copy 0"), "error -22", "nothing")
        kelpctl("limits", "set", "memory_per_connection", "1M")
        try:
            equal(api.ask("copy 2000000"), "error -105", "too much")
        finally:
            kelpctl("limits", "set", "memory_per_connection", "8M")
        equal(api.ask("echo x"), "x", "and on")


def test_pages():
    before = counter("moved")
    with Api() as api:
        api.tell("move")
        equal(api.take(16 * 2048), pattern(16 * 2048), "bytes")
        grows("moved", before)
        equal(api.ask("misfits"), "-22 -22 -22 -22", "what cannot be sent")
    equal(counter("moved"), before + 1, "once")


def test_pages_of_a_connection_that_dies():
    """The pages are given back, once, whatever becomes of the connection."""
    api = Api(rcvbuf=4096)
    # as many as are read before the first ones have to wait
    api.send(20 * b"move\n")
    api.take(10000)
    api.reset()
    wait_for(lambda: kelpctl_json("status")["memory_bytes"] == 0,
             what="no memory held")
    wait_for(lambda: counter("moved") == counter("given"), what="all of them")


def test_urgent_goes_first():
    with Api() as api:
        api.tell("order")
        api.says("urgent", "hurry", "one", "two", "three")


def begun(api):
    """It has a message of which the peer took only the beginning."""
    api.tell("copy 600000")
    data = api.take(1000)
    wait_for(lambda: kelpctl_json("status")["memory_bytes"] > 0,
             what="some of it waits")
    return data


def test_urgent_never_in_the_middle():
    with http_kit.limits(queue="4096"), Api(rcvbuf=4096) as api, \
            Api() as other:
        number = api.ask("id")
        data = begun(api)
        equal(other.ask("poke " + number), "0", "another message")
        equal(other.ask("poke %s !" % number), "0", "an urgent one")
        data += api.take(600000 - len(data))
        equal(data, pattern(600000), "the message")
        api.says("URGENT", "poked")
        equal(other.ask("poke 999999999"), "-2", "nobody")


def test_messages_never_in_the_middle():
    """Of one that the protocol itself writes in pieces."""
    with http_kit.limits(queue="4096"), Api(rcvbuf=4096) as api, \
            Api() as other:
        number = api.ask("id")
        api.tell("stream 300000")
        equal(api.take(1000), b"S" + b"s" * 999, "it has begun")
        equal(other.ask("poke %s !" % number), "0", "an urgent one")
        equal(api.take(299001), b"s" * 299001, "the message")
        api.says("URGENT")
        equal(api.ask("echo x"), "x", "and on")


def test_files():
    with scratch() as folder, Api() as api:
        body = os.urandom(300000)
        path = write_file(os.path.join(folder, "file"), body)
        for off, size in ((0, 1), (0, 300000), (100, 65536), (299999, 1),
                          (4095, 70001)):
            api.send(b"file %d %d %s\n" % (off, size, path.encode()))
            equal(api.take(size), body[off:off + size], "%d at %d" %
                  (size, off))
        equal(api.ask("file 0 0 " + path), "error -22", "nothing")
        equal(api.ask("file 0 10 " + folder), "error -22", "a folder")
        equal(api.ask("file 0 10 /dev/zero"), "error -22", "a device")
        equal(api.ask("file 0 10 %s/none" % folder), "error -2", "none")
        # in the middle nothing else is said, and nothing read
        api.send(b"file 0 300000 %s\n" % path.encode())
        head = api.take(1)
        api.send(b"echo x\n")
        equal(head + api.take(299999), body, "bytes")
        api.says("x")
        api.send(b"file 1 300000 %s\n" % path.encode())
        try:
            true(len(api.rest()) < 300000, "more than there is")
            raise kelp_test.Failure("an orderly end")
        except ConnectionResetError:
            pass


def test_file_to_a_slow_reader_that_goes():
    with scratch() as folder:
        path = write_file(os.path.join(folder, "file"), os.urandom(2 << 20))
        with http_kit.limits(queue="65536"):
            api = Api(rcvbuf=4096)
            api.send(b"file 0 2097152 %s\n" % path.encode())
            api.take(10000)
            true(kelpctl_json("status")["memory_bytes"] < 400000, "bounded")
            api.reset()
    wait_for(lambda: kelpctl_json("status")["memory_bytes"] == 0,
             what="no memory held")


# At another place or time

def test_pause_and_ready():
    with Api() as api:
        api.send(b"sleep\necho x\n")
        api.says("ready", "x")


def test_tasks():
    with Api() as api:
        equal(api.ask("task"), "0", "given")
        api.says("task 1", "task 2")


def test_tasks_on_all_but_one():
    others = [Api() for _ in range(5)]
    with Api() as api:
        for other in others:
            equal(other.ask("echo x"), "x", "there")
        with Connection() as http:
            equal(http.request("/nothing").status, 404, "another protocol")
            for number in range(10):
                api.tell("cast line %d" % number)
            for number in range(10):
                api.says("told 5 missed 0")
            for other in others:
                for number in range(10):
                    other.says("line %d" % number)
            equal(http.request("/nothing").status, 404, "nothing came there")
        for other in others:
            other.close()
        wait_for(lambda: api.ask("speakers") == "1", what="nobody else")
        equal(api.ask("cast alone"), "told 0 missed 0", "nobody")


def test_tasks_on_connections_that_die():
    """Each is called, and completion always comes."""
    rounds = 30 if kelp_test.SOAK else 5
    with Api() as api:
        for _ in range(rounds):
            others = [Api() for _ in range(10)]
            for other in others:
                equal(other.ask("echo x"), "x", "there")
            for _ in range(5):
                api.tell("cast x")
            for other in others:
                other.reset()
            for _ in range(5):
                words = api.said().split()
                equal((words[0], words[2]), ("told", "missed"), "completion")
                true(int(words[1]) + int(words[3]) <= 10, "not twice")


def test_timers():
    with Api() as api:
        equal(api.ask("after 50"), "set", "under the lock")
        api.says("later")
        equal(api.ask("nap 50"), "set", "asleep")
        api.says("slept")
        for command, word in (("every", "again"), ("naps", "slept")):
            equal(api.ask(command + " 20"), "set", command)
            api.says(word, word, word)
            before = counter("gone")
            api.tell("cancel")
            while True:
                line = api.said()
                if line == "1":
                    break
                equal(line, word, "before the answer")
            grows("gone", before)
            equal(counter("gone"), before + 1, "its end, once")
            # one that had been posted may still have been ahead
            api.tell("cancel")
            line = api.said()
            while line == word:
                line = api.said()
            equal(line, "0", "there is none any more")


def test_timers_end_with_the_connection():
    before = counter("gone")
    api = Api()
    for command in ("after 3600000", "nap 3600000", "every 3600000",
                    "naps 3600000"):
        equal(api.ask(command), "set", command)
    api.close()
    grows("gone", before, 4)
    equal(counter("gone"), before + 4, "each once")


def test_timer_without_a_connection():
    with Api() as api:
        # it is still there when the module goes
        equal(api.ask("alone 3600000"), "set -22", "timers")


# The end

def test_server_that_finishes():
    with Api() as idle, Api() as busy:
        equal(idle.ask("echo x"), "x", "there")
        busy.tell("sleep")
        drain = threading.Thread(target=kelpctl, args=("drain",))
        drain.start()
        idle.says("goodbye")
        equal(idle.rest(), b"", "an orderly end")
        lines = [busy.said(), busy.said()]
        equal(sorted(lines), ["goodbye", "ready"], "both are said")
        equal(busy.rest(), b"", "an orderly end")
    drain.join()
    kelpctl("listener", "add", "127.0.0.1:8080")
    equal(get("/nothing").status, 404, "and on")


if __name__ == "__main__":
    kelp_test.main(globals())
