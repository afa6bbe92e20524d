# SPDX-License-Identifier: GPL-2.0-only
"""baidu_std frames as bytes, for suites that send what no client would.

kmod/rpc/PROTOCOL.md describes them. Values of messages are (number, value):
an int is a varint, bytes or str are length-delimited.
"""
import struct

from kelp_test import Connection, Failure, equal

# Sent to brpc 1.17's echo server and received from it.
REQUEST = bytes.fromhex(
    "50525043" "0000002e" "00000027" "0a1b" "0a13"
    "6578616d706c652e4563686f53657276696365" "1204" "4563686f"
    "1800" "2001" "5000" "5800" "6200" "0a0568656c6c6f")
MINIMAL = bytes.fromhex(
    "50525043" "00000026" "0000001f" "0a1b" "0a13"
    "6578616d706c652e4563686f53657276696365" "1204" "4563686f"
    "2001" "0a0568656c6c6f")
REPLY = bytes.fromhex(
    "50525043" "00000015" "0000000e" "12020800"
    "1800" "2001" "5000" "5800" "6200" "0a0568656c6c6f")
REQUEST_ATTACHED = bytes.fromhex(
    "50525043" "00000033" "00000029" "0a1b" "0a13"
    "6578616d706c652e4563686f53657276696365" "1204" "4563686f"
    "1800" "2001" "2803" "5000" "5800" "6200" "0a0568656c6c6f" "616263")
REPLY_ATTACHED = bytes.fromhex(
    "50525043" "0000001a" "00000010" "12020800"
    "1800" "2001" "2803" "5000" "5800" "6200" "0a0568656c6c6f" "616263")


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def message(*fields):
    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            value = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(value)) + value
    return out


def fields(data):
    """{number: last value} of a message of varints and bytes."""
    found, at = {}, 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        tag = number()
        value = number()
        if tag & 7 == 2:
            value, at = data[at:at + value], at + value
        elif tag & 7:
            raise Failure("wire type %d" % (tag & 7))
        found[tag >> 3] = value
    return found


def frame(meta, payload=b"", attachment=b""):
    return (b"PRPC" + struct.pack(">II", len(meta) + len(payload) +
                                  len(attachment), len(meta)) +
            meta + payload + attachment)


def request(service, method, payload=b"", number=1, attachment=b"", extra=(),
            also=()):
    """A call; @extra goes into RpcMeta, @also into RpcRequestMeta."""
    meta = [(1, message((1, service), (2, method), *also)), (4, number)]
    if attachment:
        meta.append((5, len(attachment)))
    return frame(message(*meta, *extra), payload, attachment)


def crc32c(data, crc=0):
    """The masked CRC-32C, as checksum_value has it."""
    crc ^= 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    crc ^= 0xffffffff
    return struct.pack(">I", ((crc >> 15 | crc << 17) + 0xa282ead8)
                       & 0xffffffff)


class Reply:
    """A response, taken apart."""

    def __init__(self, data):
        self.data = data
        body, size = struct.unpack(">II", data[4:12])
        self.meta = fields(data[12:12 + size])
        equal(body, len(data) - 12, "body_size")
        response = fields(self.meta.get(2, b""))
        self.code = response.get(1, 0)
        self.text = response.get(2, b"").decode()
        self.number = self.meta.get(4, 0)
        rest = data[12 + size:]
        split = len(rest) - self.meta.get(5, 0)
        self.payload, self.attachment = rest[:split], rest[split:]


class Wire(Connection):
    """A connection that sends frames and reads replies."""

    def reply_bytes(self):
        head = self.take(12)
        equal(head[:4], b"PRPC", "magic")
        return head + self.take(struct.unpack(">I", head[4:8])[0])

    def reply(self):
        return Reply(self.reply_bytes())

    def call(self, *args, **kwargs):
        self.send(request(*args, **kwargs))
        return self.reply()
