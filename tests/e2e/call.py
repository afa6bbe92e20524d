#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=6.12 where=guest timeout=120
"""kelpctl call, services and press: every built-in method through the one, what
the others say of the same server; requests, replies and attachments of all
forms, what is refused and how, and loads whose numbers have to agree.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import time

import kelp_test
import rpc_kit
from call_kit import Peer, stalling
from kelp_test import (PATIENCE, equal, kelpctl, kelpctl_json, refused, scratch,
                       true, wait_for, write_file)
from rpc_kit import field

ADDR = "127.0.0.1:8080"
SECRET_ADDR = "127.0.0.1:8081"
FEW_ADDR = "127.0.0.1:8082"
# Nobody listens there, nor will.
NOBODY = "127.0.0.1:1"

called = set()


def setup():
    rpc_kit.listen()


def call(method, *rest):
    called.add(method)
    return kelpctl("call", ADDR, method, *rest)


def call_json(method, *rest):
    called.add(method)
    return kelpctl_json("call", ADDR, method, *rest)


def run(*args, data=b""):
    """(status, output, what it said) of kelpctl."""
    done = subprocess.run(["kelpctl"] + [str(arg) for arg in args], input=data,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=60 * PATIENCE, check=False)
    return done.returncode, done.stdout, done.stderr.decode()


def says(text, name, code, words, addr=ADDR, method="kelp.Echo/Echo"):
    """A failed call's sentence: where, what, name and code, and in words."""
    expected = "kelpctl: %s: %s: %s %d: " % (addr, method, name, code)
    true(text.startswith(expected) and text.count("\n") == 1 and
         words in text[len(expected):],
         "%r is not %r and then %r" % (text, expected, words))


# Methods

def test_echo():
    equal(call("kelp.Echo/Echo", 'message: "hello"'), 'message: "hello"\n',
          "as text")
    equal(call("kelp.Echo/Echo"), "", "an empty request")
    equal(call("kelp.Echo/Echo", r'message: "\000\n\377" # and so on'),
          'message: "\\000\\n\\377"\n', "any bytes")
    equal(call("Echo/Echo", "message: 'short'"), 'message: "short"\n',
          "without its package")
    called.discard("Echo/Echo")


def test_calc():
    equal(call("kelp.Calc/Add", "a: 1 b: 2"), "sum: 3\n", "sum")
    equal(call_json("kelp.Calc/Add", "a: -5, b: 0x2"), {"sum": "-3"}, "JSON")
    says(refused("call", ADDR, "kelp.Calc/Add", "a: 9223372036854775807 b: 1"),
         "EREQUEST", 1003, "int64", method="kelp.Calc/Add")


def test_kv():
    call("kelp.KV/Delete", 'key: "k"')
    done = call_json("kelp.KV/Set", 'key: "k" value: "v" if_version: 0')
    true(done["stored"] and int(done["version"]), repr(done))
    equal(call_json("kelp.KV/Get", 'key: "k"'),
          {"value": "dg==", "version": done["version"], "found": True}, "Get")
    equal(call("kelp.KV/Get", 'key: "none"'), "", "nothing there")
    equal(call_json("kelp.KV/MultiGet", 'keys: ["k", "none"]'),
          {"items": [{"key": "aw==", "value": "dg==", "found": True,
                      "version": done["version"]}, {"key": "bm9uZQ=="}]},
          "MultiGet")
    call("kelp.KV/Delete", 'key: "n"')
    equal(call_json("kelp.KV/Incr", 'key: "n" by: 5 initial: -7')["value"],
          "-2", "Incr")
    equal(call("kelp.KV/Delete", 'key: "n"'), "deleted: true\n", "Delete")
    true(int(call_json("kelp.KV/Stats")["entries"]) >= 1, "Stats")


def test_status():
    names = {service["name"]
             for service in call_json("kelp.Status/List")["services"]}
    equal(names, {"kelp.Echo", "kelp.Calc", "kelp.KV", "kelp.Status"}, "names")
    counted = {row["service"] + "/" + row["method"]: row
               for row in call_json("kelp.Status/Stats")["methods"]}
    true(int(counted["kelp.Calc/Add"]["errors"]) >= 1, repr(counted))


def test_every_method_was_called():
    if not called:
        raise kelp_test.Skip("the tests before this one were not run")
    offered = {row["service"] + "/" + row["method"]
               for row in kelpctl_json("services", ADDR)}
    equal(called, offered, "methods that were called here, and those there are")


# Requests and replies

def test_raw():
    equal(call("kelp.Calc/Add", "--raw", "0801 10:02"), "0803\n", "hex")
    equal(call("kelp.Echo/Echo", "--raw"), "\n", "nothing")
    equal(call_json("kelp.Calc/Add", "--raw", "08011002"), {"hex": "0803"},
          "JSON")
    equal(call("kelp.Echo/Echo", "--raw", "0a0161f80f01"), "0a0161\n",
          "a field that the method does not have")


def test_request_from_standard_input():
    equal(run("call", ADDR, "kelp.Calc/Add", "-", data=b"a: 40\nb: 2\n"),
          (0, b"sum: 42\n", ""), "text")
    equal(run("call", ADDR, "kelp.Calc/Add", "--raw", "-", data=b"08 28\n"),
          (0, b"0828\n", ""), "hex")


def test_types_of_ones_own():
    if not shutil.which("protoc"):
        raise kelp_test.Skip("no protoc here")
    with scratch() as folder:
        name = write_file(folder + "/mine.proto", b"""syntax = "proto3";
            package kelp;
            message Text { string text = 1; }
            service Echo { rpc Echo(Text) returns (Text); }
            service Other { rpc Nothing(Text) returns (Text); }
            """)
        equal(call("kelp.Echo/Echo", 'text: "\u00e9"', "--proto", name),
              'text: "\u00e9"\n', "preferred to what is built in")
        says(refused("call", ADDR, "kelp.Other/Nothing", 'text: "x"', "--proto",
                     name), "ENOMETHOD", 1002, "no", method="kelp.Other/Nothing")


def test_a_type_that_is_not_known():
    with Peer(lambda service, method, payload: field(1, 5) + field(2, b"x")) \
            as peer:
        equal(kelpctl("call", peer.addr, "a.B/C"), '1: 5  # sint -3\n2: "x"\n',
              "by its numbers")
        equal(kelpctl("call", peer.addr, "a.B/C", "--raw", "08"), "0805120178\n",
              "raw")
        refused("call", peer.addr, "a.B/C", "a: 1")


def test_what_the_server_sends_is_looked_at():
    replies = {b"Bad": b"\x0a\x05abc", b"Own": (7777, b"\x1b[31mred\nline"),
               b"Silent": (2001, b"")}
    with Peer(lambda service, method, payload: replies[method]) as peer:
        text = refused("call", peer.addr, "kelp.Echo/Bad")
        true("the reply, at offset 0" in text, text)
        equal(kelpctl("call", peer.addr, "kelp.Echo/Bad", "--raw"),
              "0a05616263\n", "raw is not looked at")
        says(refused("call", peer.addr, "kelp.Echo/Own"), "code", 7777,
             "?[31mred?line", peer.addr, "kelp.Echo/Own")
        says(refused("call", peer.addr, "kelp.Echo/Silent"), "EINTERNAL", 2001,
             "failed", peer.addr, "kelp.Echo/Silent")


def test_attachments():
    data = os.urandom(300000)
    with scratch() as folder:
        there, back = folder + "/there", folder + "/back"
        write_file(there, data)
        equal(call("kelp.Echo/Echo", 'message: "m"', "--attachment", there,
                   "--attachment-out", back), 'message: "m"\n', "the message")
        with open(back, "rb") as file:
            true(file.read() == data, "the attachment came back changed")
        write_file(there, b"short")
        call("kelp.Echo/Echo", "--attachment", there, "--attachment-out", back)
        with open(back, "rb") as file:
            equal(file.read(), b"short", "over a longer one")
        equal(call("kelp.Echo/Echo", "--attachment", there,
                   "--attachment-out", "-"), "short", "to standard output")
        true("an attachment of 5 bytes" in
             call("kelp.Echo/Echo", "--attachment", there), "it is mentioned")
        says(refused("call", ADDR, "kelp.Echo/No", "--attachment-out", back),
             "ENOMETHOD", 1002, "no", method="kelp.Echo/No")
        with open(back, "rb") as file:
            equal(file.read(), b"short", "after a call that failed")


def test_nothing_is_called_for_a_file_that_cannot_be_written():
    call("kelp.KV/Delete", 'key: "once"')
    text = refused("call", ADDR, "kelp.KV/Incr", 'key: "once" by: 1',
                   "--attachment-out", "/nowhere/at/all")
    true("/nowhere/at/all" in text, text)
    equal(call("kelp.KV/Get", 'key: "once"'), "", "the value")
    refused("call", ADDR, "kelp.Echo/Echo", "--attachment", "/nowhere/at/all")


# What fails

def test_errors():
    says(refused("call", ADDR, "Echo/No"), "ENOMETHOD", 1002, "no",
         method="Echo/No")
    says(refused("call", ADDR, "kelp.Nothing/Echo"), "ENOMETHOD", 1002, "no",
         method="kelp.Nothing/Echo")
    says(refused("call", ADDR, "kelp.Echo/Echo", "--raw", "0a05"), "EREQUEST",
         1003, "")
    says(refused("call", NOBODY, "kelp.Echo/Echo"), "EFAILEDSOCKET", 1009,
         "refused", NOBODY)


def test_time():
    with Peer(lambda service, method, payload: None) as peer:
        begun = time.monotonic()
        says(refused("call", peer.addr, "kelp.Echo/Echo", "--timeout-ms", 300),
             "ERPCTIMEDOUT", 1008, "300 ms", peer.addr)
        took = time.monotonic() - begun
        true(0.3 <= took < 3 * PATIENCE, "it took %.2f s" % took)


def test_secret():
    with scratch() as folder:
        name = write_file(folder + "/secret", b"open sesame\nand a line\n", 0o600)
        wrong = write_file(folder + "/wrong", b"open barley\n", 0o600)
        nul = write_file(folder + "/nul", b"open\0sesame\n", 0o600)
        empty = write_file(folder + "/empty", b"\nsesame\n", 0o600)
        kelpctl("listener", "add", SECRET_ADDR, "--secret-file", name)
        try:
            equal(kelpctl("call", SECRET_ADDR, "kelp.Calc/Add", "a: 1",
                          "--secret-file", name), "sum: 1\n", "with it")
            true(kelpctl_json("services", SECRET_ADDR, "--secret-file", name),
                 "services")
            equal(press("-d", 1, "--secret-file", name, addr=SECRET_ADDR,
                        method="kelp.Echo/Echo")[1]["failed"], 0, "press")
            for rest in ((), ("--secret-file", wrong)):
                says(refused("call", SECRET_ADDR, "kelp.Echo/Echo", *rest),
                     "ERPCAUTH", 1004, "", SECRET_ADDR)
            for bad in (nul, empty, folder + "/none", folder):
                true(bad in refused("call", SECRET_ADDR, "kelp.Echo/Echo",
                                    "--secret-file", bad), "names the file")
        finally:
            kelpctl("listener", "del", SECRET_ADDR)


def test_wrong_usage():
    for words, *args in (
            ("SERVICE/METHOD", "call", ADDR),
            ("SERVICE/METHOD", "call", ADDR, "kelp.Echo"),
            ("SERVICE/METHOD", "call", ADDR, "/kelp.Echo/Echo"),
            ("'more'", "call", ADDR, "kelp.Echo/Echo", "", "more"),
            ("HOST:PORT", "call", "127.0.0.1", "kelp.Echo/Echo"),
            ("HOST:PORT", "call", "127.0.0.1:0", "kelp.Echo/Echo"),
            ("offset 0", "call", ADDR, "kelp.Echo/Echo", "nothing: 1"),
            ("offset 9", "call", ADDR, "kelp.Echo/Echo", "message: x"),
            ("offset 2", "call", ADDR, "kelp.Echo/Echo", "--raw", "0ax1"),
            ("--timeout-ms", "call", ADDR, "a.B/C", "--timeout-ms", 0),
            ("--timeout-ms", "call", ADDR, "a.B/C", "--timeout-ms", "1s"),
            ("--timeout ", "call", ADDR, "a.B/C", "--timeout", 1),
            ("--threads", "call", ADDR, "a.B/C", "-t", 1),
            ("-t needs", "press", ADDR, "a.B/C", "-t"),
            ("-t takes", "press", ADDR, "a.B/C", "-t0"),
            ("-c takes", "press", ADDR, "a.B/C", "-c", "many"),
            ("-d takes", "press", ADDR, "a.B/C", "-d", "0.5"),
            ("--rate takes", "press", ADDR, "a.B/C", "--rate=-1"),
            ("--pipeline takes", "press", ADDR, "a.B/C", "--pipeline", 0),
            ("1024", "press", ADDR, "a.B/C", "-c", 2000),
            ("at a time", "press", ADDR, "a.B/C", "-c", 200, "--pipeline", 9999),
            ("-x", "press", ADDR, "a.B/C", "-x"),
            ("ADDR", "services")):
        text = refused(*args, status=2)
        true(words in text, "%r is not in %r" % (words, text))


# Services

def test_services():
    rows = kelpctl_json("services", ADDR)
    true(all(set(row) == {"service", "method", "softirq", "async"}
             for row in rows), repr(rows))
    text = kelpctl("services", ADDR)
    equal(text.split()[:3], ["SERVICE", "METHOD", "RUNS"], "title")
    equal(len(text.splitlines()), len(rows) + 1, "lines")
    for line in (r"kelp\.Echo +Echo +in softirq", r"kelp\.Status +List +may sleep"):
        true(re.search("^%s$" % line, text, re.M), text)


def test_services_of_a_listener():
    kelpctl("listener", "add", FEW_ADDR, "--services", "kelp.Calc,kelp.Status")
    equal({row["service"] for row in kelpctl_json("services", FEW_ADDR)},
          {"kelp.Calc", "kelp.Status"}, "what is offered there")
    kelpctl("listener", "set", FEW_ADDR, "--services", "kelp.Calc")
    says(refused("services", FEW_ADDR), "ENOMETHOD", 1002, "", FEW_ADDR,
         "kelp.Status/List")
    kelpctl("listener", "del", FEW_ADDR)
    says(refused("services", FEW_ADDR), "EFAILEDSOCKET", 1009, "refused",
         FEW_ADDR, "kelp.Status/List")


def counters(method):
    return next(row for row in kelpctl_json("services", ADDR, "--stats")
                if row["service"] + "/" + row["method"] == method)


def test_services_stats():
    before = counters("kelp.Calc/Add")
    for _ in range(3):
        call("kelp.Calc/Add", "a: 1")
    refused("call", ADDR, "kelp.Calc/Add", "--raw", "ff")
    after = counters("kelp.Calc/Add")
    equal((after["calls"] - before["calls"], after["errors"] - before["errors"],
           after["in_flight"]), (4, 1, 0), "counted")
    equal(sum(after["latency_log2_us"]) - sum(before["latency_log2_us"]), 4,
          "times")
    text = kelpctl("services", ADDR, "--stats")
    true(re.search(r"^kelp\.Calc +Add +%d +%d +0 +< \d+ us +< \d+ us$" %
                   (after["calls"], after["errors"]), text, re.M), text)


# Loads

def press(*rest, addr=ADDR, method="kelp.Echo/Echo"):
    """(status, report, what it said) of a load."""
    status, out, err = run("-j", "press", addr, method, *rest)
    return status, json.loads(out), err


def consistent(report):
    """Numbers that are in every report, and what each says of the others."""
    latency = report["latency_ns"]
    parts = [latency[name] for name in ("p50", "p90", "p99", "p99.9", "max")]
    equal(parts, sorted(parts), "quantiles in order")
    true(latency["mean"] <= latency["max"], repr(latency))
    equal(sum(error["count"] for error in report["errors"]), report["failed"],
          "errors by code, added up")
    true(report["failed"] <= report["calls"], repr(report))
    answered = report["calls"] - report["failed"]
    true(report["calls_per_second"] * report["seconds"] <= answered + 1,
         repr(report))
    equal(answered > 0, latency["p50"] > 0, "latencies are of what was answered")
    true(report["connects"] <= report["connections"], repr(report))
    calls = report["calls"] or 1
    per_call = (report["sends"] + report["receives"] + report["wakeups"]) / calls
    true(abs(report["syscalls_per_call"] - per_call) < 0.001, repr(report))


def test_press_as_they_are_answered():
    before = counters("kelp.Echo/Echo")["calls"]
    status, report, err = press('message: "0123456789abcdef"', "-t", 2, "-c4",
                                "-d", 2, "--pipeline=3")
    equal((status, err, report["failed"], report["unsent"]), (0, "", 0, 0),
          "no failure, and no progress but on a terminal")
    consistent(report)
    equal((report["threads"], report["connections"], report["pipeline"],
           report["rate"], report["seconds"], report["connects"]),
          (2, 4, 3, None, 2.0, 4), "what was asked for")
    equal(counters("kelp.Echo/Echo")["calls"] - before, report["calls"],
          "calls that the server counts")
    true(report["calls"] > 100, "%d calls" % report["calls"])


def test_press_at_a_rate():
    before = counters("kelp.Echo/Echo")["calls"]
    status, report, err = press("--rate", 200, "-d", 2, "-c", 3, "-t", 2)
    consistent(report)
    equal((report["rate"], report["failed"]), (200, 0), "rate and failures")
    equal(report["calls"] + report["unsent"], 400, "calls that were due")
    # a guest that gets no CPU for 200 ms at the end leaves some out, and says so
    equal(status, 1 if report["unsent"] else 0, "status")
    equal("were not sent" in err, status == 1, "what it says")
    equal(counters("kelp.Echo/Echo")["calls"] - before, report["calls"],
          "calls that the server counts")


def test_press_for_people():
    status, out, err = run("press", ADDR, "kelp.Echo/Echo", "-d", 1)
    equal((status, err), (0, ""), "status, and standard error")
    for line in (r"throughput +[\d.]+ calls/s in 1\.00 s", r"calls +\d+",
                 r"failed +0", r"latency p50 +[\d.]+ us", r"p99\.9 +[\d.]+ us",
                 r"max +[\d.]+ us", r"system calls +[\d.]+ per call: send .*"):
        true(re.search("^%s$" % line, out.decode(), re.M),
             "no line like %r in %s" % (line, out.decode()))


def test_a_stall_counts_for_all_that_it_held_up():
    """Half a second of two: with a rate a quarter of the calls has to wait."""
    stall = 500000000
    for rate in ((), ("--rate", 100)):
        with Peer(stalling(stall / 1e9)) as peer:
            report = press("-d", 2, *rate, addr=peer.addr)[1]
        consistent(report)
        equal(report["failed"], 0, "failures")
        latency = report["latency_ns"]
        true(latency["max"] >= stall, repr(latency))
        if rate:
            true(latency["p90"] >= stall * 0.4, "not counted: %r" % latency)
        else:
            true(latency["p90"] < stall * 0.4, "counted: %r" % latency)


def test_press_counts_what_fails():
    status, report, err = press("-d", 1, method="kelp.Echo/No")
    consistent(report)
    equal((status, report["failed"]), (1, report["calls"]), "all")
    true("%d of %d calls failed" % (report["failed"], report["calls"]) in err,
         err)
    equal([(error["name"], error["code"], error["count"])
           for error in report["errors"]],
          [("ENOMETHOD", 1002, report["calls"])], "by code")
    true(report["errors"][0]["text"], "words")
    codes = iter([(2001, b"first"), b"", (7777, b"own"), (2001, b"then")])
    with Peer(lambda *_: next(codes, b"")) as peer:
        status, report, err = press("-d", 1, addr=peer.addr)
    consistent(report)
    equal((status, report["errors"]),
          (1, [{"name": "EINTERNAL", "code": 2001, "count": 2, "text": "first"},
               {"name": None, "code": 7777, "count": 1, "text": "own"}]),
          "several codes")


def test_press_without_a_server():
    status, report, err = press("-d", 1, "-c", 2, addr=NOBODY)
    consistent(report)
    equal((status, report["failed"]), (1, report["calls"]), "all failed")
    equal({error["name"] for error in report["errors"]}, {"EFAILEDSOCKET"},
          "by code")
    # it does not turn in circles meanwhile
    true(1 <= report["calls"] < 500, "%d calls" % report["calls"])
    status, report, err = press("-d", 1, "--rate", 50, addr=NOBODY)
    equal((status, report["calls"] + report["unsent"]), (1, 50), "at a rate")


def test_press_ends_when_told():
    before = counters("kelp.Echo/Echo")["calls"]
    with subprocess.Popen(["kelpctl", "-j", "press", ADDR, "kelp.Echo/Echo",
                           "-d", "100"], stdout=subprocess.PIPE) as load:
        try:
            wait_for(lambda: counters("kelp.Echo/Echo")["calls"] > before + 10,
                     what="calls")
            load.send_signal(signal.SIGINT)
            report = json.loads(load.communicate(timeout=20 * PATIENCE)[0])
        finally:
            load.kill()
    equal(load.returncode, 0, "status")
    consistent(report)
    true(report["seconds"] < 60 and report["calls"] > 10, repr(report))


if __name__ == "__main__":
    kelp_test.main(globals())
