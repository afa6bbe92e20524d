#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=6.12,debug where=guest timeout=180
"""Options of sites: header fields, indexes, error pages, media types,
listings, and replacing a site while it is in use.
"""
import os
import re
import threading

import kelp_test
import site_kit
from kelp_test import (Connection, equal, get, kelpctl, kelpctl_json, refused,
                       true, write_file)
from site_kit import noise, put

setup = site_kit.serve
teardown = site_kit.stop


class other_site:
    """with other_site(prefix, options) as folder: a further site."""

    def __init__(self, prefix, *options, folder=None):
        self.prefix = prefix
        self.options = options
        self.scratch = None if folder else kelp_test.scratch()
        self.folder = folder

    def __enter__(self):
        if self.scratch:
            self.folder = self.scratch.__enter__()
        kelpctl("site", "add", self.prefix, self.folder, *self.options)
        return self.folder

    def __exit__(self, *error):
        kelpctl("site", "del", self.prefix)
        if self.scratch:
            self.scratch.__exit__(*error)


def shown(prefix):
    return [row for row in kelpctl_json("site", "show")
            if row["prefix"] == prefix][0]


# Header fields

def test_cache_control_and_headers():
    with other_site("/h", "--cache-control", "public, max-age=60",
                    "--header", "X-One: 1", "--header", "X-One:  2 \t",
                    "--header", "X-Two:a:b \"c\" 'd'") as folder:
        write_file(folder + "/small", b"x")
        write_file(folder + "/large", noise((1 << 20) + 1))
        write_file(folder + "/index.html", b"index")
        with Connection() as connection:
            for target in ("/h/small", "/h/small", "/h/", "/h/large"):
                for method in ("GET", "HEAD"):
                    answer = connection.request(target, method)
                    equal(answer.status, 200, target)
                    equal(answer.all("Cache-Control"), ["public, max-age=60"],
                          target)
                    equal(answer.all("X-One"), ["1", "2"], target)
                    equal(answer.all("X-Two"), ["a:b \"c\" 'd'"], target)
            put("plain", b"x")
            answer = connection.request("/plain")
            equal((answer.all("Cache-Control"), answer.all("X-One")),
                  ([], []), "the other site")
        equal((shown("/h")["cache_control"], shown("/h")["headers"]),
              ("public, max-age=60",
               ["X-One: 1", "X-One:  2 \t", "X-Two:a:b \"c\" 'd'"]), "shown")
        true("--cache-control 'public, max-age=60'" in
             kelpctl("site", "show"), "text form")


def test_refusals_have_the_headers():
    """412 and 416: what is about the site, and Vary; but nothing that would
    have a cache keep them (RFC 9110, 12.5.5, 15.5.13, 15.5.17)."""
    with other_site("/r", "--cache-control", "max-age=60",
                    "--header", "X-One: 1") as folder:
        sizes = {"small": 5, "middle": 10000, "large": (1 << 20) + 1}
        for name, size in sizes.items():
            write_file("%s/%s" % (folder, name), noise(size))
            write_file("%s/%s.gz" % (folder, name), noise(size // 2))
        write_file(folder + "/plain", b"x")
        with Connection() as connection:
            for target in list(sizes) * 2:
                for field, status in (("If-Match", 412), ("Range", 416)):
                    answer = connection.request(
                        "/r/" + target, headers=[(field, "bytes=9999999-")])
                    refusal_fits(answer, status, target)
                    equal(answer.get("Vary"), "Accept-Encoding", target)
                    equal(answer.get("Content-Range"), "bytes */%d" %
                          sizes[target] if status == 416 else None, target)
            refusal_fits(connection.request("/r/small", "HEAD",
                                            [("If-Match", '"a"')]), 412, "HEAD")
            answer = connection.request("/r/plain", headers=[("If-Match", "a")])
            refusal_fits(answer, 412, "without variants")
            equal(answer.get("Vary"), None, "without variants")


def refusal_fits(answer, status, what):
    equal(answer.status, status, what)
    equal((answer.all("X-One"), answer.all("Cache-Control")), (["1"], []),
          "%s: %d" % (what, status))
    length = len("%d %s\n" % (status, answer.reason))
    equal(answer.get("Content-Length"), str(length), what)
    true(answer.get("Content-Type", "").startswith("text/plain"), what)


def test_as_many_headers_as_there_may_be():
    value = "v" * 240
    options = []
    for number in range(8):
        options += ["--header", "X-%d: %s" % (number, value)]
    with other_site("/many", *options) as folder:
        write_file(folder + "/a", b"x")
        for _ in range(2):
            answer = get("/many/a")
            equal([answer.get("X-%d" % n) for n in range(8)], [value] * 8,
                  "values")


# Hosts

def test_hosts():
    hosts = ("example.org", "*.example.org", "*.deep.example.org", "[::1]")
    with kelp_test.scratch() as folder:
        for number, host in enumerate(hosts):
            write_file("%s/%d/page" % (folder, number), host.encode())
            kelpctl("site", "add", "/v", "%s/%d" % (folder, number),
                    "--host", host)
        write_file(folder + "/any/page", b"any")
        kelpctl("site", "add", "/v", folder + "/any")
        try:
            refused("site", "add", "/v", folder, "--host", "*.EXAMPLE.org.")
            for host, expected in (
                    ("example.org", "example.org"),
                    ("EXAMPLE.Org.:8080", "example.org"),
                    ("www.example.org", "*.example.org"),
                    ("a.b.Example.ORG.:1", "*.example.org"),
                    ("x.deep.example.org:80", "*.deep.example.org"),
                    ("deep.example.org", "*.example.org"),
                    ("[::1]:8080", "[::1]"), ("wwwexample.org", "any"),
                    ("example.org.evil.net", "any"), ("127.0.0.1", "any")):
                answer = get("/v/page", headers=[("Host", host)])
                equal((answer.status, answer.body), (200, expected.encode()),
                      host)
            kelpctl("site", "add", "/v", folder + "/any", "--host",
                    "*.example.org", "--replace")
            equal(get("/v/page", headers=[("Host", "w.example.org")]).body,
                  b"any", "replaced")
        finally:
            for host in hosts:
                kelpctl("site", "del", "/v", "--host", host)
            kelpctl("site", "del", "/v")


# Refusals

def test_refused():
    folder = site_kit.root
    long_one = "X-Long: " + "v" * 2040
    cases = [
        (["--header", "no colon"], "Name: value"),
        (["--header", ": value"], "Name: value"),
        (["--header", "Na me: value"], "Name: value"),
        (["--header", "Näme: value"], "Name: value"),
        (["--header", "Name : value"], "Name: value"),
        (["--header", "X: a\r\nY: b"], "control"),
        (["--header", "X: a\nb"], "control"),
        (["--header", "X: \x7f"], "control"),
        (["--header", "X: \x01"], "control"),
        (["--header", "X:  \t "], "empty"),
        (["--header", long_one], "longer than"),
        (["--header", "X: " + "v" * 1500, "--header", "Y: " + "v" * 1500],
         "2048"),
        (["--cache-control", "a\r\nX: y"], "control"),
        (["--cache-control", ""], "empty"),
        (["--cache-control", "a", "--cache-control", "b"], "same"),
        (["--index", ""], "index"), (["--index", "a/b"], "index"),
        (["--index", ".."], "index"), (["--index", "a,,b"], "index"),
        (["--index", "a,a"], "same"),
        (["--error", "404"], "error page"),
        (["--error", "404=page"], "slash"),
        (["--error", "200=/page"], "403, 404, 500"),
        (["--error", "4040=/page"], "403, 404, 500"),
        (["--error", "404=/../page"], "segments"),
        (["--error", "404=/dir/"], "file"),
        (["--error", "404=/a", "--error", "404=/b"], "same"),
        (["--mime", "txt"], "EXT=TYPE"), (["--mime", "=a/b"], "EXT=TYPE"),
        (["--mime", ".txt=a/b"], "EXT=TYPE"),
        (["--mime", "a/b=a/b"], "EXT=TYPE"),
        (["--mime", "txt=text"], "content type"),
        (["--mime", "txt=a/b\r\nX: y"], "content type"),
        (["--mime", "txt=a/b", "--mime", "TXT=a/c"], "same"),
    ]
    for name in ("Server", "date", "CONNECTION", "Content-Type",
                 "content-length", "Content-Encoding", "Content-Range",
                 "Transfer-Encoding", "Last-Modified", "ETag", "Vary",
                 "Location", "Accept-Ranges", "Cache-Control", "Trailer"):
        cases.append((["--header", name + ": x"], "itself"))
    before = kelpctl_json("status")["generation"]
    for options, pattern in cases:
        said = refused("site", "add", "/refused", folder, *options)
        true(re.search(pattern, said), "%r: says %r" % (options, said))
    equal(kelpctl_json("status")["generation"], before, "generation")
    refused("site", "add", "/", folder)
    equal(len(kelpctl_json("site", "show")), 1, "sites")


# Which file, which type

def test_index():
    with other_site("/i", "--index", "a.htm,b.txt", "--index", "c") as folder:
        equal(shown("/i")["index"], ["a.htm", "b.txt", "c"], "shown")
        write_file(folder + "/index.html", b"not this one")
        equal(get("/i/").status, 404, "none of them")
        for name, kind in (("c", "application/octet-stream"),
                           ("b.txt", "text/plain; charset=utf-8"),
                           ("a.htm", "text/html; charset=utf-8")):
            write_file(folder + "/" + name, name.encode())
            kelp_test.wait_for(lambda: get("/i/").body == name.encode(),
                               what=name)
            for _ in range(2):
                answer = get("/i/")
                equal((answer.body, answer.get("Content-Type")),
                      (name.encode(), kind), name)
        os.unlink(folder + "/a.htm")
        kelp_test.wait_for(lambda: get("/i/").body == b"b.txt",
                           what="the next one")
        equal(get("/i/").get("Content-Type"), "text/plain; charset=utf-8",
              "its type")
        os.chmod(folder + "/b.txt", 0)
        kelp_test.wait_for(lambda: get("/i/").status == 403,
                           what="a closed index hides what comes after it")


def test_mime():
    with other_site("/m", "--mime", "foo=application/x-foo",
                    "--mime", "TXT=text/x-mine; charset=latin1",
                    "--mime", "extension-of-some-length=a/b") as folder:
        equal(shown("/m")["mime"]["foo"], "application/x-foo", "shown")
        for name, kind in (("a.foo", "application/x-foo"),
                           ("a.FOO", "application/x-foo"),
                           ("a.fo", "application/octet-stream"),
                           ("a.fooo", "application/octet-stream"),
                           ("foo", "application/octet-stream"),
                           (".foo", None),
                           ("a.txt", "text/x-mine; charset=latin1"),
                           ("a.extension-of-some-length", "a/b"),
                           ("a.html", "text/html; charset=utf-8")):
            write_file(folder + "/" + name, b"x")
            if kind:
                equal(get("/m/" + name).get("Content-Type"), kind, name)
    put("a.foo", b"x")
    equal(get("/a.foo").get("Content-Type"), "application/octet-stream",
          "the other site")


# Error pages

def test_error_pages():
    with other_site("/e", "--error", "404=/pages/404.html", "--error",
                    "403=/pages/large", "--error", "500=/none",
                    "--header", "X-Site: e") as folder:
        equal(shown("/e")["errors"]["404"], "/pages/404.html", "shown")
        page = b"<p>not here" + b"!" * 5000
        write_file(folder + "/pages/404.html", page)
        write_file(folder + "/pages/large", noise((1 << 20) + 1))
        write_file(folder + "/closed", b"x", 0o600)
        with Connection() as connection:
            for target in ("/e/none", "/e/.hidden", "/e/", "/e/none/",
                           "/e/pages/404.html/x"):
                for _ in range(2):
                    answer = connection.request(target)
                    equal((answer.status, answer.body,
                           answer.get("Content-Type"), answer.get("X-Site")),
                          (404, page, "text/html; charset=utf-8", "e"), target)
            head = connection.request("/e/none", "HEAD")
            equal((head.status, head.get("Content-Length")),
                  (404, str(len(page))), "HEAD")
            equal(connection.request("/e/pages/404.html").status, 200,
                  "the page itself")
            for headers in ({"Range": "bytes=0-3"}, {"If-None-Match": "*"}):
                answer = connection.request("/e/none",
                                            headers=list(headers.items()))
                equal((answer.status, answer.body), (404, page), str(headers))
            answer = connection.request("/e/closed")
            equal((answer.status, len(answer.body) < 100), (403, True),
                  "a page that is too large is done without")
            fills = kelpctl_json("stats", "show")["cache_fills"]
            connection.request("/e/other")
            equal(kelpctl_json("stats", "show")["cache_fills"], fills,
                  "the page is cached")
            os.unlink(folder + "/pages/404.html")
            kelp_test.wait_for(
                lambda: connection.request("/e/none").body != page,
                what="without the page")
            equal(connection.request("/e/none").status, 404, "plain")


# Listings

def links(body):
    return re.findall(rb'<a href="([^"]*)">', body)


def test_listing():
    with other_site("/l", "--listing", "--header", "X-Site: l",
                    "--cache-control", "max-age=99") as folder:
        equal(shown("/l")["listing"], True, "shown")
        names = ["b.txt", "a b", "<i>&\"'", "100%", "ä", "javascript:x", "z"]
        for name in names:
            write_file(folder + "/" + name, name.encode() * 3)
        write_file(folder + "/sub/file", b"x")
        write_file(folder + "/with/index.html", b"<p>index")
        write_file(folder + "/.hidden", b"x")
        write_file(folder + "/closed", b"x", 0o600)
        write_file(folder + "/shut/file", b"x")
        os.chmod(folder + "/shut", 0o700)
        os.mkfifo(folder + "/fifo")
        os.symlink("/etc/passwd", folder + "/out")
        os.symlink("z", folder + "/in")
        os.symlink("nothing", folder + "/dangling")
        write_file(folder + "/new\nline", b"x")
        os.utime(folder + "/z", (10 ** 9, 10 ** 9))
        with Connection() as connection:
            answer = connection.request("/l/")
            equal((answer.status, answer.get("Content-Type"),
                   answer.all("Cache-Control"), answer.get("X-Site")),
                  (200, "text/html; charset=utf-8", ["no-cache"], "l"), "head")
            found = links(answer.body)
            equal(found[:2], [b"sub/", b"with/"], "directories come first")
            encoded = sorted(names + ["in"], key=lambda n: n.encode())
            equal(found[2:],
                  ["".join(c if c.isalnum() and c.isascii() or c in "-._~"
                           else "".join("%%%02X" % b for b in c.encode())
                           for c in n).encode() for n in encoded], "links")
            for link in found:
                equal(connection.request("/l/" + link.decode()).status, 200,
                      "behind the link " + link.decode())
            true(b"&lt;i&gt;&amp;&quot;&#39;</a>" in answer.body, "escaped")
            true(b"<i>" not in answer.body, "not escaped")
            true(re.search(rb">z</a> +2001-09-09 01:46 +3\n", answer.body),
                 "date and size")
            head = connection.request("/l/", "HEAD")
            equal((head.status, head.get("Content-Length")),
                  (200, str(len(answer.body))), "HEAD")
            equal(connection.request("/l/sub").status, 301, "without a slash")
            sub = connection.request("/l/sub/")
            equal(links(sub.body), [b"../", b"file"], "below")
            true(b"<h1>/sub/</h1>" in sub.body, "heading")
            equal(connection.request("/l/with/").body, b"<p>index", "index")
            equal(connection.request("/l/none/").status, 404, "none")
            equal(connection.request("/l/z/").status, 404, "of a file")
            equal(connection.request("/l/.git/").status, 404, "hidden")
            for mode in (0o700, 0o711):
                os.chmod(folder + "/sub", mode)
                equal(connection.request("/l/sub/").status, 403, oct(mode))
            equal(get("/l/.hidden").status, 404, "hidden file")
        put("unlisted/file", b"x")
        equal(get("/unlisted/").status, 404, "off by default")


def test_listing_of_dotfiles():
    with other_site("/ld", "--listing", "--dotfiles") as folder:
        write_file(folder + "/.hidden", b"x")
        write_file(folder + "/.git/config", b"x")
        equal(links(get("/ld/").body), [b".git/", b".hidden"], "links")
        equal(links(get("/ld/.git/").body), [b"../", b"config"], "below")


def test_listing_is_bounded():
    with other_site("/big", "--listing") as folder:
        for number in range(1000):
            write_file("%s/few/%d" % (folder, number), b"")
        body = get("/big/few/").body
        equal((len(links(body)), b"is cut" in body), (1001, False), "all")
        write_file(folder + "/few/one-more", b"")
        body = get("/big/few/").body
        equal((len(links(body)), b"is cut" in body), (1001, True), "too many")
        for number in range(400):
            write_file("%s/long/%s%03d" % (folder, "&" * 240, number), b"")
        body = get("/big/long/").body
        true(b"is cut" in body and len(links(body)) > 200, "too long names")


# Replacing

def test_replace():
    with kelp_test.scratch() as old, kelp_test.scratch() as new:
        write_file(old + "/a", b"old")
        write_file(new + "/a", b"new")
        kelpctl("site", "add", "/r", old, "--replace", "--listing")
        try:
            equal(get("/r/a").body, b"old", "added")
            kelpctl("site", "add", "/r", new, "--replace",
                    "--header", "X-New: 1")
            answer = get("/r/a")
            equal((answer.body, answer.get("X-New")), (b"new", "1"), "new")
            row = shown("/r")
            equal((row["dir"], row["listing"], row["cached_objects"]),
                  (new, False, 1), "nothing is left of the old one")
            refused("site", "add", "/r", old)
            equal(get("/r/a").body, b"new", "without --replace")
            refused("site", "add", "/r", old, "--replace", "--error", "1=2")
            equal(get("/r/a").body, b"new", "refused")
        finally:
            kelpctl("site", "del", "/r")
        equal(get("/r/a").status, 404, "deleted")
        kelpctl("route", "add", "/r", "echo")
        try:
            true("route" in refused("site", "add", "/r", old, "--replace"),
                 "says why")
        finally:
            kelpctl("route", "del", "/r")


def test_replace_under_load():
    """No request sees neither site; no answer is a mixture."""
    with kelp_test.scratch() as root:
        for name in ("old", "new"):
            write_file("%s/%s/a" % (root, name), name.encode() * 1000)
            write_file("%s/%s/big" % (root, name),
                       name.encode() * (500 << 10))
        kelpctl("site", "add", "/load", root + "/old")
        failures = []
        seen = set()
        stop = threading.Event()

        def client(target):
            try:
                with Connection() as connection:
                    while not stop.is_set():
                        answer = connection.request(target)
                        equal(answer.status, 200, target)
                        name = answer.body[:3]
                        equal(answer.body, name * (len(answer.body) // 3),
                              target)
                        seen.add(name)
            except Exception as error:    # Told by the main thread.
                failures.append(error)

        threads = [threading.Thread(target=client, args=(target,))
                   for target in ("/load/a", "/load/a", "/load/big")]
        for thread in threads:
            thread.start()
        try:
            for number in range(20):
                kelpctl("site", "add", "/load",
                        root + ("/new", "/old")[number % 2], "--replace")
        finally:
            stop.set()
            for thread in threads:
                thread.join()
            kelpctl("site", "del", "/load")
        if failures:
            raise failures[0]
        equal(seen, {b"old", b"new"}, "both were served")


if __name__ == "__main__":
    kelp_test.main(globals())
