# SPDX-License-Identifier: GPL-2.0-only
"""What Python suites share: a runner, an HTTP client over raw sockets, kelpctl.

A suite defines functions test_* and ends with

    if __name__ == "__main__":
        kelp_test.main(globals())

They run in the order in which they stand; an exception is a failure with the
exception's text as the reason. Only the standard library is used.
"""
import fcntl
import inspect
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
import traceback

SOAK = bool(os.environ.get("KELP_SOAK"))
KERNEL = os.environ.get("KELP_KERNEL", "")
# Emulated and instrumented: everything takes longer, nothing gets stuck.
PATIENCE = 4 if KERNEL == "debug" else 1
TIMEOUT = 10.0 * PATIENCE


class Skip(Exception):
    """Raised by a test that cannot say anything here."""


class Failure(AssertionError):
    """Raised by a test whose expectation was not met."""


def one_line(text, limit=300):
    return " ".join(str(text).split())[:limit]


def main(namespace):
    """Run the test functions of a suite, or those that argv names."""
    tests = [(name[5:], thing) for name, thing in namespace.items()
             if name.startswith("test_") and inspect.isfunction(thing)]
    if sys.argv[1:]:
        tests = [pair for pair in tests if pair[0] in sys.argv[1:]]
    failed = 0
    setup = namespace.get("setup")
    teardown = namespace.get("teardown")
    try:
        if setup:
            setup()
        for name, function in tests:
            failed += not run_one(name, function)
    finally:
        if teardown:
            teardown()
    sys.exit(1 if failed else 0)


def run_one(name, function):
    print("# " + name, file=sys.stderr, flush=True)
    try:
        function()
    except Skip as reason:
        print("skip %s: %s" % (name, one_line(reason)), flush=True)
    except Exception as error:    # Every failure is a verdict.
        traceback.print_exc()
        sys.stderr.flush()
        text = one_line(error) or type(error).__name__
        print("not ok %s: %s" % (name, text), flush=True)
        return False
    else:
        print("ok " + name, flush=True)
    return True


def equal(found, expected, what="value"):
    if found != expected:
        raise Failure("%s: expected %s, found %s" %
                      (what, shorten(repr(expected)), shorten(repr(found))))


def true(condition, what):
    if not condition:
        raise Failure(what)


def shorten(value, limit=300):
    if isinstance(value, (bytes, str)) and len(value) > limit:
        return value[:limit // 2] + value[-limit // 2:]
    return value


def wait_for(condition, seconds=None, what="condition"):
    """Poll until condition() is true and return its value."""
    limit = TIMEOUT if seconds is None else seconds
    end = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= end:
            raise Failure("%s: not within %g s" % (what, limit))
        time.sleep(0.02)    # poll


class scratch:
    """with scratch() as folder: an empty directory, removed afterwards."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="kelp-test.")
        os.chmod(self.path, 0o755)
        return self.path

    def __exit__(self, *error):
        shutil.rmtree(self.path, ignore_errors=True)


def write_file(path, data, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
    os.chmod(path, mode)
    return path


# The control tool and the module

class KelpctlError(Failure):
    """kelpctl refused: .status and .stderr say how."""

    def __init__(self, args, status, stderr):
        super().__init__("kelpctl %s: status %d: %s" %
                         (" ".join(args), status, stderr.strip()))
        self.status = status
        self.stderr = stderr


def kelpctl(*args, netns=None):
    """Run kelpctl and return what it printed; KelpctlError if it failed."""
    args = [str(arg) for arg in args]
    prefix = ["ip", "netns", "exec", netns] if netns else []
    done = subprocess.run(prefix + ["kelpctl"] + args, check=False,
                          capture_output=True, timeout=60 * PATIENCE)
    if done.returncode:
        raise KelpctlError(args, done.returncode,
                           done.stderr.decode("utf-8", "replace"))
    return done.stdout.decode("utf-8", "replace")


def kelpctl_json(*args, netns=None):
    """The same with -j, decoded."""
    return json.loads(kelpctl("-j", *args, netns=netns))


def refused(*args, status=1, netns=None):
    """kelpctl must fail with that status; returns what it said."""
    try:
        kelpctl(*args, netns=netns)
    except KelpctlError as error:
        equal(error.status, status, "status of kelpctl " +
              " ".join(map(str, args)))
        return error.stderr
    raise Failure("kelpctl %s was not refused" % " ".join(map(str, args)))


def loaded():
    return os.path.isdir("/sys/module/kelp")


def load(*parameters):
    """Insert the module; it will count its objects."""
    subprocess.run(["insmod", os.environ["KELP_KO"], "census=1"] +
                   list(parameters), check=True)


def unload(seconds=5):
    subprocess.run(["rmmod", "kelp"], check=True, timeout=seconds)


def reload(*parameters):
    if loaded():
        unload()
    load(*parameters)


# HTTP over raw sockets

class Response:
    """One answer: status, reason, headers in order, body, raw head."""

    def __init__(self, head, body=b""):
        self.head = head
        self.body = body
        lines = head.decode("latin-1").split("\r\n")
        version, status, self.reason = (lines[0].split(" ", 2) + [""])[:3]
        self.version = version
        self.status = int(status)
        self.headers = [tuple(part.strip() for part in line.split(":", 1))
                        for line in lines[1:] if line]

    def all(self, name):
        return [v for n, v in self.headers if n.lower() == name.lower()]

    def get(self, name, default=None):
        """The field's value; a field that came twice is a failure."""
        values = self.all(name)
        if len(values) > 1:
            raise Failure("%s came %d times" % (name, len(values)))
        return values[0] if values else default


class Connection:
    """A TCP connection that sends bytes as they are and reads answers."""

    def __init__(self, port=8080, host="127.0.0.1", timeout=None, rcvbuf=None,
                 nodelay=True):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            if rcvbuf:    # The window only heeds it before connecting.
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                                     rcvbuf)
            if nodelay:
                self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sock.settimeout(TIMEOUT if timeout is None else timeout)
            self.sock.connect((host, port))
        except BaseException:
            self.sock.close()
            raise
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def close(self):
        self.sock.close()

    def reset(self):
        """Close with a reset instead of an orderly end."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack("ii", 1, 0))
        self.sock.close()

    def send(self, data, cuts=()):
        """Send bytes, in separate segments at the given offsets."""
        edges = [0] + sorted(c for c in cuts if 0 < c < len(data)) + [len(data)]
        for begin, end in zip(edges, edges[1:]):
            self.sock.sendall(data[begin:end])
            if end != len(data):
                self.flushed()

    def flushed(self):
        """Wait until the peer has acknowledged everything sent so far, so
        that what is sent next is a segment of its own."""
        def unsent():
            raw = fcntl.ioctl(self.sock.fileno(), termios.TIOCOUTQ, b"\0" * 4)
            return struct.unpack("i", raw)[0]
        wait_for(lambda: not unsent(), what="acknowledgement")

    def request(self, target="/", method="GET", headers=(), body=b"",
                version="HTTP/1.1", cuts=()):
        """Send a request with a Host field and read its answer."""
        lines = ["%s %s %s" % (method, target, version)]
        names = {name.lower() for name, _ in headers}
        if "host" not in names:
            lines.append("Host: test")
        if body and not names & {"content-length", "transfer-encoding"}:
            lines.append("Content-Length: %d" % len(body))
        lines += ["%s: %s" % pair for pair in headers]
        self.send("\r\n".join(lines + ["", ""]).encode("latin-1") + body, cuts)
        return self.response(method)

    def more(self):
        """Receive some bytes; false at the end of the stream."""
        data = self.sock.recv(65536)
        self.buffer += data
        return bool(data)

    def take(self, count):
        while len(self.buffer) < count:
            if not self.more():
                raise Failure("connection ended after %d of %d bytes" %
                              (len(self.buffer), count))
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def line(self, end=b"\r\n"):
        while end not in self.buffer:
            if not self.more():
                raise Failure("connection ended inside %r" %
                              shorten(self.buffer))
        data, _, self.buffer = self.buffer.partition(end)
        return data

    def response(self, method="GET"):
        """Read exactly one answer; what follows stays in the buffer."""
        answer = Response(self.line(b"\r\n\r\n"))
        if method == "HEAD" or answer.status in (204, 304) or \
                answer.status < 200:
            return answer
        if (answer.get("Transfer-Encoding") or "").lower() == "chunked":
            answer.body = self.chunks()
        elif answer.get("Content-Length") is not None:
            answer.body = self.take(int(answer.get("Content-Length")))
        else:
            answer.body = self.rest()
        return answer

    def chunks(self):
        body = b""
        while True:
            size = int(self.line().split(b";")[0], 16)
            if not size:
                while self.line():
                    pass
                return body
            body += self.take(size)
            equal(self.take(2), b"\r\n", "end of chunk")

    def rest(self):
        """Everything up to the end of the stream."""
        while self.more():
            pass
        data, self.buffer = self.buffer, b""
        return data

    def closed(self):
        """The peer ends the stream, in order and without another byte."""
        equal(self.rest(), b"", "bytes after the answer")


def get(target="/", port=8080, host="127.0.0.1", method="GET", headers=(),
        body=b""):
    """One request on a connection of its own."""
    with Connection(port, host) as connection:
        return connection.request(target, method,
                                  list(headers) + [("Connection", "close")],
                                  body)
