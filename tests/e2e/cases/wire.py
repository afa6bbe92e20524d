# SPDX-License-Identifier: GPL-2.0-only
"""A client that sends bytes cut as wanted and reads answers strictly.

An answer that a client of RFC 9112 could not read is a finding, like one that
is missing: its faults are collected, never excused.
"""
import re
import select
import socket
import time

STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5]\d\d) ([\t\x20-\x7e\x80-\xff]*)$")
FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*"
                   rb"([\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*"
                   rb"[\x21-\x7e\x80-\xff])?)?[ \t]*$")
CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]+)[ \t]*(?:;[\t\x20-\x7e]*)?$")
DATE = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|"
                  r"Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT$")


class Malformed(Exception):
    """These bytes are no answer."""


class Answer:
    """One answer; faults are what makes it wrong by itself."""

    def __init__(self, status, minor=1, fields=(), body=b""):
        self.status = status
        self.minor = minor
        self.fields = list(fields)
        self.body = body
        self.to_the_end = False

    def all(self, name):
        return [v for n, v in self.fields if n == name.lower()]

    def tokens(self, name):
        return {t.strip().lower() for value in self.all(name)
                for t in value.split(",")} - {""}

    def boundary(self):
        """What separates the parts of a multipart body; nothing if it is none."""
        match = re.match(r'multipart/byteranges *; *boundary="?([^";]+)"?$',
                         "".join(self.all("content-type")), re.I)
        return match.group(1).encode() if match else b""

    def steady_body(self):
        """The body without what the server may choose anew each time."""
        boundary = self.boundary()
        return self.body.replace(boundary, b"") if boundary else self.body

    def parts(self):
        """[(Content-Range, bytes)] of a multipart body (RFC 2046, 5.1.1)."""
        pieces = (b"\r\n" + self.body).split(b"\r\n--" + self.boundary())
        if len(pieces) < 3 or not re.match(rb"--[ \t]*(\r\n|$)", pieces[-1]):
            raise Malformed("multipart body %r" % self.body[:60])
        found = []
        for piece in pieces[1:-1]:
            head, empty, data = piece.partition(b"\r\n\r\n")
            ranges = [line[14:].strip().decode() for line in
                      head.split(b"\r\n") if
                      line.lower().startswith(b"content-range:")]
            if not empty or len(ranges) != 1:
                raise Malformed("part of a multipart body %r" % piece[:60])
            found.append((ranges[0], data))
        return found

    def faults(self, minor):
        """Against RFC 9110 whatever was asked, with HTTP/1.@minor."""
        if self.status < 200:
            wrong = ["1xx with framing"] if self.all("content-length") or \
                self.all("transfer-encoding") else []
            return wrong + (["1xx for HTTP/1.0"] if minor == 0 else [])
        wrong = []
        if self.status == 405 and not self.all("allow"):
            wrong.append("405 without Allow")
        if self.status == 204 and self.all("content-length"):
            wrong.append("204 with Content-Length")
        if self.status == 206 and not self.all("content-range") and \
                not "".join(self.all("content-type")).startswith("multipart/"):
            wrong.append("206 without Content-Range")
        if self.status == 206 and self.boundary() and self.body:
            try:
                self.parts()
            except Malformed as error:
                wrong.append(str(error))
        if self.status == 426 and not self.all("upgrade"):
            wrong.append("426 without Upgrade")
        if minor == 0 and self.all("transfer-encoding"):
            wrong.append("Transfer-Encoding for HTTP/1.0")
        dates = self.all("date")
        if self.status < 500 and not dates:
            wrong.append("no Date")
        if len(dates) > 1 or any(not DATE.match(date) for date in dates):
            wrong.append("Date is no date")
        for name in ("content-type", "etag", "last-modified", "content-range",
                     "location", "server"):
            if len(self.all(name)) > 1:
                wrong.append("%s twice" % name)
        return wrong


def head_of(data):
    """(Answer without body, what lies behind it), or None if incomplete."""
    head, empty, rest = data.partition(b"\r\n\r\n")
    if not empty:
        if len(data) > 100000:
            raise Malformed("a head without end")
        if data and not b"HTTP/1."[:len(data)].startswith(data[:7]):
            raise Malformed("no status line: %r" % data[:40])
        return None
    lines = head.split(b"\r\n")
    match = STATUS_LINE.match(lines[0])
    if not match:
        raise Malformed("status line %r" % lines[0][:60])
    answer = Answer(int(match.group(2)), int(match.group(1)))
    for line in lines[1:]:
        match = FIELD.match(line)
        if not match:
            raise Malformed("field line %r" % line[:60])
        name, value = match.groups()
        answer.fields.append((name.decode().lower(),
                              (value or b"").decode("latin-1")))
    return answer, rest


def chunked(data):
    """(body, what lies behind it), or None if incomplete."""
    body = b""
    while True:
        line, end, data = data.partition(b"\r\n")
        if not end:
            return None
        match = CHUNK_SIZE.match(line)
        if not match:
            raise Malformed("chunk size %r" % line[:40])
        size = int(match.group(1), 16)
        if not size:
            break
        if len(data) < size + 2:
            return None
        if data[size:size + 2] != b"\r\n":
            raise Malformed("chunk without end")
        body += data[:size]
        data = data[size + 2:]
    while True:
        line, end, data = data.partition(b"\r\n")
        if not end:
            return None
        if not line:
            return body, data
        if not FIELD.match(line):
            raise Malformed("trailer %r" % line[:60])


def take(data, head, ended):
    """(the answer that data begins with, the rest), or None if incomplete.

    @head: it answers HEAD; @ended: nothing will come behind data.
    """
    found = head_of(data)
    if not found:
        return None
    answer, rest = found
    codings, lengths = answer.all("transfer-encoding"), answer.all(
        "content-length")
    if codings and lengths:
        raise Malformed("Content-Length beside Transfer-Encoding")
    if head or answer.status < 200 or answer.status in (204, 304):
        return answer, rest
    if codings:
        if codings != ["chunked"]:
            raise Malformed("Transfer-Encoding: %s" % codings)
        found = chunked(rest)
        if not found:
            return None
        answer.body, rest = found
        return answer, rest
    if lengths:
        if len(set(lengths)) > 1 or not lengths[0].isdigit():
            raise Malformed("Content-Length: %s" % lengths)
        size = int(lengths[0])
        if len(rest) < size:
            return None
        answer.body = rest[:size]
        return answer, rest[size:]
    if not ended:
        return None
    answer.body, answer.to_the_end = rest, True
    return answer, b""


class Seen:
    """What happened: answers, how it ended, and why that is no outcome.

    @end: keep, close, or stuck when the server did neither in time.
    """

    def __init__(self):
        self.answers = []
        self.end = "stuck"
        self.malformed = ""

    def key(self):
        """What has to be the same however the bytes were cut."""
        return (tuple((a.status, a.steady_body()) for a in self.answers
                      if a.status >= 200), self.end, self.malformed)

    def said_close(self, answers):
        """The connection ended, and the last answer had said so."""
        return self.end == "close" and answers and (
            "close" in answers[-1].tokens("connection") or
            not answers[-1].minor)

    def text(self):
        words = ["%d%s" % (a.status, " %r" % a.body[:20] if a.body else "")
                 for a in self.answers]
        return ", ".join(words + [self.malformed or self.end])


class Talk:
    """One connection: sends, reads, and takes answers apart."""

    def __init__(self, address, patience, pause):
        self.patience = patience
        self.pause = pause
        self.data = b""
        self.ended = False
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.settimeout(patience)
        self.sock.connect(address)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.sock.close()

    def send(self, pieces):
        """Each piece becomes a segment; false when the server is gone."""
        try:
            for number, piece in enumerate(pieces):
                if number and self.pause:
                    select.select([self.sock], [], [], self.pause)
                self.sock.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def finish(self):
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def more(self, until):
        """Read some; false at the end or when it is later than until."""
        left = until - time.monotonic()
        if self.ended or left <= 0:
            return False
        self.sock.settimeout(left)
        try:
            data = self.sock.recv(65536)
        except socket.timeout:
            return False
        except (ConnectionResetError, BrokenPipeError):
            data = b""
        self.sock.settimeout(self.patience)
        self.ended = not data
        self.data += data
        return bool(data)

    def answer(self, head, patience=None):
        """The next answer, or None at the end or when time runs out."""
        until = time.monotonic() + (patience or self.patience)
        while True:
            found = take(self.data, head, self.ended)
            if found:
                answer, self.data = found
                return answer
            if self.ended:
                if self.data:
                    raise Malformed("ends inside an answer: %r" %
                                    self.data[-40:])
                return None
            if not self.more(until) and not self.ended:
                return None
