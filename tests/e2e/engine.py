#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1,6.12,debug timeout=180 soak=1200
"""The engine from outside: answers through tiny receive windows, made in softirq
and in the worker; urgent bytes; connections and listeners that are killed
behind the module's back. After each test no connection and no byte of buffers
may be left, and the workers must be at rest.
"""
import random
import socket
import threading

import engine_lib
import kelp_test
from engine_lib import (BIG, BODIES, BRIEF, DEBUG, PORT, SMALL, SOAK, counted,
                        empty, expect_body, get_line, gone, kill,
                        kill_server_end, limit, listen, listener_again,
                        settles, tiny)
from kelp_test import (Connection, Failure, equal, kelpctl, kelpctl_json, true,
                       wait_for)


def setup():
    engine_lib.setup()


# Answers through a tiny window

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
        # The client's FIN, which comes next, is softirq's again.
        equal(grown["served_softirq"], in_softirq, "served in softirq")
    equal(errors, [], "errors of the writer")
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


if __name__ == "__main__":
    kelp_test.main(globals())
