# SPDX-License-Identifier: GPL-2.0-only
"""Chunked bodies: RFC 9112, 7.1.

A body that is no good is noticed before the answer or behind it: an answer
that was given before is no fault, a connection that goes on is.
"""
from cases.case import NEXT, Case as C, get, post


def ch(body):
    return get("Transfer-Encoding: chunked", body=body) + NEXT


def echo(body):
    return post("Transfer-Encoding: chunked", body=body)


GOOD = "200 small, 200 next keep"
BAD = "400 close! or 200 small drop"
LARGE = "413 close! or 200 small drop"
EITHER = "400/413 close! or 200 small drop"
BUT = "413/431/501 close!"

CASES = [
    C("chunk-one", "7.1", ch("5|hello|0||"), GOOD, splits=True),
    C("chunk-echo", "7.1", echo("5|hello|0||"), "200 body=hello keep",
      needs="kelp"),
    C("chunk-echo-many", "7.1", echo("1|h|2|el|1|l|0001|o|0||"),
      "200 body=hello keep", needs="kelp", splits=True),
    C("chunk-echo-crlf-in-data", "7.1", echo("6|a|b\nc|0||"),
      "200 keep", needs="kelp"),
    C("chunk-echo-data-like-end", "7.1", echo("5|0|||0||"),
      "200 keep", needs="kelp"),
    C("chunk-echo-empty", "7.1", echo("0||"), "200 empty keep", needs="kelp"),
    C("chunk-echo-trailer", "7.1", echo("5|hello|0|X: y||"),
      "200 body=hello keep", needs="kelp"),
    C("chunk-none", "7.1", ch("0||"), GOOD),
    C("chunk-zeros", "7.1", ch("000||"), GOOD),
    C("chunk-upper", "7.1", ch("A|0123456789|0||"), GOOD),
    C("chunk-lower", "7.1", ch("a|0123456789|0||"), GOOD),
    C("chunk-two-digits", "7.1", ch("1f|" + "x" * 31 + "|0||"), GOOD),
    C("chunk-leading-zeros", "7.1", ch("00005|hello|0||"), GOOD),
    C("chunk-sixteen-digits", "7.1", ch("0000000000000005|hello|0||"), GOOD,
      BAD),
    C("chunk-twenty-digits", "7.1", ch("00000000000000000005|hello|0||"), BAD,
      GOOD),
    C("chunk-large", "7.1", ch("4000|" + "x" * 16384 + "|0||"), GOOD),
    C("chunk-hundred", "7.1", ch("1|x|" * 100 + "0||"), GOOD),
    # Extensions
    C("chunk-ext", "7.1.1", ch("5;a|hello|0||"), GOOD),
    C("chunk-ext-value", "7.1.1", ch("5;a=b|hello|0||"), GOOD, splits=True),
    C("chunk-ext-quoted", "7.1.1", ch("5;a=\"b c\"|hello|0||"), GOOD),
    C("chunk-ext-quoted-marks", "7.1.1", ch("5;a=\"b;c=\\\"d\"|hello|0||"),
      GOOD),
    C("chunk-ext-many", "7.1.1", ch("5;a;b=c;d=\"e\"|hello|0;f||"), GOOD),
    C("chunk-ext-bws", "7.1.1", ch("5 ; a = b|hello|0||"), GOOD, BAD),
    C("chunk-ext-tab", "7.1.1", ch("5\t;a|hello|0||"), GOOD, BAD),
    C("chunk-ext-last", "7.1.1", ch("5|hello|0;a=b||"), GOOD),
    C("chunk-ext-no-name", "7.1.1", ch("5;|hello|0||"), BAD, GOOD),
    C("chunk-ext-no-value", "7.1.1", ch("5;a=|hello|0||"), BAD, GOOD),
    C("chunk-ext-equals", "7.1.1", ch("5;=b|hello|0||"), BAD, GOOD),
    C("chunk-ext-open-quote", "7.1.1", ch("5;a=\"b|hello|0||"), BAD,
      GOOD + " or " + BUT),
    C("chunk-ext-nul", "7.1.1", ch("5;a\0|hello|0||"), BAD, GOOD),
    C("chunk-ext-nul-quoted", "7.1.1", ch("5;a=\"\0\"|hello|0||"), BAD, GOOD),
    C("chunk-ext-lf", "7.1.1", ch("5;a\nhello|0||"), BAD,
      GOOD + " or " + BUT),
    C("chunk-ext-cr", "7.1.1", ch("5;a\rb|hello|0||"), BAD,
      GOOD + " or " + BUT),
    C("chunk-ext-space-end", "7.1.1", ch("5 |hello|0||"), BAD,
      GOOD + " or " + BUT),
    C("chunk-ext-long", "7.1.1", ch("5;" + "a" * 3000 + "|hello|0||"), GOOD,
      "4xx"),
    C("chunk-ext-too-long", "7.1.1", ch("5;" + "a" * 5000 + "|hello|0||"),
      LARGE, GOOD + " or 4xx"),
    C("chunk-ext-too-many", "7.1.1",
      ch(("1;" + "a" * 100 + "|x|") * 45 + "0||"),
      LARGE, GOOD + " or 4xx"),
    # Sizes that are none
] + [
    C("chunk-size-%d" % number, "7.1", ch(size + "|hello|0||"), BAD, BUT,
      splits=size == "5\0")
    for number, size in enumerate((
        "", "x", "g", "-5", "+5", "0x5", "5h", " 5", "\t5", "5\0", "\0005",
        "5.", "5,5", "5 5", "h5", "\"5\"", "\xb25", "5:", ";a", "5\x0b"), 1)
] + [
    C("chunk-size-cr-cr", "7.1", ch("5\r|hello|0||"), BAD, BUT, splits=True),
    C("chunk-size-cr-cr-semicolon", "7.1", ch("5\r\r;a|hello|0||"), BAD, BUT),
    C("chunk-size-cr-semicolon", "7.1", ch("5\r;a|hello|0||"), BAD, BUT),
    C("chunk-size-cr", "7.1", ch("5\rhello|0||"), BAD, BUT),
    C("chunk-size-lf", "2.2", ch("5\nhello|0||"), BAD, GOOD + " or " + BUT),
    C("chunk-lf-all", "2.2", ch("5\nhello\n0\n\n"), BAD, GOOD + " or " + BUT),
    C("chunk-size-nul-alone", "7.1", ch("\0|hello|0||"), BAD, BUT),
    # Sizes that are too large
    C("chunk-size-seventeen", "7.1", ch("10000000000000005|hello|0||"),
      EITHER, BUT),
    C("chunk-size-thirty-three", "7.1",
      ch("100000000000000000000000000000005|hello|0||"), EITHER,
      BUT),
    C("chunk-size-2^64-1", "7.1", ch("FFFFFFFFFFFFFFFF|hello|0||"),
      EITHER, BUT),
    C("chunk-size-2^63", "7.1", ch("8000000000000000|hello|0||"),
      EITHER, BUT),
    C("chunk-size-2^32+5", "7.1", ch("100000005|hello|0||"),
      LARGE, BUT + " or 400 close! or 200 small or none"),
    C("chunk-sum-overflow", "7.1", ch("5|hello|FFFFFFFFFFFFFFFB|x|0||"),
      EITHER, BUT),
    C("chunk-limit+1", "9110 15.5.14", echo("100001|x"), "413 close",
      needs="kelp"),
    # Data that does not end where the size says
    C("chunk-too-long", "7.1", ch("5|hello!|0||"), BAD, BUT, splits=True),
    C("chunk-too-short", "7.1", ch("5|hell|0||"), BAD, BUT),
    C("chunk-no-end", "7.1", ch("5|hello0||"), BAD, BUT),
    C("chunk-data-lf", "7.1", ch("5|hello\n0||"), BAD, GOOD + " or " + BUT),
    C("chunk-data-cr", "7.1", ch("5|hello\r0||"), BAD, BUT),
    C("chunk-data-cr-cr", "7.1", ch("5|hello\r|0||"), BAD, BUT),
    # The trailer section
    C("chunk-trailer", "7.1.2", ch("0|X: y||"), GOOD, splits=True),
    C("chunk-trailers", "7.1.2", ch("0|X: y|Z:|W: v \t||"), GOOD),
    C("chunk-trailer-length", "9110 6.5.1", ch("0|Content-Length: 50||"),
      GOOD, "400 close"),
    C("chunk-trailer-coding", "9110 6.5.1",
      ch("0|Transfer-Encoding: chunked||"), GOOD, "400 close"),
    C("chunk-trailer-host", "9110 6.5.1", ch("0|Host: b c||"), GOOD,
      "400 close"),
    C("chunk-trailer-close", "9110 6.5.1", ch("0|Connection: close||"), GOOD,
      "400 close or 200 small close"),
    C("chunk-trailer-no-colon", "7.1.2", ch("0|X||"), BAD,
      GOOD + " or " + BUT),
    C("chunk-trailer-no-name", "7.1.2", ch("0|: y||"), BAD,
      GOOD + " or " + BUT),
    C("chunk-trailer-space-colon", "7.1.2", ch("0|X : y||"), BAD,
      GOOD + " or " + BUT),
    C("chunk-trailer-fold", "7.1.2", ch("0|X: y| z||"), BAD,
      GOOD + " or " + BUT),
    C("chunk-trailer-nul", "7.1.2", ch("0|X: y\0||"), BAD,
      GOOD + " or " + BUT),
    C("chunk-trailer-lf", "7.1.2", ch("0|X: y\n|"), BAD,
      GOOD + " or " + BUT),
    C("chunk-trailer-cr", "7.1.2", ch("0|X: y\rZ: w||"), BAD,
      GOOD + " or " + BUT),
    C("chunk-trailer-end-lf", "7.1.2", ch("0|\n"), BAD, GOOD + " or " + BUT),
    C("chunk-trailer-end-cr", "7.1.2", ch("0|\rX"), BAD, BUT),
    C("chunk-trailer-large", "7.1.2", ch("0|X: " + "y" * 6000 + "||"), GOOD,
      "4xx or 200 small drop"),
    C("chunk-trailer-too-large", "7.1.2", ch("0|X: " + "y" * 9000 + "||"),
      "431 close! or 200 small drop", GOOD + " or 4xx"),
]
