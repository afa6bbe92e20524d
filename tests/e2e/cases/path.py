# SPDX-License-Identifier: GPL-2.0-only
"""Paths: decoding, dot segments, and that nothing outside is reached."""
from cases.case import Case as C, req

# What is neither there nor may be reached; a server may call it bad or hidden.
NO = "400/403/404"


def to(path):
    return req("GET %s HTTP/1.1" % path)


CASES = [
    # Names that need encoding, and those that do not
    C("path-space", "3986 2.1", to("/a%20b"), "200 file keep", splits=True),
    C("path-percent", "3986 2.4", to("/100%25"), "200 file keep"),
    C("path-utf8", "3986 2.5", to("/%C3%BC"), "200 file keep"),
    C("path-utf8-lower", "3986 2.1", to("/%c3%bc"), "200 file keep"),
    C("path-backslash", "3986 2.1", to("/x%5Cy"), "200 file keep", NO),
    C("path-semicolon", "3986 3.3", to("/semi;colon"), "200 file keep"),
    C("path-semicolon-encoded", "3986 2.2", to("/semi%3Bcolon"),
      "200 file keep", "404"),
    C("path-question-mark", "3986 2.2", to("/q%3Fm"), "200 file keep"),
    C("path-plus", "3986 3.3", to("/plus+sign"), "200 file keep"),
    C("path-plus-encoded", "3986 2.2", to("/plus%2Bsign"), "200 file keep"),
    C("path-plus-is-no-space", "3986 3.3", to("/a+b"), "404 keep"),
    C("path-pchars", "3986 3.3", to("/a'(b)*!$&,=:@~_-"), "200 file keep"),
    C("path-unreserved-encoded", "3986 2.3", to("/%73%6D%61%6c%6C"),
      "200 small keep"),
    C("path-tilde-encoded", "3986 2.3", to("/a'(b)*!$&,=:@%7E_-"),
      "200 file keep"),
    C("path-query-encoded", "3986 2.2", to("/small%3Fa"), "404 keep"),
    C("path-hash-encoded", "3986 2.2", to("/small%23a"), "404 keep"),
    # Encodings that are none
] + [
    C("path-bad-%d" % number, "3986 2.1", to(path), "400 close", "404",
      splits=path == "/small%")
    for number, path in enumerate((
        "/small%", "/small%2", "/small%zz", "/small%2g", "/small%g2", "/%",
        "/%u002e", "/%%32%65", "/%-1", "/% 20"), 1)
] + [
    # Bytes that no name has
    C("path-nul", "3986 7.3", to("/small%00"), "400", NO),
    C("path-nul-inside", "3986 7.3", to("/sm%00all"), "400", NO),
    C("path-nul-extension", "3986 7.3", to("/small%00.html"), "400", NO),
    C("path-nul-dots", "3986 7.3", to("/..%00/secret"), "400", NO),
    C("path-lf", "3986 7.3", to("/small%0a"), "400", NO),
    C("path-crlf", "3986 7.3", to("/small%0d%0aX:%20y"), "400", NO),
    C("path-tab", "3986 7.3", to("/small%09"), "400", NO),
    C("path-del", "3986 7.3", to("/small%7f"), "400", NO),
    C("path-high", "3986 7.3", to("/small%ff"), "404 keep", NO),
    # Encoded slashes
    C("path-encoded-slash", "3986 2.2", to("/dir%2ffile"), "400",
      "404 or 200 file"),
    C("path-encoded-slash-upper", "3986 2.2", to("/dir%2Ffile"), "400",
      "404 or 200 file"),
    C("path-encoded-slash-first", "3986 2.2", to("%2fsmall"), "400 close",
      "404 or 200 small"),
    C("path-encoded-slash-second", "3986 2.2", to("/%2fsmall"), "400",
      "404 or 200 small"),
    C("path-encoded-slash-last", "3986 2.2", to("/small%2f"), "400", NO),
    # Dot segments
    C("path-dot", "3986 5.2.4", to("/./small"), "200 small keep", "400"),
    C("path-dot-dot", "3986 5.2.4", to("/x/../small"), "200 small keep",
      "400"),
    C("path-dot-dot-real", "3986 5.2.4", to("/dir/../small"),
      "200 small keep", "400", splits=True),
    C("path-dot-encoded", "3986 6.2.2.3", to("/%2e/small"), "200 small keep",
      "400"),
    C("path-dot-dot-encoded", "3986 6.2.2.3", to("/dir/%2e%2E/small"),
      "200 small keep", "400"),
    C("path-dot-dot-half", "3986 6.2.2.3", to("/dir/.%2e/small"),
      "200 small keep", "400"),
    C("path-dots-end", "3986 5.2.4", to("/dir/."), "200 index keep", "400"),
    C("path-dot-dot-end", "3986 5.2.4", to("/dir/file/.."),
      "200 index keep", "400/403/404"),
    C("path-dots-many", "3986 5.2.4", to("/a/b/../../c/./.././small"),
      "200 small keep", "400"),
    C("path-three-dots", "3986 5.2.4", to("/..."), "404 keep",
      "200 file or 403"),
    C("path-dots-name", "3986 5.2.4", to("/..file"), "404 keep",
      "200 file or 403"),
    C("path-file-as-dir", "3986 5.2.4", to("/small/../next"),
      "200 next keep", "400/403/404"),
    C("path-above", "3986 5.2.4", to("/../small"), "400 keep",
      "200 small or 403/404"),
    # Slashes
    C("path-two-slashes", "3986 3.3", to("//small"), "200 small keep", NO),
    C("path-many-slashes", "3986 3.3", to("///dir////file"),
      "200 file keep", NO),
    C("path-slash-behind", "3986 3.3", to("/small/"), "404 keep", NO),
    C("path-slash-dot", "3986 3.3", to("/small/."), "404 keep",
      NO + " or 200 small"),
    C("path-two-slashes-host", "3986 3.3", to("//evil.example/.."),
      "200/301/400/403/404", NO + " or 200/301/302", needs="kelp"),
    # Directories
    C("path-dir", "9110 15.4.2", to("/dir"), "301 Location keep",
      "200/302/307/308"),
    C("path-dir-query", "9110 15.4.2", to("/dir?a=b"), "301 Location keep",
      "200/302/307/308"),
    C("path-dir-two-slashes", "9110 15.4.2", to("//dir"),
      "301 Location=/dir/ keep", "200/301/302/307/308/404"),
    C("path-index", "3986 3.3", to("/dir/"), "200 index keep"),
    C("path-index-name", "3986 3.3", to("/dir/index.html"),
      "200 index keep"),
    # Traversal, in every way that somebody fell for
] + [
    C("path-traversal-%d" % number, "9110 17.3", to(path), NO,
      splits=path == "/../secret")
    for number, path in enumerate((
        "/../secret", "/../../secret", "/dir/../../secret",
        "/./../secret", "/x/../../secret", "/%2e%2e/secret",
        "/%2E%2E/secret", "/.%2e/secret", "/%2e./secret", "/..%2fsecret",
        "/%2e%2e%2fsecret", "/dir/..%2f..%2fsecret", "/..%5csecret",
        "/..%5c..%5csecret", "/%2e%2e%5csecret", "/%252e%252e/secret",
        "/%252e%252e%252fsecret", "/..%252fsecret", "/%c0%ae%c0%ae/secret",
        "/%c0%ae%c0%ae%c0%afsecret", "/..%c0%afsecret", "/..%c1%9csecret",
        "/%e0%80%ae%e0%80%ae/secret", "/%uff0e%uff0e/secret",
        "/..;/secret", "/..;a=b/secret", "/.../secret", "/....//secret",
        "/..././secret", "//../secret", "/..//secret", "/dir//../../secret",
        "/..%00/secret", "/..%0d/secret", "/..%20/secret", "/..%09/secret", "/../root/../secret", "/dir/%2e%2e/%2e%2e/secret",
        "/leaves/../../secret"), 1)
] + [
    C("path-traversal-root", "9110 17.3", to("/../../../../../etc/passwd"),
      NO),
    C("path-traversal-absolute", "9110 17.3", to("//etc/passwd"), NO),
    C("path-traversal-query", "9110 17.3", to("/small?/../../secret"),
      "200 small keep"),
    C("path-hidden", "9110 17.3", to("/.hidden"), "403/404 keep",
      "200 body='hidden\n'"),
    C("path-hidden-encoded", "9110 17.3", to("/%2ehidden"), "403/404 keep",
      "200 body='hidden\n'"),
    C("path-link-outside", "9110 17.3", to("/leaves"), "403/404 keep",
      needs="kelp"),
    C("path-link-beneath", "9110 17.3", to("/leaves/x"), "403/404 keep"),
]
