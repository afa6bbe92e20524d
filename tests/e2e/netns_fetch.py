#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The client of the suite netns: fetch a folder's files and compare.

usage: netns_fetch.py keepalive|close HOST PORT FOLDER CLIENTS REPEAT [LARGEST]

Every file of FOLDER is fetched REPEAT times from /, by CLIENTS threads at once
that share the work; those above LARGEST bytes are left out. With close each
answer has to end with the server's FIN right behind its last byte: a reset, or
a byte too many or too few, is an error.
"""
import os
import queue
import socket
import sys
import threading

import kelp_test
from kelp_test import Connection, equal

TIMEOUT = 60.0 * kelp_test.PATIENCE


def fetch(connection, name, expected, close):
    fields = [("Connection", "close")] if close else []
    answer = connection.request("/" + name, headers=fields)
    equal(answer.status, 200, "status")
    equal(len(answer.body), len(expected), "length")
    if answer.body != expected:
        raise kelp_test.Failure("wrong bytes")
    if close:
        connection.closed()
        error = connection.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        equal(error, 0, "error of the socket")


def client(mode, address, work, errors):
    connection = None
    close = mode == "close"
    while True:
        try:
            name, data = work.get_nowait()
        except queue.Empty:
            break
        try:
            connection = connection or Connection(address[1], address[0],
                                                  timeout=TIMEOUT)
            fetch(connection, name, data, close)
        except Exception as error:    # Counted, and printed at the end.
            errors.append("%s: %s" % (name, error or type(error).__name__))
            if len(errors) > 20:
                return
            connection = None
        if close and connection:
            connection.close()
            connection = None
    if connection:
        connection.close()


def main():
    mode, host, port, folder, clients, repeat = sys.argv[1:7]
    largest = int(sys.argv[7]) if len(sys.argv) > 7 else sys.maxsize
    work, errors, size = queue.Queue(), [], 0
    names = sorted(os.listdir(folder), reverse=True,
                   key=lambda n: os.path.getsize(os.path.join(folder, n)))
    names = [n for n in names
             if os.path.getsize(os.path.join(folder, n)) <= largest]
    for _ in range(int(repeat)):
        for name in names:    # The largest first.
            with open(os.path.join(folder, name), "rb") as file:
                data = file.read()
            size += len(data)
            work.put((name, data))
    count = work.qsize()
    threads = [threading.Thread(target=client, args=(mode, (host, int(port)),
                                                     work, errors))
               for _ in range(int(clients))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("%s: %d files, %d bytes, %d errors" %
          (mode, count, size, len(errors)))
    for error in errors:
        print("  " + error)
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    main()
