#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 where=guest timeout=120
"""kelpctl: status, statistics, connections, limits, lists, as text and JSON."""
import re

import kelp_test
from control_kit import folder, generation, kelpctl, kelpctl_json, run
from kelp_test import Connection, equal, get, true, wait_for, write_file


def test_status():
    status = kelpctl_json("status")
    equal(status["draining"], False, "draining")
    equal(status["listeners"], 0, "listeners")
    equal(status["connections"], 0, "connections")
    true(isinstance(status["generation"], int), "generation is no number")
    true(status["version"], "no version")
    text = kelpctl("status")
    true(re.search(r"^listeners\s+0$", text, re.M), "text form: " + text)


def test_empty_lists_are_lists():
    for name in ("listener", "object", "site", "route", "conn"):
        equal(kelpctl_json(name, "show"), [], name + " show")
        equal(run(name, "show")[0], 0, "status")


def test_connections():
    with folder():
        kelpctl("listener", "add", "127.0.0.1:8080")
        kelpctl("listener", "add", "[::1]:8080")
        kelpctl("route", "add", "/", "echo")
        with Connection() as four, Connection(host="::1") as six:
            four.request("/")
            four.request("/")
            six.send(b"GET / HT")
            wait_for(lambda: any(row["state"] == "header" for row in
                                 kelpctl_json("conn", "show")),
                     what="a begun request")
            rows = {row["local"]: row for row in kelpctl_json("conn", "show")}
            equal(sorted(rows), ["127.0.0.1:8080", "[::1]:8080"], "local")
            row = rows["127.0.0.1:8080"]
            equal(row["peer"], "127.0.0.1:%d" % four.sock.getsockname()[1],
                  "peer")
            equal(row["state"], "idle", "state")
            equal(row["requests"], 2, "requests")
            equal(row["closing"], False, "closing")
            true(row["sent_bytes"] > 0 and row["received_bytes"] > 0, "bytes")
            equal(row["queued_bytes"], 0, "queued")
            equal(kelpctl_json("status")["connections"], 2, "status")
            true("[::1]:8080" in kelpctl("conn", "show"), "text form")
        wait_for(lambda: not kelpctl_json("conn", "show"),
                 what="closed connections")


def test_statistics():
    def counters():
        return kelpctl_json("stats", "show")

    with folder() as path:
        kelpctl("listener", "add", "127.0.0.1:8080")
        kelpctl("object", "put", "/o", write_file(path + "/o", b"o"))
        before = counters()
        with Connection() as connection:
            for _ in range(10):
                equal(connection.request("/o").status, 200, "status")
            equal(connection.request("/none").status, 404, "status")
        after = wait_for(lambda: counters()["connections_closed"] >
                         before["connections_closed"] and counters(),
                         what="the connection's end")
        grown = {name: after[name] - before[name] for name in after}
        equal(grown["requests"], 11, "requests")
        equal(grown["http_2xx"], 10, "http_2xx")
        equal(grown["http_4xx"], 1, "http_4xx")
        equal(grown["connections_accepted"], 1, "connections_accepted")
        equal(grown["connections_closed"], 1, "connections_closed")
        true(grown["sent_bytes"] > 1000, "sent_bytes")
        true(re.search(r"^requests\s+%d\s+\S" % after["requests"],
                       kelpctl("stats", "show"), re.M), "text form")


def limit(name):
    rows = {row["name"]: row for row in kelpctl_json("limits", "show")}
    return rows[name]


def test_limits():
    rows = kelpctl_json("limits", "show")
    for row in rows:
        equal(row["value"], row["default"], row["name"])
        true(row["min"] <= row["value"] <= row["max"], row["name"] + " bounds")
        true(row["help"] and row["unit"] in ("", "ms", "bytes"), row["name"])
    values = {row["name"]: row["value"] for row in rows}
    for name, value in {"header_timeout": 10000, "body_timeout": 30000,
                        "idle_timeout": 60000, "request_line": 8192,
                        "header_field": 8192, "header_fields": 16384,
                        "header_count": 100, "body": 1 << 20,
                        "connections": 65536, "backlog": 4096,
                        "cache": 64 << 20}.items():
        equal(values.get(name), value, "default of " + name)
    before = generation()
    try:
        for text, value in (("5s", 5000), ("1h", 3600000), ("1234", 1234)):
            kelpctl("limits", "set", "idle_timeout", text)
            equal(limit("idle_timeout")["value"], value, text)
        for text, value in (("3M", 3 << 20), ("7", 7)):
            kelpctl("limits", "set", "body", text)
            equal(limit("body")["value"], value, text)
        true(re.search(r"^body\s+7\s+1M", kelpctl("limits", "show"), re.M),
             "text form")
        true(generation() > before, "the generation did not grow")
        for row in rows[::1 if kelp_test.SOAK else 6]:
            for bound in ("min", "max"):    # They are within themselves.
                if isinstance(row[bound], int):
                    kelpctl("limits", "set", row["name"], row[bound])
    finally:
        now = kelpctl_json("limits", "show")
        for row in (row for row in now if row["value"] != row["default"]):
            kelpctl("limits", "set", row["name"], row["default"])
    equal(kelpctl_json("limits", "show"), rows, "limits at the end")


def test_limit_takes_effect():
    with folder():
        kelpctl("listener", "add", "127.0.0.1:8080")
        kelpctl("route", "add", "/", "echo")
        equal(get("/", method="POST", body=b"x" * 11).status, 200, "before")
        with Connection() as connection:
            connection.request("/")
            kelpctl("limits", "set", "body", "10")
            try:
                answer = connection.request("/", "POST", body=b"x" * 11)
                equal(answer.status, 413, "on an open connection")
                equal(get("/", method="POST", body=b"x" * 10).status, 200,
                      "at the limit")
            finally:
                kelpctl("limits", "set", "body", "1M")


def test_long_lists_are_complete():
    # More than one message of the kernel holds.
    count = 1000 if kelp_test.SOAK else 20
    with folder():
        names = ["/%04d-%s" % (i, "x" * 1000) for i in range(count)]
        for name in names:
            kelpctl("route", "add", name, "echo")
        equal(sorted(row["prefix"] for row in kelpctl_json("route", "show")),
              names, "routes")
        text = kelpctl("route", "show")
        equal(text.count("\n"), count + 1, "lines")


if __name__ == "__main__":
    kelp_test.main(globals())
