# SPDX-License-Identifier: GPL-2.0-only
"""Transfer-Encoding: which codings, how often, beside what."""
from cases.case import NEXT, Case as C, get, get10, post, req

HELLO = "5|hello|0||"


def te(*values, body=HELLO):
    return get(*("Transfer-Encoding: " + v for v in values), body=body) + NEXT


GOOD = "200 small, 200 next keep"

CASES = [
    C("coding-chunked", "6.1", te("chunked"), GOOD, "400/411/501",
      splits=True),
    C("coding-chunked-empty", "6.1", te("chunked", body="0||"), GOOD,
      "400/411/501"),
    C("coding-post", "6.1", post("Transfer-Encoding: chunked", body=HELLO),
      "200 body=hello keep", needs="kelp", splits=True),
    C("coding-put", "6.1",
      req("PUT /echo HTTP/1.1", "Transfer-Encoding: chunked", body=HELLO),
      "200 body=hello keep", needs="kelp"),
    C("coding-refused-method", "6.3",
      req("POST /small HTTP/1.1", "Transfer-Encoding: chunked", body=HELLO) +
      NEXT, "405 Allow, 200 next keep",
      "2xx/4xx/501, 200 next or 2xx/4xx/501 close!"),
    C("coding-head", "6.3",
      req("HEAD /small HTTP/1.1", "Transfer-Encoding: chunked", body=HELLO) +
      NEXT, "200 head, 200 next keep", "4xx/501 head"),
    C("coding-unknown-method", "6.3",
      req("BREW /small HTTP/1.1", "Transfer-Encoding: chunked", body=HELLO) +
      NEXT, "501, 200 next keep", "4xx/501, 200 next or 4xx/501 close!"),
    C("coding-case", "7", te("CHUNKED"), GOOD, "400/411"),
    C("coding-mixed-case", "7", te("ChUnKeD"), GOOD, "400/411"),
    C("coding-name-case", "9110 5.1",
      get("tRANSFER-eNCODING: chunked", body=HELLO) + NEXT, GOOD, "400/411"),
    C("coding-tab", "5", te("\tchunked \t"), GOOD, "400/411"),
    C("coding-no-space", "5", get("Transfer-Encoding:chunked", body=HELLO) +
      NEXT, GOOD, "400/411"),
    # Empty members
    C("coding-empty-first", "9110 5.6.1.2", te(", chunked"), GOOD,
      "400/411/501", splits=True),
    C("coding-empty-last", "9110 5.6.1.2", te("chunked,"), GOOD,
      "400/411/501"),
    C("coding-empty-all-round", "9110 5.6.1.2", te(", ,\tchunked , ,"), GOOD,
      "400/411/501"),
    C("coding-empty-line-beside", "9110 5.6.1.2", te("", "chunked"),
      "400 close!", GOOD + " or 411/501"),
    C("coding-empty-value", "6.1", get("Transfer-Encoding:"), "400 close!",
      "501 or 200 small"),
    C("coding-comma-only", "6.1", get("Transfer-Encoding: ,"), "400 close!",
      "200 small or 501"),
    # Once, and last
    C("coding-twice", "6.1", te("chunked, chunked"), "400 close!", "501"),
    C("coding-twice-lines", "6.1", te("chunked", "chunked"), "400 close!",
      "501", splits=True),
    C("coding-not-last", "6.3", te("chunked, gzip"), "400 close!", "501"),
    C("coding-not-last-lines", "6.3", te("chunked", "gzip"), "400 close!",
      "501"),
    C("coding-not-last-identity", "6.3", te("chunked, identity"),
      "400 close!", "501"),
    C("coding-not-last-lines-identity", "6.3", te("chunked", "identity"),
      "400 close!", "501"),
    # Others
    C("coding-gzip", "6.1", te("gzip"), "501 close!", "400 close!"),
    C("coding-gzip-chunked", "6.1", te("gzip, chunked"), "501 close",
      "400 or " + GOOD),
    C("coding-gzip-chunked-lines", "6.1", te("gzip", "chunked"), "501 close",
      "400 or " + GOOD),
    C("coding-identity", "6.1", te("identity"), "501 close!", "400 close!"),
    C("coding-identity-chunked", "6.1", te("identity, chunked"), "501 close",
      "400 or " + GOOD),
    C("coding-unknown", "6.1", te("x-unknown"), "501 close!", "400 close!"),
    C("coding-xchunked", "6.1", te("xchunked"), "501 close!", "400 close!"),
    C("coding-chunkedx", "6.1", te("chunkedx"), "501 close!", "400 close!"),
    C("coding-x-chunked-list", "6.1", te("x, chunked"), "501 close",
      "400 or " + GOOD),
] + [
    # Not even tokens: some recipient might take them for chunked
    C("coding-bad-%d" % number, "6.1", te(value), "400 close!", "501")
    for number, value in enumerate((
        "chunked;", "chunked;a=b", "\"chunked\"", "chunked chunked",
        "chunked x", "chunked\x0b", "\x0bchunked", "chunked\0",
        "\x85chunked", "chunked\xa0", "[chunked]", "chunked: x", "chunked=1"),
        1)
] + [
    C("coding-space-inside", "6.1", te("chun ked"), "501 close!",
      "400 close!"),
    C("coding-quote", "6.1", te("'chunked'"), "501 close!", "400 close!"),
    # Beside Content-Length
    C("coding-length-first", "6.1",
      get("Content-Length: 10", "Transfer-Encoding: chunked", body=HELLO),
      "400 close!", "200 small close!", splits=True),
    C("coding-length-last", "6.1",
      get("Transfer-Encoding: chunked", "Content-Length: 10", body=HELLO),
      "400 close!", "200 small close!", splits=True),
    C("coding-length-zero", "6.1",
      get("Content-Length: 0", "Transfer-Encoding: chunked", body=HELLO),
      "400 close!", "200 small close!"),
    C("coding-length-between", "6.1",
      get("Content-Length: 10", "X: y", "Transfer-Encoding: chunked", "Z: w",
          body=HELLO), "400 close!", "200 small close!"),
    C("coding-length-bad", "6.1",
      get("Transfer-Encoding: chunked", "Content-Length: x", body=HELLO),
      "400 close!", "200 small close!"),
    C("coding-length-unknown", "6.1",
      get("Content-Length: 5", "Transfer-Encoding: x", body=HELLO),
      "400 close!", "501 close!"),
    C("coding-length-identity", "6.1",
      get("Content-Length: 5", "Transfer-Encoding: identity", body=HELLO),
      "400 close!", "501 close!"),
    C("coding-length-empty", "6.1",
      get("Content-Length: 5", "Transfer-Encoding:", body="hello"),
      "400 close!", "501 close! or 200 small close!"),
    # In HTTP/1.0
    C("coding-1.0", "6.1", get10("Transfer-Encoding: chunked", body=HELLO),
      "400 close!", "200 small close! or 501 close!", splits=True),
    C("coding-1.0-keep-alive", "6.1",
      get10("Transfer-Encoding: chunked", "Connection: keep-alive",
            body=HELLO) + NEXT,
      "400 close!", "200 small close! or 501 close!"),
    C("coding-1.0-length", "6.1",
      get10("Content-Length: 10", "Transfer-Encoding: chunked",
            "Connection: keep-alive", body=HELLO) + NEXT,
      "400 close!", "200 small close! or 501 close!"),
    C("coding-1.2", "6.1",
      req("GET /small HTTP/1.2", "Transfer-Encoding: chunked", body=HELLO) +
      NEXT, GOOD, "400/411/505"),
]
