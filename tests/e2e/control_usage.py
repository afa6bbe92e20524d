#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 where=guest timeout=120
"""kelpctl as a command: help, and command lines that make no sense.

Nothing of this depends on the kernel, so one is enough.
"""
import re
import subprocess

import kelp_test
from control_kit import at_once, changes_nothing, one_sentence, run
from kelp_test import equal, true

OBJECTS = {
    "listener": ["add", "del", "show"],
    "object": ["put", "del", "show"],
    "site": ["add", "del", "show"],
    "route": ["add", "del", "show"],
    "conn": ["show"],
    "stats": ["show"],
    "limits": ["show", "set"],
    "status": [],
    "drain": [],
    "call": [],
    "services": [],
    "press": [],
    "decode": ["message", "frame"],
}


# The command line

def test_help():
    words = [["--help"], ["-h"]]
    for name, verbs in OBJECTS.items():
        words.append([name, "--help"])
        words += [[name, verb, "--help"] for verb in verbs]

    def look(args):
        status, out, err = run(*args)
        equal(status, 0, "status of kelpctl " + " ".join(args))
        equal(err, "", "standard error of kelpctl " + " ".join(args))
        true("kelpctl" in out, "kelpctl %s: no help: %r" % (args, out))

    at_once(look, words)
    status, out, _ = run("--help")
    for name in OBJECTS:
        true(re.search(r"\b%s\b" % name, out), "--help lacks " + name)
    true("kelpctl" in run("--version")[1], "no version")


def test_wrong_usage_exits_2():
    changes_nothing([
        ([], ""),
        (["lamp"], "lamp"),
        (["listener"], "verb"),
        (["listener", "paint"], "paint"),
        (["listener", "add"], "ADDR:PORT"),
        (["listener", "add", "127.0.0.1:1", "127.0.0.1:2"], ""),
        (["listener", "show", "extra"], "extra"),
        (["object", "put", "/x"], "FILE"),
        (["site", "add", "/"], "DIR"),
        (["route", "add", "/"], "HANDLER"),
        (["limits", "set", "body"], "VALUE"),
        (["status", "now"], "now"),
        (["--colour", "status"], "colour"),
        (["-x", "status"], "-x"),
        (["listener", "add", "127.0.0.1:8080", "--dotfiles"], "dotfiles"),
        (["site", "add", "/", "/tmp", "--host"], "host"),
        (["drain", "--timeout", "soon"], "timeout"),
        (["listener", "add", "127.0.0.1"], "port"),
        (["listener", "add", "127.0.0.1:"], "port"),
        (["listener", "add", "127.0.0.1:0"], "port"),
        (["listener", "add", "127.0.0.1:65536"], "port"),
        (["listener", "add", "127.0.0.1:http"], "port"),
        (["listener", "add", "127.0.0.1:80 80"], "port"),
        (["listener", "add", "256.0.0.1:80"], "address"),
        (["listener", "add", "localhost:80"], "numeric"),
        (["listener", "add", "::1:80"], "bracket"),
        (["listener", "add", "[::1]"], "port"),
        (["listener", "add", "[::1:80"], r"\]"),
        (["listener", "add", "[::g]:80"], "IPv6"),
        (["limits", "set", "body", "lots"], "number"),
        (["limits", "set", "body", "--", "-1"], "number"),
        (["limits", "set", "body", "1e6"], "number"),
        (["limits", "set", "body", "99999999999999999999"], "large"),
        (["limits", "set", "idle_timeout", "10 s"], "time"),
    ], status=2)


def test_a_full_output_is_an_error():
    with open("/dev/full", "wb") as full:
        done = subprocess.run(["kelpctl", "status"], stdout=full,
                              stderr=subprocess.PIPE, check=False)
    equal(done.returncode, 1, "status")
    one_sentence(done.stderr.decode(), "status >/dev/full")


if __name__ == "__main__":
    kelp_test.main(globals())
