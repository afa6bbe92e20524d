#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=6.12,debug timeout=180 soak=1200
"""The engine's deadlines and limits, thousands of connections, what a client
can do with its side of the stream, and fairness. On 6.12 a part of it runs in
make check, all in make soak.
"""
import socket
import subprocess
import threading
import time

import engine_lib
import kelp_test
from engine_lib import (BIG, BODIES, BRIEF, DEBUG, HUGE, LIMITS, PATIENCE,
                        PORT, SMALL, body, counted, empty, expect_body,
                        get_line, gone, limit, listener_again, not_in_brief,
                        settles)
from kelp_test import (Connection, Response, equal, kelpctl,
                       kelpctl_json, true, wait_for)


def setup():
    engine_lib.setup()


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
            time.sleep(min(ahead, 0.2))    # no poll: a slow client's pace


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
    """Above the limit those that were idle longest are reset and counted,
    the rest served; suite protect has the others."""
    limit("connections", 10)
    with counted() as grown:
        inside = [Connection(PORT) for _ in range(10)]
        for connection in inside:
            equal(connection.request("/small").body, SMALL, "inside")
        inside += [Connection(PORT) for _ in range(5)]
        for connection in inside[:5]:
            gone(connection)
        wait_for(lambda: kelpctl_json("status")["connections"] == 10,
                 what="10 connections")
        equal(grown["connections_evicted"], 5, "evicted")
        equal(grown["connections_refused"], 0, "refused")
        for connection in inside[5:]:
            equal(connection.request("/small").body, SMALL, "again")
        for connection in inside:
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
