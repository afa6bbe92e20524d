#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=6.12,debug where=guest timeout=120
"""curl and wget ask for parts of files, for compressed ones, and for those
that changed.

What a browser does is in browser.py; each rule by itself, in other suites.
"""
import os
import subprocess

import kelp_test
import site_kit
from clients_kit import ENCODERS, counted, curl
from kelp_test import PATIENCE, equal, get, true, wait_for
from site_kit import noise, put, replace, same_file

BASE = "http://127.0.0.1:8080"
TEXT = b"".join(b"line %d of a text\n" % number for number in range(5000))
LARGE = noise(3 << 20)    # Larger than what is kept in memory.
CODINGS = list(ENCODERS)


def setup():
    site_kit.serve()
    put("text.txt", TEXT)
    put("large", LARGE)
    put("plain.txt", TEXT)
    for suffix, encode in ENCODERS.values():
        put("plain.txt." + suffix, encode(TEXT))
    put("one.txt", TEXT)
    put("one.txt.gz", ENCODERS["gzip"][1](TEXT))


teardown = site_kit.stop


def both():
    """A cached file and one that is read as it is sent."""
    yield "text.txt", TEXT
    yield "large", LARGE


# Ranges

def test_curl_ranges():
    for name, data in both():
        size = len(data)
        for field, begin, end in (
                ("0-0", 0, 1), ("100-", 100, size), ("-50", size - 50, size),
                ("70000-99999999", 70000, size)):
            got = curl("--range", field, BASE + "/" + name)
            equal(got.codes, [206], name + " " + field)
            equal(got.fields("Content-Range"), ["bytes %d-%d/%d" %
                                                (begin, end - 1, size)], field)
            true(got.body == data[begin:end], "%s %s: other bytes" %
                 (name, field))
        got = curl("--range", "%d-" % size, BASE + "/" + name)
        equal((got.codes, got.fields("Content-Range")),
              ([416], ["bytes */%d" % size]), name + ": beyond the end")


def test_curl_several_ranges():
    for name, data in both():
        got = curl("--range", "0-9,100-199,-5", BASE + "/" + name)
        equal(got.codes, [206], name)
        kind = got.fields("Content-Type")[0]
        true(kind.startswith("multipart/byteranges"), kind)
        boundary = kind.partition("boundary=")[2].strip('"').encode()
        parts = got.body.split(b"--" + boundary)
        equal(parts[-1].strip(), b"--", "after the last boundary")
        size = len(data)
        for part, (begin, end) in zip(parts[1:-1], (
                (0, 10), (100, 200), (size - 5, size)), strict=True):
            head, _, body = part.partition(b"\r\n\r\n")
            true(b"bytes %d-%d/%d" % (begin, end - 1, size) in head, str(head))
            equal(body, data[begin:end] + b"\r\n", "%d-" % begin)


def test_curl_resumes_a_download():
    with kelp_test.scratch() as folder:
        for name, data in both():
            for there in (1, len(data) - 1):
                path = kelp_test.write_file(folder + "/part", data[:there])
                with counted() as made:
                    subprocess.run(
                        ["curl", "--silent", "--show-error", "--fail",
                         "--continue-at", "-", "--output", path,
                         BASE + "/" + name], check=True)
                true(same_file(path, site_kit.site + "/" + name), name)
                true(made["sent_bytes"] < len(data) - there + 2000,
                     "%s from %d: %d bytes came" % (name, there,
                                                    made["sent_bytes"]))


def test_curl_fetches_a_file_in_parts():
    """As download accelerators do: pieces side by side."""
    size, count = len(LARGE), 8
    with kelp_test.scratch() as folder:
        curls = []
        for number in range(count):
            curls.append(subprocess.Popen(
                ["curl", "--silent", "--show-error", "--fail", "--range",
                 "%d-%d" % (size * number // count,
                            size * (number + 1) // count - 1), "--output",
                 "%s/%d" % (folder, number), BASE + "/large"]))
        equal([process.wait(60 * PATIENCE) for process in curls], [0] * count,
              "status")
        found = b""
        for number in range(count):
            with open("%s/%d" % (folder, number), "rb") as file:
                found += file.read()
        true(found == LARGE, "other bytes")


def test_wget_resumes_a_download():
    with kelp_test.scratch() as folder:
        for name, data in both():
            kelp_test.write_file(folder + "/" + name, data[:70000])
            with counted() as made:
                subprocess.run(["wget", "--quiet", "--continue", BASE + "/" +
                                name], cwd=folder, check=True)
            true(same_file(folder + "/" + name, site_kit.site + "/" + name),
                 name)
            true(made["sent_bytes"] < len(data) - 70000 + 2000,
                 "%s: %d bytes came" % (name, made["sent_bytes"]))


# Conditions

def test_curl_if_modified_since():
    for name, data in both():
        path = site_kit.site + "/" + name
        os.utime(path, (10 ** 9, 10 ** 9))
        wait_for(lambda: get("/" + name, method="HEAD").get("Last-Modified") ==
                 "Sun, 09 Sep 2001 01:46:40 GMT", 3 * PATIENCE, "the new time")
        with kelp_test.scratch() as folder:
            # -z takes the time of a file, -R sets it.
            first = curl("--remote-time", BASE + "/" + name)
            true(first.body == data, name)
            copy = kelp_test.write_file(folder + "/copy", data)
            for time, status in ((10 ** 9, 304), (10 ** 9 + 1, 304),
                                 (10 ** 9 - 1, 200)):
                os.utime(copy, (time, time))
                got = curl("--time-cond", copy, BASE + "/" + name)
                equal(got.codes, [status], "%s, %d" % (name, time))
                true(got.body == (data if status == 200 else b""), name)
                equal(got.fields("ETag"), first.fields("ETag"), name)
            got = curl("--header", "If-Unmodified-Since: Sun, 09 Sep 2001 "
                       "01:46:39 GMT", BASE + "/" + name)
            equal(got.codes, [412], name + ": If-Unmodified-Since")


def test_curl_entity_tags():
    with kelp_test.scratch() as folder:
        tag = folder + "/tag"
        for name, data in both():
            first = curl("--etag-save", tag, BASE + "/" + name)
            true(first.codes == [200] and first.body == data, name)
            again = curl("--etag-compare", tag, "--etag-save", tag,
                         BASE + "/" + name)
            equal((again.codes, again.body), ([304], b""), name + ": again")
            equal(again.fields("ETag"), first.fields("ETag"), name + ": ETag")
            replace(name, data[::-1])
            wait_for(lambda: get("/" + name).body == data[::-1], 3 * PATIENCE,
                     name + " changed")
            got = curl("--etag-compare", tag, "--etag-save", tag,
                       BASE + "/" + name)
            true(got.body == data[::-1], name + ": other bytes")
            replace(name, data)
            wait_for(lambda: get("/" + name).body == data, 3 * PATIENCE,
                     name + " as before")


def test_wget_looks_for_newer_files():
    """-N: a second run fetches nothing, and then only what changed."""
    names = ["newer/%d" % number for number in range(5)]
    for name in names:
        put(name, noise(20000))
        os.utime(site_kit.site + "/" + name, (10 ** 9, 10 ** 9))
    command = ["wget", "--quiet", "--timestamping", "--no-host-directories",
               "--force-directories"] + [BASE + "/" + name for name in names]
    with kelp_test.scratch() as folder:
        subprocess.run(command, cwd=folder, check=True)
        with counted() as made:
            subprocess.run(command, cwd=folder, check=True)
        equal((made["requests"], made["http_2xx"], made["http_3xx"]),
              (5, 0, 5), "requests, 2xx, 3xx")
        replace(names[2], noise(30000))
        wait_for(lambda: get("/" + names[2]).body == noise(30000),
                 3 * PATIENCE, "the change")
        with counted() as made:
            subprocess.run(command, cwd=folder, check=True)
        equal((made["http_2xx"], made["http_3xx"]), (1, 4), "2xx, 3xx")
        for name in names:
            true(same_file(folder + "/" + name, site_kit.site + "/" + name),
                 name)


# Compressed variants

def test_curl_compressed():
    """Each coding by itself; curl undoes it."""
    kind = curl(BASE + "/plain.txt").fields("Content-Type")
    for coding in CODINGS:
        got = curl("--compressed", "--header", "Accept-Encoding: " + coding,
                   BASE + "/plain.txt")
        equal((got.codes, got.fields("Content-Encoding")), ([200], [coding]),
              coding)
        true(got.body == TEXT, coding + ": other bytes")
        true("accept-encoding" in got.fields("Vary")[0].lower(), "Vary")
        equal(got.fields("Content-Type"), kind, coding + ": type")


def test_curl_takes_what_there_is():
    """Its own list of all codings; one file has a single variant, one none."""
    got = curl("--compressed", BASE + "/plain.txt")
    true(got.fields("Content-Encoding")[0] in CODINGS, "best")
    true(got.body == TEXT, "other bytes")
    for name, coding in (("one.txt", ["gzip"]), ("text.txt", [])):
        got = curl("--compressed", BASE + "/" + name)
        equal(got.fields("Content-Encoding"), coding, name)
        true(got.body == TEXT, name + ": other bytes")
    got = curl(BASE + "/plain.txt")
    equal(got.fields("Content-Encoding"), [], "without Accept-Encoding")
    true(got.body == TEXT and got.fields("Vary"), "plain")


def test_curl_variants_have_entity_tags_of_their_own():
    tags = {}
    for coding in CODINGS + ["identity"]:
        got = curl("--header", "Accept-Encoding: " + coding,
                   BASE + "/plain.txt")
        tags[coding] = got.fields("ETag")[0]
    equal(len(set(tags.values())), len(tags), "different entity-tags")
    names = list(tags)
    for number, (coding, tag) in enumerate(tags.items()):
        for other in (coding, names[number - 1]):
            got = curl("--header", "Accept-Encoding: " + other, "--header",
                       "If-None-Match: " + tag, BASE + "/plain.txt")
            equal(got.codes, [304 if other == coding else 200],
                  "%s with the tag of %s" % (other, coding))


def test_curl_range_of_a_variant():
    """Of the encoded bytes (RFC 9110, 14): that is the representation."""
    with open(site_kit.site + "/one.txt.gz", "rb") as file:
        data = file.read()
    got = curl("--header", "Accept-Encoding: gzip", "--range", "10-49",
               BASE + "/one.txt")
    equal((got.codes, got.fields("Content-Range"), got.body),
          ([206], ["bytes 10-49/%d" % len(data)], data[10:50]), "range")


if __name__ == "__main__":
    kelp_test.main(globals())
