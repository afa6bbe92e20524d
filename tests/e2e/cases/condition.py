# SPDX-License-Identifier: GPL-2.0-only
"""Preconditions: RFC 9110, 13. /small is from Wed, 01 Jan 2020 12:00:00 GMT."""
from cases.case import NEXT, Case as C, get, post, req

SAME = "Wed, 01 Jan 2020 12:00:00 GMT"
EARLIER = "Wed, 01 Jan 2020 11:59:59 GMT"
LATER = "Wed, 01 Jan 2020 12:00:01 GMT"
YES = "200 small keep"
NOT = "304 keep"
FAILED = "412 keep"
MAY = "200 small"


def none(value):
    return get("If-None-Match: " + value)


def match(value):
    return get("If-Match: " + value)


def since(value):
    return get("If-Modified-Since: " + value)


def unless(value):
    return get("If-Unmodified-Since: " + value)


CASES = [
    C("condition-validators", "9110 8.8", get(),
      "200 small ETag Last-Modified keep", MAY),
    # If-None-Match
    C("condition-none-same", "9110 13.1.2", none("{etag}"), "304 ETag keep",
      needs="etag", splits=True),
    C("condition-none-weak", "9110 13.1.2", none("W/{etag}"),
      "304 ETag keep", needs="etag"),
    C("condition-none-list", "9110 13.1.2", none("\"x\", {etag}, \"y\""),
      NOT, needs="etag"),
    C("condition-none-list-tight", "9110 13.1.2", none("\"x\",{etag}"), NOT,
      needs="etag"),
    C("condition-none-list-comma", "9110 13.1.2", none("\"x,y\", {etag}"),
      NOT, needs="etag"),
    C("condition-none-empty-members", "9110 5.6.1.2", none(", ,{etag},"),
      NOT, MAY + " or 400", needs="etag"),
    C("condition-none-lines", "9110 5.3",
      get("If-None-Match: \"x\"", "If-None-Match: {etag}"), NOT,
      needs="etag"),
    C("condition-none-asterisk", "9110 13.1.2", none("*"), NOT),
    C("condition-none-other", "9110 13.1.2", none("\"other\""), YES),
    C("condition-none-others", "9110 13.1.2", none("\"a\", \"b\", W/\"c\""),
      YES),
    C("condition-none-empty-tag", "9110 8.8.3", none("\"\""), YES),
    C("condition-none-unquoted", "9110 8.8.3", none("other"), YES, "400"),
    C("condition-none-open", "9110 8.8.3", none("\"other"), YES, "400"),
    C("condition-none-inside", "9110 13.1.2", none("\"{etag}\""), YES,
      "304/400", needs="etag"),
    C("condition-none-head", "9110 13.1.2",
      req("HEAD /small HTTP/1.1", "If-None-Match: {etag}") + NEXT,
      "304 head, 200 next keep", needs="etag"),
    C("condition-none-missing", "9110 13.2.1",
      req("GET /none HTTP/1.1", "If-None-Match: *"), "404 keep"),
    C("condition-none-post", "9110 13.2.1",
      req("POST /small HTTP/1.1", "If-None-Match: *", "Content-Length: 0"),
      "405 Allow keep", "2xx/4xx/501"),
    C("condition-none-pipelined", "9110 13.1.2", none("*") + NEXT,
      "304, 200 next keep", splits=True),
    C("condition-none-304-length", "9110 15.4.5", none("*") + get(),
      "304, 200 small keep"),
    # If-Match
    C("condition-match-same", "9110 13.1.1", match("{etag}"), YES,
      needs="etag"),
    C("condition-match-asterisk", "9110 13.1.1", match("*"), YES),
    C("condition-match-list", "9110 13.1.1", match("\"x\", {etag}"), YES,
      needs="etag"),
    C("condition-match-lines", "9110 5.3",
      get("If-Match: \"x\"", "If-Match: {etag}"), YES, "400",
      needs="etag"),
    C("condition-match-other", "9110 13.1.1", match("\"other\""), FAILED,
      splits=True),
    C("condition-match-weak", "9110 13.1.1", match("W/{etag}"), FAILED,
      needs="etag"),
    C("condition-match-head", "9110 13.1.1",
      req("HEAD /small HTTP/1.1", "If-Match: \"x\"") + NEXT,
      "412 head, 200 next keep"),
    C("condition-match-missing", "9110 13.2.1",
      req("GET /none HTTP/1.1", "If-Match: *"), "404 keep", "412"),
    *[C("condition-change-" + name, "9110 13.2.1",
        post("Content-Length: 5", field, body="hello" + NEXT),
        outcome + ", 200 next keep", needs="kelp")
      for name, field, outcome in (
          ("match", "If-Match: \"other\"", "412"),
          ("match-asterisk", "If-Match: *", "200 body=hello"),
          ("none", "If-None-Match: \"other\"", "200 body=hello"),
          ("none-asterisk", "If-None-Match: *", "412"))],
    C("condition-match-bad", "9110 13.1.1", match("other"), "400/412",
      "400/412 or 200 small"),
    # If-Modified-Since
    C("condition-since-same", "9110 13.1.3", since(SAME), NOT, MAY,
      splits=True),
    C("condition-since-later", "9110 13.1.3", since(LATER), NOT, MAY),
    C("condition-since-earlier", "9110 13.1.3", since(EARLIER), YES),
    C("condition-since-future", "9110 13.1.3",
      since("Fri, 01 Jan 2100 00:00:00 GMT"), NOT, MAY),
    C("condition-since-rfc850", "9110 5.6.7",
      since("Wednesday, 01-Jan-20 12:00:00 GMT"), NOT, MAY),
    C("condition-since-asctime", "9110 5.6.7",
      since("Wed Jan  1 12:00:00 2020"), NOT, MAY),
    C("condition-since-asctime-earlier", "9110 5.6.7",
      since("Wed Jan  1 11:59:59 2020"), YES),
    C("condition-since-bad", "9110 13.1.3", since("yesterday"), YES),
    C("condition-since-number", "9110 13.1.3", since("1577880000"), YES),
    C("condition-since-bad-day", "9110 13.1.3",
      since("Wed, 32 Jan 2020 12:00:00 GMT"), YES, "304"),
    C("condition-since-zone", "9110 5.6.7",
      since("Wed, 01 Jan 2020 12:00:00 CET"), YES, "304"),
    C("condition-since-empty", "9110 13.1.3", since(""), YES),
    C("condition-since-head", "9110 13.1.3",
      req("HEAD /small HTTP/1.1", "If-Modified-Since: " + SAME) + NEXT,
      "304 head, 200 next keep", "200 head, 200 next"),
    C("condition-since-post", "9110 13.1.3",
      req("POST /small HTTP/1.1", "If-Modified-Since: " + SAME,
          "Content-Length: 0"), "405 Allow keep", "2xx/4xx/501"),
    C("condition-since-twice", "9110 5.3",
      get("If-Modified-Since: " + SAME, "If-Modified-Since: " + EARLIER),
      "200/304 keep", "400"),
    # If-Unmodified-Since
    C("condition-unless-same", "9110 13.1.4", unless(SAME), YES),
    C("condition-unless-later", "9110 13.1.4", unless(LATER), YES),
    C("condition-unless-earlier", "9110 13.1.4", unless(EARLIER), FAILED),
    C("condition-unless-bad", "9110 13.1.4", unless("yesterday"), YES),
    # Together, in the order of 13.2.2
    C("condition-none-over-since", "9110 13.1.3",
      get("If-None-Match: \"other\"", "If-Modified-Since: " + SAME), YES),
    C("condition-none-over-since-same", "9110 13.1.3",
      get("If-None-Match: {etag}", "If-Modified-Since: " + EARLIER), NOT,
      needs="etag"),
    C("condition-match-over-unless", "9110 13.1.4",
      get("If-Match: {etag}", "If-Unmodified-Since: " + EARLIER), YES,
      needs="etag"),
    C("condition-match-fails-over-unless", "9110 13.1.4",
      get("If-Match: \"x\"", "If-Unmodified-Since: " + LATER), FAILED),
    C("condition-match-then-none", "9110 13.2.2",
      get("If-Match: {etag}", "If-None-Match: {etag}"), NOT, needs="etag"),
    C("condition-match-fails-first", "9110 13.2.2",
      get("If-Match: \"x\"", "If-None-Match: {etag}"), FAILED, needs="etag"),
    C("condition-unless-then-since", "9110 13.2.2",
      get("If-Unmodified-Since: " + LATER, "If-Modified-Since: " + LATER),
      NOT, MAY),
    C("condition-unless-fails-first", "9110 13.2.2",
      get("If-Unmodified-Since: " + EARLIER, "If-None-Match: *"), FAILED),
    C("condition-echo", "9110 13.2.1",
      post("If-None-Match: \"x\"", "Content-Length: 5", body="hello"),
      "200 body=hello keep", needs="kelp"),
]
