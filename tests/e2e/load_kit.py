# SPDX-License-Identifier: GPL-2.0-only
"""Servers that answer as they are told, rightly or not, for the suite load."""
import socket
import struct
import threading

from rpc_kit import field, frame, message

DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
# In a list of what is to be sent: end the connection, or reset it.
END, RESET = object(), object()


class Gone(Exception):
    """The client has ended the connection, or the server has."""


class Server:
    """with Server(talk) as port: …; talk(read, write) for each connection.

    read(n) returns n bytes; of more than there are, all up to the end, and then
    it raises Gone, which ends the connection.
    """

    def __init__(self, talk):
        self.talk = talk

    def __enter__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        threading.Thread(target=self.accept, daemon=True).start()
        return self.socket.getsockname()[1]

    def __exit__(self, *error):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def accept(self):
        while True:
            try:
                sock = self.socket.accept()[0]
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.serve, args=(sock,),
                             daemon=True).start()

    def serve(self, sock):
        with sock, sock.makefile("rb") as stream:
            def read(count):
                data = stream.read(count)
                if len(data) < count:
                    raise Gone
                return data
            try:
                self.talk(read, sock.sendall)
            except (Gone, OSError):
                pass


# HTTP

def head(status="200 OK", fields=(), length=0, date=DATE):
    lines = ["HTTP/1.1 " + status, "Server: load"]
    if date:
        lines.append("Date: " + date)
    if length is not None:
        lines.append("Content-Length: %d" % length)
    return "\r\n".join([*lines, *fields, "", ""]).encode()


def http(body, status="200 OK", fields=(), date=DATE):
    return head(status, fields, len(body), date) + body


class http_server(Server):
    """answer(path, n) is what the n-th request of all gets: bytes, or a list of
    what is sent one after the other. seen collects the requests. With keeps
    a connection ends only where answer says so.
    """

    def __init__(self, answer, seen=None, keeps=False):
        super().__init__(None)
        self.answer, self.seen, self.keeps = answer, seen, keeps
        self.lock, self.count = threading.Lock(), 0

    def serve(self, sock):
        with sock, sock.makefile("rb") as stream:
            try:
                while self.one(sock, stream):
                    pass
            except OSError:
                pass

    def one(self, sock, stream):
        """A request and its answer; false when the connection is to end."""
        request = b""
        while not request.endswith(b"\r\n\r\n"):
            line = stream.readline()
            if not line:
                return False
            request += line
        with self.lock:
            if self.seen is not None:
                self.seen.append(request)
            answer = self.answer(request.split()[1].decode(), self.count)
            self.count += 1
        for part in answer if isinstance(answer, list) else [answer]:
            if part is END:
                return False
            if part is RESET:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                struct.pack("ii", 1, 0))
                return False
            sock.sendall(part)
        return self.keeps or b"\r\nConnection: close\r\n" not in request


# Stores

class Store(Server):
    """Keys and values. lie(store, key) is what a get finds; amnesia: what is set
    again is not kept; ends_after so many requests.
    """
    lie = None
    amnesia = False
    ends_after = None

    def __init__(self):
        super().__init__(self.talk)
        self.lock = threading.Lock()
        self.data, self.first = {}, {}
        self.gets = self.sets = 0

    def get(self, key):
        with self.lock:
            self.count()
            self.gets += 1
            return self.lie(self, key) if self.lie else self.data.get(key)

    def set(self, key, value):
        with self.lock:
            self.count()
            self.sets += 1
            if self.amnesia and key in self.data:
                return
            self.first.setdefault(key, value)
            self.data[key] = value

    def count(self):
        if self.gets + self.sets == self.ends_after:
            raise Gone


class Memcached(Store):
    """behind: what follows a value."""
    behind = b"\r\nEND\r\n"

    def talk(self, read, write):
        while True:
            words = self.line(read).split()
            if words[0] == b"set" and words[2:4] == [b"0", b"0"]:
                value = read(int(words[4]))
                if read(2) != b"\r\n":
                    raise Gone
                self.set(words[1], value)
                write(b"STORED\r\n")
            elif words[0] == b"get" and len(words) == 2:
                value = self.get(words[1])
                write(b"END\r\n" if value is None else
                      b"VALUE %s 0 %d\r\n%s%s" %
                      (words[1], len(value), value, self.behind))
            else:
                write(b"ERROR\r\n")

    @staticmethod
    def line(read):
        line = b""
        while not line.endswith(b"\r\n"):
            line += read(1)
        return line


class Kelp(Store):
    """wrong(ident) is the frame that is sent instead of any right one."""
    wrong = None

    def talk(self, read, write):
        while True:
            start = read(12)
            size, meta_size = struct.unpack(">II", start[4:])
            body = read(size)
            meta = message(body[:meta_size])
            names, payload = message(meta[1]), message(body[meta_size:])
            if names[1] != b"kelp.KV" or self.wrong:
                write(self.wrong(meta[4]))
            elif names[2] == b"Set":
                self.set(payload[1], payload[2])
                self.reply(write, meta[4], field(1, self.sets + 1) +
                           field(2, 1))
            else:
                value = self.get(payload[1])
                self.reply(write, meta[4], b"" if value is None else
                           field(1, value) + field(2, self.sets + 1) +
                           field(3, 1))

    @staticmethod
    def reply(write, ident, payload):
        write(frame(field(2, field(1, 0)) + field(4, ident), payload))
