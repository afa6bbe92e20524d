#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=6.12,debug where=guest timeout=120
"""Trees made at random, with every kind of name, compared byte by byte.

What each name is fetched as is computed here and not by the client; the seed
of each tree is printed, and KELP_SEED repeats one.
"""
import os
import random
import re
import threading
import time
import urllib.parse

import kelp_test
from kelp_test import (KERNEL, SOAK, Connection, equal, kelpctl, true,
                       write_file)
from site_kit import curl_all

ROUNDS = 30 if SOAK else 1
FILES = 60 if KERNEL == "debug" else 300
CLIENTS = 100
# What names are made of: bytes that mean something in URLs, in shells, in
# headers, in UTF-8, or nowhere.
PIECES = [" ", "%", "%41", "%2e", "%00", "?", "#", "&", "=", "+", ";", ":",
          "@", "\\", "\"", "'", "<", ">", "|", "^", "`", "{", "}", "[", "]",
          "~", "..", "...", ".", "-", "_", ",", "!", "$", "(", ")", "*", "ä",
          "é", "€", "😀", "字", "\u0301", "\u200f", "x", "A", "0",
          "index.html", ".html", ".tar.gz", "name"]
# A path that holds one of these is refused, whatever there is.
CONTROL = re.compile(rb"[\0-\x1f\x7f]")


def random_name(rng):
    """Bytes of a file's name: neither hidden nor refused, at most 255."""
    kind = rng.randrange(10)
    if kind == 0:    # As long as there can be.
        name = b"L" * 100 + rng.randbytes(400)
    elif kind == 1:    # Any bytes: no UTF-8.
        name = rng.randbytes(rng.randint(1, 40))
    else:
        name = "".join(rng.choice(PIECES) for _ in
                       range(rng.randint(1, 12))).encode()
    name = CONTROL.sub(b"-", name.replace(b"/", b"-"))[:255]
    return b"n" + name[1:] if name[:1] == b"." else name


def random_size(rng):
    return rng.choice([0, 1, rng.randint(2, 300), rng.randint(300, 5000),
                       rng.randint(300, 5000), rng.randint(4090, 4100),
                       rng.randint(5000, 70000), rng.randint(65530, 65540)])


def random_tree(rng, folder, count):
    """{path below folder, in bytes: content}; the files are there."""
    folders, files = [b""], {}
    while len(files) < count:
        parent = rng.choice(folders[-4:] + folders)
        path = os.path.join(parent, random_name(rng))
        full = os.path.join(folder, path)
        if os.path.lexists(full) or len(path) > 1200:
            continue
        if rng.randrange(5) == 0:
            os.mkdir(full)
            folders.append(path)
            continue
        files[path] = rng.randbytes(random_size(rng))
        write_file(full, files[path])
    return files


def url(path):
    """As strictly as a client can write it: letters and digits stay."""
    return urllib.parse.quote(path, safe="/")


def another_url(rng, path):
    """The same file, written in another way that RFC 3986 has as well."""
    parts = []
    for part in path.split(b"/"):
        plain = b"-._~!$&'()*+,;=:@"
        parts.append("".join(
            chr(byte) if (chr(byte).isalnum() and byte < 128 or byte in plain)
            and rng.randrange(4) else
            rng.choice(["%%%02x", "%%%02X"]) % byte for byte in part))
        if rng.randrange(8) == 0:
            parts[-1] = rng.choice(["./", "gone/../", "x/./../"]) + parts[-1]
    return "/".join(parts)


def with_curl(files, options):
    names = list(files)
    with kelp_test.scratch() as out:
        curl_all("http://127.0.0.1:8080/random", [url(n) for n in names], out,
                 ["--path-as-is"] + options, CLIENTS)
        for number, name in enumerate(names):
            # curl makes no file when there is nothing in it.
            found = "%s/%d" % (out, number)
            data = b""
            if os.path.exists(found):
                with open(found, "rb") as file:
                    data = file.read()
            true(data == files[name], "%r: other bytes" % name)


def with_sockets(files, seed):
    """Many clients at once; each keeps its connection for a while."""
    failures, names = [], list(files)

    def client(number):
        rng = random.Random("%s %d" % (seed, number))
        connection = Connection()
        try:
            for _ in range(200 if SOAK else 6):
                name = rng.choice(names)
                close = rng.randrange(5) == 0
                answer = connection.request(
                    "/random/" + another_url(rng, name),
                    headers=[("Connection", "close")] if close else [])
                equal((answer.status, answer.get("Content-Length")),
                      (200, str(len(files[name]))), repr(name))
                true(answer.body == files[name], "%r: other bytes" % name)
                if close:
                    connection.closed()
                    connection.close()
                    connection = Connection()
        except Exception as error:    # Told by the main thread.
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=client, args=(number,))
               for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def setup():
    kelpctl("listener", "add", "127.0.0.1:8080")


def test_random_trees():
    first = int(os.environ.get("KELP_SEED", time.time_ns() % 10 ** 9))
    for seed in range(first, first + ROUNDS):
        print("# seed %d" % seed, flush=True)
        rng = random.Random(seed)
        with kelp_test.scratch() as folder:
            files = random_tree(rng, os.fsencode(folder), FILES)
            kelpctl("site", "add", "/random", folder)
            try:
                with_curl(files, [])
                with_curl(files, ["--header", "Connection: close"])
                with_sockets(files, seed)
            finally:
                kelpctl("site", "del", "/random")


def is_folder(base, name):
    return b"\0" not in name and os.path.isdir(os.path.join(base, name))


def test_names_that_differ_a_little():
    """One byte changed, added or missing: another file, or none."""
    rng = random.Random(7)
    with kelp_test.scratch() as folder:
        files = random_tree(rng, os.fsencode(folder), 40)
        kelpctl("site", "add", "/random", folder)
        try:
            with Connection() as connection:
                for name in files:
                    wrong = bytearray(name)
                    place = rng.randrange(len(wrong))
                    wrong[place] = (wrong[place] + rng.randint(1, 9)) % 256
                    wrong = bytes(wrong)
                    if re.search(rb"(^|/)\.|/$|//|^$", wrong) or \
                            is_folder(os.fsencode(folder), wrong):
                        continue
                    answer = connection.request("/random/" + url(wrong))
                    equal(answer.status, 200 if wrong in files else 400 if
                          CONTROL.search(wrong) else 404, repr(wrong))
        finally:
            kelpctl("site", "del", "/random")


if __name__ == "__main__":
    kelp_test.main(globals())
