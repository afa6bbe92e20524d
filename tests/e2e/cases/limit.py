# SPDX-License-Identifier: GPL-2.0-only
"""Sizes: kelp takes request lines and field lines of 8,192 bytes, 100 field
lines of 16,384 bytes together, and bodies of 1 MiB. Other servers have other
limits; a request beyond them may be refused or served, not misread.
"""
from cases.case import Case as C, get, post, req

LINE = 8192
# "GET /small?" and " HTTP/1.1" and CR LF around the filler
QUERY = LINE - 22
# "X: " and CR LF
VALUE = 8192 - 5
FIELDS = 16384
LONG = "414 close"
LARGE = "431 close"
ANY = "200 small or 400/404/414/431"
# The request is not complete: a server may wait.
WAIT = " or none"


def fields(total):
    """GET /small whose field lines have this many bytes together."""
    rest = total - len("Host: a") - 2 - 2
    lines = []
    while rest:
        size = rest if rest <= 6000 else 5000
        lines.append("X: " + "x" * (size - 5))
        rest -= size
    return get(*lines)


CASES = [
    C("limit-line", "3", req("GET /small?%s HTTP/1.1" % ("q" * QUERY)),
      "200 small keep", ANY),
    C("limit-line+1", "3", req("GET /small?%s HTTP/1.1" % ("q" * (QUERY + 1))),
      LONG, ANY),
    C("limit-line-path", "9110 15.5.15",
      req("GET /%s HTTP/1.1" % ("p" * 9000)), LONG, ANY),
    C("limit-line-encoded", "9110 15.5.15",
      req("GET /%s HTTP/1.1" % ("%41" * 3000)), LONG, ANY),
    C("limit-line-slashes", "9110 15.5.15",
      req("GET %ssmall HTTP/1.1" % ("/" * 9000)), LONG, ANY),
    C("limit-line-64k", "9110 15.5.15",
      req("GET /small?%s HTTP/1.1" % ("q" * 65536)), LONG, ANY),
    C("limit-line-no-end", "9110 15.5.15", "GET /small?" + "q" * 9000, LONG,
      ANY + WAIT),
    C("limit-line-absolute", "9110 15.5.15",
      req("GET http://a/%s HTTP/1.1" % ("p" * 9000)), LONG, ANY),
    C("limit-method", "3", req("%s /small HTTP/1.1" % ("M" * 9000)),
      "414/501 close", "4xx/501"),
    C("limit-long-path", "3", req("GET /%s HTTP/1.1" % ("p" * 5000)),
      "404/414", ANY + " or 403"),
    C("limit-long-name", "3", req("GET /%s HTTP/1.1" % ("p" * 300)),
      "404 keep", ANY + " or 403"),
    C("limit-deep-path", "3", req("GET /%s HTTP/1.1" % ("p/" * 1000)),
      "404/414 keep", ANY + " or 403"),
    C("limit-deep-dots", "3",
      req("GET /%ssmall HTTP/1.1" % ("p/../" * 1000)),
      "200 small keep", ANY + " or 403"),
    C("limit-field", "5", get("X: " + "x" * VALUE), "200 small keep", ANY),
    C("limit-field+1", "5", get("X: " + "x" * (VALUE + 1)), LARGE, ANY),
    C("limit-field-name", "5", get("X" * 9000 + ": y"), LARGE, ANY),
    C("limit-field-no-end", "6585 5", "GET /small HTTP/1.1|Host: a|X: " +
      "x" * 9000, LARGE, ANY + WAIT),
    C("limit-field-white", "5", get("X:" + " " * 9000 + "y"), LARGE, ANY),
    C("limit-field-64k", "6585 5", get("X: " + "x" * 65536), LARGE, ANY),
    C("limit-field-cookie", "6585 5", get("Cookie: a=" + "b" * 9000), LARGE,
      ANY),
    C("limit-field-host", "3.2", "GET /small HTTP/1.1|Host: %s||" %
      ("a" * 9000), "400/431 close", ANY),
    C("limit-fields", "5", fields(FIELDS), "200 small keep", ANY),
    C("limit-fields+1", "6585 5", fields(FIELDS + 1), LARGE, ANY),
    C("limit-fields-40k", "6585 5", fields(40000), LARGE, ANY),
    C("limit-count", "5", get(*["X: y"] * 99), "200 small keep", ANY),
    C("limit-count+1", "6585 5", get(*["X: y"] * 100), LARGE, ANY),
    C("limit-count-1000", "6585 5", get(*["X: y"] * 1000), LARGE, ANY),
    C("limit-count-short", "6585 5", get(*["a:"] * 3000), LARGE, ANY),
    C("limit-body", "9110 15.5.14",
      post("Content-Length: 1048577"), "413 close", needs="kelp"),
    C("limit-body-file", "9110 15.5.14",
      get("Content-Length: 1048577"), "413 close", "400/413 or 200 small or none"),
    C("limit-body-expect", "9110 10.1.1",
      post("Content-Length: 1048577", "Expect: 100-continue"), "413 close",
      needs="kelp"),
    C("limit-second-line", "9.3.2",
      get() + req("GET /small?%s HTTP/1.1" % ("q" * 9000)),
      "200 small, 414 close",
      "200 small, 200 small or 200 small, 400/404/431"),
    C("limit-second-fields", "9.3.2", get() + fields(20000),
      "200 small, 431 close", "200 small, 200 small or 200 small, 400"),
]
