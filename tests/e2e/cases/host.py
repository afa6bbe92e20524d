# SPDX-License-Identifier: GPL-2.0-only
"""Host: RFC 9112, 3.2, and RFC 3986, 3.2.2, for what it may be."""
from cases.case import Case as C


def host(*values, version="1.1"):
    return "GET /small HTTP/%s|%s|" % (
        version, "".join("Host: %s|" % value for value in values))


GOOD = (
    "a", "A.EXAMPLE", "a.example.", "a_b", "localhost:8080", "a:",
    "a:65535", "a:00080", "192.0.2.1:8080", "[::]", "[::1]", "[::1]:80",
    "[2001:DB8::192.0.2.1]", "[1:2:3:4:5:6:7:8]", "[1::8]", "[v1.a:b]",
    "a%20b", "a!$&'()*+,;=b", "999.999.999.999", "a" * 255,
)

BAD = (
    "a b", "a\tb", "a/", "/", "http://a", "u@a", "a?b", "a#b", "a\\b", "<a>",
    "a\"b", "a{bar}b", "a:b", "a:-1", "a:80:80", "a :80", ":80", "a:65536",
    "a:99999999999999999999", "a%", "a%zz", "[", "[]", "[::1", "::1",
    "[::1]a", "[:::1]", "[::1::]", "[1:2:3]", "[1:2:3:4:5:6:7:8:9]",
    "[12345::]", "[::g]", "[::1%25eth0]", "[::192.0.2.256]", "[192.0.2.1]",
    "[v1.]", "[a]", "a, b", "\xfc.example", "a\x01b", "a" * 256,
)

CASES = [
    C("host-missing", "3.2", "GET /small HTTP/1.1||", "400 close"),
    C("host-missing-other", "3.2", "GET /small HTTP/1.1|X: y||", "400 close"),
    C("host-missing-1.0", "3.2", "GET /small HTTP/1.0||",
      "200 small close!", splits=True),
    C("host-empty", "3.2", "GET /small HTTP/1.1|Host:||", "400 close",
      "200 small"),
    C("host-empty-space", "3.2", "GET /small HTTP/1.1|Host: \t ||",
      "400 close", "200 small"),
    C("host-empty-1.0", "3.2", "GET /small HTTP/1.0|Host:||",
      "400 close", "200 small"),
    C("host-twice", "3.2", host("a", "b"), "400 close", splits=True),
    C("host-twice-same", "3.2", host("a", "a"), "400 close"),
    C("host-twice-empty", "3.2", host("a", ""), "400 close"),
    C("host-twice-case", "3.2", "GET /small HTTP/1.1|Host: a|hOST: a||",
      "400 close"),
    C("host-twice-apart", "3.2", "GET /small HTTP/1.1|Host: a|X: y|Host: b||",
      "400 close"),
    C("host-twice-1.0", "3.2", host("a", "a", version="1.0"), "400 close"),
    C("host-bad-1.0", "3.2", host("a b", version="1.0"), "400 close"),
    C("host-not-first", "3.2", "GET /small HTTP/1.1|X: y|Host: a||",
      "200 small keep"),
    C("host-in-second", "3.2",
      host("a") + "GET /small HTTP/1.1||", "200 small, 400 close"),
    C("host-v6-split", "3986 3.2.2", host("[2001:db8::192.0.2.1]:8080"),
      "200 small keep", splits=True),
    C("host-name-like", "5.1", "GET /small HTTP/1.1|Hosts: a||", "400 close"),
    C("host-name-short", "5.1", "GET /small HTTP/1.1|Hos: a||", "400 close"),
] + [
    C("host-good-%d" % number, "3986 3.2.2", host(value), "200 small keep",
      "400" if len(value) > 200 or value in (
          "999.999.999.999", "a%20b", "a!$&'()*+,;=b", "[v1.a:b]",
          "a_b") else None)
    for number, value in enumerate(GOOD, 1)
] + [
    C("host-bad-%d" % number, "3986 3.2.2", host(value), "400 close",
      "200 small" if value in ("a:65536", "a:99999999999999999999",
                               "a" * 256, ":80", "[::1%25eth0]")
      else None)
    for number, value in enumerate(BAD, 1)
]
