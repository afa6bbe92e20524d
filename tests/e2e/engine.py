#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1,6.12,debug timeout=240 soak=1200
"""The engine from outside: raw sockets against what TCP and clients can do.

Tiny receive windows, urgent bytes, connections and listeners that are killed
behind the module's back, deadlines, limits, thousands of connections. After
each test no connection and no byte of buffers may be left, and the workers must
be at rest. On 6.12 a part of the tests runs in make check, all in make soak.
"""
import functools
import os
import random
import resource
import socket
import struct
import subprocess
import tempfile
import threading
import time

import kelp_test
from kelp_test import (Connection, Failure, Response, Skip, equal, kelpctl,
                       kelpctl_json, true, wait_for)

PORT = 8080
DEBUG = kelp_test.KERNEL == "debug"
SOAK = kelp_test.SOAK
PATIENCE = kelp_test.PATIENCE
BRIEF = kelp_test.KERNEL == "6.12" and not SOAK
TCP_WINDOW_CLAMP = 10
BODIES = 8
LIMITS = {}


def body(seed, size):
    """Bytes that say which body they are of and where in it they belong."""
    words = (seed << 24 | i for i in range((size + 3) // 4))
    return b"".join(struct.pack(">I", w) for w in words)[:size]


SMALL = b"twelve bytes"
BIG = [body(i, 65536) for i in range(BODIES)]
HUGE = body(77, 1 << 20)


def put(path, data):
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        kelpctl("object", "put", path, file.name)


def listen():
    kelpctl("listener", "add", "127.0.0.1:%d" % PORT)


def setup():
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192))
    LIMITS.update((row["name"], row["value"])
                  for row in kelpctl_json("limits", "show"))
    put("/small", SMALL)
    put("/huge", HUGE)
    for i, data in enumerate(BIG):
        put("/big/%d" % i, data)
    kelpctl("route", "add", "/echo", "echo")
    listen()


def get_line(target, *fields):
    return "\r\n".join(["GET %s HTTP/1.1" % target, "Host: test",
                        *fields, "", ""]).encode()


# What is looked at after each test

def stats():
    return kelpctl_json("stats", "show")


class counted:
    """with counted() as c: …; then c["requests"] is by how much it grew."""

    def __enter__(self):
        self.before = stats()
        self.now = None
        return self

    def __exit__(self, *error):
        self.now = stats()

    def __getitem__(self, name):
        """Up to the end of the block, or, inside it, to this moment."""
        return (self.now or stats())[name] - self.before[name]


def empty():
    status = kelpctl_json("status")
    return not status["connections"] and not status["memory_bytes"]


def worker_times():
    """Nanoseconds of CPU time that each kelp/N thread has used."""
    times = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/comm" % pid, encoding="ascii") as file:
                name = file.read().strip()
            if not name.startswith("kelp/"):
                continue
            with open("/proc/%s/stat" % pid, encoding="ascii") as file:
                fields = file.read().rpartition(")")[2].split()
            times[name] = (int(fields[11]) + int(fields[12])) * 10 ** 7
        except OSError:
            continue
    return times


def at_rest():
    """Over a quarter of a second the workers use next to no CPU time."""
    before = worker_times()
    true(before, "no worker threads")
    time.sleep(0.25)    # The window that is measured.
    after = worker_times()
    return all(after[name] - before[name] <= 2 * 10 ** 7 for name in before)


def settles(function):
    """Afterwards nothing is left and nothing spins; limits are as before."""
    @functools.wraps(function)
    def wrapper():
        try:
            function()
            wait_for(empty, 10 * PATIENCE, "no connections, no memory in use")
            wait_for(at_rest, 5 * PATIENCE, "workers at rest")
        finally:
            for name, value in CHANGED.items():
                kelpctl("limits", "set", name, value)
            CHANGED.clear()
    return wrapper


CHANGED = {}


def limit(name, value):
    CHANGED.setdefault(name, LIMITS[name])
    kelpctl("limits", "set", name, value)


def not_in_brief(function):
    @functools.wraps(function)
    def wrapper():
        if BRIEF:
            raise Skip("6.1 and debug run it; 6.12 under make soak")
        function()
    return wrapper


def gone(connection):
    """The server ends the connection, with a reset or in order."""
    try:
        while connection.sock.recv(65536):
            pass
    except ConnectionResetError:
        pass
    except socket.timeout:
        raise Failure("the connection is still open") from None


def kill(*expression):
    done = subprocess.run(["ss", "-K", "-H", "-n", *expression], check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    true(done.stdout.strip(), "ss -K killed nothing")


def kill_server_end(connection):
    kill("-t", "sport = :%d and dport = :%d" %
         (PORT, connection.sock.getsockname()[1]))


# Answers through a tiny window

def tiny(clamp=1024):
    connection = Connection(PORT, rcvbuf=1, timeout=60 * PATIENCE)
    connection.sock.setsockopt(socket.IPPROTO_TCP, TCP_WINDOW_CLAMP, clamp)
    return connection


def expect_body(connection, expected, what):
    answer = connection.response()
    equal(answer.status, 200, what + ": status")
    if answer.body != expected:
        at = next(i for i, (a, b) in enumerate(zip(answer.body, expected))
                  if a != b) if len(answer.body) == len(expected) else -1
        raise Failure("%s: %d bytes, first wrong one at %d" %
                      (what, len(answer.body), at))


ROUNDS = 400 if SOAK else 4 if DEBUG else 6 if BRIEF else 16
WMEM = "/proc/sys/net/ipv4/tcp_wmem"


class small_send_buffers:
    """Sockets made inside have at most 16 KiB, so that answers do not fit."""

    def __enter__(self):
        with open(WMEM, encoding="ascii") as file:
            self.saved = file.read()
        self.write("4096 16384 16384")

    def __exit__(self, *error):
        self.write(self.saved)

    @staticmethod
    def write(text):
        with open(WMEM, "w", encoding="ascii") as file:
            file.write(text)
        listener_again()


def one_by_one():
    with counted() as grown, tiny() as connection:
        for i in range(ROUNDS):
            which = i % BODIES
            connection.send(get_line("/big/%d" % which))
            expect_body(connection, BIG[which], "answer %d" % i)
    true(grown["served_softirq"] >= ROUNDS - 1,
         "only %d of %d requests met softirq" %
         (grown["served_softirq"], ROUNDS))
    equal(grown["gathers"], 0, "gathered requests")
    return grown


@settles
def test_window_softirq():
    """One request at a time: each answer is made in softirq."""
    one_by_one()


@settles
def test_window_softirq_continued():
    """The same where an answer does not fit the send buffer: it begins in
    softirq and is continued by the worker."""
    with small_send_buffers():
        grown = one_by_one()
    true(grown["backpressure"] >= ROUNDS, "the send buffer never filled")
    true(grown["served_worker"] >= ROUNDS, "the worker continued nothing")


def piecewise(rounds):
    """Requests in pieces of which each ends inside a request: from the first
    to the last piece the connection is the worker's, and more arrives while
    it sends."""
    requests = [get_line("/big/%d" % (i % BODIES)) for i in range(rounds)]
    dice = random.Random(1)
    pieces, rest = [], b""
    for request in requests:
        at = dice.randrange(1, len(request))
        pieces.append(rest + request[:at])
        rest = request[at:]
    errors = []

    def writer(connection):
        try:
            for piece in pieces[1:] + [rest]:
                connection.sock.sendall(piece)
        except OSError as error:
            errors.append(error)

    with counted() as grown, tiny() as connection:
        connection.send(pieces[0])
        wait_for(lambda: grown["gathers"], what="a gathered request")
        in_softirq = grown["served_softirq"]
        thread = threading.Thread(target=writer, args=(connection,))
        thread.start()
        for i in range(rounds):
            expect_body(connection, BIG[i % BODIES], "answer %d" % i)
        thread.join(30)
    equal(errors, [], "errors of the writer")
    equal(grown["served_softirq"], in_softirq, "served in softirq")
    true(grown["served_worker"] >= 2, "the worker served nothing")
    equal(grown["requests"], rounds, "requests")
    return grown


@settles
def test_window_worker():
    """Each answer is made in the worker."""
    piecewise(ROUNDS)


@settles
def test_window_worker_continued():
    """The same where no answer fits the send buffer."""
    with small_send_buffers():
        grown = piecewise(ROUNDS)
    true(grown["backpressure"] >= ROUNDS // 2, "the send buffer never filled")


@settles
def test_window_pipelined():
    """A burst of requests in one segment, with the budgets of softirq wide
    open: as many answers as fit are made there."""
    limit("softirq_requests", 4096)
    limit("softirq_bytes", 1 << 24)
    with counted() as grown, tiny() as connection:
        connection.send(b"".join(get_line("/big/%d" % (i % BODIES))
                                 for i in range(ROUNDS)))
        for i in range(ROUNDS):
            expect_body(connection, BIG[i % BODIES], "answer %d" % i)
    true(grown["served_softirq"] >= 1, "nothing was served in softirq")


@settles
def test_window_many():
    """The same on many connections at once, each with another order."""
    errors = []

    def client(seed):
        dice = random.Random(seed)
        try:
            with tiny() as connection:
                for _ in range(max(ROUNDS // 8, 1)):
                    order = [dice.randrange(BODIES) for _ in range(3)]
                    data = b"".join(get_line("/big/%d" % i) for i in order)
                    connection.send(data, cuts=[dice.randrange(1, len(data))])
                    for i in order:
                        expect_body(connection, BIG[i], "client %d" % seed)
        except Exception as error:    # Reported by the test below.
            errors.append(error)

    threads = [threading.Thread(target=client, args=(seed,))
               for seed in range(4 if DEBUG or BRIEF else 12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal([str(e) for e in errors], [], "errors")


# Urgent data

@settles
def test_urgent():
    """A byte of urgent data ends the connection, whatever is under way."""
    def idle(connection):
        connection.request("/small")

    def partial(connection):
        connection.send(b"GET /small HTTP/1.1\r\nHo")

    def answering(connection):
        connection.send(get_line("/huge") * 4)

    with counted() as grown:
        count = 0
        for before in (lambda c: None, idle, partial, answering):
            for after in (b"", get_line("/small")):
                with Connection(PORT, rcvbuf=4096) as connection:
                    before(connection)
                    connection.flushed()
                    connection.sock.send(b"!", socket.MSG_OOB)
                    if after:
                        try:
                            connection.sock.sendall(after)
                        except ConnectionError:
                            pass
                    gone(connection)
                    count += 1
    true(grown["connections_aborted"] >= count,
         "%d of %d aborted" % (grown["connections_aborted"], count))
    true(grown["urgent_aborts"] >= count - 2, "urgent_aborts does not tell")


# Killed from outside

@settles
def test_killed_connections():
    """ss -K on the server's end: idle, in a request, in an answer."""
    rounds = 50 if SOAK else 1 if BRIEF else 3
    for _ in range(rounds):
        idle = Connection(PORT)
        idle.request("/small")
        fresh = Connection(PORT)
        partial = Connection(PORT)
        partial.send(b"GET /small HTTP/1.1\r\nHo")
        answering = tiny()
        answering.send(get_line("/huge") * 3)
        answering.take(3000)
        echo = Connection(PORT)
        echo.send(b"POST /echo HTTP/1.1\r\nHost: t\r\n"
                  b"Content-Length: 1000\r\n\r\n12345")
        wait_for(lambda: kelpctl_json("status")["connections"] == 5,
                 what="five connections")
        for connection in (idle, fresh, partial, answering, echo):
            kill_server_end(connection)
        wait_for(empty, what="killed connections are released")
        for connection in (idle, fresh, partial, answering, echo):
            gone(connection)
            connection.close()
    equal(kelp_test.get("/small").body, SMALL, "served afterwards")


@settles
def test_killed_listener():
    """ss -K on the listener: shown, connections stay, del and add repair."""
    kept = Connection(PORT)
    equal(kept.request("/small").body, SMALL, "before")
    kill("-t", "-l", "sport = :%d" % PORT)
    try:
        Connection(PORT, timeout=2).close()
        raise Failure("the killed listener still accepts")
    except ConnectionRefusedError:
        pass
    try:
        wait_for(lambda: kelpctl_json("listener", "show")[0]["error"],
                 5, "listener show tells that the listener is dead")
        equal(kept.request("/small").body, SMALL, "the open connection")
    finally:
        kept.close()
        kelpctl("listener", "del", "127.0.0.1:%d" % PORT)
        listen()
    row = kelpctl_json("listener", "show")[0]
    equal(row["error"], None, "error of the new listener")
    equal(kelp_test.get("/small").body, SMALL, "afterwards")


# Deadlines

def server_closes(connection, within):
    connection.sock.settimeout(within * PATIENCE)
    begin = time.monotonic()
    gone(connection)
    return time.monotonic() - begin


@settles
def test_timeout_idle():
    limit("idle_timeout", 300)
    with counted() as grown:
        with Connection(PORT) as fresh, Connection(PORT) as used:
            used.request("/small")
            used.sock.settimeout(5 * PATIENCE)
            used.closed()    # In order: nothing was under way.
            fresh.sock.settimeout(5 * PATIENCE)
            fresh.closed()
    equal(grown["timeouts_idle"], 2, "timeouts_idle")


@settles
def test_timeout_header():
    """Not to be put off by further bytes; one answer 408, then the end."""
    limit("header_timeout", 400)
    with counted() as grown, Connection(PORT) as connection:
        stop = threading.Event()

        def drip():
            try:
                for byte in b"GET /small HTTP/1.1\r\nX-Long: " + b"a" * 999:
                    connection.sock.sendall(bytes([byte]))
                    if stop.wait(0.02):    # The pace of a slow client.
                        return
            except OSError:
                pass

        thread = threading.Thread(target=drip)
        thread.start()
        connection.sock.settimeout(5 * PATIENCE)
        answer = connection.response()
        stop.set()
        thread.join()
        equal(answer.status, 408, "status")
    equal(grown["timeouts_header"], 1, "timeouts_header")


@settles
def test_timeout_write():
    """Readers that never read are closed and their memory comes back."""
    limit("write_timeout", 500)
    listener_again()
    with counted() as grown:
        readers = [Connection(PORT, rcvbuf=4096) for _ in range(10)]
        for reader in readers:
            reader.send(get_line("/huge") * 8)
        wait_for(lambda: grown["backpressure"] >= 10, what="backpressure")
        wait_for(empty, 10 * PATIENCE, "readers that never read are released")
        for reader in readers:
            reader.close()
    equal(grown["connections_closed"], 10, "connections_closed")


def listener_again():
    """Some values reach sockets through their listener."""
    kelpctl("listener", "del", "127.0.0.1:%d" % PORT)
    listen()


@settles
def test_timeout_linger():
    """A client that got its last answer and does not close its end."""
    limit("linger_timeout", 300)
    with Connection(PORT) as connection:
        answer = connection.request("/small", headers=[("Connection", "close")])
        equal(answer.body, SMALL, "answer")
        connection.closed()
        wait_for(empty, 5 * PATIENCE, "the lingering connection is released")


def slowly(connection, size, seconds):
    """Read everything at an even pace; returns the bytes."""
    data = bytearray(connection.buffer)
    connection.buffer = b""
    begin = time.monotonic()
    while True:
        piece = connection.sock.recv(16384)
        if not piece:
            return bytes(data)
        data += piece
        ahead = len(data) / size * seconds - (time.monotonic() - begin)
        if ahead > 0:
            time.sleep(min(ahead, 0.2))    # The pace of a slow client.


def slow_reader(fields, shut, timeouts):
    for name in timeouts:
        limit(name, 600)
    listener_again()
    try:
        with Connection(PORT, rcvbuf=65536, timeout=20 * PATIENCE) as reader:
            reader.send(get_line("/huge", *fields))
            if shut:
                reader.sock.shutdown(socket.SHUT_WR)
            head = reader.line(b"\r\n\r\n")
            answer = Response(head, slowly(reader, len(HUGE), 2.5))
            true(answer.body == HUGE, "%d of %d bytes, or wrong ones" %
                 (len(answer.body), len(HUGE)))
    finally:
        for name in timeouts:
            kelpctl("limits", "set", name, LIMITS[name])
        listener_again()


@settles
def test_slow_reader_write_timeout():
    """A reader that makes progress all the time, but needs several times the
    write and linger time-outs for the whole answer, gets all of it."""
    slow_reader(["Connection: close"], False, ["write_timeout"])


@settles
def test_slow_reader_linger_timeout():
    slow_reader(["Connection: close"], False, ["linger_timeout"])


@settles
@not_in_brief
def test_slow_reader_half_closed():
    """The same, and the client's FIN comes right behind its request."""
    slow_reader([], True, ["write_timeout", "linger_timeout"])


# Numbers

@settles
def test_many_connections():
    count = 200 if DEBUG else 500 if BRIEF else 2000
    connections = [Connection(PORT, timeout=60) for _ in range(count)]
    wait_for(lambda: kelpctl_json("status")["connections"] == count,
             what="%d connections" % count)
    equal(len(kelpctl_json("conn", "show")), count, "rows of conn show")
    for _ in range(2):
        for connection in connections:
            connection.sock.sendall(get_line("/small"))
        for connection in connections:
            expect_body(connection, SMALL, "answer")
    for connection in connections:
        connection.close()


@settles
def test_connection_limit():
    """What is above the limit is closed and counted, the rest served."""
    limit("connections", 10)
    with counted() as grown:
        inside = [Connection(PORT) for _ in range(10)]
        for connection in inside:
            equal(connection.request("/small").body, SMALL, "inside")
        for _ in range(5):
            with Connection(PORT) as outside:
                gone(outside)
        wait_for(lambda: grown["connections_refused"] == 5, what="5 refused")
        equal(kelpctl_json("status")["connections"], 10, "connections")
        inside.pop().close()
        wait_for(lambda: kelpctl_json("status")["connections"] == 9,
                 what="a free place")
        inside.append(Connection(PORT))
        for connection in inside:
            equal(connection.request("/small").body, SMALL, "again")
            connection.close()


# The client's side of the stream

@settles
def test_fin_with_data():
    """Requests whose segment carries the FIN are answered, then it ends."""
    for target, expected, count in (("/small", SMALL, 1), ("/small", SMALL, 50),
                                    ("/big/3", BIG[3], 1),
                                    ("/huge", HUGE, 2)):
        with Connection(PORT) as connection:
            connection.sock.send(get_line(target) * count, socket.MSG_MORE)
            connection.sock.shutdown(socket.SHUT_WR)
            for _ in range(count):
                expect_body(connection, expected, target)
            connection.closed()
    with Connection(PORT) as connection:    # A request that stays partial.
        connection.sock.send(b"GET /small HT", socket.MSG_MORE)
        connection.sock.shutdown(socket.SHUT_WR)
        gone(connection)
    with Connection(PORT) as connection:    # Nothing but the FIN.
        connection.sock.shutdown(socket.SHUT_WR)
        connection.closed()


@settles
def test_half_closed_pipeline():
    """Half-closed with many answers outstanding, through a small window."""
    with Connection(PORT, rcvbuf=4096, timeout=60 * PATIENCE) as connection:
        connection.send(b"".join(get_line("/big/%d" % i)
                                 for i in range(BODIES)))
        connection.sock.shutdown(socket.SHUT_WR)
        for i in range(BODIES):
            expect_body(connection, BIG[i], "answer %d" % i)
        connection.closed()


@settles
def test_small_writes():
    """A request a byte at a time, and answers in the right order."""
    data = get_line("/small") + get_line("/big/1", "Connection: close")
    with counted() as grown, Connection(PORT) as connection:
        connection.send(data, cuts=range(1, len(data)))
        expect_body(connection, SMALL, "first")
        expect_body(connection, BIG[1], "second")
        connection.closed()
    true(grown["gathers"] >= 1, "nothing was gathered")
    equal(grown["requests"], 2, "requests")


@settles
def test_large_request():
    """Bodies larger than any receive buffer, sent while the answer is read."""
    limit("body", 16 << 20)
    size = (1 if DEBUG or BRIEF else 8) << 20
    data = body(5, size)
    for window in (None, 4096):
        if window:
            data = data[:len(data) // 8]
        with Connection(PORT, rcvbuf=window, timeout=60 * PATIENCE) as echo:
            writer = threading.Thread(target=echo.sock.sendall, args=(
                b"POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: %d\r\n\r\n"
                % len(data) + data + get_line("/small"),))
            writer.start()
            expect_body(echo, data, "echo")
            writer.join()
            expect_body(echo, SMALL, "the request behind it")


@settles
def test_large_request_unread():
    """The same without reading: the server must stop, not buffer it all."""
    limit("body", 64 << 20)
    with Connection(PORT, rcvbuf=4096) as echo:
        echo.sock.sendall(b"POST /echo HTTP/1.1\r\nHost: t\r\n"
                          b"Content-Length: %d\r\n\r\n" % (64 << 20))
        echo.sock.settimeout(0.5 * PATIENCE)
        sent = 0
        try:
            while sent < 64 << 20:
                sent += echo.sock.send(bytes(65536))
        except socket.timeout:
            pass
        true(sent < 32 << 20, "%d bytes went in without one read" % sent)
        memory = kelpctl_json("status")["memory_bytes"]
        true(memory <= LIMITS["queue"] + (1 << 17),
             "%d bytes of buffers on one connection" % memory)


# Fairness

HOG = """
import socket, threading
data = b"GET /small HTTP/1.1\\r\\nHost: t\\r\\n\\r\\n" * 500
s = socket.create_connection(("127.0.0.1", %d))
def read():
    while s.recv(1 << 20):
        pass
threading.Thread(target=read, daemon=True).start()
print("on", flush=True)
while True:
    s.sendall(data)
"""


@settles
def test_fairness():
    """Two clients that pipeline without end do not starve a third."""
    hogs = [subprocess.Popen(["/usr/bin/python3", "-c", HOG % PORT],
                             stdout=subprocess.PIPE) for _ in range(2)]
    try:
        for hog in hogs:
            equal(hog.stdout.readline(), b"on\n", "hog")
        times = []
        with counted() as grown, Connection(PORT) as connection:
            for _ in range(20 if DEBUG else 100):
                begin = time.monotonic()
                equal(connection.request("/small").body, SMALL, "answer")
                times.append(time.monotonic() - begin)
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()
            hog.stdout.close()
    times.sort()
    median, worst = times[len(times) // 2], times[-1]
    print("# beside two that pipelined %d requests: median %.1f ms, "
          "worst %.1f ms" % (grown["requests"], median * 1e3, worst * 1e3))
    true(grown["requests"] > 10 * len(times), "the hogs hogged nothing")
    true(median < 0.1 * PATIENCE, "median %.3f s" % median)
    true(worst < 2 * PATIENCE, "worst %.3f s" % worst)


if __name__ == "__main__":
    kelp_test.main(globals())
