# SPDX-License-Identifier: GPL-2.0-only
"""Range requests: RFC 9110, 14. A server may always send the whole."""
from cases.case import NEXT, Case as C, get, req

ALL = "200 small"
WHOLE = "200 small keep"
NONE = "416 Content-Range='bytes */16' keep"
# Content-Range is only recommended here.
LESS = "200 small or 416"
SAME = "Wed, 01 Jan 2020 12:00:00 GMT"


def rng(value, *more):
    return get("Range: " + value, *more)


def part(first, last, size=16):
    body = "0123456789abcdef"[first:last + 1]
    return "206 body=%s Content-Range='bytes %d-%d/%d' keep" % (
        body, first, last, size)


CASES = [
    C("range-first", "9110 14.1.2", rng("bytes=0-3"), part(0, 3), ALL,
      splits=True),
    C("range-middle", "9110 14.1.2", rng("bytes=4-7"), part(4, 7), ALL),
    C("range-to-end", "9110 14.1.2", rng("bytes=10-"), part(10, 15), ALL),
    C("range-last", "9110 14.1.2", rng("bytes=-4"), part(12, 15), ALL),
    C("range-one-byte", "9110 14.1.2", rng("bytes=0-0"), part(0, 0), ALL),
    C("range-last-byte", "9110 14.1.2", rng("bytes=15-15"), part(15, 15),
      ALL),
    C("range-all", "9110 14.1.2", rng("bytes=0-"), part(0, 15), ALL),
    C("range-all-exact", "9110 14.1.2", rng("bytes=0-15"), part(0, 15), ALL),
    C("range-beyond", "9110 14.1.2", rng("bytes=8-999"), part(8, 15), ALL),
    C("range-suffix-beyond", "9110 14.1.2", rng("bytes=-999"), part(0, 15),
      ALL),
    C("range-unit-case", "9110 14.1", rng("BYTES=0-3"), part(0, 3), ALL),
    C("range-zeros", "9110 14.1.2", rng("bytes=000-0003"), part(0, 3), ALL),
    C("range-last-2^64", "9110 14.1.2", rng("bytes=4-18446744073709551616"),
      part(4, 15), ALL + " or 400 or " + NONE),
    C("range-suffix-2^64", "9110 14.1.2", rng("bytes=-18446744073709551616"),
      part(0, 15), ALL + " or 400 or " + NONE),
    C("range-empty-members", "9110 5.6.1.2", rng("bytes=,0-3,"), part(0, 3),
      ALL + " or 400/416"),
    C("range-ows", "9110 5.6.1.2", rng("bytes= 0-3 , 99-"), part(0, 3),
      ALL + " or 400/416"),
    C("range-next", "9110 14.1.2", rng("bytes=0-3") + NEXT,
      part(0, 3)[:-5] + ", 200 next keep", ALL + ", 200 next"),
    C("range-1.0", "9110 14.2",
      req("GET /small HTTP/1.0", "Range: bytes=0-3"),
      part(0, 3)[:-5] + " close!", "200 small close!"),
    # None of it is there
    C("range-behind", "9110 14.1.2", rng("bytes=16-"), NONE, LESS,
      splits=True),
    C("range-behind-both", "9110 14.1.2", rng("bytes=20-30"), NONE, LESS),
    C("range-suffix-zero", "9110 14.1.2", rng("bytes=-0"), NONE, LESS),
    C("range-first-2^64", "9110 14.1.2", rng("bytes=18446744073709551616-"),
      NONE, LESS + " or 400"),
    C("range-first-2^64+4", "9110 14.1.2",
      rng("bytes=18446744073709551620-18446744073709551623"), NONE,
      LESS + " or 400"),
    C("range-all-behind", "9110 14.1.2", rng("bytes=16-,20-30,-0"), NONE,
      LESS),
    C("range-behind-next", "9110 15.5.17", rng("bytes=16-") + NEXT,
      "416, 200 next keep", "200 small, 200 next"),
    # No ranges at all
] + [
    C("range-bad-%d" % number, "9110 14.2", rng(value), WHOLE, "206/400/416")
    for number, value in enumerate((
        "bytes=5-3", "bytes=", "bytes=-", "bytes=a-b", "bytes=0-b",
        "bytes 0-3", "bytes", "0-3", "=0-3", "bytes:0-3", "bytes=0",
        "bytes=0x0-3", "bytes=+0-3", "bytes=0-+3", "bytes=0--3", "bytes=--4",
        "bytes=0-3-5", "bytes=0 -3", "bytes=0-3;4-5", "bytes=0-3,x",
        "items=0-3", "none=0-3", "bytes=0-3,5-4", ""), 1)
] + [
    # Several
    C("range-two", "9110 14.6", rng("bytes=0-3,8-11"),
      "206 parts=0-3+8-11 !Content-Range keep", ALL + " or " + part(0, 11),
      splits=True),
    C("range-two-next", "9110 14.6", rng("bytes=0-3,8-11") + NEXT,
      "206 parts=0-3+8-11, 200 next keep",
      "200 small, 200 next or 206, 200 next"),
    C("range-two-unordered", "9110 14.2", rng("bytes=8-11,0-3"),
      "206 parts=8-11+0-3 keep", ALL + " or 206 parts=0-3+8-11"),
    C("range-one-satisfiable", "9110 14.2", rng("bytes=0-3,99-"),
      part(0, 3), ALL),
    C("range-overlap", "9110 14.2", rng("bytes=0-8,4-12"), "200/206 keep",
      "416"),
    C("range-adjacent", "9110 15.3.7.2", rng("bytes=0-3,4-7"),
      "200/206 keep"),
    C("range-many", "9110 17.15",
      rng("bytes=" + ",".join("%d-%d" % (n, n) for n in range(16))),
      "200/206 keep", "416"),
    C("range-too-many", "9110 17.15",
      rng("bytes=" + ",".join(["0-0"] * 17)), WHOLE, "206/400/416"),
    C("range-thousand", "9110 17.15", rng("bytes=" + ",".join(["0-"] * 1000)),
      WHOLE, "206/400/416"),
    C("range-lines", "9110 5.3", get("Range: bytes=0-3", "Range: bytes=8-11"),
      "200/206/400", "416"),
    # Where it does not count
    C("range-head", "9110 14.2",
      req("HEAD /small HTTP/1.1", "Range: bytes=0-3") + NEXT,
      "200 head Content-Length=16, 200 next keep",
      "200/206 head, 200 next"),
    C("range-post", "9110 14.2",
      req("POST /small HTTP/1.1", "Range: bytes=0-3", "Content-Length: 0"),
      "405 Allow keep", "2xx/4xx/501"),
    C("range-missing", "9110 14.2", req("GET /none HTTP/1.1",
                                        "Range: bytes=0-3"), "404 keep"),
    C("range-empty-file", "9110 14.1.2", req("GET /empty HTTP/1.1",
                                             "Range: bytes=0-"),
      "200/416 keep"),
    C("range-empty-file-suffix", "9110 14.1.2",
      req("GET /empty HTTP/1.1", "Range: bytes=-5"), "200/416 keep"),
    C("range-accept-ranges", "9110 14.3", get(),
      "200 small Accept-Ranges=bytes keep", ALL),
    # Beside conditions
    C("range-not-modified", "9110 13.2.2", rng("bytes=0-3",
                                               "If-None-Match: {etag}"),
      "304 keep", needs="etag"),
    C("range-failed", "9110 13.2.2", rng("bytes=0-3", "If-Match: \"x\""),
      "412 keep"),
    C("range-behind-not-modified", "9110 13.2.2",
      rng("bytes=99-", "If-None-Match: {etag}"), "304 keep", "416",
      needs="etag"),
    C("range-if-same", "9110 13.1.5", rng("bytes=0-3", "If-Range: {etag}"),
      part(0, 3), ALL, needs="etag", splits=True),
    C("range-if-other", "9110 13.1.5", rng("bytes=0-3",
                                           "If-Range: \"other\""), WHOLE),
    C("range-if-weak", "9110 13.1.5", rng("bytes=0-3", "If-Range: W/{etag}"),
      WHOLE, needs="etag"),
    C("range-if-date", "9110 13.1.5", rng("bytes=0-3", "If-Range: " + SAME),
      part(0, 3), ALL),
    C("range-if-date-other", "9110 13.1.5",
      rng("bytes=0-3", "If-Range: Wed, 01 Jan 2020 11:59:59 GMT"), WHOLE),
    C("range-if-date-later", "9110 13.1.5",
      rng("bytes=0-3", "If-Range: Wed, 01 Jan 2020 12:00:01 GMT"), WHOLE,
      "206"),
    C("range-if-bad", "9110 13.1.5", rng("bytes=0-3", "If-Range: x"), WHOLE,
      "400"),
    C("range-if-behind", "9110 13.1.5",
      rng("bytes=99-", "If-Range: \"other\""), WHOLE),
    C("range-if-alone", "9110 13.1.5", get("If-Range: {etag}"), WHOLE,
      needs="etag"),
]
