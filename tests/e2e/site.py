#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1,6.12 soak-kernels=debug where=guest timeout=300
"""Sites: the files of a directory, which of them, and never any others.

What happens when files change is in site_change.py.
"""
import os
import random
import re
import socket
import subprocess
import threading

import kelp_test
import site_kit
from kelp_test import (KERNEL, SOAK, Connection, equal, get, kelpctl,
                       kelpctl_json, true, write_file)
from site_kit import (SIZES, curl_all, files_below, generated_site, noise, put,
                      real_site, same_file)

setup = site_kit.serve
teardown = site_kit.stop


# Every byte

def whole_site(options):
    with kelp_test.scratch() as folder:
        source = real_site() or generated_site(folder + "/site")
        names = files_below(source)
        true(len(names) > 40, "only %d files" % len(names))
        if KERNEL == "debug" and not SOAK:
            names = names[::3]
        rounds = 20 if SOAK else 2
        names = names * rounds
        random.Random(1).shuffle(names)
        kelpctl("site", "add", "/faq", source)
        try:
            out = folder + "/out"
            os.mkdir(out)
            curl_all("http://127.0.0.1:8080/faq", names, out, options)
        finally:
            kelpctl("site", "del", "/faq")
        for number, name in enumerate(names):
            true(same_file("%s/%d" % (out, number), "%s/%s" % (source, name)),
                 "other bytes: " + name)


def test_every_file_keep_alive():
    whole_site([])


def test_every_file_close():
    whole_site(["--header", "Connection: close"])


def test_every_file_http_1_0():
    if KERNEL == "debug" and not SOAK:
        raise kelp_test.Skip("the other two show as much, and time is short")
    whole_site(["--http1.0"])


def test_sizes():
    for size in SIZES:
        put("size/%d" % size, noise(size))
    with Connection() as connection:
        for size in SIZES:
            for _ in range(2):    # Cold, and once more.
                answer = connection.request("/size/%d" % size)
                equal((answer.status, answer.get("Content-Length")),
                      (200, str(size)), "%d bytes" % size)
                true(answer.body == noise(size), "%d: other bytes" % size)
    for size in SIZES:
        answer = get("/size/%d" % size)
        true(answer.body == noise(size), "%d with close: other bytes" % size)


def test_sizes_to_many_clients():
    """Also those that read slowly, through a small window."""
    sizes = [s for s in SIZES if s <= 1 << 20 or SOAK] + [(1 << 20) + 1]
    for size in sizes:
        put("many/%d" % size, noise(size))
    failures = []

    def client(number):
        rng = random.Random(number)
        try:
            with Connection(rcvbuf=(None, 4096)[number % 2]) as connection:
                for _ in range(50 if SOAK else 1 if KERNEL == "debug" else 3):
                    size = rng.choice(sizes)
                    answer = connection.request("/many/%d" % size)
                    true(answer.body == noise(size), "%d: other" % size)
        except Exception as error:    # Told by the main thread.
            failures.append(error)

    threads = [threading.Thread(target=client, args=(number,))
               for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def test_the_first_request_from_many_at_once():
    """One file that nobody asked for before, by all in the same moment."""
    put("cold", noise(300000))
    connections = [Connection() for _ in range(30)]
    try:
        for connection in connections:
            connection.send(b"GET /cold HTTP/1.1\r\nHost: x\r\n\r\n")
        for connection in connections:
            true(connection.response().body == noise(300000), "other bytes")
    finally:
        for connection in connections:
            connection.close()


def test_head():
    for size in SIZES:
        put("head/%d" % size, noise(size))
        os.utime("%s/head/%d" % (site_kit.site, size), (10 ** 9, 10 ** 9))
    dateless = re.compile(rb"\r\nDate: [^\r]*")
    with Connection() as connection:
        for size in SIZES:
            target = "/head/%d" % size
            first = connection.request(target, "HEAD")    # cold
            full = connection.request(target)
            again = connection.request(target, "HEAD")
            for head in (first.head, again.head):
                equal(dateless.sub(b"", head), dateless.sub(b"", full.head),
                      "HEAD " + target)


# Which type

def test_types():
    for name, pattern in (
            ("a.html", r"text/html(; charset=utf-8)?"),
            ("a.htm", r"text/html(; charset=utf-8)?"),
            ("A.HTML", r"text/html(; charset=utf-8)?"),
            ("a.css", r"text/css(; charset=utf-8)?"),
            ("a.js", r"(text|application)/javascript(; charset=utf-8)?"),
            ("a.mjs", r"(text|application)/javascript(; charset=utf-8)?"),
            ("a.txt", r"text/plain(; charset=utf-8)?"),
            ("a.json", r"application/json"),
            ("a.xml", r"(text|application)/xml(; charset=utf-8)?"),
            ("a.svg", r"image/svg\+xml"), ("a.png", r"image/png"),
            ("a.jpg", r"image/jpeg"), ("a.jpeg", r"image/jpeg"),
            ("a.gif", r"image/gif"), ("a.webp", r"image/webp"),
            ("a.ico", r"image/(x-icon|vnd\.microsoft\.icon)"),
            ("a.pdf", r"application/pdf"), ("a.wasm", r"application/wasm"),
            ("a.woff2", r"font/woff2"), ("a.mp4", r"video/mp4"),
            ("a.gz", r"application/(x-)?gzip"),
            ("a.tar.gz", r"application/(x-)?gzip"),
            ("a.zip", r"application/zip"),
            ("a.unheard", r"application/octet-stream"),
            ("noextension", r"application/octet-stream"),
            ("dir.html/noextension", r"application/octet-stream"),
            ("a.", r"application/octet-stream")):
        put("type/" + name, b"x")
        found = get("/type/" + name).get("Content-Type")
        true(re.fullmatch(pattern, found or ""), "%s: %r" % (name, found))


# Directories

def test_directories():
    put("dir/index.html", b"<p>index")
    put("dir/sub dir/index.html", b"<p>sub")
    put("empty/.keep", b"")
    os.makedirs(site_kit.site + "/odd/index.html")
    with Connection() as connection:
        answer = connection.request("/dir/")
        equal((answer.status, answer.body), (200, b"<p>index"), "/dir/")
        true(answer.get("Content-Type").startswith("text/html"), "type")
        for target, location in (("/dir", "/dir/"), ("/dir?a=b", "/dir/?a=b"),
                                 ("/dir?a=%20&/x?", "/dir/?a=%20&/x?"),
                                 ("/dir/sub%20dir", "/dir/sub%20dir/"),
                                 ("/dir/sub%20dir?q", "/dir/sub%20dir/?q")):
            answer = connection.request(target)
            equal(answer.status, 301, target)
            true(answer.get("Location") in
                 (location, "http://test" + location),
                 "%s: Location: %s" % (target, answer.get("Location")))
            equal(connection.request(location).status, 200, location)
        equal(connection.request("/dir", "HEAD").status, 301, "HEAD")
        equal(connection.request("/dir/sub%20dir/?x").body, b"<p>sub", "query")
        for target in ("/empty/", "/odd/"):
            true(connection.request(target).status in (403, 404), target)
        for target in ("/dir/index.html/", "/dir/none", "/none/",
                       "/dir/index.html/x"):
            equal(connection.request(target).status, 404, target)


def test_no_redirect_leads_to_another_server():
    os.makedirs(site_kit.site + "/example.org", exist_ok=True)
    for target in ("//example.org", "///example.org", "/%2fexample.org",
                   "/\\example.org", "//example.org/..//example.org"):
        answer = get(target)
        location = answer.get("Location", "/")
        true(re.match(r"/(?![/\\])|http://test/", location),
             "%s: Location: %s" % (target, location))


def test_a_site_below_a_prefix():
    with kelp_test.scratch() as folder:
        write_file(folder + "/index.html", b"top")
        write_file(folder + "/a/b", b"deep")
        kelpctl("site", "add", "/pre/fix", folder)
        try:
            for target, status, body in (
                    ("/pre/fix/", 200, b"top"), ("/pre/fix/a/b", 200, b"deep"),
                    ("/pre/fix/index.html", 200, b"top"),
                    ("/pre/fix/pre/fix/a/b", 404, None),
                    ("/pre/fixa/b", 404, None), ("/pre/a/b", 404, None)):
                answer = get(target)
                equal(answer.status, status, target)
                true(body is None or answer.body == body, target)
            for target, location in (("/pre/fix", "/pre/fix/"),
                                     ("/pre/fix?q", "/pre/fix/?q"),
                                     ("/pre/fix/a", "/pre/fix/a/")):
                answer = get(target)
                equal(answer.status, 301, target)
                true((answer.get("Location") or "").endswith(location), target)
        finally:
            kelpctl("site", "del", "/pre/fix")


def test_names():
    """Any byte that a file's name can have; the URL has it encoded."""
    names = ["a b", "a+b", "100%", "%41", "a?b", "a#b", "ä€😀", "a:b", "a&b=c",
             "~tilde", "[x]", "a;b", "a,b", "'quote\"", "back\\slash", "..x",
             "x..", "...", "x" * 255]
    for name in names:
        put("name/" + name, name.encode())
    with open(os.fsencode(site_kit.site) + b"/name/\xff\xfe", "wb") as file:
        file.write(b"no utf-8")
    encoded = {name: "".join("%%%02X" % byte for byte in name.encode())
               for name in names}
    with Connection() as connection:
        for name in names:
            if name.startswith("."):    # hidden
                equal(connection.request("/name/" + name).status, 404, name)
                continue
            answer = connection.request("/name/" + encoded[name])
            equal((answer.status, answer.body), (200, name.encode()), name)
        equal(connection.request("/name/%FF%fe").body, b"no utf-8", "bytes")
        equal(connection.request("/name/a+b").body, b"a+b", "plus is plus")
        equal(connection.request("/name/A%2Bb").status, 404, "case matters")
        equal(connection.request("/name/%2541").body, b"%41", "decoded once")
        true(connection.request("/name/" + "x" * 256).status in (404, 414),
             "a longer name than there can be")


def test_deep_paths():
    path = "/".join("d%d" % number for number in range(40))
    put(path + "/file", b"deep")
    equal(get("/" + path + "/file").body, b"deep", "40 levels")
    true(get("/" + "d/" * 2000 + "file").status in (404, 414), "2000 levels")


# Not everything

def test_dotfiles():
    put(".hidden", b"hidden")
    put(".git/config", b"config")
    put("visible/.hidden", b"hidden")
    with Connection() as connection:
        for target in ("/.hidden", "/.git/config", "/.git", "/.git/",
                       "/visible/.hidden", "/%2ehidden", "/%2Egit/config",
                       "/visible/../.hidden", "/.nothing"):
            equal(connection.request(target).status, 404, target)
        kelpctl("site", "add", "/dots", site_kit.site, "--dotfiles")
        try:
            for target in ("/dots/.hidden", "/dots/.git/config",
                           "/dots/visible/.hidden", "/dots/%2ehidden"):
                equal(connection.request(target).status, 200, target)
            equal(connection.request("/.hidden").status, 404, "the other site")
        finally:
            kelpctl("site", "del", "/dots")
        equal(connection.request("/dots/.hidden").status, 404, "gone")


def test_only_world_readable_files():
    for mode, status in ((0o644, 200), (0o444, 200), (0o604, 200),
                         (0o600, 403), (0o640, 403), (0o660, 403), (0, 403)):
        put("mode/%o" % mode, b"secret", mode)
        answer = get("/mode/%o" % mode)
        equal(answer.status, status, oct(mode))
        equal(b"secret" in answer.body, status == 200, oct(mode))


def test_only_regular_files():
    folder = site_kit.site + "/odd_ones"
    os.makedirs(folder, exist_ok=True)
    os.mkfifo(folder + "/fifo", 0o644)
    os.mknod(folder + "/null", 0o020666, os.makedev(1, 3))
    os.mknod(folder + "/zero", 0o020666, os.makedev(1, 5))
    os.mknod(folder + "/block", 0o060666, os.makedev(7, 0))
    os.chmod(folder + "/fifo", 0o644)
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(folder + "/socket")
        os.chmod(folder + "/socket", 0o666)
        for name in ("fifo", "null", "zero", "block", "socket"):
            for method in ("GET", "HEAD"):
                with Connection() as connection:
                    answer = connection.request("/odd_ones/" + name, method)
                    equal(answer.status, 403, method + " " + name)
                    equal(connection.request("/none").status, 404, name)


def test_links():
    folder = site_kit.site + "/links"
    put("links/deep/target", b"inside")
    put("links/deep/index.html", b"index")
    links = {
        "same": "deep/target", "deep/up": "../deep/target",
        "deep/far": "../../links/deep/target", "chain": "same",
        "folder": "deep", "detour": "deep/../deep/./target",
    }
    outside = {
        "out": "../../secret", "deep/out": "../../../secret",
        "absolute": site_kit.root + "/secret",
        "absolute_inside": folder + "/deep/target", "parent": "../..",
        "etc": "/etc", "proc": "/proc/self/root", "fd": "/proc/self/cwd",
        "many": "../" * 30 + "etc/hostname", "out_and_in":
        "../../site/links/deep/target", "to_out": "out", "loop": "loop",
        "dangling": "nothing",
    }
    for name, target in {**links, **outside}.items():
        os.symlink(target, folder + "/" + name)
    with Connection() as connection:
        for name in links:
            name += "/target" if name == "folder" else ""
            answer = connection.request("/links/" + name)
            equal((answer.status, answer.body), (200, b"inside"), name)
        equal(connection.request("/links/folder").status, 301, "folder")
        equal(connection.request("/links/folder/").body, b"index", "folder/")
        for name in outside:
            for rest in ("", "/", "/secret", "/passwd", "/etc/passwd"):
                target = "/links/" + name + rest
                answer = connection.request(target)
                true(answer.status in (403, 404),
                     "%s: %d" % (target, answer.status))
                true(b"outside" not in answer.body and
                     b"root:" not in answer.body, target + " leaked")


UP = ["..", "%2e%2e", "%2E%2E", ".%2e", "%2e.", "%2E.", "%252e%252e",
      "..%00", "%c0%ae%c0%ae", "..;", "....", "...", "%u002e%u002e"]
SLASH = ["/", "%2f", "%2F", "//", "/./", "\\", "%5c", "%252f", "%c0%af"]


def test_nothing_leads_out():
    put("in/page", b"inside")
    targets = set()
    for up in UP:
        for slash in SLASH:
            step = up + slash
            targets |= {"/" + step + "secret", "/in/" + step * 2 + "secret",
                        "/" + step * 12 + "etc/passwd"}
        targets |= {"/" + up, "/" + up + "/", "/in/" + up + "/" + up}
    targets |= {"//etc/passwd", "///etc/passwd", "/%2fetc/passwd",
                site_kit.root + "/secret", "/in/..", "/in//../secret",
                "/in/page/../../../secret", "http://test/../secret",
                "http://test/in/../../secret", "/proc/self/root/etc/passwd"}
    if KERNEL == "debug" and not SOAK:
        targets = set(sorted(targets)[::3])
    connection = Connection()
    try:
        for target in sorted(targets):
            answer = connection.request(target)
            true(answer.status in (301, 400, 403, 404),
                 "%s: %d" % (target, answer.status))
            true(b"outside" not in answer.body and b"root:" not in answer.body,
                 target + " leaked")
            if answer.get("Connection") == "close":
                connection.close()
                connection = Connection()
    finally:
        connection.close()
    for target in ("/in/../in/page", "/in/./page", "/x/%2e%2e/in/page"):
        equal(get(target).body, b"inside", target + " stays inside")


def test_closed_directories():
    """The world may not read what lies where it may not go."""
    put("closed/in/page", b"closed")
    for mode, status in ((0o711, 200), (0o755, 200), (0o700, 403),
                         (0o750, 403)):
        os.chmod(site_kit.site + "/closed", mode)
        put("closed/in/%o" % mode, b"closed")
        equal(get("/closed/in/%o" % mode).status, status, oct(mode))


def test_the_credentials_are_those_of_the_adder():
    """What a process could not read itself, it cannot have served."""
    put("mine", b"not for its owner", 0o044)
    os.chown(site_kit.site + "/mine", 65534, 65534)
    put("yours", b"for all")
    command = ["setpriv", "--reuid", "65534", "--regid", "65534",
               "--clear-groups", "--inh-caps", "+net_admin", "--ambient-caps",
               "+net_admin", "kelpctl", "site", "add", "/nobody", site_kit.site]
    done = subprocess.run(command, capture_output=True, check=False)
    equal((done.returncode, done.stderr), (0, b""), "site add as nobody")
    equal(get("/nobody/yours").body, b"for all", "what nobody may read")
    equal(get("/nobody/mine").status, 403, "what nobody may not read")
    equal(get("/mine").status, 200, "root's site")
    kelpctl("site", "del", "/nobody")


def test_methods():
    put("page", b"page")
    with Connection() as connection:
        for method in ("POST", "PUT", "DELETE", "PATCH", "TRACE"):
            answer = connection.request("/page", method)
            equal((answer.status, answer.get("Allow")),
                  (405, "GET, HEAD, OPTIONS"), method)
        answer = connection.request("/page", "OPTIONS")
        true(answer.status in (200, 204), "OPTIONS")
        equal(answer.get("Allow"), "GET, HEAD, OPTIONS", "OPTIONS")
        equal(connection.request("/page").body, b"page", "afterwards")


def test_the_cache_is_bounded():
    """Files of several times the cache's size; none of them is wrong."""
    count = 12
    for number in range(count):
        put("fill/%d" % number, noise(100000 + number))
    kelpctl("limits", "set", "cache", "300000")
    try:
        with Connection() as connection:
            for number in list(range(count)) * 2:
                answer = connection.request("/fill/%d" % number)
                true(answer.body == noise(100000 + number), "other bytes")
        rows = {row["prefix"]: row for row in kelpctl_json("site", "show")}
        true(rows["/"]["cached_bytes"] <= 300000,
             "cached: %d" % rows["/"]["cached_bytes"])
    finally:
        kelpctl("limits", "set", "cache", "64M")


if __name__ == "__main__":
    kelp_test.main(globals())
