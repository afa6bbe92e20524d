#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1,6.12 timeout=120 soak=300
"""Requests per second beside nginx's, and TCP segments per request.

Both answer 12 bytes on the same two CPUs in the same guest, in alternating
rounds; the ratio of the medians counts. Rates by themselves depend on the
machine. make check asks for less, because something else may keep it busy.
"""
import os
import re
import signal
import statistics
import subprocess
import tempfile

import kelp_test
from kelp_test import Connection, Skip, equal, kelpctl, true, wait_for

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
SOAK = kelp_test.SOAK
BODY = b"twelve bytes"
KELP, PEER = 8080, 8081
ROUNDS, SECONDS = (5, 4) if SOAK else (3, 1)
STATE = {}

CONFIG = """
user root;
worker_processes auto;
daemon off;
pid {0}/nginx.pid;
error_log {0}/error.log;
events {{ worker_connections 4096; }}
http {{
	access_log off;
	sendfile on;
	tcp_nopush on;
	keepalive_requests 1000000000;
	open_file_cache max=1000;
	client_body_temp_path {0}/body;
	proxy_temp_path {0}/proxy;
	fastcgi_temp_path {0}/fastcgi;
	uwsgi_temp_path {0}/uwsgi;
	scgi_temp_path {0}/scgi;
	server {{
		listen 127.0.0.1:{1} reuseport;
		location / {{
			default_type text/plain;
			return 200 "{2}";
		}}
	}}
}}
"""


def setup():
    STATE["folder"] = tempfile.TemporaryDirectory(prefix="kelp-test.")
    folder = STATE["folder"].name
    os.chmod(folder, 0o755)
    path = kelp_test.write_file(folder + "/small", BODY)
    kelpctl("listener", "add", "127.0.0.1:%d" % KELP)
    kelpctl("object", "put", "/small", path)
    kelp_test.write_file(folder + "/site/hundred.html", b"x" * 100)
    kelpctl("site", "add", "/site", folder + "/site")


def teardown():
    stop_peer()
    STATE["folder"].cleanup()


def start_peer():
    binary = subprocess.run([ROOT + "/scripts/setup", "path", "nginx"],
                            capture_output=True, text=True,
                            check=False).stdout.strip()
    if not os.access(binary, os.X_OK):
        raise Skip("nginx is not in the cache: scripts/setup peers")
    folder = STATE["folder"].name
    with open(folder + "/nginx.conf", "w", encoding="ascii") as file:
        file.write(CONFIG.format(folder, PEER, BODY.decode()))
    STATE["peer"] = subprocess.Popen(
        [binary, "-p", folder, "-c", folder + "/nginx.conf",
         "-e", folder + "/error.log"], stdout=subprocess.DEVNULL)

    def serves():
        true(STATE["peer"].poll() is None, "nginx ended")
        try:
            return kelp_test.get("/", PEER).body == BODY
        except OSError:
            return False
    wait_for(serves, 30, "nginx serves")


def stop_peer():
    peer = STATE.pop("peer", None)
    if peer:
        peer.send_signal(signal.SIGTERM)
        peer.wait(20)


def rate(port, path, threads, connections):
    """One round of wrk; an error or another status is no rate."""
    text = subprocess.run(
        ["wrk", "-t%d" % threads, "-c%d" % connections, "-d%ds" % SECONDS,
         "http://127.0.0.1:%d%s" % (port, path)], check=True,
        capture_output=True, text=True).stdout
    true("Socket errors" not in text and "Non-2xx" not in text,
         "port %d: %s" % (port, " ".join(text.split())))
    return float(re.search(r"Requests/sec:\s*([\d.]+)", text).group(1))


def compare(threads, connections, least):
    if "peer" not in STATE:
        start_peer()
    rates = {KELP: [], PEER: []}
    for _ in range(ROUNDS):
        for port, path in ((KELP, "/small"), (PEER, "/")):
            rates[port].append(rate(port, path, threads, connections))
    kelp, peer = (statistics.median(rates[port]) for port in (KELP, PEER))
    print("# wrk -t%d -c%d, %d x %d s: kelp %.0f, nginx %.0f requests/s, "
          "ratio %.2f (at least %.1f here)" %
          (threads, connections, ROUNDS, SECONDS, kelp, peer, kelp / peer,
           least), flush=True)
    true(kelp >= least * peer, "%.0f is only %.2f times %.0f requests/s" %
         (kelp, kelp / peer, peer))


def test_against_nginx():
    equal(os.cpu_count(), 2, "CPUs")
    compare(2, 64, 1.8 if SOAK else 1.2)


def test_against_nginx_one_connection():
    compare(1, 1, 2.5 if SOAK else 1.5)


def segments():
    with open("/proc/net/snmp", encoding="ascii") as file:
        names, values = [line.split() for line in file
                         if line.startswith("Tcp:")]
    tcp = dict(zip(names, values))
    return int(tcp["InSegs"]), int(tcp["OutSegs"])


def per_request(target, expected):
    """Segments that one request and its answer take, both ends counted once:
    over loopback what one end sends the other receives."""
    count = 1000
    with Connection(KELP) as connection:
        equal(connection.request(target).body, expected, "answer")
        before = segments()
        for _ in range(count):
            connection.request(target)
        after = segments()
    each = [(b - a) / count for a, b in zip(before, after)]
    print("# %s: segments per request: %.2f in, %.2f out" %
          (target, each[0], each[1]), flush=True)
    true(1.9 <= max(each) <= 2.2, "%.2f segments in, %.2f out" % tuple(each))


def test_segments():
    stop_peer()
    per_request("/small", BODY)


def test_segments_file():
    per_request("/site/hundred.html", b"x" * 100)


if __name__ == "__main__":
    kelp_test.main(globals())
