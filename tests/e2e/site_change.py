#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=6.12,debug where=guest timeout=300
"""Sites whose files change, and sites that go away, while they are served.

A change is noticed within a second. A file that is replaced by renaming is
served as it was or as it is, never as a mixture.
"""
import os
import shutil
import socket
import subprocess
import threading
import time

import kelp_test
import site_kit
from kelp_test import (KERNEL, PATIENCE, SOAK, Connection, equal, get, kelpctl,
                       kelpctl_json, true, wait_for)
from site_kit import noise, put, replace

setup = site_kit.serve
teardown = site_kit.stop

# One second is promised; the rest is for a busy machine to carry the answer.
NOTICED = 1.0 + 0.5 * PATIENCE


class Load:
    """Clients that ask for some targets all the time, meanwhile.

    Each answer is given to look(target, answer, asked), with the time at which
    it was asked for; the first exception ends its client and is raised at the
    end.
    """

    def __init__(self, targets, look=None, clients=4):
        self.targets = targets
        self.look = look or (lambda target, answer, asked: None)
        self.failures = []
        self.answers = 0
        self.over = False
        self.threads = [threading.Thread(target=self.client, args=(number,))
                        for number in range(clients)]

    def client(self, number):
        try:
            while not self.over:    # A new connection now and then.
                with Connection() as connection:
                    for turn in range(200):
                        if self.over:
                            break
                        target = self.targets[(number + turn) %
                                              len(self.targets)]
                        asked = time.monotonic()
                        answer = connection.request(target)
                        self.look(target, answer, asked)
                        self.answers += 1
        except Exception as error:    # Raised at the end.
            self.failures.append(error)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        wait_for(lambda: self.failures or self.answers >= len(self.threads),
                 what="the first answers")
        return self

    def __exit__(self, kind, error, trace):
        self.over = True
        for thread in self.threads:
            thread.join()
        if self.failures and not kind:
            raise self.failures[0]


def noticed(target, status, body=None, since=None):
    """The answer changes to that in time, and stays so."""
    begin = since or time.monotonic()
    with Connection() as connection:
        while True:
            asked = time.monotonic()
            answer = connection.request(target)
            if answer.status == status and body in (None, answer.body):
                break
            true(asked - begin < NOTICED, "%s: still %d after %.2f s" %
                 (target, answer.status, asked - begin))
            time.sleep(0.01)    # poll
        answer = connection.request(target)
        true(answer.status == status and body in (None, answer.body),
             target + " changed back")


def changes(name):
    """Every way in which a file can change, one after the other."""
    target, path = "/" + name, site_kit.site + "/" + name
    noticed(target, 404)
    put(name, b"first")
    noticed(target, 200, b"first")
    with open(path, "wb") as file:
        file.write(b"rewritten, longer")
    noticed(target, 200, b"rewritten, longer")
    with open(path, "r+b") as file:
        file.write(b"overwritten")
    noticed(target, 200, b"overwrittenlonger")
    with open(path, "ab") as file:
        file.write(b", appended")
    noticed(target, 200, b"overwrittenlonger, appended")
    os.truncate(path, 4)
    noticed(target, 200, b"over")
    replace(name, b"replaced")
    noticed(target, 200, b"replaced")
    replace(name, b"REPLACED")    # Of the same size.
    noticed(target, 200, b"REPLACED")
    os.chmod(path, 0o600)
    noticed(target, 403)
    os.chmod(path, 0o644)
    noticed(target, 200, b"REPLACED")
    os.unlink(path)
    noticed(target, 404)
    put(name, b"back")
    noticed(target, 200, b"back")
    os.unlink(path)
    os.mkdir(path)
    noticed(target, 301)
    os.rmdir(path)
    os.symlink("elsewhere", path)
    put(os.path.join(os.path.dirname(name), "elsewhere"), b"linked")
    noticed(target, 200, b"linked")
    os.unlink(path)
    os.symlink("../secret", path)
    noticed(target, 404 if not os.path.exists(path) else 403)


def test_changes_are_noticed():
    changes("change")


def test_changes_are_noticed_under_load():
    put("page", b"page")
    with Load(["/loaded", "/page"], clients=2 if KERNEL == "debug" else 3):
        changes("loaded")


def test_a_directory_is_renamed():
    put("old/page", b"old")
    put("next/page", b"next")
    noticed("/old/page", 200, b"old")
    os.rename(site_kit.site + "/old", site_kit.site + "/older")
    noticed("/old/page", 404)
    noticed("/older/page", 200, b"old")
    os.rename(site_kit.site + "/next", site_kit.site + "/old")
    noticed("/old/page", 200, b"next")


def version(number, size):
    """A body that tells its number in every line of 16 bytes."""
    return b"%015d\n" % number * (size // 16)


def replaced_under_load(sizes, rounds):
    """Answers are wholly one version, and not one that is long gone."""
    born = {}    # number: when it became the file; 0 is there at once
    current = 0

    def look(target, answer, asked):
        equal(answer.status, 200, target)
        number = int(answer.body[:16])
        true(answer.body == version(number, int(target[2:])),
             "%s: a mixture of versions" % target)
        after = born.get(number + 1)
        true(after is None or asked - after < NOTICED,
             "%s: version %d, replaced %.2f s before" %
             (target, number, asked - (after or 0)))

    targets = ["/r%d" % size for size in sizes]
    for size in sizes:
        put("r%d" % size, version(0, size))
    with Load(targets, look) as load:
        for _ in range(rounds):
            current += 1
            for size in sizes:
                replace("r%d" % size, version(current, size))
            born[current] = time.monotonic()
            seen = load.answers
            wait_for(lambda: load.failures or
                     load.answers > seen + 3 * len(targets), what="answers")
    for size in sizes:
        noticed("/r%d" % size, 200, version(current, size))


def test_replaced_files_are_whole():
    replaced_under_load([16, 4096, 65536], 500 if SOAK else
                        8 if KERNEL == "debug" else 40)


def test_replaced_files_of_the_cache_s_limit_are_whole():
    replaced_under_load([1 << 20], 100 if SOAK else
                        2 if KERNEL == "debug" else 5)


def test_a_streamed_file_is_never_a_complete_mixture():
    """It changes in place while it is sent: the answer breaks off, or is one
    of the two."""
    size = 2 << 20
    old, new = version(1, size), version(2, size)
    broken = 0
    for _ in range(20 if SOAK else 2):
        put("stream", old)
        with Connection(rcvbuf=4096) as connection:
            connection.send(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
            connection.line(b"\r\n\r\n")
            body = connection.take(65536)
            with open(site_kit.site + "/stream", "r+b") as file:
                file.write(new)
            connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                                       4 << 20)
            try:
                body += connection.take(size - 65536)
            except (kelp_test.Failure, ConnectionResetError):
                broken += 1
                continue
            true(body in (old, new), "a complete mixture")
    true(broken <= 20, "%d broke off" % broken)
    noticed("/stream", 200, new)


# Sites that go away

def download(results, stop_at):
    """A slow client of the 5 MiB file: what it got, and how that ended."""
    parts = []
    with Connection(rcvbuf=8192) as connection:
        try:
            connection.send(b"GET /gone/large HTTP/1.1\r\nHost: x\r\n"
                            b"Connection: close\r\n\r\n")
            answer = kelp_test.Response(connection.line(b"\r\n\r\n"))
            if answer.status != 200:
                results.append((answer.status, b""))
                return
            connection.take(1000)
            results.append(None)
            stop_at.wait()
            # From here on as quickly as can be.
            connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                                       4 << 20)
            parts = [connection.buffer]
            while parts[-1] or len(parts) == 1:
                parts.append(connection.sock.recv(1 << 20))
        except (kelp_test.Failure, OSError):
            pass
        results.append((200, b"".join(parts)))


def test_deleting_a_site_during_downloads():
    folder = site_kit.root + "/gone"
    large = noise(5 << 20)
    kelp_test.write_file(folder + "/large", large)
    kelp_test.write_file(folder + "/small", b"small")
    for _ in range(10 if SOAK else 1):
        kelpctl("site", "add", "/gone", folder)
        equal(get("/gone/small").body, b"small", "before")
        results, stop_at = [], threading.Event()
        threads = [threading.Thread(target=download, args=(results, stop_at))
                   for _ in range(6)]
        for thread in threads:
            thread.start()
        wait_for(lambda: len(results) == len(threads), what="six downloads")
        begin = time.monotonic()
        kelpctl("site", "del", "/gone")
        true(time.monotonic() - begin < 5 * PATIENCE, "site del took long")
        equal(get("/gone/small").status, 404, "a new request")
        stop_at.set()
        for thread in threads:
            thread.join()
        for result in results[len(threads):]:
            true(result[0] == 200 and large[1000:].startswith(result[1]),
                 "other bytes")
        equal(len(results), 2 * len(threads), "downloads")


def test_deleting_a_site_under_load():
    put("load/page", noise(3000))

    def look(target, answer, asked):
        true(answer.status == 404 or answer.body == noise(3000), target)

    with Load(["/del/load/page", "/load/page"], look) as load:
        for _ in range(100 if SOAK else 2 if KERNEL == "debug" else 5):
            kelpctl("site", "add", "/del", site_kit.site)
            seen = load.answers
            wait_for(lambda: load.failures or load.answers > seen + 20,
                     what="answers")
            kelpctl("site", "del", "/del")
    equal(get("/del/load/page").status, 404, "at the end")
    equal([row["prefix"] for row in kelpctl_json("site", "show")], ["/"],
          "sites")


def test_a_deleted_site_holds_no_file_system():
    """It can be unmounted, at once or very soon."""
    folder = site_kit.root + "/mount"
    os.mkdir(folder)
    subprocess.run(["mount", "-t", "tmpfs", "kelp-test", folder], check=True)
    mounted = True
    try:
        os.chmod(folder, 0o755)
        kelp_test.write_file(folder + "/small", b"small")
        kelp_test.write_file(folder + "/large", noise(3 << 20))
        kelpctl("site", "add", "/mount", folder)
        equal(get("/mount/small").body, b"small", "small")
        true(get("/mount/large").body == noise(3 << 20), "large")
        with Connection() as connection:
            equal(connection.request("/mount/small").status, 200, "kept alive")
            kelpctl("site", "del", "/mount")
            wait_for(lambda: not subprocess.run(
                ["umount", folder], check=False,
                stderr=subprocess.DEVNULL).returncode, 5 * PATIENCE, "umount")
            mounted = False
            equal(connection.request("/mount/small").status, 404, "afterwards")
    finally:
        if mounted:
            subprocess.run(["umount", "-l", folder], check=False)


def test_the_directory_is_removed():
    """The site stays and finds nothing; a new directory of that name is
    another one."""
    folder = site_kit.root + "/removed"
    kelp_test.write_file(folder + "/page", b"page")
    kelpctl("site", "add", "/removed", folder)
    equal(get("/removed/page").status, 200, "before")
    shutil.rmtree(folder)
    noticed("/removed/page", 404)
    kelpctl("site", "del", "/removed")


def test_removing_the_module_during_downloads():
    put("large", noise(5 << 20))
    connections = []
    try:
        for _ in range(6):
            connections.append(Connection(rcvbuf=8192))
            connections[-1].send(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
            connections[-1].take(1000)
        kelp_test.unload(5)
    finally:
        for connection in connections:
            connection.close()
        if not kelp_test.loaded():
            kelp_test.load()
    kelpctl("site", "add", "/", site_kit.site)
    kelpctl("listener", "add", "127.0.0.1:8080")
    equal(get("/large", method="HEAD").status, 200, "loaded again")


if __name__ == "__main__":
    kelp_test.main(globals())
