#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: where=host timeout=90
"""What kelp is measured with: do http_load and kv_load notice what is wrong?

A figure counts only when every answer behind it was right. Servers that do as
they are told answer rightly, which has to pass, and wrongly in every way that
came to mind, which has to be noticed and said. rpc_load has the suite rpc_twin.
No module is needed.
"""
import itertools
import json
import os
import re
import signal
import subprocess

import guest_kit
import kelp_test
from kelp_test import Skip, equal, get, scratch, true, wait_for, write_file
from load_kit import (DATE, END, RESET, Kelp, Memcached, Server, head, http,
                      http_server)
from rpc_kit import field, frame

BENCH = guest_kit.ROOT + "/build/bench/"
MIB = bytes(range(256)) * 4096
STATE = {}

NGINX = """
worker_processes 1;
daemon off;
pid {0}/nginx.pid;
events {{ worker_connections 4096; }}
http {{
	access_log off;
	keepalive_requests 1000000000;
	client_body_temp_path {0}/body;
	proxy_temp_path {0}/proxy;
	fastcgi_temp_path {0}/fastcgi;
	uwsgi_temp_path {0}/uwsgi;
	scgi_temp_path {0}/scgi;
	server {{
		listen 127.0.0.1:{1} backlog=4096;
		root {0}/root;
	}}
}}
"""


def setup():
    subprocess.run(["make", "-s", "-C", guest_kit.ROOT + "/tests/bench", "all"],
                   check=True)


def teardown():
    if "nginx" in STATE:
        STATE["nginx"].send_signal(signal.SIGTERM)
        STATE["nginx"].wait(20)
        STATE["folder"].__exit__()


def run(program, port, *options, status=0, seconds="0.2"):
    """What it found, and what it said."""
    done = subprocess.run(
        [BENCH + program, "-j", "-d", seconds, *options,
         "127.0.0.1:%d" % port],
        capture_output=True, text=True, check=False, timeout=40)
    equal(done.returncode, status, "status with %s: %s" %
          (" ".join(options), done.stderr))
    true(bool(done.stderr) == bool(status), "it said " + repr(done.stderr))
    return json.loads(done.stdout), done.stderr


def passes(port, *options, program="http_load", least=10, **more):
    found = run(program, port, *options, **more)[0]
    true(found["calls"] >= least, "calls: %d" % found["calls"])
    for name in ("mismatches", "unknown_ids", "lost"):
        equal(found[name], 0, name)
    return found


def notices(name, port, text, *options, program="http_load", **counts):
    """It fails, and says so, and counts what is given of its counters."""
    found, said = run(program, port, *options, status=1)
    true(text in said, "%s: it said %r, not %r" % (name, said, text))
    found.update(found["socket_errors"])
    for key, value in counts.items():
        equal(found[key], value, "%s: %s" % (name, key))


# http_load and answers that are right

def test_http_right():
    with http_server(lambda path, n: http(b"hello")) as port:
        for options in ((), ("-c", "20", "-t", "2"), ("--pipeline", "32"),
                        ("-c", "3", "--pipeline", "7"), ("--close",),
                        ("--close", "-c", "8", "-t", "2")):
            found = passes(port, *options)
            latency = found["latency_us"]
            true(0 < latency["p50"] <= latency["p90"] <= latency["p99"] <=
                 latency["p99.9"] <= latency["max"], "quantiles: %r" % latency)
            true(found["sent"] >= found["calls"], "sent")


def test_http_large_bodies():
    with scratch() as folder, http_server(lambda p, n: http(MIB)) as port:
        path = write_file(folder + "/body", MIB)
        for options in ((), ("--body", path), ("-c", "3", "--body", path),
                        ("--pipeline", "3"), ("--close", "-c", "2")):
            passes(port, *options, least=4)


def test_http_heads_change():
    """The second, a cookie, how it is written: right heads, each of them."""
    heads = itertools.cycle((
        {}, {"date": "Sun, 06 Nov 1994 08:49:38 GMT"}, {"date": None},
        {"fields": ["Set-Cookie: a=b"]}, {"fields": ["X: \t"]}))
    with http_server(lambda path, n: http(b"hello", **next(heads))) as port:
        passes(port, "-c", "4")
        passes(port, "--pipeline", "9")


def test_http_cut_anywhere():
    """Answers that come a few bytes at a time."""
    def pieces(path, n):
        answer, size = http(b"hello there"), n % 40 + 1
        return [answer[i:i + size] for i in range(0, len(answer), size)]
    with http_server(pieces) as port:
        passes(port, "-c", "4")


def test_http_statuses():
    answers = {
        "/304": head("304 Not Modified", length=None),
        "/304-with-length": head("304 Not Modified", length=5),
        "/204": head("204 No Content", length=None),
        "/206": http(b"ell", "206 Partial Content",
                     ["Content-Range: bytes 1-3/5"]),
        "/404": http(b"no", "404 Not Found")}
    with http_server(lambda path, n: answers[path]) as port:
        for path in answers:
            passes(port, "--path", path, "--status", path[1:4],
                   "--pipeline", "3")
        notices("404", port, "error 404", "--path", "/404", calls=0, lost=0)
        notices("304", port, "error 304", "--path", "/304", calls=0, lost=0)


def test_http_sends():
    """What it was told to send, and no more."""
    seen = []
    with http_server(lambda path, n: http(b"x"), seen) as port:
        passes(port, "--path", "/a?b", "--header", "Range: bytes=1-3",
               "--header", "X:y")
        equal(seen[0], b"GET /a?b HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
              b"Range: bytes=1-3\r\nX:y\r\n\r\n" % port, "request")
        seen.clear()
        passes(port, "--close")
        equal(seen[0], b"GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
              b"Connection: close\r\n\r\n" % port, "request with --close")


def site(folder, count):
    """Files with bodies of their own; the name of a list of their paths."""
    paths = ["/d/%d" % i for i in range(count)]
    for path in paths:
        write_file(folder + "/root" + path, path.encode() * 9)
    return write_file(folder + "/paths", "\n".join(paths).encode())


def test_http_paths():
    seen = []
    with scratch() as folder, \
            http_server(lambda p, n: http(p.encode() * 9), seen) as port:
        paths = site(folder, 100)
        bodies = ("--bodies", folder + "/root")
        passes(port, "--paths", paths, *bodies, "--pipeline", "20",
               seconds="0.5")
        passes(port, "--paths", paths)
        true(len(set(seen)) > 95, "%d of 100 paths" % len(set(seen)))
        order = []
        for seed in "1", "1", "2":
            seen.clear()
            passes(port, "--paths", paths, *bodies, "--zipf", "1",
                   "--seed", seed, "--pipeline", "20", least=50)
            order.append(seen[:50])
        equal(order[0], order[1], "choices with the same seed")
        true(order[0] != order[2], "choices with another seed")
        ranks = [int(re.search(rb"/d/(\d+)", r).group(1)) for r in seen]
        share = sum(rank < 10 for rank in ranks) / len(ranks)
        true(0.35 < share < 0.78, "the first ten of 100: %.2f" % share)


# http_load and answers that are wrong

def test_http_notices_wrong_bodies():
    good = http(b"hello")
    for name, bad, text, counts in (
            ("byte", http(b"hellp"), "byte 4 of the body", {"mismatches": 1}),
            ("longer", http(b"hello!"), "Content-Length", {"mismatches": 1}),
            ("shorter", http(b"hell"), "Content-Length", {"mismatches": 1}),
            ("byte missing", [good[:-1], END], "within an answer",
             {"closed": 1, "lost": 1}),
            ("byte too many", good + b"x", "to no request",
             {"unknown_ids": 1}),
            ("twice", good + good, "to no request", {"unknown_ids": 1}),
            ("end within the head", [good[:20], END], "within an answer",
             {"closed": 1, "lost": 1}),
            ("end", [END], "ended a connection", {"closed": 1, "lost": 1}),
            ("reset", [good[:-2], RESET], "reset", {"read": 1, "lost": 1})):
        with http_server(lambda path, n: good if n < 5 else bad) as port:
            notices(name, port, text, **counts,
                    calls=6 if "unknown_ids" in counts else 5)
    with scratch() as folder, http_server(lambda path, n: good) as port:
        path = write_file(folder + "/body", b"hellp")
        notices("given body", port, "byte 4 of the body", "--body", path,
                mismatches=1, calls=0)


def test_http_notices_wrong_bytes_of_large_bodies():
    for at in (0, 65536, 1 << 19, len(MIB) - 1):
        bad = bytearray(MIB)
        bad[at] ^= 1
        with http_server(lambda path, n: http(MIB if n < 3 else bad)) as port:
            notices("byte %d" % at, port, "byte %d of the body" % at, calls=3,
                    mismatches=1)
    with http_server(lambda path, n: http(MIB) if n < 3 else
                     [http(MIB)[:-1], END]) as port:
        notices("last byte missing", port, "within an answer", calls=3,
                closed=1, lost=1)
    # it comes behind the next request, whose answer it cannot be either
    with http_server(lambda path, n: http(MIB) + b"y") as port:
        notices("a byte more", port, "")


def test_http_notices_wrong_heads():
    good = http(b"hello")
    for name, bad, text in (
            ("date", good.replace(b" GMT", b" UTC"), "Date"),
            ("day", good.replace(DATE[:3].encode(), b"Xyz"), "Date"),
            ("dates", http(b"hello", fields=["Date: " + DATE]), "two"),
            ("lengths", http(b"hello", fields=["Content-Length: 5"]), "two"),
            ("no length", head("200 OK", length=None) + b"hello",
             "no Content-Length"),
            ("sign", good.replace(b": 5\r", b": +5\r"), "Content-Length"),
            ("chunked", head("200 OK", ["Transfer-Encoding: chunked"], None) +
             b"5\r\nhello\r\n0\r\n\r\n", "Transfer-Encoding"),
            ("line feed", good.replace(b"\r\n", b"\n"), "CR LF"),
            ("space", good.replace(b"Server:", b"Server :"), "proper name"),
            ("folded", good.replace(b"Server:", b" Server:"), "proper name"),
            ("control", good.replace(b"Server: ", b"Server: \x01"),
             "control"),
            ("version", good.replace(b"1.1", b"1.0"), "status line"),
            ("no status", good.replace(b"200", b"2OO"), "status line"),
            ("interim", b"HTTP/1.1 100 Continue\r\n\r\n" + good, "interim"),
            ("endless", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 40000, "too long"),
            ("garbage", b"\0" * 50, "status line"),
            ("status", http(b"hello", "500 Oh"), "error 500")):
        true(bad != good, name)
        for first in (0, 5):
            with http_server(
                    lambda path, n: good if n < first else bad) as port:
                notices(name, port, text)
    # a date that has changed to something else, where it stood
    with http_server(lambda path, n: good if n < 5 else
                     good.replace(DATE.encode(), b"x" * 29)) as port:
        notices("no date", port, "Date", calls=5, mismatches=1)


def test_http_notices_swapped_answers():
    held = []

    def swap(path, n):
        held.append(http(path.encode() * 9))
        if len(held) < 2:
            return b""
        answer = held[1] + held[0]
        held.clear()
        return answer
    with scratch() as folder, http_server(swap) as port:
        notices("swapped", port, "expected", "--paths", site(folder, 100),
                "--bodies", folder + "/root", "--pipeline", "2", mismatches=1)


def test_http_close_notices():
    good = http(b"hello")
    for name, bad, text, counts in (
            ("more", [good + b"x", END], "to no request", {"unknown_ids": 1}),
            ("more, later", [good, b"x", END], "to no request",
             {"unknown_ids": 1}),
            ("reset", [good, RESET], "reset", {"read": 1, "lost": 1}),
            ("too early", [good[:-1], END], "within an answer",
             {"closed": 1, "lost": 1}),
            ("nothing", [END], "ended a connection", {"closed": 1}),
            ("not ended", [good], "did not come in time", {"lost": 1})):
        with http_server(lambda path, n: [good, END] if n < 3 else bad,
                         keeps=True) as port:
            notices(name, port, text, "--close", **counts, calls=3)


def test_http_nobody_there():
    for options in ((), ("--close",), ("-c", "3", "-t", "2")):
        notices("refused", guest_kit.free_port(), "could not be made",
                *options, connect=3 if options[-1:] == ("2",) else 1)


PORTS = """
import subprocess, sys
sys.path.insert(0, sys.argv[1])
from load_kit import http, http_server
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
with http_server(lambda path, n: http(b"hello")) as port:
    with open("/proc/sys/net/ipv4/ip_local_port_range", "w") as file:
        file.write("40000 40007")
    sys.exit(subprocess.run([*sys.argv[2:], "127.0.0.1:%d" % port]).returncode)
"""


def test_http_without_ports():
    """In a network of its own there are eight: too few for ten connections,
    enough for any number of them one after the other."""
    def alone(*options):
        return subprocess.run(
            ["unshare", "--map-root-user", "--net", "/usr/bin/python3", "-c",
             PORTS, os.path.dirname(__file__), BENCH + "http_load", "-j", "-d",
             "0.3", *options], capture_output=True, text=True, check=False,
            timeout=40)
    if subprocess.run(["unshare", "--map-root-user", "--net", "true"],
                      stderr=subprocess.DEVNULL, check=False).returncode:
        raise Skip("no network namespaces here")
    for options in (("-c", "10"), ("-c", "10", "--close")):
        done = alone(*options)
        true(done.returncode == 1 and "no local port is left" in done.stderr,
             "status %d: %s" % (done.returncode, done.stderr))
    done = alone("-c", "2", "--close")
    true(not done.returncode and json.loads(done.stdout)["calls"] > 20,
         "one after the other: %s%s" % (done.stdout, done.stderr))


def test_wrong_usage():
    for program, *options in (
            ("http_load", "-c", "x"), ("http_load", "-d", "0"),
            ("http_load", "--pipeline", "2", "--close"),
            ("http_load", "--path", "x"), ("http_load", "--path", "/a b"),
            ("http_load", "--paths", "/none/such"), ("http_load", "--none"),
            ("http_load", "--header", "x"), ("http_load", "--status", "99"),
            ("http_load", "--header", "Host: x"),
            ("http_load", "--zipf", "-1"), ("http_load", "--body"),
            ("http_load", "--bodies", "/none/such"), ("kv_load",),
            ("kv_load", "--protocol", "redis"),
            ("kv_load", "--protocol", "kelp", "--keys", "0"),
            ("kv_load", "--protocol", "kelp", "--value", "11"),
            ("kv_load", "--protocol", "kelp", "--set", "101")):
        done = subprocess.run([BENCH + program, *options, "127.0.0.1:1"],
                              capture_output=True, check=False, timeout=10)
        equal(done.returncode, 2, "status of %s" % options)
        true(done.stderr.startswith(program.encode()), "what it says")


# http_load and somebody else's server

def start_nginx():
    if "nginx" in STATE:
        return STATE["port"]
    binary = subprocess.run([guest_kit.ROOT + "/scripts/setup", "path",
                             "nginx"], capture_output=True, text=True,
                            check=False).stdout.strip()
    if not os.access(binary, os.X_OK):
        raise Skip("nginx is not in the cache: scripts/setup peers")
    STATE["folder"] = scratch()
    folder = STATE["folder"].__enter__()
    STATE["port"] = port = guest_kit.free_port()
    STATE["paths"] = site(folder, 50)
    write_file(folder + "/root/large", MIB)
    write_file(folder + "/nginx.conf", NGINX.format(folder, port).encode())
    STATE["nginx"] = subprocess.Popen(
        [binary, "-p", folder, "-c", folder + "/nginx.conf", "-e",
         folder + "/error.log"], stdout=subprocess.DEVNULL)

    def serves():
        true(STATE["nginx"].poll() is None, "nginx ended")
        try:
            return get("/d/1", port).status == 200
        except OSError:
            return False
    wait_for(serves, 30, "nginx serves")
    return port


def test_nginx():
    port = start_nginx()
    root = STATE["folder"].path + "/root"
    paths = ("--paths", STATE["paths"], "--bodies", root)
    large = ("--path", "/large", "--body", root + "/large")
    tag = get("/d/1", port).get("ETag")
    part = write_file(STATE["folder"].path + "/part", MIB[70000:170000])
    for options in (paths, paths + ("--pipeline", "16", "-t", "2", "-c", "9"),
                    paths + ("--close", "-c", "9"), large,
                    large + ("-c", "5"), large + ("--close", "-c", "5"),
                    ("--path", "/d/1", "--status", "304", "--header",
                     "If-None-Match: " + tag),
                    ("--path", "/large", "--status", "206", "--header",
                     "Range: bytes=70000-169999", "--body", part)):
        passes(port, *options)
    notices("404", port, "error 404", "--path", "/none", calls=0, lost=0)


def test_many_connections():
    port = start_nginx()
    passes(port, "-c", "3000", "-t", "2", "--path", "/d/1", least=3000,
           seconds="2")


# kv_load

def kv(port, protocol, *options, **more):
    return passes(port, "--protocol", protocol, "--keys", "50", *options,
                  program="kv_load", **more)


def test_kv_right():
    for kind, name in ((Memcached, "memcached"), (Kelp, "kelp")):
        with kind() as port:
            for options in (("--fill",), (), ("-c", "5", "-t", "2"),
                            ("--pipeline", "9", "--set", "50"),
                            ("-c", "4", "-t", "2", "--set", "100"),
                            ("--set", "0", "--zipf", "1"),
                            ("--fill", "-c", "3", "--pipeline", "7"),
                            ("--fill", "--value", "100000", "-c", "3"),
                            ("--fill", "--value", "12", "--set", "50")):
                kv(port, name, *options)


def test_kv_fills():
    """All keys, once, before it counts; gets and sets as often as asked."""
    for kind, name in ((Memcached, "memcached"), (Kelp, "kelp")):
        server = kind()
        with server as port:
            found = kv(port, name, "--fill", "--set", "0", "-t", "2", "-c",
                       "3", "--pipeline", "4")
            equal((len(server.data), server.sets), (50, 50), "keys, sets")
            equal(server.gets, found["sent"], "gets")
            server.gets = server.sets = 0
            kv(port, name, "--set", "30", "--pipeline", "10", least=100,
               seconds="0.4")
            share = server.sets / (server.sets + server.gets)
            true(0.2 < share < 0.4, "share of sets: %.2f" % share)


def test_kv_notices():
    """What is wrong in both protocols: the store lies."""
    def other(server, key):
        return server.data[b"key:%012d" % ((int(key[4:]) + 1) % 50)]

    def flipped(server, key):
        value = bytearray(server.data[key])
        value[server.gets % len(value)] ^= 4
        return bytes(value)

    def forged(server, key):
        value = bytearray(server.data[key])
        value[8:12] = (int.from_bytes(value[8:12], "little") +
                       256).to_bytes(4, "little")
        return bytes(value)
    for kind, name in ((Memcached, "memcached"), (Kelp, "kelp")):
        for lie, text in (
                (other, "another key"), (flipped, "value"),
                (forged, "never set"),
                (lambda server, key: server.data[key][:-1], "length"),
                (lambda server, key: server.data[key] + b"x", "length"),
                (lambda server, key: server.first[key], "an old value"),
                (lambda server, key: None, "no value")):
            server = kind()
            server.lie = lambda s, k, lie=lie: lie(s, k) if s.gets > 20 \
                else s.data[k]
            with server as port:
                notices(text, port, text, "--fill", "--protocol", name,
                        "--keys", "50", "--set", "50", "--pipeline", "3",
                        program="kv_load", mismatches=1)
        with kind() as port:
            notices("empty", port, "--fill", "--protocol", name,
                    program="kv_load", mismatches=1)
        server = kind()
        server.amnesia = True
        with server as port:
            notices("stored, but not", port, "value", "--fill", "--protocol",
                    name, "--keys", "50", program="kv_load", mismatches=1)


def test_kv_notices_wrong_lines():
    for line, text in (
            (b"NOT_STORED\r\n", "NOT_STORED"), (b"STORED \r\n", "STORED"),
            (b"SERVER_ERROR out of memory\r\n", "out of memory"),
            (b"STORED\r\nSTORED\r\n", "to no request"),
            (b"ERROR\r\n", "ERROR"), (b"STORED\n", "STORED")):
        with Server(lambda read, write: (
                read(100), write(line), read(1 << 20))) as port:
            notices(repr(line), port, text, "--fill", "--protocol",
                    "memcached", "--keys", "1", program="kv_load")
    server = Memcached()
    server.behind = b"\r\nEND \r\n"
    with server as port:
        notices("END", port, "END", "--fill", "--protocol", "memcached",
                "--keys", "5", program="kv_load")


def test_kv_notices_wrong_replies():
    for name, wrong, text, counts in (
            ("code", lambda i: frame(field(2, field(1, 2004)) + field(4, i)),
             "error 2004", {"lost": 0}),
            ("not stored", lambda i: frame(field(2, field(1, 0)) +
                                           field(4, i), field(1, 7)),
             "not stored", {"mismatches": 1}),
            ("no message", lambda i: frame(field(2, field(1, 0)) +
                                           field(4, i), b"\x0a\x7f"),
             "KvSetResponse", {"mismatches": 1}),
            ("no response", lambda i: frame(field(4, i)), "no response",
             {"mismatches": 1}),
            ("id", lambda i: frame(field(2, field(1, 0)) + field(4, i ^ 4096),
                                   field(1, 7) + field(2, 1)),
             "to no request", {"unknown_ids": 1}),
            ("magic", lambda i: b"PRPD" + b"\0" * 20, "no frame",
             {"mismatches": 1})):
        server = Kelp()
        server.wrong = wrong
        with server as port:
            notices(name, port, text, "--protocol", "kelp", "--set", "100",
                    program="kv_load", calls=0, **counts)


def test_kv_notices_the_end():
    for kind, name in ((Memcached, "memcached"), (Kelp, "kelp")):
        server = kind()
        server.ends_after = 60
        with server as port:
            notices("end", port, "ended", "--fill", "--protocol", name,
                    "--keys", "50", program="kv_load", closed=1, lost=1,
                    calls=10)
        notices("refused", guest_kit.free_port(), "could not be made",
                "--protocol", name, program="kv_load", connect=1)


if __name__ == "__main__":
    kelp_test.main(globals())
