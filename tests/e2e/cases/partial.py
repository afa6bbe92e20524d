# SPDX-License-Identifier: GPL-2.0-only
"""Requests that end early: RFC 9112, 8. Our side is closed behind the bytes."""
from cases.case import NEXT, Case as C, get, get10, post, req

# Nothing, or a word about what was wrong.
LOST = "none close"
SAYS = "400/408"
CHUNKED = "Transfer-Encoding: chunked"

CASES = [
    C("partial-nothing", "9.5", "", LOST, fin=True),
    C("partial-empty-line", "2.2", "|", LOST, SAYS, fin=True),
    C("partial-cr", "2.2", "\r", LOST, SAYS, fin=True),
] + [
    C("partial-%d" % number, "8", text, LOST, SAYS, fin=True)
    for number, text in enumerate((
        "G", "GET", "GET ", "GET /", "GET /small", "GET /small HTTP/1",
        "GET /small HTTP/1.1", "GET /small HTTP/1.1\r", "GET /small HTTP/1.1|",
        "GET /small HTTP/1.1|Ho", "GET /small HTTP/1.1|Host:",
        "GET /small HTTP/1.1|Host: a", "GET /small HTTP/1.1|Host: a|",
        "GET /small HTTP/1.1|Host: a|\r", "GET /small HTTP/1.0|",
        "GET /small HTTP/1.1|Host: a|Content-Length: 5|"), 1)
] + [
    C("partial-complete", "9.6", get(), "200 small close", fin=True,
      splits=True),
    C("partial-complete-1.0", "9.6", get10(), "200 small close!", fin=True),
    C("partial-complete-large", "9.6", req("GET /large HTTP/1.1"),
      "200 large close", fin=True),
    C("partial-complete-head", "9.6", req("HEAD /small HTTP/1.1"),
      "200 head close", fin=True),
    C("partial-complete-missing", "9.6", req("GET /none HTTP/1.1"),
      "404 close", fin=True),
    C("partial-two", "9.6", get() + NEXT, "200 small, 200 next close",
      fin=True),
    C("partial-twenty", "9.6", get() * 20,
      ", ".join(["200 small"] * 20) + " close", fin=True),
    C("partial-second", "8", get() + "GET /ne", "200 small close",
      "200 small, 400/408", fin=True, splits=True),
    C("partial-second-head", "8", get() + "GET /next HTTP/1.1|Host: a|",
      "200 small close", "200 small, 400/408", fin=True),
    C("partial-bad", "9.6", "GET /\0", "400 close", "none or 501/505",
      fin=True),
    C("partial-body-complete", "9.6",
      post("Content-Length: 5", body="hello"), "200 body=hello close",
      fin=True, needs="kelp"),
    C("partial-chunks-complete", "9.6",
      post(CHUNKED, body="5|hello|0||"), "200 body=hello close", fin=True,
      needs="kelp"),
    C("partial-get-body-complete", "9.6",
      get("Content-Length: 5", body="hello"), "200 small close", "400",
      fin=True),
    # A body that is cut short: an answer that needs none of it may be given
    C("partial-body", "8", get("Content-Length: 5", body="hel"),
      "200 small close", "none or 400/408", fin=True),
    C("partial-body-none", "8", get("Content-Length: 5"), "200 small close",
      "none or 400/408", fin=True),
    C("partial-body-refused", "8",
      req("POST /small HTTP/1.1", "Content-Length: 5", body="hel"),
      "405 Allow close", "none or 2xx/4xx/501", fin=True),
    C("partial-expect", "9110 10.1.1",
      req("POST /small HTTP/1.1", "Content-Length: 5",
          "Expect: 100-continue"), "405 Allow close",
      "none or 100 or 2xx/4xx/501 or 100, 2xx/4xx/501", fin=True),
] + [
    C("partial-chunk-%d" % number, "8", get(CHUNKED, body=body),
      "200 small close", "none or 400/408", fin=True)
    for number, body in enumerate((
        "", "5", "5|", "5|hel", "5|hello", "5|hello|", "5|hello|0",
        "5|hello|0|", "0|X: y", "0|X: y|"), 1)
]
