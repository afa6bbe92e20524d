#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=debug where=guest timeout=300
"""kelpctl: what the kernel, or kelpctl with its help, refuses.

A refusal is one sentence on standard error and changes nothing: after each,
the generation of the configuration is what it was before.
"""
import contextlib
import os
import socket

import kelp_test
from control_kit import (body, changes_nothing, folder, generation,
                         kelpctl, kelpctl_json, present, refusal,
                         run, some, wipe)
from kelp_test import Connection, equal, get, write_file


# What is refused

def test_busy_ports():
    with contextlib.ExitStack() as stack:
        stack.enter_context(folder())

        def occupy(host, port, shared=False, listening=True):
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            sock = stack.enter_context(socket.socket(family))
            if shared:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            sock.bind((host, port))
            if listening:
                sock.listen()

        kelpctl("listener", "add", "127.0.0.1:8080")
        kelpctl("listener", "add", "0.0.0.0:8085")
        occupy("127.0.0.1", 8081)
        occupy("127.0.0.1", 8082, shared=True)
        occupy("0.0.0.0", 8083, shared=True)
        occupy("::1", 8084, shared=True)
        occupy("127.0.0.1", 8086, listening=False)
        occupy("127.0.0.1", 8087, shared=True, listening=False)
        word = r"in use|busy|taken|already|listens"
        cases = [(["listener", "add", address], word) for address in
                 ("127.0.0.1:8080", "0.0.0.0:8080", "127.0.0.1:8081",
                  "0.0.0.0:8081", "127.0.0.1:8082", "0.0.0.0:8082",
                  "127.0.0.1:8083", "0.0.0.0:8083", "[::1]:8084", "[::]:8084",
                  "127.0.0.1:8085", "0.0.0.0:8085", "127.0.0.1:8086",
                  "127.0.0.1:8087", "0.0.0.0:8087")]
        cases.append((["listener", "add", "192.0.2.1:8080"],
                      "address|assign"))
        cases.append((["listener", "add", "224.0.0.1:8080"], "multicast"))
        shown = kelpctl_json("listener", "show")
        changes_nothing(cases)
        equal(kelpctl_json("listener", "show"), shown, "listeners")


def test_nobody_joins_a_listener():
    with folder():
        kelpctl("listener", "add", "127.0.0.1:8080")
        for option in (None, socket.SO_REUSEPORT, socket.SO_REUSEADDR):
            with socket.socket() as sock:
                if option:
                    sock.setsockopt(socket.SOL_SOCKET, option, 1)
                try:
                    sock.bind(("127.0.0.1", 8080))
                    sock.listen()
                except OSError:
                    continue
                raise kelp_test.Failure("another socket has the port too")


def test_wrong_files():
    with folder() as path:
        plain = write_file(path + "/plain", b"x")
        os.mkdir(path + "/dir")
        os.mkfifo(path + "/fifo")
        os.symlink("nowhere", path + "/dangling")
        changes_nothing([
            (["object", "put", "/x", path + "/missing"], "no such file"),
            (["object", "put", "/x", path + "/dangling"], "no such file"),
            (["object", "put", "/x", path + "/dir"], "regular file"),
            (["object", "put", "/x", path + "/fifo"], "regular file"),
            (["object", "put", "/x", "/dev/null"], "regular file"),
            (["object", "put", "/x", plain + "/below"], "directory"),
            (["site", "add", "/", path + "/missing"], "no such"),
            (["site", "add", "/", path + "/dangling"], "no such"),
            (["site", "add", "/", plain], "not a directory"),
            (["site", "add", "/", path + "/fifo"], "not a directory"),
            (["site", "add", "/", ""], ""),
        ])


def test_too_large_an_object():
    with folder() as path:
        name = path + "/large"
        with open(name, "wb") as file:
            file.truncate(1 << 40)    # sparse
        changes_nothing([(["object", "put", "/x", name], "large|big|at most")])
        equal(kelpctl_json("object", "show"), [], "objects")


def test_wrong_prefixes_and_hosts():
    with folder() as path:
        plain = write_file(path + "/plain", b"x")
        long_path = "/" + "x" * 2000
        cases = []
        for prefix in ("docs", "", "/a/../b", "/a?b", "/a\nb", long_path):
            cases.append((["object", "put", prefix, plain], ""))
            cases.append((["site", "add", prefix, path], ""))
            cases.append((["route", "add", prefix, "echo"], ""))
        for prefix in ("*", "http://host/docs", "/a/./b", "/..", "/a//b",
                       "/%41", "/a#b"):
            cases.append((["route", "add", prefix, "echo"], ""))
        for host in ("a b", "a/b", "a:80:90", "[::1", "x" * 300):
            cases.append((["site", "add", "/", path, "--host", host], ""))
        cases += [(["route", "add", "/x", handler], "handler")
                  for handler in ("ech", "echoo", "nginx", "")]
        changes_nothing(cases)


def test_the_same_prefix_twice():
    with folder() as path:
        kelpctl("listener", "add", "127.0.0.1:8080")
        write_file(path + "/f", b"f")
        os.mkdir(path + "/other")
        kelpctl("site", "add", "/s", path)
        kelpctl("route", "add", "/r", "echo")
        kelpctl("site", "add", "/h", path, "--host", "example.org")
        word = "already|has this|taken|exists"
        changes_nothing([
            (["site", "add", "/s", path], word),
            (["site", "add", "/s", path + "/other"], word),
            (["site", "add", "/s/", path], word),
            (["route", "add", "/s", "echo"], word),
            (["site", "add", "/r", path], word),
            (["route", "add", "/r", "status"], word),
            (["route", "add", "/r/", "status"], word),
            (["site", "add", "/h", path, "--host", "example.org"], word),
            (["route", "add", "/h", "echo", "--host", "EXAMPLE.org"], word),
        ])
        equal(body("/s/f"), (200, b"f"), "the first one serves")
        kelpctl("route", "add", "/s", "echo", "--host", "example.org")
        kelpctl("route", "add", "/h", "echo")


def test_deleting_what_is_not_there():
    with folder() as path:
        kelpctl("listener", "add", "127.0.0.1:8080")
        kelpctl("site", "add", "/s", path)
        kelpctl("route", "add", "/r", "echo", "--host", "example.org")
        word = "no such|not|there is no|no "
        changes_nothing([
            (["listener", "del", "127.0.0.1:8081"], word),
            (["listener", "del", "127.0.0.2:8080"], word),
            (["listener", "del", "0.0.0.0:8080"], word),
            (["object", "del", "/s"], word),
            (["object", "del", "/none"], word),
            (["site", "del", "/none"], word),
            (["site", "del", "/r", "--host", "example.org"], word),
            (["site", "del", "/s", "--host", "example.org"], word),
            (["route", "del", "/s"], word),
            (["route", "del", "/r"], word),
            (["route", "del", "/r", "--host", "example.net"], word),
        ])


def test_wrong_limits():
    rows = kelpctl_json("limits", "show")
    cases = [(["limits", "set", "lamps", "1"], "lamps|limit"),
             (["limits", "set", "bod", "1"], "limit"),
             (["limits", "set", "", "1"], "limit")]
    for row in rows[::1 if kelp_test.SOAK else 3]:
        if row["min"] > 0:
            cases.append((["limits", "set", row["name"], row["min"] - 1],
                          "from|between|least"))
        if isinstance(row["max"], int):
            cases.append((["limits", "set", row["name"], row["max"] + 1],
                          "to|between|most"))
    changes_nothing(cases)
    equal(kelpctl_json("limits", "show"), rows, "limits")


def test_without_permission():
    with folder() as path:
        plain = write_file(path + "/plain", b"x")
        kelpctl("listener", "add", "127.0.0.1:8080")
        nobody = ["setpriv", "--reuid", "65534", "--regid", "65534",
                  "--clear-groups"]
        before = generation()
        word = "CAP_NET_ADMIN|root|permi"
        for args in some((["listener", "add", "127.0.0.1:8081"],
                          ["listener", "del", "127.0.0.1:8080"],
                          ["object", "put", "/x", plain],
                          ["site", "add", "/", path],
                          ["route", "add", "/", "echo"],
                          ["limits", "set", "body", "1"],
                          ["drain"])):
            refusal(args, word, prefix=nobody)
        equal(generation(), before, "generation")
        equal(len(kelpctl_json("listener", "show")), 1, "listeners")
        # Help is for everybody.
        equal(run("site", "add", "--help", prefix=nobody)[0], 0, "--help")


def test_without_the_module():
    kelp_test.unload()
    try:
        with kelp_test.scratch() as path:
            plain = write_file(path + "/plain", b"x")
            for args in some((["status"], ["listener", "show"],
                              ["listener", "add", "127.0.0.1:8080"],
                              ["object", "put", "/x", plain],
                              ["site", "add", "/", path],
                              ["route", "add", "/", "echo"], ["conn", "show"],
                              ["stats", "show"], ["limits", "show"],
                              ["limits", "set", "body", "1"], ["drain"])):
                refusal(args, "not loaded")
            equal(run("--help")[0], 0, "--help")
    finally:
        kelp_test.load()


def test_the_port_is_free_after_removal():
    for _ in range(1 if kelp_test.KERNEL == "debug" else 2):
        kelpctl("listener", "add", "127.0.0.1:8080")
        kelpctl("listener", "add", "[::1]:8080")
        kelpctl("route", "add", "/", "echo")
        with Connection() as idle, Connection() as begun:
            equal(idle.request("/").status, 200, "idle")
            begun.send(b"GET / HTTP/1.1\r\n")
            for _ in range(5):    # These leave TIME_WAIT on both sides.
                get("/")
                with Connection() as connection:
                    connection.request("/")
            kelp_test.reload()
            present.clear()
            kelpctl("listener", "add", "127.0.0.1:8080")
            kelpctl("listener", "add", "[::1]:8080")
            equal(kelpctl_json("route", "show"), [], "a fresh configuration")
            equal(body("/")[0], 404, "answer")
        wipe()


if __name__ == "__main__":
    kelp_test.main(globals())
