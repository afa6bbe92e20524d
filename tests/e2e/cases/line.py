# SPDX-License-Identifier: GPL-2.0-only
"""The request line: its three parts, what separates them, where it ends."""
from cases.case import Case as C, get

H = "|Host: a||"

CASES = [
    C("line-plain", "3", get(), "200 small keep", splits=True),
    C("line-method-lower", "9110 9.1", "get /small HTTP/1.1" + H,
      "501 keep", "400/405"),
    C("line-method-mixed", "9110 9.1", "Get /small HTTP/1.1" + H,
      "501 keep", "400/405"),
    # White space
    C("line-two-spaces-1", "3", "GET  /small HTTP/1.1" + H, "400 close",
      "200 small"),
    C("line-two-spaces-2", "3", "GET /small  HTTP/1.1" + H, "400 close",
      "200 small", splits=True),
    C("line-tab-1", "3", "GET\t/small HTTP/1.1" + H, "400 close",
      "200 small or 501"),
    C("line-tab-2", "3", "GET /small\tHTTP/1.1" + H, "400 close",
      "200 small"),
    C("line-vt", "3", "GET\v/small HTTP/1.1" + H, "400 close", "200 small"),
    C("line-trailing-space", "3", "GET /small HTTP/1.1 " + H, "400 close",
      "200 small"),
    C("line-trailing-tab", "3", "GET /small HTTP/1.1\t" + H, "400 close",
      "200 small"),
    C("line-leading-space", "3", " GET /small HTTP/1.1" + H, "400 close",
      "200 small or 501"),
    C("line-leading-tab", "3", "\tGET /small HTTP/1.1" + H, "400 close",
      "200 small or 501"),
    # Empty lines before it
    C("line-empty-before", "2.2", "|" + get(), "200 small keep", splits=True),
    C("line-empty-before-twice", "2.2", "||" + get(), "400 close",
      "200 small"),
    C("line-empty-between", "2.2", get() + "|" + get(),
      "200 small, 200 small keep", splits=True),
    C("line-lf-before", "2.2", "\n" + get(), "400 close", "200 small"),
    C("line-cr-before", "2.2", "\r" + get(), "400 close",
      "501 or 200 small"),
    C("line-space-line-before", "2.2", " |" + get(), "400 close", "501"),
    # Parts that are missing
    C("line-no-version", "3", "GET /small" + H, "400 close", "505"),
    C("line-no-version-space", "3", "GET /small " + H, "400 close", "505"),
    C("line-simple-request", "3", "GET /small||", "400 close", "505"),
    C("line-no-target", "3", "GET HTTP/1.1" + H, "400 close", "404/501/505"),
    C("line-empty-target", "3", "GET  HTTP/1.1" + H, "400 close",
      "404/501/505"),
    C("line-method-only", "3", "GET" + H, "400 close", "501/505"),
    C("line-no-method", "3", "/small HTTP/1.1" + H, "400 close", "501/505"),
    C("line-empty-method", "3", " /small HTTP/1.1" + H, "400 close",
      "501/505"),
    C("line-space-only", "3", " " + H, "400 close", "501/505"),
    C("line-four-words", "3", "GET /small x HTTP/1.1" + H, "400 close",
      "404/505"),
    C("line-version-first", "3", "HTTP/1.1 GET /small" + H, "400 close",
      "501/505"),
    C("line-answer", "3", "HTTP/1.1 200 OK|Host: a||", "400 close",
      "501/505"),
    C("line-header-first", "3", "Host: a|GET /small HTTP/1.1||", "400 close",
      "501/505"),
    # The version's grammar
] + [
    C("line-version-%d" % number, "2.3",
      "GET /small " + text + H, "400 close", "505 or 200 small")
    for number, text in enumerate((
        "http/1.1", "Http/1.1", "HTTP/1", "HTTP/1.", "HTTP/.1", "HTTP/11",
        "HTTP/1.10", "HTTP/1.01", "HTTP/01.1", "HTTP/+1.1", "HTTP/1.-1",
        "HTTP/1.1.1", "HTTP/1,1", "HTTP/1.x", "HTTP/ 1.1", "HTTP /1.1",
        "HTTPS/1.1", "HTP/1.1", "ICY/1.1", "HTTP/1.1\0", "HTTP/", "HTTP",
        "1.1"), 1)
] + [
    # Where it ends
    C("line-bare-lf", "2.2", "GET /small HTTP/1.1\nHost: a||", "400 close",
      "200 small", splits=True),
    C("line-bare-lf-all", "2.2", "GET /small HTTP/1.1\nHost: a\n\n",
      "400 close", "200 small"),
    C("line-bare-cr", "2.2", "GET /small HTTP/1.1\rHost: a||", "400 close",
      "505"),
    C("line-cr-cr-lf", "2.2", "GET /small HTTP/1.1\r|Host: a||", "400 close",
      "505"),
    C("line-lf-cr", "2.2", "GET /small HTTP/1.1\n\rHost: a||", "400 close"),
    C("line-cr-in-target", "2.2", "GET /sm\rall HTTP/1.1" + H, "400 close",
      "404"),
    C("line-lf-in-target", "2.2", "GET /sm\nall HTTP/1.1" + H, "400 close",
      "505"),
    # Bytes that no method has
] + [
    C("line-method-byte-%02x" % ord(byte), "9110 5.6.2",
      "G%sT /small HTTP/1.1%s" % (byte, H), "400 close", "501/405")
    for byte in "\0\x01\x7f\x80\"(,/:;=@[\\{"
] + [
    C("line-method-token", "9110 5.6.2",
      "!#$%&'*+-.^_`{bar}~09aZ /small HTTP/1.1" + H, "501 keep", "400/405"),
    # Bytes that no target has
] + [
    C("line-target-byte-%02x" % ord(byte), "3.2",
      "GET /sma%sll HTTP/1.1%s" % (byte, H), "400 close", "404")
    for byte in "\0\x01\x08\x1b\x7f\x80\xc3\xff\"<>[]\\^`{}"
] + [
    C("line-target-byte-bar", "3.2", "GET /sma{bar}ll HTTP/1.1" + H,
      "400 close", "404"),
    C("line-target-fragment", "3.2", "GET /small#top HTTP/1.1" + H,
      "400 close", "404 or 200 small"),
    C("line-query-fragment", "3.2", "GET /small?a#top HTTP/1.1" + H,
      "400 close", "404 or 200 small"),
    C("line-query-byte-00", "3.2", "GET /small?a\0b HTTP/1.1" + H,
      "400 close"),
    C("line-query-byte-80", "3.2", "GET /small?a\x80b HTTP/1.1" + H,
      "400 close", "200 small"),
    C("line-query-quote", "3.2", "GET /small?a=\"b\" HTTP/1.1" + H,
      "400 close", "200 small"),
    # Other protocols
    C("line-tls", "3", "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" +
      "\x5a" * 32, "400 close", "none", splits=True),
    C("line-http2", "9113 3.4", "PRI * HTTP/2.0||SM||", "400/505 close",
      needs="kelp"),
    C("line-ssh", "3", "SSH-2.0-OpenSSH_9.2|", "400 close", "501/505"),
    C("line-smtp", "3", "EHLO a.example|", "400 close", "501/505"),
    C("line-zeros", "3", "\0" * 64 + "||", "400 close", "501"),
    C("line-ff", "3", "\xff" * 64 + "||", "400 close", "501"),
]
