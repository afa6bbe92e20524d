# SPDX-License-Identifier: GPL-2.0-only
"""What the suites about content share: tags, requests with fields, ranges."""
import email
import email.policy
import os

import site_kit
from kelp_test import equal, true

OLD = 10 ** 9    # a time stamp: 9 September 2001
OLD_DATE = "Sun, 09 Sep 2001 01:46:40 GMT"


def age(name, seconds=OLD):
    os.utime(site_kit.site + "/" + name, (seconds, seconds))


# The tag: what hash it is, so that machines agree

MASK = (1 << 64) - 1


def rotated(x, bits):
    return (x << bits | x >> (64 - bits)) & MASK


def siphash(key0, key1, data):
    v = [key0 ^ 0x736f6d6570736575, key1 ^ 0x646f72616e646f6d,
         key0 ^ 0x6c7967656e657261, key1 ^ 0x7465646279746573]

    def rounds(count):
        for _ in range(count):
            v[0] = (v[0] + v[1]) & MASK
            v[1] = rotated(v[1], 13) ^ v[0]
            v[2] = (v[2] + v[3]) & MASK
            v[3] = rotated(v[3], 16) ^ v[2]
            v[0] = (rotated(v[0], 32) + v[3]) & MASK
            v[3] = rotated(v[3], 21) ^ v[0]
            v[2] = (v[2] + v[1]) & MASK
            v[1] = rotated(v[1], 17) ^ v[2]
            v[2] = rotated(v[2], 32)

    whole = len(data) // 8 * 8
    last = (len(data) & 255) << 56 | int.from_bytes(data[whole:], "little")
    for word in [int.from_bytes(data[at:at + 8], "little")
                 for at in range(0, whole, 8)] + [last]:
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    v[2] ^= 255
    rounds(4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def tag_of(data, suffix=""):
    digest = 0
    for at in range(0, len(data), 4096):
        digest = siphash(0x6b656c7065746167, digest, data[at:at + 4096])
    return '"%016x-%x%s"' % (digest, len(data), suffix)


def ask(connection, target, method="GET", **fields):
    """A field name's underscores are hyphens, a list of values several lines."""
    headers = []
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            headers.append((name.replace("_", "-"), one))
    return connection.request(target, method, headers)


def is_range(answer, body, first, last, what):
    equal(answer.status, 206, what)
    equal(answer.get("Content-Range"),
          "bytes %d-%d/%d" % (first, last, len(body)), what)
    true(answer.body == body[first:last + 1], "other bytes: " + what)


def parts_of(answer):
    """The parts of a multipart answer: (header fields, bytes)."""
    whole = b"Content-Type: " + answer.get("Content-Type").encode() + \
        b"\r\n\r\n" + answer.body
    message = email.message_from_bytes(whole, policy=email.policy.compat32)
    true(message.is_multipart() and not message.defects, "not multipart: %r" %
         answer.body[:200])
    true(not (message.preamble or "").strip() and
         not (message.epilogue or "").strip(), "bytes around the parts")
    boundary = message.get_boundary().encode()
    # The mail parser changes line ends: the bytes are cut out here.
    pieces = (b"\r\n" + answer.body).split(b"\r\n--" + boundary)
    equal((pieces[0], pieces[-1]), (b"", b"--\r\n"), "ends")
    parts = []
    for part, piece in zip(message.get_payload(), pieces[1:-1]):
        parts.append((part, piece.split(b"\r\n\r\n", 1)[1]))
    equal(len(parts), len(pieces) - 2, "parts")
    return boundary, parts
