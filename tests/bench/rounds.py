# SPDX-License-Identifier: GPL-2.0-only
"""One round: a scenario's load on one contender, and what came of it.

Runs in the guest. The generators verify every answer and end with a status
other than 0 when one was wrong: that round has no figures, only an error.
"""
import json
import os
import socket
import struct
import subprocess
import threading
import time

import contenders
from contenders import Failed, fetch, text
from scenarios import SIZES, ZIPF

BUILD = contenders.ROOT + "/build/bench/"
KV_KEYS, KV_VALUE = 100000, 100
RANGE = (1000, 1999)
# How long a generator may take beyond its time: connecting and the last answer.
MARGIN = 120
# Downloads that run beside the small requests of the scenario "mixed".
DOWNLOADS = 4


def stat():
    """Seconds that all CPUs together have spent, in whatever, but idle."""
    with open("/proc/stat", encoding="ascii") as file:
        ticks = [int(word) for word in file.readline().split()[1:9]]
    return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")


def start(tool, seconds, threads, connections, options, port):
    binary = BUILD + tool
    if not os.path.exists(binary):
        raise contenders.Missing("%s is not built: make -C tests/bench" %
                                 binary)
    return subprocess.Popen(
        [binary, "-j", "-t", str(threads), "-c", str(connections), "-d",
         "%g" % seconds, *options, "127.0.0.1:%d" % port],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True)


def finish(process, seconds):
    """What the generator reports; it must have found all answers right."""
    try:
        out, err = process.communicate(timeout=seconds + MARGIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise Failed("%s did not end" % process.args[0]) from None
    if process.returncode:
        raise Failed("status %d: %s" % (process.returncode, " ".join(
            (err or out or process.args[0]).split())[:300]))
    return json.loads(out)


def http_options(scenario, contender, content):
    """What http_load has to be told to ask for the scenario's content."""
    path, options = scenario.what, list(scenario.options)
    if path == "site":
        return ["--paths", content.paths, "--zipf", ZIPF, "--bodies",
                content.www]
    options += ["--path", path]
    if "304" in options:
        tag = fetch(contender.port, path)[0].get("etag")
        if not tag:
            raise Failed(contender.name + " sends no ETag")
        options.remove("304")
        return options + ["--header", "If-None-Match: " + tag, "--status",
                          "304"]
    expected = content.www + path
    if "206" in options:
        options.remove("206")
        expected = content.folder + "/part"
        with open(expected, "wb") as file:
            file.write(text(SIZES[path])[RANGE[0]:RANGE[1] + 1])
        options += ["--header", "Range: bytes=%d-%d" % RANGE, "--status",
                    "206"]
    return options + ["--body", expected]


def kv_options(scenario, contender):
    return ["--protocol", "kelp" if contender.name == "kelp" else "memcached",
            "--keys", str(KV_KEYS), "--value", str(KV_VALUE), "--zipf", ZIPF,
            *scenario.options]


def command(scenario, contender, content):
    """(tool, options) of the scenario's generator."""
    if scenario.tool == "rpc":
        return "rpc_load", list(scenario.options)
    if scenario.tool == "kv":
        return "kv_load", kv_options(scenario, contender)
    return "http_load", http_options(scenario, contender, content)


def loaded(scenario, contender, content, seconds, threads=None,
           connections=None):
    """The generator's report of one run."""
    tool, options = command(scenario, contender, content)
    return finish(start(tool, seconds, threads or scenario.threads,
                        connections or scenario.connections, options,
                        contender.port), seconds)


def prepare(scenario, contender, content):
    """Before a scenario's first round: what must be there is put there."""
    if scenario.what == "site":
        content.site()
    contender.begin(scenario)
    if scenario.tool == "kv":
        finish(start("kv_load", 0.5, 1, 1, kv_options(scenario, contender) +
                     ["--fill"], contender.port), 0.5)


def throughput(scenario, contender, content, seconds):
    """Rate, quantiles in microseconds, and CPU seconds per million."""
    busy, own = stat(), contender.cpu()
    found = loaded(scenario, contender, content, seconds)
    busy = stat() - busy
    latency = found["latency_us"]
    row = {"rate": found["calls_per_second"], "p50": latency["p50"],
           "p99": latency["p99"], "p99.9": latency["p99.9"],
           "cpu": busy / found["calls"] * 1e6}
    if own is not None:
        row["own_cpu"] = (contender.cpu() - own) / found["calls"] * 1e6
    return row


def mixed(scenario, contender, content, seconds):
    """Small requests, while others download large files all the time."""
    large = start("http_load", seconds + 1, 1, DOWNLOADS,
                  ["--path", "/m1", "--body", content.www + "/m1"],
                  contender.port)
    try:
        row = throughput(scenario, contender, content, seconds)
    except Exception:
        large.kill()
        large.communicate()
        raise
    row["downloads"] = finish(large, seconds)["calls_per_second"]
    return row


def memory():
    """Bytes in use that are no file's pages."""
    with open("/proc/meminfo", encoding="ascii") as file:
        fields = {line.split(":")[0]: int(line.split()[1]) for line in file}
    return 1024 * (fields["MemTotal"] - fields["MemFree"] - fields["Buffers"] -
                   fields["Cached"]), 1024 * fields["Slab"]


def settled():
    """memory(), when what is freed late has been freed."""
    last, steady = memory(), 0
    end = time.monotonic() + 10
    while steady < 3 and time.monotonic() < end:
        threading.Event().wait(0.3)
        now = memory()
        steady = steady + 1 if abs(now[0] - last[0]) < 1 << 18 else 0
        last = now
    return last


def hold(port, count):
    """So many connections, each of which had one answer."""
    request = b"GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n"
    held = []
    for _ in range(count):
        sock = socket.create_connection(("127.0.0.1", port), 30)
        # Reset at the end: what waits out its time would be in the next round.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack("ii", 1, 0))
        held.append(sock)
        sock.sendall(request)
        answer = sock.recv(4096)
        while not answer.endswith(text(SIZES["/small"])):
            more = sock.recv(4096)
            if not more:
                raise Failed("a connection ended at once")
            answer += more
    return held


def idle(scenario, contender, _content, _seconds):
    """Memory of connections that do nothing, both ends' sockets included."""
    count = scenario.connections
    with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as file:
        file.write("3")
    before = settled()
    held = hold(contender.port, count)
    after = settled()
    extra = contender.extra() if hasattr(contender, "extra") else 0
    for sock in held:
        sock.close()
    return {"bytes": (after[0] - before[0]) / count - extra,
            "slab": (after[1] - before[1]) / count - extra}


def measure(scenario, contender, content, seconds):
    """The figures of one round."""
    how = {"mixed": mixed, "idle": idle}.get(scenario.tool, throughput)
    return how(scenario, contender, content, seconds)
