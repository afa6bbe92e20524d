#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=6.12,debug where=guest timeout=240
"""What a request gets of a file or an object: all, some of it, or a 304.

Preconditions and ranges (RFC 9110, 8, 13 and 14) of what is small, what is sent by page reference, and what is sent in chunks. The answers
of the fields' many forms are unit tests; here it is that they are asked.
"""
import email.utils
import random
import time

import kelp_test
import site_kit
from content_kit import OLD_DATE, age, ask, is_range, parts_of, tag_of
from kelp_test import (KERNEL, SOAK, Connection, equal, get, kelpctl, true,
                       wait_for, write_file)
from site_kit import noise, put, replace

SMALL, PAGED, STREAMED = 3000, 200001, (1 << 20) + 54321

# Target: its bytes.
bodies = {}


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
        equal(ask(connection, "/kelp/health",
                  If_Modified_Since=OLD_DATE).status, 200, "date")
        equal(ask(connection, "/none", If_None_Match="*").status, 404, "404")
        equal(ask(connection, "/none", If_Match='"a"').status, 404, "404")


def test_an_error_page_is_not_what_was_asked_for():
    put("errors/gone.html", b"<p>gone")
    kelpctl("site", "add", "/errors", site_kit.site + "/errors", "--error",
            "404=/gone.html", "--cache-control", "max-age=7")
    with Connection() as connection:
        page = ask(connection, "/errors/gone.html")
        for fields in ({}, {"If_None_Match": page.get("ETag")},
                       {"If_Match": '"a"'}, {"Range": "bytes=0-1"}):
            answer = ask(connection, "/errors/none", **fields)
            equal((answer.status, answer.body), (404, b"<p>gone"), fields)
            equal([answer.get(name) for name in
                   ("ETag", "Last-Modified", "Accept-Ranges")], [None] * 3,
                  "validators of an error page")
            equal(answer.get("Content-Type"), page.get("Content-Type"), "type")
        answer = ask(connection, "/errors/gone.html", If_None_Match="*")
        equal((answer.status, answer.get("Cache-Control")), (304, "max-age=7"),
              "the site's fields with 304")


# Ranges

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


if __name__ == "__main__":
    kelp_test.main(globals())
