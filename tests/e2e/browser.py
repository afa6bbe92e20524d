#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: where=host timeout=400
"""Headless Chromium loads a site of many files over keep-alive.

The browser runs on the host, where it takes a second, and kelp in a guest: they
talk through a forwarded port. Bytes, status and connections are compared on
both sides: what the browser's network log says, and what kelp counted.
"""
import json
import os
import shutil
import tempfile
import zlib

import browser_kit
import guest_kit
import kelp_test
from guest_kit import counted
from kelp_test import equal, true, write_file

PICTURES = 24
STATE = {}
FILES = {}    # path: what lies there
TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript",
         "png": "image/png", "json": "application/json",
         "svg": "image/svg+xml", "bin": "application/octet-stream"}

INDEX = """<!doctype html><html><head><title>many files</title>
<link rel="icon" href="/img/0.png">
<link rel="stylesheet" href="/style/main.css">
<script src="/script/plain.js"></script>
<script type="module" src="/script/module.js"></script>
</head><body><h1 id="head">many files</h1>
<iframe src="/frame.html"></iframe><img src="/drawing.svg">
%s</body></html>
"""


def fill():
    pictures = "".join('<img src="/img/%d.png">\n' % number
                       for number in range(PICTURES))
    FILES.update({
        "/index.html": (INDEX % pictures).encode(),
        "/style/main.css": b'@import "more.css";\nh1 { color: rgb(1, 2, 3) }\n',
        "/style/more.css": b"h1 { margin-left: 77px }\n" +
                           b"/* padding */\n" * 2000,
        "/script/plain.js": b"window.plain = 'plain';\n",
        "/script/module.js": b'import { word } from "./part.js";\n'
                             b'window.module = word;\n',
        "/script/part.js": b"export const word = 'part';\n",
        "/drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="9" '
                        b'height="7"><rect width="9" height="7"/></svg>\n',
        "/frame.html": b"<!doctype html><p>inside</p>\n",
        "/data.json": b'{"answer": 42}\n',
        "/large.bin": b"".join(b"%015d\n" % n for n in range(200000)),
        "/sound.wav": browser_kit.sound(60),
    })
    for number in range(PICTURES):
        FILES["/img/%d.png" % number] = \
            browser_kit.picture(40 + number, 30 + 9 * number, number)
    for path, data in FILES.items():
        write_file(STATE["site"] + path, data)
    # A variant of its own: shorter, and still the same file.
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    write_file(STATE["site"] + "/style/more.css.gz",
               packer.compress(FILES["/style/more.css"]) + packer.flush())


def setup():
    STATE["site"] = tempfile.mkdtemp(prefix="kelp-test.")
    os.chmod(STATE["site"], 0o755)
    fill()
    port = guest_kit.free_port()
    STATE["base"] = "http://127.0.0.1:%d" % port
    guest = STATE["guest"] = guest_kit.Guest(port)
    guest.run("kelpctl site add / " + STATE["site"], 300)
    guest.run("kelpctl route add /echo echo")
    guest.run("kelpctl listener add 0.0.0.0:8080")
    STATE["browser"] = browser_kit.Browser()


def teardown():
    if "browser" in STATE:
        STATE["browser"].close()
    if STATE.get("guest"):
        STATE["guest"].kill()
    shutil.rmtree(STATE["site"], ignore_errors=True)


def test_a_page_and_all_its_files():
    browser = STATE["browser"]
    with counted(STATE["guest"]) as made:
        browser.navigate(STATE["base"] + "/")
        # The module's and the frame's answers are there when load fires.
        found = browser.exchanges()
    equal(browser.failures(), [], "what failed to load")
    expected = {"/" if path == "/index.html" else path for path in FILES} - \
        {"/data.json", "/large.bin", "/sound.wav"}
    equal(set(found) - {"/favicon.ico"}, expected, "what was loaded")
    for path in sorted(expected):
        name = "/index.html" if path == "/" else path
        answer = found[path][-1]
        equal(answer["status"], 200, path)
        equal(answer["type"], TYPES[name.rpartition(".")[2]], path)
        equal(answer["protocol"], "http/1.1", path)
        true(browser.body(answer["id"]) == FILES[name], path + ": other bytes")
    equal(browser.run("""[window.plain, window.module,
        getComputedStyle(head).color, getComputedStyle(head).marginLeft,
        frames[0].document.body.innerText.trim()]"""),
          ["plain", "part", "rgb(1, 2, 3)", "77px", "inside"], "the page")
    equal(browser.run("[...document.images].map(i => i.naturalWidth)"),
          [9] + [40 + n for n in range(PICTURES)], "widths of the pictures")
    # Six at a time to one server, and perhaps one that is opened in advance.
    print("# %d requests over %d connections" %
          (made["requests"], made["connections_accepted"]), flush=True)
    true(made["requests"] >= len(expected), "requests: %d" % made["requests"])
    true(made["connections_accepted"] <= 8, "connections: %d for %d requests" %
         (made["connections_accepted"], made["requests"]))
    reused = sum(answer["reused"] for answers in found.values()
                 for answer in answers)
    true(reused >= len(expected) - 8, "only %d requests on a used connection"
         % reused)
    equal((made["http_4xx"], made["http_5xx"], made["connections_aborted"]),
          (0, 0, 0), "4xx, 5xx, aborted")


def fetch(path, options="{}"):
    """[status, header fields, the body's length and sum] as the page sees it."""
    return STATE["browser"].run("""(async () => {
        const answer = await fetch('%s', %s);
        const bytes = new Uint8Array(await answer.arrayBuffer());
        let sum = 0;
        for (const byte of bytes) sum = (sum * 31 + byte) >>> 0;
        return [answer.status, Object.fromEntries(answer.headers), bytes.length,
                sum];
    })()""" % (path, options))


def checksum(data):
    total = 0
    for byte in data:
        total = (total * 31 + byte) & 0xffffffff
    return [len(data), total]


def test_fetch():
    equal(fetch("/data.json")[2:], checksum(FILES["/data.json"]), "small")
    equal(fetch("/large.bin")[2:], checksum(FILES["/large.bin"]), "large")
    equal(fetch("/none")[0], 404, "/none")


def test_a_body_comes_back():
    """A form's worth, and one larger than what is read at once."""
    for size in (10, 300000):
        found = fetch("/echo", "{method: 'POST', body: 'x'.repeat(%d)}" % size)
        equal([found[0]] + found[2:], [200] + checksum(b"x" * size), "echo")


def test_a_reload_asks_whether_files_changed():
    """The page again, and each of its files: they are asked for with
    conditions, and only heads come over the network."""
    browser = STATE["browser"]
    browser.navigate(STATE["base"] + "/")
    files = sorted(set(browser.exchanges()) - {"/favicon.ico"})
    browser.reload()
    equal(browser.exchanges()["/"][-1]["wire"], 304, "the page")
    equal(browser.failures(), [], "what failed to load")
    for _ in range(2):    # What frames loaded is kept apart from the page's.
        with counted(STATE["guest"]) as made:
            status = browser.run("""Promise.all(%s.map(path =>
                fetch(path, {cache: 'no-cache'}).then(async answer => {
                    await answer.arrayBuffer(); return answer.status; })))""" %
                                 json.dumps(files))
        equal(set(status), {200}, "as the page sees it")
    found = browser.exchanges()
    for path in files:
        equal(found[path][-1]["wire"], 304, path)
    print("# %d files, %d bytes sent" % (len(files), made["sent_bytes"]),
          flush=True)
    equal((made["requests"], made["http_3xx"]), (len(files), len(files)),
          "requests, 304s")
    true(made["sent_bytes"] < 500 * len(files), "more than heads")


def test_a_changed_file_is_loaded_again():
    browser = STATE["browser"]
    browser.navigate(STATE["base"] + "/")
    fetch("/data.json", "{cache: 'no-cache'}")
    guest = STATE["guest"]
    guest.run("printf '{\"answer\": 43}' > %s/data.json" % STATE["site"])
    kelp_test.wait_for(
        lambda: browser.run("fetch('/data.json', {cache: 'no-cache'})"
                            ".then(a => a.json())") == {"answer": 43}, 2,
        "the new answer")


def test_ranges():
    browser = STATE["browser"]
    browser.navigate(STATE["base"] + "/")
    large = FILES["/large.bin"]
    for field, begin, end in (("bytes=100-199", 100, 200),
                              ("bytes=-500", len(large) - 500, len(large)),
                              ("bytes=3000000-", 3000000, len(large))):
        status, fields, size, total = fetch(
            "/large.bin", "{headers: {Range: '%s'}, cache: 'no-store'}" % field)
        equal((status, [size, total]), (206, checksum(large[begin:end])), field)
        equal(fields.get("content-range"), "bytes %d-%d/%d" %
              (begin, end - 1, len(large)), field)
    status, fields = fetch("/large.bin", "{headers: {Range: 'bytes=9999999-'},"
                           "cache: 'no-store'}")[:2]
    equal((status, fields.get("content-range")),
          (416, "bytes */%d" % len(large)), "beyond the end")
    status, _, size, _ = fetch("/data.json", "{headers: {Range: 'bytes=0-3'}}")
    equal((status, size), (206, 4), "a small file")


def test_media_can_be_sought():
    """An audio element asks for ranges, and jumps only if it gets them."""
    browser = STATE["browser"]
    browser.navigate(STATE["base"] + "/")
    found = browser.run("""new Promise((good, bad) => {
        const sound = new Audio('/sound.wav');
        sound.onerror = () => bad(new Error(sound.error.message));
        sound.onseeked = () => good([sound.duration, sound.currentTime]);
        sound.onloadedmetadata = () => { sound.currentTime = 55; };
    })""")
    equal(found, [60, 55], "duration and position")
    status = [answer["status"] for answer in
              browser.exchanges()["/sound.wav"]]
    equal(set(status), {206}, "answers to the audio element")


def test_a_compressed_variant():
    browser = STATE["browser"]
    browser.call("Network.setCacheDisabled", cacheDisabled=True)
    try:
        browser.navigate(STATE["base"] + "/")
        answer = browser.exchanges()["/style/more.css"][-1]
    finally:
        browser.call("Network.setCacheDisabled", cacheDisabled=False)
    equal(answer["headers"].get("content-encoding"), "gzip", "coding")
    true("accept-encoding" in answer["headers"].get("vary", "").lower(), "Vary")
    true(browser.body(answer["id"]) == FILES["/style/more.css"], "other bytes")


def test_the_module_goes():
    """With the browser's connections open; everything it made is gone, and
    the kernel had nothing to say."""
    guest = STATE["guest"]
    guest.unload()
    status = guest.close()
    del STATE["guest"]
    equal(status, 0, "status of the guest")


if __name__ == "__main__":
    kelp_test.main(globals())
