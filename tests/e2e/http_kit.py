# SPDX-License-Identifier: GPL-2.0-only
"""What the suites about HTTP share: a server with something of everything."""
import os
import re
import shutil
import tempfile

import kelp_test
from kelp_test import Connection, equal, kelpctl, true, write_file

HELLO = b"hello, world"
LARGE = b"".join(b"%07d\n" % i for i in range(8192))    # 64 KiB
PAGE = b"<html>a page</html>\n"
# Larger than what the cache takes: sent in chunks as it is read.
STREAM = b"".join(b"%015d\n" % i for i in range(70000))

folder = None


def serve():
    """/hello and /large are objects, /echo and /kelp handlers, /site a site."""
    global folder
    folder = tempfile.mkdtemp(prefix="kelp-test.")
    os.chmod(folder, 0o755)
    site = folder + "/site"
    write_file(site + "/page.html", PAGE)
    write_file(site + "/stream.bin", STREAM)
    write_file(site + "/private", b"secret", 0o600)
    write_file(site + "/dir/index.html", PAGE)
    for number in range(100):
        write_file("%s/cold/%d" % (site, number), b"cold %d" % number)
    kelpctl("object", "put", "/hello", write_file(folder + "/hello", HELLO),
            "--type", "text/plain")
    kelpctl("object", "put", "/large", write_file(folder + "/large", LARGE))
    kelpctl("site", "add", "/site", site)
    kelpctl("route", "add", "/echo", "echo")
    kelpctl("route", "add", "/kelp", "status")
    kelpctl("listener", "add", "127.0.0.1:8080")


def stop():
    shutil.rmtree(folder, ignore_errors=True)


class limits:
    """with limits(body="10"): those values inside, the defaults afterwards."""

    def __init__(self, **values):
        self.values = values

    def __enter__(self):
        self.old = {row["name"]: row["default"] for row in
                    kelp_test.kelpctl_json("limits", "show")}
        for name, value in self.values.items():
            kelpctl("limits", "set", name, value)

    def __exit__(self, *error):
        for name in self.values:
            kelpctl("limits", "set", name, self.old[name])


def get_bytes(target, *fields, method="GET", version="HTTP/1.1"):
    """A request as it goes over the wire."""
    lines = ["%s %s %s" % (method, target, version), "Host: test"]
    return "\r\n".join(lines + list(fields) + ["", ""]).encode("latin-1")


def post_bytes(body, *fields, target="/echo", method="POST"):
    return get_bytes(target, "Content-Length: %d" % len(body), *fields,
                     method=method) + body


def undated(data):
    """Answers without what changes from second to second."""
    return re.sub(rb"\r\nDate: [^\r]*", b"", data)


def converse(data, cuts=(), half_close=False):
    """Send everything, then read everything until the server closes."""
    with Connection() as connection:
        try:
            connection.send(data, cuts)
            if half_close:
                connection.sock.shutdown(1)
        except (BrokenPipeError, ConnectionResetError):
            pass    # Refused before the last byte; the answer is there.
        return connection.rest()


def is_error(answer, status, what):
    """An error has its status and a small body of text."""
    equal(answer.status, status, what)
    equal(int(answer.get("Content-Length")), len(answer.body), what)
    true(0 < len(answer.body) < 512, what + ": size of the body")
    true(answer.body.startswith(b"%d" % status), what + ": text of the body")
    true(answer.get("Content-Type", "").startswith("text/"), what + ": type")
    true(answer.reason, what + ": no reason phrase")
