# SPDX-License-Identifier: GPL-2.0-only
"""A client of the binary RPC protocol, as small as can be: frames and Protocol
Buffers by hand, so that every byte may be wrong on purpose.
"""
import contextlib
import ctypes
import os
import struct
import subprocess

import kelp_test
from kelp_test import Connection, equal, kelpctl

MODULE = os.path.join(os.path.dirname(os.environ.get("KELP_KO", "")),
                      "kelp_services.ko")

OK = 0
ENOSERVICE, ENOMETHOD, EREQUEST, ERPCAUTH = 1001, 1002, 1003, 1004
ERPCTIMEDOUT = 1008
EINTERNAL, ERESPONSE, ELOGOFF, ELIMIT = 2001, 2002, 2003, 2004


def insert():
    subprocess.run(["insmod", MODULE], check=True)


def remove(timeout=20):
    if os.path.isdir("/sys/module/kelp_services"):
        subprocess.run(["rmmod", "kelp_services"], check=True,
                       timeout=timeout)


# Protocol Buffers

def varint(n):
    n &= (1 << 64) - 1
    out = bytearray()
    while n > 0x7f:
        out.append(n & 0x7f | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def field(number, value):
    """A varint for an int, a length-delimited field for bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def read_varint(data, at):
    n = shift = 0
    while True:
        n |= (data[at] & 0x7f) << shift
        shift += 7
        at += 1
        if not data[at - 1] & 0x80:
            return n, at


def fields(data):
    """The fields of a message, as a list of (number, int or bytes)."""
    found, at = [], 0
    while at < len(data):
        tag, at = read_varint(data, at)
        if tag & 7 == 0:
            value, at = read_varint(data, at)
        elif tag & 7 == 2:
            size, at = read_varint(data, at)
            value, at = data[at:at + size], at + size
            equal(len(value), size, "length of field %d" % (tag >> 3))
        else:
            raise kelp_test.Failure("wire type %d" % (tag & 7))
        found.append((tag >> 3, value))
    return found


def message(data):
    return dict(fields(data))


# Frames

def frame(meta, payload=b"", attachment=b""):
    return b"PRPC" + struct.pack(
        ">II", len(meta) + len(payload) + len(attachment), len(meta)) + \
        meta + payload + attachment


def request_meta(service, method, ident=1, attachment=0, inner=b"", outer=b""):
    """An RpcMeta; inner goes behind the names, outer behind everything."""
    names = field(1, service.encode()) + field(2, method.encode()) + inner
    meta = field(1, names) + field(4, ident)
    if attachment:
        meta += field(5, attachment)
    return meta + outer


def request(service, method, payload=b"", ident=1, attachment=b"",
            timeout_ms=None, inner=b"", outer=b""):
    if timeout_ms is not None:
        inner += field(8, timeout_ms)
    return frame(request_meta(service, method, ident, len(attachment), inner,
                              outer), payload, attachment)


# Checksums

def crc32c(data, crc=0):
    crc ^= 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def masked(data):
    crc = crc32c(data)
    return struct.pack(">I", ((crc >> 15 | crc << 17 & 0xffffffff) +
                              0xa282ead8) & 0xffffffff)


def checksum(data, attachment=False):
    return field(11, 1) + field(12, masked(data)) + \
        (field(13, 1) if attachment else b"")


class Reply:
    """A response frame."""

    def __init__(self, meta, rest):
        outer = message(meta)
        inner = message(outer.get(2, b""))
        self.meta = meta
        self.outer = outer
        self.ident = outer.get(4, 0)
        self.code = inner.get(1, 0)
        self.text = inner.get(2, b"").decode()
        split = len(rest) - outer.get(5, 0)
        self.payload, self.attachment = rest[:split], rest[split:]

    def __repr__(self):
        return "reply %d, code %d %s" % (self.ident, self.code, self.text)


class Rpc(Connection):
    """A connection that speaks frames."""

    def reply(self):
        head = self.take(12)
        equal(head[:4], b"PRPC", "magic")
        body, meta = struct.unpack(">II", head[4:])
        data = self.take(body)
        return Reply(data[:meta], data[meta:])

    def call(self, *args, cuts=(), **how):
        self.send(request(*args, **how), cuts)
        return self.reply()


def ok(reply, payload=None, attachment=b""):
    """The reply is a success, with this message and attachment."""
    equal((reply.code, reply.text), (OK, ""), "code")
    if payload is not None:
        equal(reply.payload, payload, "message")
    equal(reply.attachment, attachment, "attachment")


def fails(reply, code, text=""):
    equal(reply.code, code, "code (%s)" % reply.text)
    kelp_test.true(text in reply.text, "%r in %r" % (text, reply.text))
    equal(reply.payload + reply.attachment, b"", "no payload beside an error")


def listen(netns=None):
    kelpctl("listener", "add", "127.0.0.1:8080", netns=netns)


# Namespaces

def ip(*args):
    subprocess.run(["ip", *args], check=True)


def namespace_end(name):
    if os.path.exists("/run/netns/" + name):
        ip("netns", "del", name)


@contextlib.contextmanager
def namespace(name):
    """A network namespace with a server that listens."""
    ip("netns", "add", name)
    try:
        ip("-n", name, "link", "set", "lo", "up")
        listen(name)
        yield
    finally:
        namespace_end(name)


def setns(file):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(file.fileno(), 0):
        raise OSError(ctypes.get_errno(), "setns")


@contextlib.contextmanager
def inside(name):
    """Sockets that this thread makes meanwhile belong to the namespace."""
    with open("/proc/thread-self/ns/net", "rb") as home, \
            open("/run/netns/" + name, "rb") as there:
        setns(there)
        try:
            yield
        finally:
            setns(home)
