#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=6.12,debug where=guest timeout=300
"""kelpctl: every verb, what it makes the server do."""
import json
import os
import re
import threading
import time

import kelp_test
from control_kit import (body, connects, folder, generation, kelpctl,
                         kelpctl_json, one_sentence, run)
from kelp_test import (PATIENCE, Connection, equal, get, true, wait_for,
                       write_file)


# Each object

def test_listeners():
    with folder():
        kelpctl("route", "add", "/echo", "echo")
        addresses = ["127.0.0.1:8080", "[::1]:8081", "127.0.0.2:8080",
                     "0.0.0.0:8082", "[::]:8083", "[::1]:8080"]
        before = generation()
        for address in addresses:
            equal(run("listener", "add", address), (0, "", ""), address)
        true(generation() > before, "the generation did not grow")
        rows = {row["listen"]: row for row in kelpctl_json("listener", "show")}
        equal(sorted(rows), sorted(addresses), "listeners")
        equal(rows["[::1]:8081"]["port"], 8081, "port")
        equal(rows["[::1]:8081"]["address"], "::1", "address")
        equal({row["error"] for row in rows.values()}, {None}, "errors")
        equal(kelpctl_json("status")["listeners"], 6, "status listeners")
        reach = [("127.0.0.1", 8080), ("::1", 8081), ("127.0.0.2", 8080),
                 ("127.0.0.3", 8082), ("::1", 8083), ("::1", 8080)]
        for host, port in reach:
            equal(body("/echo", port, host), (200, b""), "%s %d" % (host, port))
        rows = kelpctl_json("listener", "show")
        equal({row["accepted"] for row in rows}, {1}, "accepted")
        text = kelpctl("listener", "show")
        true(all(address in text for address in addresses), text)
        for address, (host, port) in zip(addresses, reach):
            kelpctl("listener", "del", address)
            true(not connects(host, port), address + " still accepts")
        equal(kelpctl_json("listener", "show"), [], "listeners at the end")


def test_deleting_a_listener_keeps_connections():
    with folder():
        kelpctl("route", "add", "/echo", "echo")
        kelpctl("listener", "add", "127.0.0.1:8080")
        with Connection() as connection:
            equal(connection.request("/echo").status, 200, "before")
            kelpctl("listener", "del", "127.0.0.1:8080")
            equal(connection.request("/echo").status, 200, "after")
            kelpctl("listener", "add", "127.0.0.1:8080")
            equal(connection.request("/echo").status, 200, "added again")
            equal(body("/echo"), (200, b""), "a new one")


def test_objects():
    with folder() as path:
        kelpctl("listener", "add", "127.0.0.1:8080")
        one = write_file(path + "/one.txt", b"hello, world")
        equal(body("/hello"), (404, b"404 Not Found\n"), "before")
        kelpctl("object", "put", "/hello", one, "--type", "text/x-greeting")
        kelpctl("object", "put", "/a.html", one)
        answer = get("/hello")
        equal(answer.body, b"hello, world", "body")
        equal(answer.get("Content-Type"), "text/x-greeting", "--type")
        true(get("/a.html").get("Content-Type").startswith("text/html"),
             "type by the path's suffix")
        rows = {row["path"]: row for row in kelpctl_json("object", "show")}
        equal(sorted(rows), ["/a.html", "/hello"], "paths")
        equal(rows["/hello"]["size"], 12, "size")
        equal(rows["/hello"]["type"], "text/x-greeting", "type")
        true("/hello" in kelpctl("object", "show"), "text form")
        write_file(one, b"another text")
        equal(body("/hello")[1], b"hello, world", "a copy was put")
        kelpctl("object", "put", "/hello", one)
        equal(body("/hello")[1], b"another text", "replaced")
        os.unlink(one)
        equal(body("/hello")[1], b"another text", "the file is gone")
        empty = write_file(path + "/empty", b"")
        kelpctl("object", "put", "/empty", empty)
        equal(body("/empty"), (200, b""), "an empty object")
        kelpctl("object", "del", "/hello")
        equal(body("/hello")[0], 404, "deleted")
        equal(body("/a.html")[0], 200, "the other stays")


def test_sites():
    with folder() as path:
        kelpctl("listener", "add", "127.0.0.1:8080")
        write_file(path + "/index.html", b"index")
        write_file(path + "/.secret", b"dot")
        kelpctl("site", "add", "/", path)
        equal(body("/"), (200, b"index"), "index")
        equal(body("/.secret")[0], 404, "dotfile")
        rows = kelpctl_json("site", "show")
        equal(len(rows), 1, "sites")
        equal((rows[0]["prefix"], rows[0]["host"], rows[0]["dir"],
               rows[0]["dotfiles"]), ("/", "", path, False), "row")
        equal((rows[0]["cached_objects"], rows[0]["cached_bytes"]), (1, 5),
              "cache")
        kelpctl("site", "add", "/dot", path, "--dotfiles")
        equal(body("/dot/.secret"), (200, b"dot"), "--dotfiles")
        rows = {row["prefix"]: row for row in kelpctl_json("site", "show")}
        equal(rows["/dot"]["dotfiles"], True, "dotfiles")
        true(path in kelpctl("site", "show"), "text form")
        os.chdir(path)
        try:
            kelpctl("site", "add", "/relative", ".")
        finally:
            os.chdir("/")
        equal(body("/relative/index.html"), (200, b"index"), "relative DIR")
        rows = {row["prefix"]: row for row in kelpctl_json("site", "show")}
        equal(rows["/relative"]["dir"], path, "shown from the root on")
        kelpctl("site", "del", "/")
        equal(body("/index.html")[0], 404, "deleted")


def test_routes():
    with folder():
        kelpctl("listener", "add", "127.0.0.1:8080")
        kelpctl("route", "add", "/echo", "echo")
        kelpctl("route", "add", "/kelp", "status")
        rows = {row["prefix"]: row for row in kelpctl_json("route", "show")}
        equal({p: r["handler"] for p, r in rows.items()},
              {"/echo": "echo", "/kelp": "status"}, "handlers")
        equal({r["host"] for r in rows.values()}, {""}, "hosts")
        true(re.search(r"^/echo\s.*echo\s+-$", kelpctl("route", "show"), re.M),
             "text form")
        answer = get("/echo/deep", method="POST", body=b"body")
        equal((answer.status, answer.body), (200, b"body"), "echo")
        equal(get("/kelp/health").status, 200, "health")
        kelpctl("route", "del", "/echo")
        equal(body("/echo")[0], 404, "deleted")
        equal(get("/kelp/health").status, 200, "the other stays")


# Who answers a URL

def test_resolution_order():
    with folder() as path:
        kelpctl("listener", "add", "127.0.0.1:8080")
        for name in ("root", "docs"):
            write_file("%s/%s/docs/deep/page" % (path, name), name.encode())
            write_file("%s/%s/page" % (path, name), name.encode())
            write_file("%s/%s/deep/page" % (path, name), name.encode())
        exact = write_file(path + "/exact", b"exact")
        with Connection() as connection:    # Changes show on open ones.
            def look(target):
                answer = connection.request(target, "POST" if "echo" in target
                                            else "GET")
                return answer.status, answer.body

            equal(look("/page")[0], 404, "nothing yet")
            kelpctl("site", "add", "/", path + "/root")
            equal(look("/docs/deep/page"), (200, b"root"), "only /")
            kelpctl("site", "add", "/docs", path + "/docs")
            equal(look("/docs/page"), (200, b"docs"), "PREFIX becomes DIR")
            equal(look("/docs/deep/page"), (200, b"docs"), "longest prefix")
            kelpctl("route", "add", "/docs/deep/echo", "echo")
            kelpctl("route", "add", "/docs/deeper", "echo")
            equal(look("/docs/deep/page"), (200, b"docs"), "whole segments")
            equal(look("/docs/deep/echo"), (200, b""), "a longer route")
            equal(look("/docs/deep/echo/x"), (200, b""), "below a route")
            equal(look("/docs/deep/echos")[0], 405, "not below a route")
            equal(look("/docsx")[0], 404, "not below a site")
            kelpctl("object", "put", "/docs/page", exact)
            equal(look("/docs/page"), (200, b"exact"), "an object first")
            equal(look("/docs/page?query"), (200, b"exact"), "with a query")
            equal(look("/docs/page/")[0], 404, "an object has nothing below")
            kelpctl("object", "put", "/docs/deep/echo", exact)
            equal(connection.request("/docs/deep/echo").body, b"exact",
                  "an object before a route")
            equal(connection.request("/docs/deep/echo", "POST",
                                     body=b"x").status, 405,
                  "objects are read only")
            equal(look("/docs/missing")[0], 404,
                  "the longest prefix decides, no shorter one is tried")
            kelpctl("object", "del", "/docs/page")
            equal(look("/docs/page"), (200, b"docs"), "back to the site")
            kelpctl("site", "del", "/docs")
            equal(look("/docs/deep/page"), (200, b"root"), "back to /")
            kelpctl("site", "del", "/")
            equal(look("/page")[0], 404, "nothing again")


def test_hosts():
    with folder() as path:
        kelpctl("listener", "add", "127.0.0.1:8080")
        for name in ("any", "org", "net"):
            write_file("%s/%s/page" % (path, name), name.encode())
        kelpctl("site", "add", "/", path + "/org", "--host", "example.org")
        equal(body("/page", name="example.net")[0], 404, "another host")
        kelpctl("site", "add", "/", path + "/any")
        kelpctl("site", "add", "/", path + "/net", "--host", "Example.NET")
        hosts = {row["host"].lower() for row in kelpctl_json("site", "show")}
        equal(hosts, {"", "example.org", "example.net"}, "shown")
        for host, expected in (("example.org", b"org"),
                               ("EXAMPLE.org", b"org"),
                               ("example.org:8080", b"org"),
                               ("example.net", b"net"),
                               ("www.example.org", b"any"),
                               ("127.0.0.1:8080", b"any"),
                               ("[::1]", b"any")):
            equal(body("/page", name=host), (200, expected), host)
        answer = get("http://example.org/page", headers=[("Host", "x.net")])
        equal(answer.body, b"org", "the target's host wins")
        with Connection() as connection:
            connection.send(b"GET /page HTTP/1.0\r\n\r\n")
            equal(connection.response().body, b"any", "no host at all")
        # del takes the same words, and takes only that one.
        kelpctl("site", "del", "/", "--host", "example.org")
        equal(body("/page", name="example.org"), (200, b"any"), "deleted")
        kelpctl("site", "del", "/")
        equal(body("/page", name="example.org")[0], 404, "deleted too")
        equal(body("/page", name="example.net"), (200, b"net"), "the last")


# Draining

def test_drain():
    with folder():
        kelpctl("route", "add", "/", "echo")
        kelpctl("listener", "add", "127.0.0.1:8080")
        kelpctl("listener", "add", "[::1]:8080")
        with Connection() as idle, Connection() as fresh:
            equal(idle.request("/").status, 200, "before")
            wait_for(lambda: len(kelpctl_json("conn", "show")) == 2,
                     what="both accepted")
            begin = time.monotonic()
            equal(kelpctl_json("drain", "--timeout", 20),
                  {"drained": True, "connections": 0}, "drain")
            true(time.monotonic() - begin < 10, "idle ones were waited for")
            idle.closed()
            fresh.closed()
        equal(kelpctl_json("listener", "show"), [], "listeners")
        true(kelpctl_json("status")["draining"], "status")
        for host in ("127.0.0.1", "::1"):
            true(not connects(host, 8080), "still accepts on " + host)
        kelpctl("listener", "add", "127.0.0.1:8080")
        equal(kelpctl_json("status")["draining"], False, "listener add ends it")
        with Connection() as connection:
            for _ in range(2):
                answer = connection.request("/")
                equal((answer.status, answer.get("Connection")), (200, None),
                      "keep-alive again")


def test_drain_lets_requests_finish():
    with folder():
        kelpctl("route", "add", "/echo", "echo")
        kelpctl("route", "add", "/kelp", "status")
        kelpctl("listener", "add", "127.0.0.1:8080")
        with Connection() as half, Connection() as head:
            half.send(b"POST /echo HTTP/1.1\r\nHost: x\r\n"
                      b"Content-Length: 10\r\n\r\n01234")
            head.send(b"GET /kelp/health HTTP/1.1\r\nHo")
            wait_for(lambda: {r["state"] for r in kelpctl_json("conn", "show")}
                     == {"body", "header"}, what="begun requests")
            status, _, err = run("drain", "--timeout", 0)
            equal(status, 1, "status of drain --timeout 0")
            one_sentence(err, "drain --timeout 0")
            equal(kelpctl_json("status")["connections"], 2, "still open")
            results = []
            waiter = threading.Thread(target=lambda: results.append(
                run("-j", "drain", "--timeout", 30 * PATIENCE)))
            waiter.start()
            half.send(b"56789")
            answer = half.response()
            equal((answer.status, answer.body), (200, b"0123456789"), "echo")
            half.closed()
            half.close()    # kelp waits for that, to lose no answer
            head.send(b"st: x\r\n\r\n")
            answer = head.response()
            equal(answer.status, 503, "health while draining")
            equal(answer.get("Connection"), "close", "Connection")
            head.closed()
            head.close()
            waiter.join()
            equal(results[0][0], 0, "status of drain")
            equal(json.loads(results[0][1])["drained"], True, "drained")


def test_drain_with_nothing_to_do():
    equal(run("drain"), (0, "drained\n", ""), "drain")
    equal(run("drain"), (0, "drained\n", ""), "drain again")
    status, out, _ = run("-j", "drain", "--no-wait")
    equal((status, json.loads(out)["connections"]), (0, 0), "--no-wait")
    kelp_test.reload()


# Many at once

def test_many_changes_at_once():
    rounds = 300 if kelp_test.SOAK else 1 if kelp_test.KERNEL == "debug" else 3
    with folder() as path:
        plain = write_file(path + "/plain", b"x")
        kelpctl("listener", "add", "127.0.0.1:8080")
        failures = []

        def change(number):
            try:
                for _ in range(rounds):
                    kelpctl("object", "put", "/o%d" % number, plain)
                    kelpctl("route", "add", "/r%d" % number, "echo")
                    kelpctl("object", "del", "/o%d" % number)
                    kelpctl("route", "del", "/r%d" % number)
            except kelp_test.Failure as error:
                failures.append(error)

        before = generation()
        threads = [threading.Thread(target=change, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        kelpctl("object", "put", "/o", plain)
        with Connection() as connection:
            while any(thread.is_alive() for thread in threads):
                equal(connection.request("/o").body, b"x", "meanwhile")
                time.sleep(0.02)    # poll
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]
        equal(generation(), before + 4 * 4 * rounds + 1, "generation")
        equal(len(kelpctl_json("object", "show")), 1, "objects")
        equal(kelpctl_json("route", "show"), [], "routes")


if __name__ == "__main__":
    kelp_test.main(globals())
