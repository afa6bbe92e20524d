#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=6.12,debug where=guest timeout=240
"""Encoded files beside a file: who gets them, and what when they change."""
import gzip
import os
import time

import kelp_test
import site_kit
from content_kit import age, ask, is_range, parts_of, tag_of
from kelp_test import (PATIENCE, Connection, equal, get, kelpctl, kelpctl_json,
                       true, wait_for)
from site_kit import noise, put, replace

NOTICED = 1.0 + 0.5 * PATIENCE

setup = site_kit.serve
teardown = site_kit.stop


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


def test_variants_of_a_streamed_file():
    plain, small, large = noise(1200000), noise(300000), noise(1100001)
    put("big.js", plain)
    age("big.js")
    variant("big.js", "gz", small)
    variant("big.js", "br", large)
    with Connection() as connection:
        for coding, body in (("gzip", small), ("br", large), (None, plain)):
            def tagged(accept=coding or "identity"):
                answer = ask(connection, "/big.js", Accept_Encoding=accept)
                return answer.get("ETag") and answer
            answer = wait_for(tagged, what="tag")
            equal(answer.get("Content-Encoding"), coding, "coding")
            equal(answer.get("Vary"), "Accept-Encoding", "Vary")
            true(answer.body == body, "other bytes: %s" % coding)
            accept = coding or "identity"
            equal(ask(connection, "/big.js", Accept_Encoding=accept,
                      If_None_Match=answer.get("ETag")).status, 304, coding)
            again = ask(connection, "/big.js", Accept_Encoding=accept,
                        Range="bytes=250000-290000")
            is_range(again, body, 250000, 290000, "range of %s" % coding)
            equal(again.get("ETag"), answer.get("ETag"), coding)
    tags = {ask_tag(accept) for accept in ("gzip", "br", "identity")}
    equal(len(tags), 3, "tags that differ")
    os.unlink(site_kit.site + "/big.js.gz")
    os.unlink(site_kit.site + "/big.js.br")
    answer = get("/big.js", headers=[("Accept-Encoding", "gzip")])
    equal((answer.get("Content-Encoding"), answer.get("Vary")), (None, None),
          "removed")


def ask_tag(accept):
    return get("/big.js", headers=[("Accept-Encoding", accept)]).get("ETag")


def test_no_variants():
    """The site may do without."""
    put("off/a", b"plain")
    age("off/a")
    variant("off/a", "gz", b"encoded")
    kelpctl("site", "add", "/off", site_kit.site + "/off", "--no-variants")
    answer = get("/off/a", headers=[("Accept-Encoding", "gzip")])
    equal((answer.get("Content-Encoding"), answer.get("Vary"), answer.body),
          (None, None, b"plain"), "a site without variants")


if __name__ == "__main__":
    kelp_test.main(globals())
