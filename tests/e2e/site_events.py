#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1,debug soak-kernels=6.12 where=guest timeout=120
"""Cached files: told of changes at once, read once, given up for memory.

A change that the file system tells of is in the very first answer after it;
that all others are noticed within a second is in site_change.py.
"""
import os
import statistics
import subprocess
import sys
import time

import kelp_test
import site_kit
from kelp_test import (Connection, equal, get, kelpctl, kelpctl_json, true,
                       wait_for, write_file)
from site_kit import noise, put, replace

setup = site_kit.serve
teardown = site_kit.stop


def stat(name):
    return kelpctl_json("stats", "show")[name]


def at_once(name, change, status, body=None):
    """The file is cached; the first request after the change shows it."""
    put(name, b"before")
    target = "/" + name
    with Connection() as connection:
        wait_for(lambda: connection.request(target).body == b"before",
                 what=name)
        equal(connection.request(target).body, b"before", name)
        change(site_kit.site + target)
        answer = connection.request(target)
        equal(answer.status, status, name)
        true(body is None or answer.body == body, name + ": old content")


# Events

def rewrite(path):
    with open(path, "wb") as file:
        file.write(b"after")


def in_place(path):
    with open(path, "r+b") as file:
        file.write(b"after!")


def append(path):
    with open(path, "ab") as file:
        file.write(b" and after")


def through_a_link(path):
    os.link(path, site_kit.root + "/link")
    get("/" + os.path.basename(path))
    rewrite(site_kit.root + "/link")
    os.unlink(site_kit.root + "/link")


def test_at_once():
    at_once("rewrite", rewrite, 200, b"after")
    at_once("in-place", in_place, 200, b"after!")
    at_once("append", append, 200, b"before and after")
    at_once("truncate", lambda path: os.truncate(path, 2), 200, b"be")
    at_once("replace", lambda path: replace("replace", b"after"), 200,
            b"after")
    at_once("unlink", os.unlink, 404)
    at_once("rename", lambda path: os.rename(path, path + ".away"), 404)
    at_once("chmod", lambda path: os.chmod(path, 0o600), 403)
    at_once("link", through_a_link, 200, b"after")
    true(stat("cache_events") >= 9, "events are counted")


def test_again_and_again():
    """Also the file that took the place of one that was watched is watched."""
    put("again", b"0")
    with Connection() as connection:
        for number in range(1, 20):
            connection.request("/again")
            replace("again", b"%d" % number)
            equal(connection.request("/again").body, b"%d" % number, "replace")
            with open(site_kit.site + "/again", "wb") as file:
                file.write(b"%d!" % number)
            equal(connection.request("/again").body, b"%d!" % number, "rewrite")


def test_two_names_for_one_file():
    put("two/index.html", b"before")
    for target in ("/two/", "/two/index.html"):
        equal(get(target).body, b"before", target)
    replace("two/index.html", b"after")
    for target in ("/two/", "/two/index.html"):
        equal(get(target).body, b"after", target)


def test_what_no_event_tells():
    """Of variants, and of an index that comes before the one that was there,
    nothing is told: within a second a look at the files finds them."""
    put("quiet/b.html", b"second choice")
    put("quiet/file", b"plain")
    kelpctl("site", "add", "/q", site_kit.site + "/quiet",
            "--index", "a.html,b.html")
    gzip = [("Accept-Encoding", "gzip")]

    def becomes(target, body):
        begin = time.monotonic()
        wait_for(lambda: get(target, headers=gzip).body == body, what=target)
        took = time.monotonic() - begin
        true(took < 1.0 + 0.5 * kelp_test.PATIENCE, "%s: %.2f s" %
             (target, took))
    try:
        equal(get("/q/file", headers=gzip).body, b"plain", "the file")
        equal(get("/q/", headers=gzip).body, b"second choice", "the index")
        before = stat("cache_events")
        put("quiet/a.html", b"first choice")
        becomes("/q/", b"first choice")
        for body in (b"a variant", b"another variant"):
            put("quiet/file.gz", body)
            becomes("/q/file", body)
        os.unlink(site_kit.site + "/quiet/file.gz")
        becomes("/q/file", b"plain")
        equal(stat("cache_events"), before, "events")
    finally:
        kelpctl("site", "del", "/q")


def test_looking_is_no_change():
    put("look", b"x")
    get("/look")
    before = stat("cache_events")
    with open(site_kit.site + "/look", "rb") as file:
        file.read()
    os.stat(site_kit.site + "/look")
    for _ in range(3):
        get("/look")
    equal(stat("cache_events"), before, "events")


def test_a_file_that_is_always_written():
    """Readers are not made to read it again for every write."""
    put("log", b"x" * 1000)
    with Connection() as connection, \
            open(site_kit.site + "/log", "ab", buffering=0) as file:
        connection.request("/log")
        before, begin = stat("cache_events"), time.monotonic()
        for _ in range(300):
            file.write(b"line\n")
        took = time.monotonic() - begin
        true(stat("cache_events") - before <= took / 0.09 + 2,
             "events: %d in %.2f s" % (stat("cache_events") - before, took))
    equal(len(get("/log").body), 2500, "after the last")


def test_a_file_system_below_is_not_held():
    mount = site_kit.site + "/mount"
    os.mkdir(mount)
    subprocess.run(["mount", "-t", "tmpfs", "none", mount], check=True)
    try:
        os.chmod(mount, 0o755)
        write_file(mount + "/file", b"there")
        equal(get("/mount/file").body, b"there", "below a mount")
    finally:
        done = subprocess.run(["umount", mount], check=False,
                              capture_output=True)
    equal((done.returncode, done.stderr), (0, b""), "umount")
    equal(get("/mount/file").status, 404, "after umount")


def measure(change, shown):
    """Seconds from a change to the first answer that shows it."""
    with Connection() as connection:
        connection.request("/measure/file")
        change()
        begin = time.monotonic()
        while not shown(connection.request("/measure/file")):
            true(time.monotonic() - begin < 5, "not noticed")
        return time.monotonic() - begin


def test_how_soon():
    told, looked = [], []
    folder = site_kit.site + "/measure"
    for number in range(8):
        put("measure/file", b"first")
        told.append(measure(
            lambda n=number: replace("measure/file", b"%d" % n),
            lambda answer, n=number: answer.body == b"%d" % n))
        looked.append(measure(
            lambda n=number: os.rename(folder, folder + str(n)),
            lambda answer: answer.status == 404))
    print("# told: median %.1f ms, most %.1f ms; looked: median %.1f ms, "
          "most %.1f ms" % tuple(1000 * value for value in (
              statistics.median(told), max(told),
              statistics.median(looked), max(looked))),
          file=sys.stderr)
    true(max(looked) < 1 + 0.5 * kelp_test.PATIENCE, "too late: %s" % looked)


# Once

def test_a_cold_file_is_read_once():
    put("herd", noise(300000))
    fills = stat("cache_fills")
    connections = [Connection() for _ in range(30)]
    try:
        for connection in connections:
            connection.send(b"GET /herd HTTP/1.1\r\nHost: x\r\n\r\n")
        for connection in connections:
            true(connection.response().body == noise(300000), "other bytes")
    finally:
        for connection in connections:
            connection.close()
    # A file that is so new may have to be looked at twice.
    true(stat("cache_fills") - fills <= 2,
         "read %d times" % (stat("cache_fills") - fills))


# Memory

def drop_caches():
    with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as file:
        file.write("2")


def test_shrinking():
    for number in range(20):
        put("shrink/%d" % number, noise(5000))
        get("/shrink/%d" % number)
    status = kelpctl_json("stats", "show")
    true(status["cache_objects"] >= 20, "cached")
    true(status["cache_bytes"] >= 100000, "bytes")

    def gone():
        drop_caches()
        return not stat("cache_objects")

    wait_for(gone, what="the cache is given up")
    equal(stat("cache_bytes"), 0, "bytes")
    equal(kelpctl_json("site", "show")[0]["cached_objects"], 0, "of the site")
    true(stat("cache_shrunk") >= status["cache_shrunk"] + 20, "counted")
    for number in range(20):
        true(get("/shrink/%d" % number).body == noise(5000), "served again")
    equal(stat("cache_objects"), 20, "cached again")


def test_shrinking_while_serving():
    put("hot", noise(50000))
    kelpctl("limits", "set", "cache", "64M")
    with Connection() as connection:
        for _ in range(30):
            drop_caches()
            true(connection.request("/hot").body == noise(50000), "other bytes")


if __name__ == "__main__":
    kelp_test.main(globals())
