# SPDX-License-Identifier: GPL-2.0-only
"""What kmod/rpc/PROTOCOL.md says of a stream of bytes that test.Methods/Echo and
nothing else is called with, and that ends behind them: which replies come, and
whether the server closed because it lost its way. Written from that text, so
that the module and it check each other.
"""
import struct

from rpc_kit import ENOMETHOD, EREQUEST, OK

BODY, META, FIELDS, DEPTH = 4 << 20, 16384, 4096, 16
# A body up to this size is waited for before anything of it is looked at.
GATHER = 16384
VARINT, FIXED64, BYTES, GROUP, GROUP_END, FIXED32 = range(6)


class Bad(Exception):
    """Bytes that are no message."""


def varint(data, at):
    value = 0
    for place in range(10):
        if at + place >= len(data):
            raise Bad("cut off")
        byte = data[at + place]
        value |= (byte & 0x7f) << 7 * place
        if byte < 0x80:
            if value >> 64:
                raise Bad("more than 64 bits")
            return value, at + place + 1
    raise Bad("longer than ten bytes")


def fields(data, depth):
    """(number, type, value) of each field."""
    at, count, found, groups = 0, 0, [], []
    while at < len(data):
        count += 1
        if count > FIELDS:
            raise Bad("too many fields")
        tag, at = varint(data, at)
        number, kind, value = tag >> 3, tag & 7, None
        if not 0 < number < 1 << 29:
            raise Bad("field number")
        if kind == VARINT:
            value, at = varint(data, at)
        elif kind in (FIXED64, FIXED32):
            size = 8 if kind == FIXED64 else 4
            value, at = data[at:at + size], at + size
        elif kind == BYTES:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        elif kind == GROUP:
            groups.append(number)
            if len(groups) > depth:
                raise Bad("too deep")
        elif kind == GROUP_END:
            if not groups or groups.pop() != number:
                raise Bad("end of no group")
        else:
            raise Bad("wire type")
        if at > len(data):
            raise Bad("longer than what it is in")
        if not groups and kind not in (GROUP, GROUP_END):
            found.append((number, kind, value))
    if groups:
        raise Bad("group without an end")
    return found


def signed(value, bits):
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def last(found, number, kind, default=None):
    """Of a field that comes twice the last counts."""
    return ([value for n, k, value in found if (n, k) == (number, kind)] or
            [default])[-1]


def inner(meta, number, required):
    """The fields of all messages with that number, None if there is none."""
    found = None
    for other, kind, value in meta:
        if (other, kind) == (number, BYTES):
            found = (found or []) + fields(value, DEPTH - 1)
    for field in required if found is not None else ():
        if not any((n, k) == field for n, k, _ in found):
            raise Bad("lacks a required field")
    return found


class Meta:
    """A request's RpcMeta; Bad when it is none."""

    def __init__(self, data):
        meta = fields(data, DEPTH)
        request = inner(meta, 1, [(1, BYTES), (2, BYTES)])
        inner(meta, 2, ())
        inner(meta, 6, [(1, VARINT), (2, VARINT)])
        inner(meta, 8, [(1, VARINT)])
        for number, kind, value in meta:
            if (number, kind) == (9, BYTES):
                fields(value, DEPTH - 1)
        if request is None:
            raise Bad("no request")
        self.service = last(request, 1, BYTES)
        self.method = last(request, 2, BYTES)
        self.ident = last(meta, 4, VARINT, 0)
        self.attachment = signed(last(meta, 5, VARINT, 0), 32)
        self.compress = signed(last(meta, 3, VARINT, 0), 32)
        self.content = signed(last(meta, 10, VARINT, 0), 32)
        self.sum_kind = signed(last(meta, 11, VARINT, 0), 32)

    def refused(self):
        """The error code, 0 when the call is made."""
        if (self.service, self.method) not in (
                (b"test.Methods", b"Echo"), (b"Methods", b"Echo")):
            return ENOMETHOD
        # Checksums and compression have tests of their own: no case here has
        # a valid one.
        if self.compress or self.content or self.sum_kind:
            return EREQUEST
        return OK


def judge(data):
    """([(ident, code, message, attachment)…], was it broken?)"""
    replies = []
    while data:
        if not b"PRPC".startswith(data[:4]):
            return replies, True
        if len(data) < 12:
            break
        body, size = struct.unpack(">II", data[4:12])
        whole = len(data) >= 12 + body
        if size > body or size > META:
            return replies, True
        if len(data) < 12 + size or (not whole and body <= GATHER):
            break
        try:
            meta = Meta(data[12:12 + size])
        except Bad:
            return replies, True
        rest = data[12 + size:12 + body]
        code = meta.refused()
        if body > BODY or not 0 <= meta.attachment <= body - size:
            code = EREQUEST
        if code:
            replies.append((meta.ident, code, b"", b""))
        elif whole:
            split = len(rest) - meta.attachment
            replies.append((meta.ident, OK, rest[:split], rest[split:]))
        if body > BODY:
            return replies, True
        data = data[12 + body:]
    return replies, False
