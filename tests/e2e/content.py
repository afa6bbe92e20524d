#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1,debug soak-kernels=6.12 where=guest timeout=240
"""What a request gets of a file or an object: all, some of it, or a 304.

Preconditions, ranges and encoded variants (RFC 9110, 8, 13 and 14), of what is
small, what is sent by page reference, and what is sent in chunks. The answers
of the fields' many forms are unit tests; here it is that they are asked.
"""
import email
import email.policy
import email.utils
import gzip
import os
import random
import time

import kelp_test
import site_kit
from kelp_test import (KERNEL, PATIENCE, SOAK, Connection, equal, get, kelpctl,
                       kelpctl_json, true, wait_for, write_file)
from site_kit import noise, put, replace

SMALL, PAGED, STREAMED = 3000, 200001, (1 << 20) + 54321
OLD = 10 ** 9    # a time stamp: 9 September 2001
OLD_DATE = "Sun, 09 Sep 2001 01:46:40 GMT"
NOTICED = 1.0 + 0.5 * PATIENCE

# Target: its bytes.
bodies = {}


def age(name, seconds=OLD):
    os.utime(site_kit.site + "/" + name, (seconds, seconds))


def setup():
    site_kit.serve()
    for name, size in (("small", SMALL), ("paged", PAGED),
                       ("streamed", STREAMED)):
        put(name + ".txt", noise(size))
        age(name + ".txt")
        bodies["/%s.txt" % name] = noise(size)
    for name, size in (("put-small", 2000), ("put-paged", 50000)):
        kelpctl("object", "put", "/" + name,
                write_file(site_kit.root + "/" + name, noise(size)))
        bodies["/" + name] = noise(size)
    for target in bodies:
        # A file as young as this one is has no tag while it is streamed.
        wait_for(lambda one=target: get(one).get("ETag"), what="tag")


teardown = site_kit.stop


# The tag: what hash it is, so that machines agree

MASK = (1 << 64) - 1


def rotated(x, bits):
    return (x << bits | x >> (64 - bits)) & MASK


def siphash(key0, key1, data):
    v = [key0 ^ 0x736f6d6570736575, key1 ^ 0x646f72616e646f6d,
         key0 ^ 0x6c7967656e657261, key1 ^ 0x7465646279746573]

    def rounds(count):
        for _ in range(count):
            v[0] = (v[0] + v[1]) & MASK
            v[1] = rotated(v[1], 13) ^ v[0]
            v[2] = (v[2] + v[3]) & MASK
            v[3] = rotated(v[3], 16) ^ v[2]
            v[0] = (rotated(v[0], 32) + v[3]) & MASK
            v[3] = rotated(v[3], 21) ^ v[0]
            v[2] = (v[2] + v[1]) & MASK
            v[1] = rotated(v[1], 17) ^ v[2]
            v[2] = rotated(v[2], 32)

    whole = len(data) // 8 * 8
    last = (len(data) & 255) << 56 | int.from_bytes(data[whole:], "little")
    for word in [int.from_bytes(data[at:at + 8], "little")
                 for at in range(0, whole, 8)] + [last]:
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    v[2] ^= 255
    rounds(4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def tag_of(data, suffix=""):
    digest = 0
    for at in range(0, len(data), 4096):
        digest = siphash(0x6b656c7065746167, digest, data[at:at + 4096])
    return '"%016x-%x%s"' % (digest, len(data), suffix)


def test_validators():
    for target in bodies:
        answer = get(target)
        equal(answer.status, 200, target)
        equal(answer.get("Accept-Ranges"), "bytes", target)
        equal(answer.get("Vary"), None, "Vary of " + target)
        if target.endswith(".txt"):
            equal(answer.get("Last-Modified"), OLD_DATE, target)
        if "streamed" not in target:
            equal(answer.get("ETag"), tag_of(bodies[target]), target)
    equal(get("/small.txt").get("ETag"), get("/small.txt").get("ETag"), "again")
    equal(get("/streamed.txt").get("ETag"), get("/streamed.txt").get("ETag"),
          "streamed again")


def test_the_tag_goes_with_the_bytes():
    put("one", noise(70000))
    put("other", noise(70000))
    equal(get("/one").get("ETag"), get("/other").get("ETag"), "same bytes")
    data = bytearray(noise(70000))
    data[-1] ^= 1
    replace("other", bytes(data))
    wait_for(lambda: get("/other").body == bytes(data), what="the new file")
    equal(get("/other").get("ETag"), tag_of(data), "another byte")


def test_a_streamed_file_that_changes_gets_another_tag():
    put("grows", noise(STREAMED))
    first = wait_for(lambda: get("/grows").get("ETag"), what="tag")
    with open(site_kit.site + "/grows", "r+b") as file:
        file.write(b"x")
    second = wait_for(lambda: get("/grows").get("ETag"), what="tag")
    true(first != second, "the same tag for other bytes")
    true(not second.startswith("W/"), "a weak tag")


# Preconditions

def ask(connection, target, method="GET", **fields):
    """A field name's underscores are hyphens, a list of values several lines."""
    headers = []
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            headers.append((name.replace("_", "-"), one))
    return connection.request(target, method, headers)


def test_preconditions():
    with Connection() as connection:
        for target, body in bodies.items():
            plain = ask(connection, target)
            tag, date = plain.get("ETag"), plain.get("Last-Modified")
            later = email.utils.formatdate(time.time() + 9, usegmt=True)
            earlier = "Sun, 06 Nov 1994 08:49:37 GMT"
            for status, fields in (
                    (304, {"If_None_Match": tag}),
                    (304, {"If_None_Match": "W/" + tag}),
                    (304, {"If_None_Match": '"a", %s , "b"' % tag}),
                    (304, {"If_None_Match": ['"a"', tag]}),
                    (304, {"If_None_Match": "*"}),
                    (200, {"If_None_Match": '"a"'}),
                    (200, {"If_None_Match": tag[:-1]}),
                    (304, {"If_Modified_Since": date}),
                    (304, {"If_Modified_Since": later}),
                    (200, {"If_Modified_Since": earlier}),
                    (200, {"If_Modified_Since": [date, date]}),
                    (200, {"If_None_Match": '"a"', "If_Modified_Since": date}),
                    (304, {"If_None_Match": tag, "If_Modified_Since": earlier}),
                    (200, {"If_Match": tag}),
                    (200, {"If_Match": "*"}),
                    (412, {"If_Match": "W/" + tag}),
                    (412, {"If_Match": '"a"'}),
                    (304, {"If_Match": tag, "If_None_Match": tag}),
                    (200, {"If_Unmodified_Since": date}),
                    (412, {"If_Unmodified_Since": earlier}),
                    (200, {"If_Unmodified_Since": "never"}),
                    (200, {"If_Match": tag, "If_Unmodified_Since": earlier}),
                    (412, {"If_Match": '"a"', "If_None_Match": tag}),
                    (304, {"If_None_Match": tag, "Range": "bytes=0-1"}),
                    (412, {"If_Match": '"a"', "Range": "bytes=0-1"})):
                for method in ("GET", "HEAD"):
                    answer = ask(connection, target, method, **fields)
                    what = "%s %s %s" % (method, target, fields)
                    equal(answer.status, status, what)
                    if status == 200 and method == "GET":
                        true(answer.body == body, "other bytes: " + what)
                    if status == 304:
                        equal(answer.get("ETag"), tag, what)


def test_what_304_says():
    for target in bodies:
        with Connection() as connection:
            plain = ask(connection, target)
            answer = ask(connection, target, If_None_Match="*")
            equal([name for name, _ in answer.headers],
                  ["Server", "Date", "ETag"], target)
            equal(answer.get("ETag"), plain.get("ETag"), target)
            ask(connection, target)    # The connection goes on behind it.


def test_what_has_no_validators():
    kelpctl("route", "add", "/kelp", "status")
    with Connection() as connection:
        answer = ask(connection, "/kelp/health")
        equal((answer.get("ETag"), answer.get("Last-Modified"),
               answer.get("Accept-Ranges")), (None, None, None), "health")
        equal(ask(connection, "/kelp/health", Range="bytes=0-0").body, b"ok\n",
              "range")
        equal(ask(connection, "/kelp/health", If_Match='"a"').status, 412,
              "If-Match")
        equal(ask(connection, "/kelp/health",
                  If_Modified_Since=OLD_DATE).status, 200, "date")
        equal(ask(connection, "/none", If_None_Match="*").status, 404, "404")
        equal(ask(connection, "/none", If_Match='"a"').status, 404, "404")


# Ranges

def is_range(answer, body, first, last, what):
    equal(answer.status, 206, what)
    equal(answer.get("Content-Range"),
          "bytes %d-%d/%d" % (first, last, len(body)), what)
    true(answer.body == body[first:last + 1], "other bytes: " + what)


def test_one_range():
    rng = random.Random(3)
    with Connection() as connection:
        for target, body in bodies.items():
            size = len(body)
            plain = ask(connection, target)
            edges = [0, 1, 4095, 4096, 4097, 8192, 32767, 32768, 131071, 131072,
                     131073, size - 2, size - 1]
            edges = [edge for edge in edges if edge < size]
            for number in range(150 if SOAK else 15 if KERNEL == "debug" else 40):
                pick = rng.choice if number % 2 else \
                    lambda _: rng.randrange(size)
                first, last = sorted((pick(edges), pick(edges)))
                what = "%s %d-%d" % (target, first, last)
                answer = ask(connection, target,
                             Range="bytes=%d-%d" % (first, last))
                is_range(answer, body, first, last, what)
                for name in ("ETag", "Last-Modified", "Content-Type",
                             "Accept-Ranges"):
                    equal(answer.get(name), plain.get(name), name)
            is_range(ask(connection, target, Range="bytes=%d-" % (size - 7)),
                     body, size - 7, size - 1, "open")
            is_range(ask(connection, target, Range="bytes=-9"), body, size - 9,
                     size - 1, "suffix")
            is_range(ask(connection, target, Range="bytes=-%d" % (size + 1)),
                     body, 0, size - 1, "long suffix")
            is_range(ask(connection, target, Range="bytes=5-%d" % (1 << 70)),
                     body, 5, size - 1, "far end")
            is_range(ask(connection, target, Range="bytes=%d-,3-4" % size),
                     body, 3, 4, "one of two")


def test_no_range():
    with Connection() as connection:
        for target, body in bodies.items():
            for value in ("bytes=", "bytes=2-1", "bytes=a-", "bytes 0-1",
                          "items=0-1", "bytes=0-1;", "bytes=0-,0-",
                          "bytes=" + ",".join("%d-%d" % (i, i)
                                              for i in range(0, 34, 2)),
                          ["bytes=0-1", "bytes=0-1"]):
                answer = ask(connection, target, Range=value)
                equal(answer.status, 200, "%s %s" % (target, value))
                true(answer.body == body, "other bytes")
            for value in ("bytes=%d-" % len(body), "bytes=-0",
                          "bytes=%d-" % (1 << 80), "bytes=-0,%d-" % (1 << 40)):
                answer = ask(connection, target, Range=value)
                equal((answer.status, answer.get("Content-Range")),
                      (416, "bytes */%d" % len(body)), value)
            equal(ask(connection, target, "HEAD", Range="bytes=0-1").head.split(
                b"\r\n")[0], b"HTTP/1.1 200 OK", "HEAD")


def test_nothing_to_range_over():
    put("empty", b"")
    for _ in range(2):
        answer = get("/empty", headers=[("Range", "bytes=0-0")])
        equal((answer.status, answer.get("Content-Range")), (416, "bytes */0"),
              "first byte")
        answer = get("/empty", headers=[("Range", "bytes=-1")])
        equal((answer.status, answer.body), (200, b""), "last byte")


def test_if_range():
    with Connection() as connection:
        for target, body in bodies.items():
            plain = ask(connection, target)
            tag, date = plain.get("ETag"), plain.get("Last-Modified")
            for holds, value in (
                    (True, tag), (False, "W/" + tag), (False, '"a"'),
                    (False, "*"), (False, ""), (False, [tag, tag]),
                    (False, "Sun, 06 Nov 1994 08:49:37 GMT"),
                    # What was put just now may have been put twice.
                    (date == OLD_DATE or None, date)):
                answer = ask(connection, target, Range="bytes=2-5",
                             If_Range=value)
                what = "%s If-Range: %s" % (target, value)
                if holds is not None:
                    equal(answer.status, 206 if holds else 200, what)
                true(answer.body in (body[2:6], body), what)
            equal(ask(connection, target, If_Range=tag).status, 200,
                  "without Range")


def parts_of(answer):
    """The parts of a multipart answer: (header fields, bytes)."""
    whole = b"Content-Type: " + answer.get("Content-Type").encode() + \
        b"\r\n\r\n" + answer.body
    message = email.message_from_bytes(whole, policy=email.policy.compat32)
    true(message.is_multipart() and not message.defects, "not multipart: %r" %
         answer.body[:200])
    true(not (message.preamble or "").strip() and
         not (message.epilogue or "").strip(), "bytes around the parts")
    boundary = message.get_boundary().encode()
    # The mail parser changes line ends: the bytes are cut out here.
    pieces = (b"\r\n" + answer.body).split(b"\r\n--" + boundary)
    equal((pieces[0], pieces[-1]), (b"", b"--\r\n"), "ends")
    parts = []
    for part, piece in zip(message.get_payload(), pieces[1:-1]):
        parts.append((part, piece.split(b"\r\n\r\n", 1)[1]))
    equal(len(parts), len(pieces) - 2, "parts")
    return boundary, parts


def are_ranges(answer, body, ranges, kind, what):
    equal(answer.status, 206, what)
    true(answer.get("Content-Type").startswith("multipart/byteranges;"), what)
    equal(answer.get("Content-Range"), None, what)
    boundary, parts = parts_of(answer)
    true(len(boundary) >= 16 and boundary not in body, "boundary")
    equal(len(parts), len(ranges), what)
    for (part, data), (first, last) in zip(parts, ranges):
        equal(part["Content-Range"], "bytes %d-%d/%d" %
              (first, last, len(body)), what)
        equal(part["Content-Type"], kind, what)
        true(data == body[first:last + 1], "other bytes: " + what)
    return boundary


def some_ranges(rng, size):
    """Up to 16 that do not overlap, in no order."""
    cuts = sorted(rng.sample(range(size), 2 * rng.randrange(2, 17)))
    ranges = list(zip(cuts[::2], cuts[1::2]))
    rng.shuffle(ranges)
    return ranges


def test_several_ranges():
    rng = random.Random(4)
    boundaries = set()
    asked = 0
    with Connection() as connection:
        for target, body in bodies.items():
            kind = ask(connection, target).get("Content-Type")
            for _ in range(60 if SOAK else 4 if KERNEL == "debug" else 12):
                ranges = some_ranges(rng, len(body))
                answer = ask(connection, target, Range="bytes=" + ",".join(
                    "%d-%d" % pair for pair in ranges))
                boundaries.add(are_ranges(answer, body, ranges, kind, target))
                asked += 1
                equal(answer.get("ETag"),
                      ask(connection, target, "HEAD").get("ETag"), target)
    equal(len(boundaries), asked, "boundaries that differ")


def test_ranges_to_a_slow_reader():
    """Answers that TCP does not take at once, one behind the other."""
    with Connection(rcvbuf=4096) as connection:
        request = b""
        for target in bodies:
            request += b"GET %s HTTP/1.1\r\nHost: x\r\n" \
                b"Range: bytes=1-900,-1900\r\n\r\n" % target.encode()
            request += b"GET %s HTTP/1.1\r\nHost: x\r\n" \
                b"Range: bytes=7-\r\n\r\n" % target.encode()
        connection.send(request)
        for target, body in bodies.items():
            size = len(body)
            answer = connection.response()
            if size > 2800:
                are_ranges(answer, body, [(1, 900), (size - 1900, size - 1)],
                           get(target).get("Content-Type"), target)
            is_range(connection.response(), body, 7, size - 1, target)


def test_cut_anywhere():
    """However the request comes in pieces, the worker gives the same answer."""
    request = b"GET /paged.txt HTTP/1.1\r\nHost: x\r\nRange: bytes=9-99\r\n" \
        b"If-Match: *\r\nIf-None-Match: \"a\"\r\nIf-None-Match: \"b\"\r\n\r\n"
    with Connection() as connection:
        for cut in range(1, len(request), 7):
            connection.send(request, [cut])
            is_range(connection.response(), bodies["/paged.txt"], 9, 99,
                     "cut at %d" % cut)


# Variants

def variant(name, suffix, data, seconds=None):
    """Appears all at once, as what writes such files should do it."""
    replace("%s.%s" % (name, suffix), data)
    if seconds:
        age("%s.%s" % (name, suffix), seconds)


def test_encodings():
    plain = b"compress me " * 2000
    put("code.js", plain)
    age("code.js")
    encoded = {"gzip": gzip.compress(plain), "br": noise(500),
               "zstd": noise(600)}
    for suffix, coding in (("gz", "gzip"), ("br", "br"), ("zst", "zstd")):
        variant("code.js", suffix, encoded[coding])
    encoded[None] = plain
    suffixes = {None: "", "gzip": "-gz", "br": "-br", "zstd": "-zst"}
    with Connection() as connection:
        kind = ask(connection, "/code.js").get("Content-Type")
        for accept, coding in (
                (None, None), ("gzip", "gzip"), ("br", "br"), ("zstd", "zstd"),
                ("gzip, deflate, br, zstd", "br"), ("gzip, br;q=0.9", "gzip"),
                (["gzip;q=0.1", "zstd"], "zstd"), ("*", "br"),
                ("identity", None), ("deflate", None), ("gzip;q=0", None),
                ("identity;q=0", None), ("identity;q=0, gzip;q=0.1", "gzip"),
                ("br;q=0, *;q=0.5", "zstd"), ("", None)):
            fields = {} if accept is None else {"Accept_Encoding": accept}
            for method in ("GET", "HEAD"):
                answer = ask(connection, "/code.js", method, **fields)
                what = "Accept-Encoding: %s" % accept
                equal(answer.status, 200, what)
                equal(answer.get("Content-Encoding"), coding, what)
                equal(answer.get("Vary"), "Accept-Encoding", what)
                equal(answer.get("Content-Type"), kind, what)
                equal(answer.get("ETag"),
                      tag_of(encoded[coding], suffixes[coding]), what)
                equal(answer.get("Content-Length"), str(len(encoded[coding])),
                      what)
                if method == "GET":
                    true(answer.body == encoded[coding], "bytes: " + what)
        tag = ask(connection, "/code.js", Accept_Encoding="gzip").get("ETag")
        answer = ask(connection, "/code.js", Accept_Encoding="gzip",
                     If_None_Match=tag)
        equal(answer.status, 304, "the variant's tag")
        equal([name for name, _ in answer.headers],
              ["Server", "Date", "ETag", "Vary"], "304")
        equal(ask(connection, "/code.js", If_None_Match=tag).status, 200,
              "the variant's tag for the plain file")
        answer = ask(connection, "/code.js", Accept_Encoding="gzip",
                     Range="bytes=5-20")
        is_range(answer, encoded["gzip"], 5, 20, "range of a variant")
        equal(answer.get("Content-Encoding"), "gzip", "range of a variant")
        answer = ask(connection, "/code.js", Accept_Encoding="gzip",
                     Range="bytes=5-8,1-2")
        equal(answer.get("Content-Encoding"), None, "parts are encoded, and "
              "the whole is not")
        _, parts = parts_of(answer)
        equal([data for _, data in parts],
              [encoded["gzip"][5:9], encoded["gzip"][1:3]], "parts")
        equal(parts[0][0]["Content-Encoding"], "gzip", "part")
        equal(ask(connection, "/code.js.gz").get("Content-Encoding"), None,
              "the file itself")


def test_variant_of_an_index():
    put("sub/index.html", b"<p>plain")
    age("sub/index.html")
    variant("sub/index.html", "gz", gzip.compress(b"<p>plain"))
    answer = get("/sub/", headers=[("Accept-Encoding", "gzip")])
    equal(answer.get("Content-Encoding"), "gzip", "index")
    equal(gzip.decompress(answer.body), b"<p>plain", "index")


def noticed(check, what):
    """Within a second of now the server answers accordingly."""
    end = time.monotonic() + NOTICED
    while not check():
        true(time.monotonic() < end, what + ": not within a second")
        time.sleep(0.02)    # poll


def coding_of(target):
    answer = get(target, headers=[("Accept-Encoding", "gzip, br")])
    return answer.get("Content-Encoding"), answer.get("Vary"), answer.body


def test_variants_come_and_go():
    vary = "Accept-Encoding"
    put("page", b"plain")
    age("page")
    equal(coding_of("/page"), (None, None, b"plain"), "none yet")
    variant("page", "gz", b"first")
    noticed(lambda: coding_of("/page") == ("gzip", vary, b"first"), "added")
    equal(get("/page").get("Vary"), vary, "Vary of the plain file")
    variant("page", "gz", b"second")
    noticed(lambda: coding_of("/page") == ("gzip", vary, b"second"), "changed")
    with open(site_kit.site + "/page.gz", "r+b") as file:
        file.write(b"third ")
    noticed(lambda: coding_of("/page") == ("gzip", vary, b"third "), "written")
    variant("page", "br", b"brotli")
    noticed(lambda: coding_of("/page") == ("br", vary, b"brotli"), "another")
    os.unlink(site_kit.site + "/page.br")
    noticed(lambda: coding_of("/page") == ("gzip", vary, b"third "), "removed")
    # The file is newer than what it was compressed to: a leftover.
    replace("page", b"new")
    age("page.gz")
    noticed(lambda: coding_of("/page") == (None, None, b"new"), "older")
    variant("page", "gz", b"anew")
    noticed(lambda: coding_of("/page") == ("gzip", vary, b"anew"), "renewed")
    os.chmod(site_kit.site + "/page.gz", 0o600)
    noticed(lambda: coding_of("/page") == (None, None, b"new"), "closed")
    os.chmod(site_kit.site + "/page.gz", 0o644)
    noticed(lambda: coding_of("/page")[0] == "gzip", "opened")
    os.unlink(site_kit.site + "/page.gz")
    os.symlink(site_kit.root + "/secret", site_kit.site + "/page.gz")
    noticed(lambda: coding_of("/page") == (None, None, b"new"), "leads outside")
    os.unlink(site_kit.site + "/page.gz")
    os.mkdir(site_kit.site + "/page.gz")
    noticed(lambda: coding_of("/page") == (None, None, b"new"), "a directory")


def test_a_variant_that_is_being_written():
    """Half of an encoded file is worth nothing."""
    put("slow", b"plain")
    age("slow")
    with open(site_kit.site + "/slow.gz", "wb") as file:
        file.write(b"half")
        file.flush()
        for _ in range(3):
            equal(coding_of("/slow"), (None, None, b"plain"), "half")
        file.write(b" and half")
    noticed(lambda: coding_of("/slow")[2] == b"half and half", "whole")


def test_variants_are_accounted_for():
    def cached():
        row = [one for one in kelpctl_json("site", "show")
               if one["prefix"] == "/"][0]
        return row["cached_bytes"]

    put("counted", noise(5000))
    age("counted")
    variant("counted", "gz", noise(700))
    variant("counted", "br", noise(6000))
    before = cached()
    get("/counted")
    equal(cached() - before, 11700, "bytes of a file with two variants")
    os.unlink(site_kit.site + "/counted.br")
    noticed(lambda: get("/counted", headers=[("Accept-Encoding", "br")]).get(
        "Content-Encoding") is None, "removed")
    equal(cached() - before, 5700, "bytes with one variant")


if __name__ == "__main__":
    kelp_test.main(globals())
