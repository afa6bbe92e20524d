#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1,6.12 soak-kernels=debug where=guest timeout=120
"""What can be said of a listener's sockets: one per CPU, defer-accept, fastopen."""
import os
import re
import socket
import subprocess
import threading
import time

import kelp_test
from control_kit import folder, kelpctl, kelpctl_json, one_sentence, run
from kelp_test import (PATIENCE, SOAK, Connection, Failure, equal, get, true,
                       wait_for)

ADDRESS = ("127.0.0.1", 8080)
REQUEST = b"GET /echo HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"


def add(*options):
    kelpctl("route", "add", "/echo", "echo")
    kelpctl("listener", "add", "%s:%d" % ADDRESS, *options)


def shown():
    return kelpctl_json("listener", "show")[0]


def sockets():
    done = subprocess.run(["ss", "-Hltn", "sport = :%d" % ADDRESS[1]],
                          check=True, capture_output=True, text=True)
    return len(done.stdout.splitlines())


def answer(sock):
    """Everything up to the end of the connection."""
    sock.settimeout(5 * PATIENCE)
    data = b""
    while True:
        piece = sock.recv(65536)
        if not piece:
            return data
        data += piece


def netstat(name):
    with open("/proc/net/netstat", encoding="ascii") as file:
        lines = [line.split() for line in file]
    for names, values in zip(lines[::2], lines[1::2]):
        if name in names:
            return int(values[names.index(name)])
    raise Failure("no counter " + name)


# A socket for each CPU

def test_a_socket_for_each_cpu():
    with folder():
        add("--per-cpu")
        equal(sockets(), os.cpu_count(), "sockets")
        true(shown()["per_cpu"], "not shown")
        usual = os.sched_getaffinity(0)
        try:
            for cpu in sorted(usual):
                os.sched_setaffinity(0, [cpu])
                for _ in range(20):
                    equal(get("/echo").status, 200, "from CPU %d" % cpu)
        finally:
            os.sched_setaffinity(0, usual)
        equal(shown()["accepted"], 20 * len(usual), "accepted")
        kelpctl("listener", "del", "%s:%d" % ADDRESS)
        equal(sockets(), 0, "sockets afterwards")


def test_one_socket_unless_asked():
    with folder():
        add()
        equal(sockets(), 1, "sockets")
        equal(shown()["per_cpu"], False, "shown")


def test_a_port_that_is_in_use():
    """Not even by somebody who would share it."""
    with folder(), socket.socket() as other:
        for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
            other.setsockopt(socket.SOL_SOCKET, option, 1)
        other.bind(ADDRESS)
        other.listen()
        status, _, err = run("listener", "add", "%s:%d" % ADDRESS, "--per-cpu")
        equal(status, 1, "status")
        one_sentence(err, "the port is in use")
        equal(kelpctl_json("listener", "show"), [], "listeners")
        equal(sockets(), 1, "sockets")


def test_killed_sockets():
    """ss -K on all of them: said, and repaired by del and add."""
    with folder():
        add("--per-cpu")
        subprocess.run(["ss", "-K", "-Htln", "sport = :%d" % ADDRESS[1]],
                       check=True, stdout=subprocess.DEVNULL)
        wait_for(lambda: shown()["error"], what="the error is shown")
        kelpctl("listener", "del", "%s:%d" % ADDRESS)
        kelpctl("listener", "add", "%s:%d" % ADDRESS, "--per-cpu")
        equal(get("/echo").status, 200, "afterwards")
        equal(shown()["error"], None, "error")


def one_request():
    """Is it answered in full, refused, or cut off before it was accepted?"""
    try:
        with socket.create_connection(ADDRESS, timeout=5 * PATIENCE) as sock:
            sock.sendall(REQUEST)
            return "answered" if b" 200 OK\r\n" in answer(sock) else "odd"
    except (ConnectionRefusedError, ConnectionResetError, BrokenPipeError):
        return "refused"


def test_added_and_deleted_under_load():
    told, end = [], threading.Event()

    def ask():
        while not end.is_set():
            told.append(one_request())

    with folder():
        add("--per-cpu")
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(100 if SOAK else 8):
                count = len(told)
                kelpctl("listener", "del", "%s:%d" % ADDRESS)
                kelpctl("listener", "add", "%s:%d" % ADDRESS, "--per-cpu")
                wait_for(lambda c=count: told[c:].count("answered") > 4,
                         10 * PATIENCE, "answers")
        finally:
            end.set()
            for thread in threads:
                thread.join()
        equal(set(told) - {"answered", "refused"}, set(), "other outcomes")


# TCP_DEFER_ACCEPT

def test_defer_accept():
    with folder():
        add("--defer-accept", "5")
        equal(shown()["defer_accept"], 5, "shown")
        with socket.create_connection(ADDRESS, timeout=5) as sock:
            begin = time.monotonic()
            while time.monotonic() - begin < 0.3:
                equal(shown()["accepted"], 0, "accepted before there is data")
            sock.sendall(REQUEST)
            true(b" 200 OK\r\n" in answer(sock), "the answer")
        equal(shown()["accepted"], 1, "accepted")


# RFC 7413

def fast_open(data):
    """A connection whose SYN has the data, if there is a cookie."""
    sock = socket.socket()
    try:
        sock.sendto(data, socket.MSG_FASTOPEN, ADDRESS)
    except OSError:
        sock.close()
        raise
    return sock


def test_fastopen():
    path = "/proc/sys/net/ipv4/tcp_fastopen"
    with open(path, encoding="ascii") as file:
        before = file.read()
    with open(path, "w", encoding="ascii") as file:
        file.write("3")
    try:
        with folder():
            add("--fastopen", "16")
            equal(shown()["fastopen"], 16, "shown")
            # the first one gets the cookie
            for _ in range(2):
                passive = netstat("TCPFastOpenPassive")
                with fast_open(REQUEST) as sock:
                    true(b" 200 OK\r\n" in answer(sock), "the answer")
            equal(netstat("TCPFastOpenPassive") - passive, 1,
                  "connections that brought their request along")
            equal(get("/echo").status, 200, "without")
    finally:
        with open(path, "w", encoding="ascii") as file:
            file.write(before)


def test_not_to_be_changed():
    with folder():
        add("--fastopen", "16")
        for option in (["--per-cpu"], ["--fastopen", "3"],
                       ["--defer-accept", "1"]):
            status, _, err = run("listener", "set", "%s:%d" % ADDRESS, *option)
            equal(status, 2, "status of set " + option[0])
            true(re.search("--%s" % option[0][2:], err), err)
        for option in ("--fastopen", "--defer-accept"):
            for value in ("0", "-1", "x", "32768", ""):
                status, _, err = run("listener", "add", "127.0.0.1:8081",
                                     option, value)
                equal(status, 2, "status of %s %r" % (option, value))
                one_sentence(err.splitlines()[0] + "\n", "wrong usage")
        equal(shown()["fastopen"], 16, "shown")


# A worker that polls before it sleeps

def test_busy_poll():
    """Requests that the worker has to serve are, whatever it does meanwhile."""
    path = "/sys/module/kelp/parameters/busy_poll_us"
    with folder():
        add()
        try:
            for us in ("500", "4294967295", "0"):
                with open(path, "w", encoding="ascii") as file:
                    file.write(us)
                for _ in range(20):
                    with Connection() as connection:
                        # cut in two, it is gathered by the worker
                        connection.send(REQUEST[:20])
                        connection.send(REQUEST[20:])
                        equal(connection.response().status, 200, us + " us")
        finally:
            with open(path, "w", encoding="ascii") as file:
                file.write("0")


if __name__ == "__main__":
    kelp_test.main(globals())
