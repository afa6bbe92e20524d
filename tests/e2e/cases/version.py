# SPDX-License-Identifier: GPL-2.0-only
"""Versions that follow the grammar: RFC 9110, 2.5, and RFC 9112, 2.3."""
from cases.case import NEXT, Case as C, req


def v(version, *fields):
    return req("GET /small HTTP/" + version, *fields)


CASES = [
    C("version-1.1", "9110 2.5", v("1.1"), "200 small keep"),
    C("version-1.0", "9110 2.5", v("1.0"), "200 small close!"),
    C("version-1.2", "9110 2.5", v("1.2"), "200 small keep", "505",
      splits=True),
    C("version-1.9", "9110 2.5", v("1.9"), "200 small keep", "505"),
    C("version-1.2-close", "9.6", v("1.2", "Connection: close"),
      "200 small close!", "505"),
    C("version-1.2-pipelined", "9.3.2", v("1.2") + NEXT,
      "200 small, 200 next keep", "200 small or 505"),
    C("version-1.2-no-host", "3.2", "GET /small HTTP/1.2||", "400 close",
      "505"),
    C("version-2.0", "9110 15.6.6", v("2.0"), "505 close", "400 or 200 small",
      splits=True),
    C("version-2.1", "9110 15.6.6", v("2.1"), "505 close", "400 or 200 small"),
    C("version-3.0", "9110 15.6.6", v("3.0"), "505 close", "400 or 200 small"),
    C("version-9.9", "9110 15.6.6", v("9.9"), "505 close", "400 or 200 small"),
    C("version-0.9", "9110 15.6.6", v("0.9"), "505 close", "400 or 200 small"),
    C("version-0.0", "9110 15.6.6", v("0.0"), "505 close", "400 or 200 small"),
    C("version-2.0-no-host", "9110 15.6.6", "GET /small HTTP/2.0||",
      "505 close", "400 or 200 small"),
    C("version-2.0-bad-fields", "9110 15.6.6", v("2.0", "X y\0"),
      "505 close", "400 or 200 small"),
    C("version-2.0-unknown-method", "9110 15.6.6",
      req("BREW /small HTTP/2.0"), "505 close", "400/405/501"),
]
