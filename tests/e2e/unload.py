#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1,6.12,debug timeout=180 soak=1800
"""Insert, serve under load of every kind, remove: again and again.

Each removal returns within 5 seconds, says nothing in the kernel log, leaves no
cache and no thread behind, no memory grows, and no client sees an error before
the removal began.
"""
import ctypes
import glob
import os
import re
import socket
import subprocess
import tempfile
import threading
import time

import kelp_test
from kelp_test import Connection, Failure, Skip, equal, kelpctl, true, wait_for

PORT = 8080
DEBUG = kelp_test.KERNEL == "debug"
SOAK = kelp_test.SOAK
PATIENCE = kelp_test.PATIENCE
# One more round, with a census, follows.
ROUNDS = 50 if SOAK else 2 if DEBUG or kelp_test.KERNEL == "6.12" else 5
# Seconds for a removal. Beside wrk, which then asks for connections in a busy
# loop, the instrumented kernel needs its grace periods several times as long.
LIMIT = 15.0 if DEBUG and not SOAK else 5.0
SMALL = b"twelve bytes"
# Its number on x86-64 (man 2 delete_module); the C library has no function.
DELETE_MODULE = 176
STATE = {}


def setup():
    folder = STATE["folder"] = tempfile.TemporaryDirectory(prefix="kelp-test.")
    os.chmod(folder.name, 0o755)
    for name, data in (("small", SMALL), ("huge", os.urandom(1 << 20)),
                       ("large/file", os.urandom(6 << 20))):
        kelp_test.write_file(os.path.join(folder.name, name), data)
    for i in range(200):
        kelp_test.write_file("%s/site/%d.txt" % (folder.name, i),
                             b"%d" % i * 500)
    os.chmod(folder.name + "/site", 0o755)
    os.chmod(folder.name + "/large", 0o755)


def teardown():
    STATE["folder"].cleanup()
    if not kelp_test.loaded():
        kelp_test.load()


def configure():
    folder = STATE["folder"].name
    kelpctl("listener", "add", "127.0.0.1:%d" % PORT)
    kelpctl("object", "put", "/small", folder + "/small")
    kelpctl("object", "put", "/huge", folder + "/huge")
    kelpctl("site", "add", "/site", folder + "/site")
    kelpctl("site", "add", "/large", folder + "/large")
    kelpctl("route", "add", "/echo", "echo")
    kelpctl("route", "add", "/state", "status")


class Load:
    """Clients of every kind, until the server goes."""

    def __init__(self):
        self.removal = threading.Event()
        self.early = []
        self.answers = [0] * 4
        self.ready = threading.Barrier(5)
        self.kept = []
        self.threads = [
            threading.Thread(target=self.client, args=(i, targets))
            for i, targets in enumerate((
                ["/small"], ["/site/%d.txt" % i for i in range(200)],
                ["/huge", "/state/stats.json"], ["/large/file"]))]

    def client(self, index, targets):
        """Ask on one connection for one after the other, without an end."""
        try:
            with Connection(PORT, timeout=30 * PATIENCE) as connection:
                while True:
                    for target in targets:
                        answer = connection.request(target)
                        equal(answer.status, 200, target)
                        self.answers[index] += 1
                        if self.answers[index] == 1:
                            self.ready.wait()
        except (Failure, OSError) as error:
            if not self.removal.is_set():
                self.early.append("%s: %s" % (targets[0], error))
                self.ready.abort()

    def stay(self, data):
        """A connection on which the client does nothing any more."""
        connection = Connection(PORT, rcvbuf=4096)
        connection.send(data)
        self.kept.append(connection)

    def start(self):
        for thread in self.threads:
            thread.start()
        get = b"GET %s HTTP/1.1\r\nHost: t\r\n\r\n"
        for _ in range(4):
            self.stay(b"")
            self.stay(b"GET /small HTTP/1.1\r\nHo")
            self.stay(get % b"/huge" * 4)
            self.stay(get % b"/large/file")
            self.stay(b"POST /echo HTTP/1.1\r\nHost: t\r\n"
                      b"Content-Length: 5000\r\n\r\nbegin")
            self.stay(b"GET /huge HTTP/1.1\r\nHost: t\r\n"
                      b"Connection: close\r\n\r\n")
        self.wrk = subprocess.Popen(
            ["wrk", "-t1", "-c32", "-d600s",
             "http://127.0.0.1:%d/small" % PORT],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.ready.wait(30 * PATIENCE)
        except threading.BrokenBarrierError:
            raise Failure("not every client was answered: %s" %
                          self.early) from None
        wait_for(lambda: kelp_test.kelpctl_json("stats", "show")
                 ["connections"] >= 32 + 24, what="wrk is connected")

    def stop(self):
        self.wrk.kill()
        self.wrk.wait()
        for thread in self.threads:
            thread.join(40 * PATIENCE)
        alive = [t for t in self.threads if t.is_alive()]
        for connection in self.kept:
            connection.close()
        true(not alive, "%d clients wait for an answer for ever" % len(alive))
        equal(self.early, [], "errors before the removal")


def kernel_log():
    return subprocess.run(["dmesg"], check=True, capture_output=True,
                          text=True, errors="replace").stdout.splitlines()


# Said once per boot, when a module is loaded that is not part of the kernel.
TAINT = re.compile("loading out-of-tree module|module verification failed")


def said_since(lines):
    return [line for line in kernel_log()[len(lines):]
            if not TAINT.search(line) and "kelp-test:" not in line]


def memory():
    """KiB that the kernel itself holds and does not give back by itself."""
    with open("/proc/meminfo", encoding="ascii") as file:
        fields = dict(re.findall(r"(\S+):\s+(\d+)", file.read()))
    return sum(int(fields[name]) for name in
               ("SUnreclaim", "Percpu", "KernelStack", "PageTables"))


def leftovers():
    """Threads, slab caches and sockets of a module that has gone."""
    found = []
    for path in glob.glob("/proc/[0-9]*/comm"):
        try:
            with open(path, encoding="ascii") as file:
                if file.read().startswith("kelp"):
                    found.append(path)
        except OSError:
            continue
    with open("/proc/slabinfo", encoding="ascii") as file:
        found += [line.split()[0] for line in file if line.startswith("kelp")]
    return found


def no_socket():
    """Nothing holds the port but what waits for stray segments."""
    done = subprocess.run(["ss", "-Htan", "sport = :%d" % PORT], check=True,
                          capture_output=True, text=True)
    return all(line.startswith("TIME-WAIT")
               for line in done.stdout.splitlines())


def remove():
    """What rmmod does, by the system call itself: to start a program beside
    all these clients takes longer than the removal."""
    libc = ctypes.CDLL(None, use_errno=True)
    begin = time.monotonic()
    if libc.syscall(DELETE_MODULE, b"kelp", os.O_NONBLOCK):
        raise Failure("delete_module: " + os.strerror(ctypes.get_errno()))
    took = time.monotonic() - begin
    print("# removed in %.2f s" % took, flush=True)
    true(took <= LIMIT, "the removal took %.1f s" % took)
    return took


def one_round(*parameters):
    """Returns how long the removal took and what the log said."""
    lines = kernel_log()
    subprocess.run(["insmod", os.environ["KELP_KO"], *parameters], check=True)
    configure()
    load = Load()
    try:
        load.start()
        load.removal.set()
        took = remove()
    finally:
        load.removal.set()
        load.stop()
    equal(leftovers(), [], "left behind")
    wait_for(no_socket, what="no socket holds the port")
    return took, said_since(lines)


def test_idle():
    """Nothing was served: the module that the runner loaded."""
    lines = kernel_log()
    if not kelp_test.loaded():
        kelp_test.load()
    remove()
    said = said_since(lines)
    true(len(said) == 1 and "kelp: census:" in said[0],
         "the kernel log says %s" % said)
    equal(leftovers(), [], "left behind")


def test_under_load():
    times, sizes = [], []
    for number in range(ROUNDS):
        took, said = one_round()
        equal(said, [], "kernel log in round %d" % number)
        times.append(took)
        sizes.append(memory())
    print("# %d removals, the longest %.2f s; kernel memory after each, "
          "MiB: %s" % (len(times), max(times),
                       " ".join("%.1f" % (s / 1024) for s in sizes)),
          flush=True)
    STATE["sizes"] = sizes


def test_memory_flat():
    """After the first rounds, what the kernel holds stays where it is."""
    sizes = STATE.get("sizes") or []
    true(len(sizes) == ROUNDS, "the rounds before did not end")
    if ROUNDS < 5:
        raise Skip("%d rounds tell nothing: 6.1, and make soak" % ROUNDS)
    warm = sizes[:max(1, ROUNDS // 5)]
    rest = sizes[len(warm):]
    least = min(rest)
    true(least <= max(warm) + 1024, "%d KiB after the first rounds, never "
         "below %d afterwards" % (max(warm), least))
    # A leak grows from the first to the last third, whatever the noise.
    third = max(len(rest) // 3, 1)
    first, last = min(rest[:third]), min(rest[-third:])
    true(last <= first + 2048 + 64 * len(rest),
         "grows from %d to %d KiB" % (first, last))


def test_census():
    """Under the same load everything created is destroyed."""
    _, said = one_round("census=1")
    line = [text.partition("census:")[2] for text in said if "census:" in text]
    equal(len(line), 1, "census lines")
    equal(len(said), 1, "lines of the kernel log")
    counts = {}
    for entry in line[0].split(","):
        name, created, destroyed = entry.split()
        counts[name] = int(created)
        equal(created, destroyed, name + " created and destroyed")
    for name in ("conn", "task", "stream", "cached", "listener", "net"):
        true(counts.get(name), "%s was never created" % name)


def test_port_is_free():
    """Right after the removal the port can be bound by anybody."""
    if DEBUG and not SOAK:
        raise Skip("6.1 and 6.12 run it; debug under make soak")
    subprocess.run(["insmod", os.environ["KELP_KO"], "census=1"], check=True)
    configure()
    with Connection(PORT) as connection:
        equal(connection.request("/small").body, SMALL, "answer")
        remove()
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", PORT))
            listener.listen()
    kelp_test.load()
    configure()
    equal(kelp_test.get("/small", PORT).body, SMALL, "after a new insertion")


if __name__ == "__main__":
    kelp_test.main(globals())
