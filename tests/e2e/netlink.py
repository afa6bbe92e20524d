#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1,6.12 soak-kernels=debug where=guest timeout=120
"""The netlink family itself: what is refused and with which words, listings
that take several messages, events, and messages that were made at random."""
import contextlib
import os
import random
import socket
import struct
import subprocess

import kelp_test as t

SOL_NETLINK = 270
ADD_MEMBERSHIP, CAP_ACK, EXT_ACK = 1, 10, 11
REQUEST, ACK, DUMP, CAPPED, ACK_TLVS = 1, 4, 0x300, 0x100, 0x200

COMMANDS = ("UNSPEC STATUS_GET DRAIN LISTENER_ADD LISTENER_DEL LISTENER_GET "
            "OBJECT_PUT OBJECT_DEL OBJECT_GET SITE_ADD SITE_DEL SITE_GET "
            "ROUTE_ADD ROUTE_DEL ROUTE_GET CONN_GET STATS_GET LIMITS_GET "
            "LIMITS_SET EVENT").split()
ATTRIBUTES = ("UNSPEC PAD NEXT ENTRY GENERATION ID ADDR PORT SCOPE ACCEPTED "
              "ERROR PATH FD TYPE SIZE PREFIX HOST DIR FLAGS CACHED_OBJECTS "
              "CACHED_BYTES HANDLER PEER_ADDR PEER_PORT PEER_SCOPE PROTO STATE "
              "CPU AGE_MS WAIT_MS REQUESTS RX_BYTES TX_BYTES QUEUED_BYTES NAME "
              "VALUE HELP UNIT DEFAULT MIN MAX VERSION DRAINING CONNECTIONS "
              "LISTENERS MEMORY EVENT OPTIONS CACHE_CONTROL HEADER INDEX "
              "ERROR_PAGE MIME REPLACE ARGS ARG").split()
OPTIONS = "CACHE_CONTROL HEADER INDEX ERROR_PAGE MIME".split()
EVENTS = ("UNSPEC CONFIG LISTENER_ADDED LISTENER_DELETED LISTENER_FAILED "
          "DRAINING").split()


def pack(*pairs):
    """Attributes, each a name or a number and its bytes."""
    out = b""
    for name, data in pairs:
        number = ATTRIBUTES.index(name) if isinstance(name, str) else name
        out += struct.pack("HH", 4 + len(data), number) + data
        out += b"\0" * (-len(data) % 4)
    return out


def nest(name, *pairs):
    """An attribute with attributes in it."""
    return ATTRIBUTES.index(name) | 0x8000, pack(*pairs)


def unpack(data):
    pairs = []
    while len(data) >= 4:
        length, number = struct.unpack_from("HH", data)
        pairs.append((number & 0x3fff, data[4:length]))
        data = data[(length + 3) & ~3:]
    return pairs


def u32(value):
    return struct.pack("I", value)


def text(value):
    return value.encode() + b"\0"


class Family:
    """The family on a socket of its own."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
        self.sock.bind((0, 0))
        self.sock.settimeout(t.TIMEOUT)
        self.sock.setsockopt(SOL_NETLINK, EXT_ACK, 1)
        self.sock.setsockopt(SOL_NETLINK, CAP_ACK, 1)
        self.sequence = 0
        self.events = []
        error, _, answers = self.exchange(16, 3, pack((2, text("kelp"))))
        t.equal(error, 0, "family look-up")
        found = dict(answers[0])
        self.number, = struct.unpack("H", found[1])
        group = dict(unpack(unpack(found[7])[0][1]))
        t.equal(group[1], b"events\0", "name of the group")
        self.group, = struct.unpack("I", group[2])

    def listen(self):
        self.sock.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, self.group)

    def send(self, number, command, payload, flags=REQUEST | ACK, reserved=0):
        self.sequence += 1
        body = struct.pack("BBH", command, 1, reserved) + payload
        self.sock.send(struct.pack("IHHII", 16 + len(body), number, flags,
                                   self.sequence, 0) + body)

    def receive(self, answers):
        """One datagram; the error and reason once they are there."""
        data = self.sock.recv(1 << 16)
        result = None
        while data:
            length, kind, flags, sequence, _ = struct.unpack_from("IHHII", data)
            body, data = data[16:length], data[(length + 3) & ~3:]
            if kind == 2:
                error, = struct.unpack_from("i", body)
                reason = ""
                if flags & ACK_TLVS:
                    skip = 20 if flags & CAPPED else \
                        4 + struct.unpack_from("I", body, 4)[0]
                    reason = dict(unpack(body[skip:])).get(1, b"")
                    reason = reason.rstrip(b"\0").decode()
                result = -error, reason, answers
            elif sequence == self.sequence:
                answers.append(unpack(body[4:]))
            else:
                self.events.append(dict(unpack(body[4:])))
        return result

    def exchange(self, *args, **keywords):
        """(errno or 0, reason, answers)."""
        self.send(*args, **keywords)
        answers = []
        while True:
            result = self.receive(answers)
            if result:
                return result

    def call(self, command, *pairs, tail=b"", **keywords):
        number = COMMANDS.index(command) if isinstance(command, str) \
            else command
        return self.exchange(self.number, number, pack(*pairs) + tail,
                             **keywords)


def address(data=b"\x7f\0\0\1", port=8080):
    return ("ADDR", data), ("PORT", struct.pack("!H", port))


def refused(cases):
    """Each with its errno and a reason; nothing changes."""
    family = Family()
    before = t.kelpctl_json("status")["generation"]
    for errno, command, *pairs in cases:
        found, reason, _ = family.call(command, *pairs)
        t.equal(found, errno, "errno of %s %r" % (command, pairs))
        t.true(reason, "no reason for %s %r" % (command, pairs))
    t.equal(t.kelpctl_json("status")["generation"], before, "generation")


def test_refused_values():
    prefix = ("PREFIX", text("/x"))
    limit = ("NAME", text("idle_timeout"))
    value = struct.pack("Q", 1)
    refused([
        (22, "STATUS_GET", ("GENERATION", u32(0))),
        (22, "STATUS_GET", (500, u32(0))),
        (22, "DRAIN", ("FLAGS", u32(1))),
        (22, "LISTENER_ADD",),
        (22, "LISTENER_ADD", address()[0]),
        (22, "LISTENER_ADD", *address(b"12345")),
        (34, "LISTENER_ADD", *address(b"1" * 17)),
        (22, "LISTENER_ADD", *address(port=0)),
        (22, "LISTENER_ADD", *address(), ("SCOPE", u32(1))),
        (22, "LISTENER_ADD", *address(b"\0" * 15 + b"\1"), ("SCOPE", u32(1))),
        (22, "LISTENER_ADD", *address(), ("FLAGS", u32(1 << 31))),
        (99, "LISTENER_ADD", *address(b"\xe0\0\0\1")),
        (99, "LISTENER_ADD", *address(b"\xff\xff\xff\xff")),
        (99, "LISTENER_ADD", *address(b"\xff\2" + b"\0" * 13 + b"\1")),
        (99, "LISTENER_ADD", *address(b"\xc0\0\2\1")),
        (2, "LISTENER_DEL", *address(port=9)),
        (22, "ROUTE_ADD", prefix),
        (2, "ROUTE_ADD", prefix, ("HANDLER", text("none"))),
        (2, "ROUTE_DEL", prefix),
        (2, "SITE_DEL", prefix),
        (2, "OBJECT_DEL", ("PATH", text("/x"))),
        (22, "LIMITS_SET", limit),
        (34, "LIMITS_SET", limit, ("VALUE", value)),
        (22, "LIMITS_SET", limit, ("VALUE", u32(1000))),
        (2, "LIMITS_SET", ("NAME", text("none")), ("VALUE", value)),
    ])


def test_refused_files():
    path, name = ("PATH", text("/x")), ("DIR", text("/x"))
    prefix = ("PREFIX", text("/x"))
    with t.scratch() as folder, contextlib.ExitStack() as stack:
        def opened(what, flags):
            fd = os.open(what, flags)
            stack.callback(os.close, fd)
            return "FD", u32(fd)

        file = t.write_file(folder + "/file", b"x")
        readable = opened(file, os.O_RDONLY)
        path_only = opened(file, os.O_PATH)
        here = opened(folder, os.O_PATH)
        closed = ("FD", u32(4000000000))
        refused([
            (22, "SITE_ADD", prefix, name),
            (22, "SITE_ADD", prefix, here),
            (22, "SITE_ADD", ("PREFIX", b"/x"), name, here),
            (22, "SITE_ADD", ("PREFIX", text("/" * 1024)), name, here),
            (22, "SITE_ADD", ("PREFIX", text("x")), name, here),
            (22, "SITE_ADD", prefix, name, here, ("FLAGS", u32(1 << 31))),
            (34, "SITE_ADD", prefix, name, here, ("REPLACE", b"x")),
            (22, "SITE_ADD", prefix, name, here,
             ("OPTIONS", pack(("INDEX", text("a"))))),
            (22, "SITE_ADD", prefix, name, here,
             nest("OPTIONS", ("PREFIX", text("/x")))),
            (22, "SITE_ADD", prefix, name, here,
             nest("OPTIONS", ("INDEX", b"a"))),
            (22, "SITE_ADD", prefix, name, here,
             nest("OPTIONS", ("HEADER", text("a: b\r\nc: d")))),
            (22, "SITE_ADD", prefix, name, here,
             nest("OPTIONS", ("HEADER", text("a: " + "b" * 2046)))),
            (22, "SITE_ADD", prefix, name, here,
             nest("OPTIONS", *[("MIME", text("e%d=%s/b" % (n, "a" * 200)))
                               for n in range(40)])),
            (34, "SITE_ADD", prefix, name, here,
             (ATTRIBUTES.index("OPTIONS") | 0x8000, b"\x08\0")),
            (9, "SITE_ADD", prefix, name, closed),
            (20, "SITE_ADD", prefix, name, path_only),
            (22, "OBJECT_PUT", path),
            (9, "OBJECT_PUT", path, closed),
            (9, "OBJECT_PUT", path, path_only),
            (9, "OBJECT_PUT", path, opened(file, os.O_WRONLY)),
            (9, "OBJECT_PUT", path, here),
            (22, "OBJECT_PUT", path, opened("/dev/null", os.O_RDONLY)),
            (22, "OBJECT_PUT", path, readable, ("TYPE", text("a\r\nb: c"))),
        ])


def test_headers():
    family = Family()
    t.equal(family.call("UNSPEC")[0], 95, "command 0")
    t.equal(family.call("EVENT")[0], 95, "command EVENT")
    t.equal(family.call(99)[0], 95, "command 99")
    t.equal(family.call("LISTENER_GET", flags=REQUEST | DUMP)[0], 95, "dump")
    t.equal(family.call("STATUS_GET", flags=REQUEST | ACK | 0x400)[0], 22,
            "unknown flag")
    t.equal(family.call("STATUS_GET", reserved=1)[0], 22, "reserved field")
    t.equal(family.call("STATUS_GET", tail=b"\1")[0], 22, "trailing byte")


def test_low_port():
    """The module's own sockets may bind anything; the caller may not."""
    program = ["setpriv", "--bounding-set=-net_bind_service",
               "--inh-caps=-net_bind_service", "kelpctl", "listener", "add"]
    done = subprocess.run(program + ["127.0.0.1:80"], capture_output=True,
                          check=False)
    t.equal(done.returncode, 1, "status")
    t.true(b"CAP_NET_BIND_SERVICE" in done.stderr, done.stderr)
    subprocess.run(program + ["127.0.0.1:1080"], check=True)
    t.kelpctl("listener", "del", "127.0.0.1:1080")


def test_listing_in_pages():
    """More entries than one message holds, once each, while others change."""
    family = Family()
    names = ["/many/%03d/%s" % (i, "x" * 60) for i in range(400)]
    for name in names:
        t.equal(family.call("ROUTE_ADD", ("PREFIX", text(name)),
                            ("HANDLER", text("echo")))[0], 0, "add")
    pages, following = 0, 0
    found = []
    while True:
        error, _, answers = family.call("ROUTE_GET", ("NEXT", u32(following)))
        t.equal(error, 0, "listing")
        t.equal(len(answers), 1, "messages of an answer")
        found += [dict(unpack(data))[ATTRIBUTES.index("PREFIX")]
                  for number, data in answers[0]
                  if number == ATTRIBUTES.index("ENTRY")]
        following, = struct.unpack("I", dict(answers[0])[2])
        pages += 1
        if not following:
            break
    t.true(pages > 1, "one message was enough")
    t.equal(sorted(found), sorted(text(name) for name in names), "prefixes")

    changer = subprocess.Popen(
        ["sh", "-c", "while :; do kelpctl limits set body 1K;"
         " kelpctl limits set body 1M; done"], stderr=subprocess.DEVNULL)
    try:
        for _ in range(5):
            rows = t.kelpctl_json("route", "show")
            t.equal(sorted(row["prefix"] for row in rows), sorted(names),
                    "prefixes while the configuration changes")
    finally:
        changer.kill()
        changer.wait()
    for name in names:
        t.equal(family.call("ROUTE_DEL", ("PREFIX", text(name)))[0], 0, "del")


def test_many_objects():
    """Paths that differ in their last bytes, and in how many they have."""
    family = Family()
    paths = ["/objects/%06d" % i for i in range(1500)] + \
            ["/x%d" % i for i in range(1500)]
    t.write_file("/tmp/many", b"x")
    with open("/tmp/many", "rb") as file:
        for path in paths:
            found = family.call("OBJECT_PUT", ("PATH", text(path)),
                                ("FD", u32(file.fileno())),
                                ("TYPE", text("text/plain")))
            t.equal(found[:2], (0, ""), path)
    t.kelpctl("listener", "add", "127.0.0.1:8080")
    for path in paths[::100]:
        t.equal(t.get(path).body, b"x", path)
    t.equal(len(t.kelpctl_json("object", "show")), len(paths), "objects")
    t.reload()


def test_cursors():
    """Any cursor is fine; beyond the end is the end."""
    family = Family()
    for command in COMMANDS:
        if not command.endswith("_GET") or command == "STATUS_GET":
            continue
        for cursor in (1, 0x7fffffff, 0x80000000, 0xffffffff):
            error, _, answers = family.call(command, ("NEXT", u32(cursor)))
            t.equal(error, 0, command)
        t.true(not any(number == ATTRIBUTES.index("ENTRY")
                       for number, _ in answers[0]), "entries past the end")


def test_events():
    family = Family()
    family.listen()

    def expect(event, *args):
        """The event, of the generation that the command made."""
        t.kelpctl(*args)
        wanted = {ATTRIBUTES.index("EVENT"): u32(EVENTS.index(event)),
                  ATTRIBUTES.index("GENERATION"):
                  u32(t.kelpctl_json("status")["generation"])}

        def seen():
            for found in family.events:
                if wanted.items() <= found.items():
                    return found
            family.receive([])
            return None

        return t.wait_for(seen, what="event %s" % event)

    found = expect("LISTENER_ADDED", "listener", "add", "127.0.0.1:9000")
    t.equal(found[ATTRIBUTES.index("ADDR")], b"\x7f\0\0\1", "address")
    t.equal(found[ATTRIBUTES.index("PORT")], struct.pack("!H", 9000), "port")
    expect("LISTENER_DELETED", "listener", "del", "127.0.0.1:9000")
    expect("CONFIG", "limits", "set", "body", "1M")
    expect("DRAINING", "drain")


def some_bytes(dice):
    kind = dice.randrange(7)
    if kind == 6:
        return pack(*[(dice.choice(OPTIONS), some_bytes(dice))
                      for _ in range(dice.randrange(4))])
    if kind == 0:
        return bytes(dice.randrange(256) for _ in range(dice.randrange(40)))
    if kind == 1:
        return text(dice.choice(["", "/", "/x", "x", "echo", "/" * 1023,
                                 "/%", "idle_timeout", "body", "text/plain",
                                 "a: b", "404=/x", "x=a/b"]))
    if kind == 2:
        return u32(dice.choice([0, 1, 3, 4, 5, 0x7fffffff, 0xffffffff]))
    if kind == 3:
        return struct.pack("Q", dice.choice([0, 1, 1000, 1 << 63]))
    if kind == 4:
        return dice.choice([b"\x7f\0\0\1", b"\0" * 15 + b"\1", b"\x1f\x90"])
    return b"\xff" * dice.choice([1, 2, 4, 8, 16, 255, 4000])


def test_random_messages():
    """Refused or not, every message is answered and the server lives on."""
    seed = random.randrange(1 << 32)
    dice = random.Random(seed)
    family = Family()
    # Those that hold others need a mark in their number.
    useful = [number | 0x8000 * (name == "OPTIONS")
              for number, name in enumerate(ATTRIBUTES)
              if name in ("NEXT", "ADDR", "PORT", "SCOPE", "PATH", "FD",
                          "TYPE", "PREFIX", "HOST", "DIR", "FLAGS", "HANDLER",
                          "NAME", "VALUE", "OPTIONS", "REPLACE")]
    count = 200000 if t.SOAK else 4000 // t.PATIENCE
    print("# seed %d, %d messages" % (seed, count), flush=True)
    for _ in range(count):
        pairs = [(dice.choice(useful) if dice.random() < 0.9 else
                  dice.randrange(60), some_bytes(dice))
                 for _ in range(dice.randrange(6))]
        payload = bytearray(pack(*pairs))
        for _ in range(dice.choice([0, 0, 0, 1, 3])):
            if payload:
                payload[dice.randrange(len(payload))] = dice.randrange(256)
        family.exchange(family.number, dice.randrange(len(COMMANDS) + 1),
                        bytes(payload))
    t.equal(family.call("STATUS_GET")[0], 0, "status afterwards")
    t.reload()


def test_removed_while_listing():
    """A reader that stops in the middle does not keep the module."""
    family = Family()
    for i in range(200):
        family.call("ROUTE_ADD", ("PREFIX", text("/%d/%s" % (i, "y" * 100))),
                    ("HANDLER", text("echo")))
    answers = family.call("ROUTE_GET")[2]
    t.true(dict(answers[0])[2] != u32(0), "the listing was too short")
    family.listen()
    t.unload()
    t.true(family.call("ROUTE_GET")[0] in (2, 95), "answered without module")
    t.load()


def test_removed_under_commands():
    """rmmod succeeds while kelpctl lists, changes and is killed."""
    loops = [subprocess.Popen(["sh", "-c", "while :; do %s; done" % command],
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
             for command in ("kelpctl stats show",
                             "timeout -s KILL 0.02 kelpctl limits show",
                             "kelpctl listener add :9001; "
                             "kelpctl listener del :9001")]
    try:
        for _ in range(100 if t.SOAK else 5):
            t.wait_for(lambda: t.kelpctl_json("status")["generation"] > 3,
                       what="commands")
            # The loops take all CPUs: slow where everything is instrumented.
            t.unload(5 * t.PATIENCE)
            t.load()
    finally:
        for loop in loops:
            loop.kill()
        for loop in loops:
            loop.wait()


if __name__ == "__main__":
    t.main(globals())
