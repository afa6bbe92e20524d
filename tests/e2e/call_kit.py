# SPDX-License-Identifier: GPL-2.0-only
"""Servers of the suite call's own, which answer what no sane one does."""
import socket
import threading
import time

from rpc_kit import field, frame, message


class Peer:
    """A server of this test's own. handle(service, method, payload) returns the
    bytes of a reply's message, or (code, text), or None to say nothing."""

    def __init__(self, handle):
        self.handle = handle
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.addr = "127.0.0.1:%d" % self.sock.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.sock.close()

    def accept(self):
        while True:
            try:
                conn = self.sock.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.serve, args=(conn,),
                             daemon=True).start()

    def serve(self, conn):
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = conn.makefile("rb")
        with conn, stream:
            while True:
                head = stream.read(12)
                if len(head) < 12:
                    return
                body = stream.read(int.from_bytes(head[4:8], "big"))
                split = int.from_bytes(head[8:12], "big")
                meta = message(body[:split])
                names = message(meta[1])
                answer = self.handle(names[1], names[2], body[split:])
                if answer is None:
                    continue
                inner = b""
                if isinstance(answer, tuple):
                    inner = field(1, answer[0]) + field(2, answer[1])
                    answer = b""
                conn.sendall(frame(field(2, inner) + field(4, meta[4]), answer))


def stalling(seconds):
    """Answers at once, but for the first call that comes."""
    first = threading.Lock()

    def handle(*_):
        if first.acquire(blocking=False):
            time.sleep(seconds)    # poll: this is the stall
        return b""
    return handle
