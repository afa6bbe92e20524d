#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=6.12,debug where=guest timeout=150
"""Programs that people point at a web server: curl, wget, ab, wrk.

A browser is in browser.py; what is on the wire, in http*.py.
"""
import os
import re
import subprocess
import time

import kelp_test
import site_kit
from clients_kit import counted, curl
from kelp_test import (KERNEL, PATIENCE, SOAK, equal, kelpctl, true)
from site_kit import files_below, noise, put, replace, same_file

BASE = "http://127.0.0.1:8080"
TEXT = b"".join(b"line %d of a text\n" % number for number in range(20000))
# Loads that are a second here take longest on the instrumented kernel.
LOAD = 20 if SOAK else 1


def setup():
    site_kit.serve()
    kelpctl("route", "add", "/echo", "echo")
    put("page.html", b"<p>a page")
    put("text.txt", TEXT)
    put("empty", b"")
    put("large", noise(5 << 20))


teardown = site_kit.stop


# curl

def test_curl_http_1_0():
    """It is closed after the answer, and with a keep-alive it is not."""
    got = curl("--http1.0", BASE + "/text.txt")
    equal((got.codes, got.connects), ([200], 1), "status, connections")
    true(got.body == TEXT, "other bytes")
    equal(got.fields("Connection"), ["close"], "Connection")
    got = curl("--http1.0", BASE + "/text.txt", BASE + "/text.txt",
               output=False)
    equal((got.codes, got.connects), ([200, 200], 2), "two URLs")
    got = curl("--http1.0", "--header", "Connection: keep-alive",
               BASE + "/page.html", BASE + "/page.html", output=False)
    equal((got.codes, got.connects), ([200, 200], 1), "kept alive")


def test_curl_one_connection_for_many_urls():
    urls = [BASE + "/" + name for name in
            ("page.html", "text.txt", "empty", "none", "large") * 5]
    with counted() as made:
        got = curl(*urls, output=False)
    equal(got.codes, [200, 200, 200, 404, 200] * 5, "status")
    equal(got.sizes, [9, len(TEXT), 0, got.sizes[3], 5 << 20] * 5, "sizes")
    equal((got.connects, made["connections_accepted"], made["requests"]),
          (1, 1, 25), "connections, accepted, requests")


def test_curl_head():
    for name in ("page.html", "text.txt", "empty", "large", "none"):
        head = curl("--head", BASE + "/" + name)
        full = curl(BASE + "/" + name)
        equal(head.codes, full.codes, name)
        for field in ("Content-Length", "Content-Type", "ETag",
                      "Last-Modified"):
            equal(head.fields(field), full.fields(field), name + ": " + field)
        equal(full.fields("Content-Length"), [str(len(full.body))], name)


def upload(data, *options, method="POST"):
    """Send to the echo; what curl said about it, the answer's body compared."""
    path = kelp_test.write_file(site_kit.root + "/upload", data)
    how = ["--upload-file", path] if method == "PUT" else \
        ["--data-binary", "@" + path]
    got = curl(*how, *options, BASE + "/echo")
    true(got.body == data, "%s of %d bytes: %d others came back" %
         (method, len(data), len(got.body)))
    return got


def test_curl_uploads():
    for size in (1, 70000, 500000):
        for method in ("POST", "PUT"):
            got = upload(noise(size), "--header", "Expect:", method=method)
            equal(got.codes, [200], "%s of %d bytes" % (method, size))


def test_curl_uploads_in_chunks():
    """What it reads from a pipe it sends as it comes, of unknown length."""
    for size in (0, 1000, 900000):
        for expect in ("Expect:", "Expect: 100-continue"):
            got = curl("--upload-file", "-", "--header", expect,
                       "--expect100-timeout", "60", BASE + "/echo",
                       body=noise(size))
            equal(got.codes, [200], "%d bytes" % size)
            true(got.body == noise(size), "%d bytes: %d others came back" %
                 (size, len(got.body)))
    got = curl("--upload-file", "-", "--header", "Expect:", BASE + "/echo",
               BASE + "/page.html", body=noise(3000))
    equal((got.codes, got.connects), ([200, 200], 1), "and one more")


def test_curl_waits_for_100_continue():
    """With a minute to wait, it can only be fast when the 100 comes."""
    begin = time.monotonic()
    for size, options in ((300000, ["--header", "Expect: 100-continue"]),
                          (3 << 20, [])):
        # From 1 MiB on curl expects a 100 by itself.
        kelpctl("limits", "set", "body", "4M")
        try:
            got = upload(noise(size), "--expect100-timeout", "60", *options)
        finally:
            kelpctl("limits", "set", "body", "1M")
        equal(got.statuses(), [100, 200], "%d bytes: the answers" % size)
    true(time.monotonic() - begin < 30 * PATIENCE, "it waited")


def test_curl_is_refused_before_it_sends():
    """Too large: the answer comes instead of the 100, and no byte of the
    body went over the wire."""
    path = kelp_test.write_file(site_kit.root + "/upload", bytes(3 << 20))
    with counted() as made:
        got = curl("--expect100-timeout", "60", "--data-binary", "@" + path,
                   BASE + "/echo")
    equal(got.statuses(), [413], "the answers")
    true(made["received_bytes"] < 10000, "%d bytes received" %
         made["received_bytes"])


# wget

def wget(folder, *arguments, status=0):
    done = subprocess.run(["wget", "--no-verbose", "--tries=1", "--timeout=%d" %
                           (20 * PATIENCE)] + list(arguments), cwd=folder,
                          capture_output=True, check=False)
    said = done.stderr.decode("utf-8", "replace")
    true(done.returncode == status, "wget: status %d: %s" %
         (done.returncode, said[-200:]))
    return said


def linked(source, begin="index.html"):
    """The files that one reaches from that one, by the links of pages and
    their style sheets."""
    found, todo = set(), [begin]
    while todo:
        name = todo.pop()
        path = os.path.normpath(os.path.join(source, name))
        if name in found or not os.path.isfile(path):
            continue
        found.add(name)
        if not name.endswith((".html", ".css")):
            continue
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
        for link in re.findall(r"""(?:href|src)=["']([^"'#?:]+)["'#]""", text):
            todo.append(os.path.normpath(os.path.join(os.path.dirname(name),
                                                      link)))
    return found


def mirror(source, *options):
    """wget -r of that directory: each linked file is there, byte for byte, and
    nothing else."""
    kelpctl("site", "add", "/mirror", source)
    try:
        with kelp_test.scratch() as folder, counted() as made:
            wget(folder, "--recursive", "--level=inf", "--no-parent",
                 "--no-host-directories", "--cut-dirs=1", "--execute",
                 "robots=off", *options, BASE + "/mirror/index.html")
            expected = linked(source)
            equal(set(files_below(folder)), expected, "the mirror's files")
            for name in expected:
                true(same_file(folder + "/" + name, source + "/" + name),
                     "other bytes: " + name)
                # The times too: Last-Modified arrives.
                equal(int(os.stat(folder + "/" + name).st_mtime),
                      int(os.stat(source + "/" + name).st_mtime),
                      name + ": time")
    finally:
        kelpctl("site", "del", "/mirror")
    equal(made["requests"], len(expected), "requests")
    return len(expected), made


def test_wget_mirrors_a_real_site():
    source = site_kit.real_site()
    if not source:
        raise kelp_test.Skip("scripts/setup site was not run")
    count, made = mirror(source)
    true(count > 15, "only %d files" % count)
    equal(made["connections_accepted"], 1, "connections")
    mirror(source, "--no-http-keep-alive")


def test_wget_mirrors_a_deep_tree():
    """Each page leads to its files and to the directory below."""
    with kelp_test.scratch() as source:
        here, up = source, "index.html"
        levels = 3 if KERNEL == "debug" else 12
        for level in range(1, levels + 1):
            names = ["file %d é.bin" % n for n in range(5)]
            for number, name in enumerate(names):
                kelp_test.write_file(here + "/" + name,
                                     noise(1000 * level + 7777 * number))
            links = "".join('<a href="%s">x</a>\n' % name for name in
                            names + [up] +
                            ["deeper/index.html"] * (level < levels))
            kelp_test.write_file(here + "/index.html",
                                 b'<meta charset="utf-8">' + links.encode())
            here, up = here + "/deeper", "../index.html"
        mirror(source, "--restrict-file-names=nocontrol")


# Load tools: they count what went wrong.

def ab(target, *options, requests=1000, clients=20):
    requests *= LOAD
    if KERNEL == "debug":
        requests //= 5
    done = subprocess.run(["ab", "-q", "-n", str(requests), "-c", str(clients),
                           *options, BASE + target], capture_output=True,
                          check=False)
    said = done.stdout.decode()
    true(done.returncode == 0, "ab: status %d: %s" %
         (done.returncode, done.stderr.decode()[-200:]))
    found = dict(re.findall(r"^([A-Z][\w -]+): +(\d+)", said, re.M))
    equal(found.get("Complete requests"), str(requests), "complete requests")
    equal(found.get("Failed requests"), "0", "failed requests")
    true("Non-2xx" not in said, "answers other than 2xx: " +
         found.get("Non-2xx responses", ""))
    equal(found.get("Keep-Alive requests", "0"),
          str(requests) if "-k" in options else "0", "kept alive")
    return requests


def test_ab_keep_alive():
    with counted() as made:
        count = ab("/page.html", "-k", requests=3000)
    true(made["connections_accepted"] <= 25, "%d connections for %d requests" %
         (made["connections_accepted"], count))


def test_ab_without_keep_alive():
    with counted() as made:
        count = ab("/page.html")
    true(made["connections_accepted"] >= count, "connections: %d" %
         made["connections_accepted"])


def test_ab_with_larger_answers():
    for options in ([], ["-k"]):
        ab("/text.txt", *options, requests=200)
        ab("/large", *options, requests=10, clients=4)


def test_ab_heads():
    for options in ([], ["-k"]):
        ab("/page.html", "-i", *options, requests=300)


def test_ab_uploads():
    path = kelp_test.write_file(site_kit.root + "/upload", noise(20000))
    for options in ([], ["-k"]):
        ab("/echo", "-p", path, "-T", "application/octet-stream", *options,
           requests=200)


def wrk(target, *options, seconds=1, clients=32):
    """Its answers; socket errors and other statuses are failures."""
    seconds *= LOAD
    done = subprocess.run(["wrk", "-t2", "-c%d" % clients, "-d%ds" % seconds,
                           "--timeout", "20s",
                           *options, BASE + target], capture_output=True,
                          check=True)
    said = done.stdout.decode()
    true("Socket errors" not in said and "Non-2xx" not in said,
         " ".join(said.split()))
    count = int(re.search(r"(\d+) requests in", said).group(1))
    true(count, "no answer")
    return count


def test_wrk():
    for target in ("/page.html", "/text.txt", "/large"):
        print("# wrk %s: %d" % (target, wrk(target)), flush=True)


def test_wrk_with_a_connection_for_each():
    wrk("/page.html", "-H", "Connection: close")


def test_everything_at_once():
    """The tools beside each other while the site changes."""
    ended = []
    tools = [subprocess.Popen(command, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT) for command in (
        ["wrk", "-t1", "-c8", "-d%ds" % (2 * LOAD), BASE + "/text.txt"],
        ["ab", "-q", "-k", "-t", str(2 * LOAD), "-n", "10000000", "-c", "8",
         "-r", BASE + "/page.html"])]
    try:
        while len(ended) < len(tools):
            replace("page.html", b"<p>a page")
            got = curl(BASE + "/text.txt", BASE + "/page.html",
                       output=False)
            equal(got.codes, [200, 200], "curl meanwhile")
            ended = [tool for tool in tools if tool.poll() is not None]
        said = [tool.communicate()[0].decode() for tool in tools]
    finally:
        for tool in tools:
            tool.kill()
            tool.wait()
    equal([tool.returncode for tool in tools], [0, 0], "status")
    true("Socket errors" not in said[0] and "Non-2xx" not in said[0], said[0])
    true(re.search(r"^Failed requests: +0$", said[1], re.M), said[1])


if __name__ == "__main__":
    kelp_test.main(globals())
