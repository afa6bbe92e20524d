#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=6.12,debug where=guest timeout=400
"""Raw requests by the hundred: outcome, persistence, and independence of cuts.

usage: cases.py                                the suite, in a guest
       cases.py --target HOST:PORT [AREA|CASE...]
                                               scores of any server
       cases.py --root DIR                     the files it has to serve
       cases.py --list

The cases are in cases/AREA.py; each is sent whole, cut behind every line, byte
by byte, and those that ask for it cut in two at every place. A case is passed
strictly when each time the outcome is the one that kelp decided on and all
times the same; it is conformant when the RFC allows what happened each time.
After each case a new connection has to be served. tests/README.md says how to
set up a target.
"""
import argparse
import os
import pickle
import random
import subprocess
import tempfile
import time

import cases
import kelp_test
from cases import files, run
from kelp_test import KERNEL, PATIENCE, SOAK, Failure, kelpctl, true

# An address of our own, so that its route is ours: see setup().
ADDRESS = ("127.0.0.9", 8080)
STATE = {}


def setup():
    """The document root at /, an echo at /echo.

    Over loopback every send is a segment that kelp reads before the next one
    is made, unless the sender runs into its congestion window and lets small
    segments grow meanwhile: hence a route with a large one.
    """
    STATE["folder"] = tempfile.TemporaryDirectory(prefix="kelp-test.")
    os.chmod(STATE["folder"].name, 0o755)
    root = files.make(STATE["folder"].name)
    subprocess.run(["ip", "route", "replace", "local", ADDRESS[0], "dev", "lo",
                    "table", "local", "initcwnd", "30000"], check=True)
    kelpctl("site", "add", "/", root)
    kelpctl("route", "add", "/echo", "echo")
    kelpctl("listener", "add", "%s:%d" % ADDRESS)
    if KERNEL == "debug":
        # 8 KB in so many segments take longer there than a head may
        for limit, value in (("header_timeout", 1000000),
                             ("body_timeout", 1000000), ("body_rate", 0)):
            kelpctl("limits", "set", limit, str(value))
    server = run.Server(ADDRESS, 5.0 * PATIENCE, 1.0 * PATIENCE, full=SOAK,
                        careful=SOAK)
    server.etag = etag_of(server)
    STATE["server"] = server


def teardown():
    STATE["folder"].cleanup()
    subprocess.run(["ip", "route", "del", "local", ADDRESS[0], "table",
                    "local"], check=False)


def etag_of(server):
    """The ETag of /small, or nothing."""
    with server.talk() as talk:
        talk.send([b"GET /small HTTP/1.1\r\nHost: a\r\n\r\n"])
        answer = talk.answer(False)
    true(answer and answer.status == 200 and answer.body == files.SMALL,
         "/small is not there")
    return "".join(answer.all("etag"))


def jobs_of(chosen, full):
    """(case, way) of all that is to be done. If not in full some of them are sent
    byte by byte, others each time; the debug kernel is slow."""
    jobs, share, first = [], 1, 0
    if not full:
        share = 6 if KERNEL == "debug" else 3
        first = random.Random(os.environ.get("KELP_SEED")).randrange(share)
    for number, case in enumerate(chosen):
        for way in run.WAYS:
            if way == "split" and not case.splits:
                continue
            if way == "byte" and number % share != first:
                continue
            if way == "split" and KERNEL == "debug" and not full:
                continue
            jobs.append((case, way))
    return jobs


def work(jobs, server, workers):
    """Do all jobs in several processes; verdicts, in no order."""
    pipes = []
    for worker in range(workers):
        ours, theirs = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(ours)
            with os.fdopen(theirs, "wb") as out:
                mine = [run.run(case, server, way)
                        for case, way in jobs[worker::workers]]
                pickle.dump(mine, out)
            os._exit(0)
        os.close(theirs)
        pipes.append((pid, os.fdopen(ours, "rb")))
    verdicts = []
    for pid, pipe in pipes:
        with pipe:
            data = pipe.read()
        true(not os.waitpid(pid, 0)[1] and data, "a worker failed")
        verdicts += pickle.loads(data)
    return verdicts


def sort_out(chosen, verdicts):
    """{case name: (why not strict, why not conformant)}."""
    found = {case.name: [None, None, []] for case in chosen}
    for verdict in verdicts:
        entry = found[verdict.case]
        entry[0] = entry[0] or verdict.strict
        entry[1] = entry[1] or verdict.allowed
        entry[2] += [key for key in verdict.keys if key not in entry[2]]
    for entry in found.values():
        if len(entry[2]) > 1 and not entry[0]:
            entry[0] = "%d outcomes, depending on the cut" % len(entry[2])
    return {name: entry[:2] for name, entry in found.items()}


# The suite

def test_segments():
    """Sent byte by byte means: one segment for each byte."""
    count = 300
    before = segments_received()
    with STATE["server"].talk() as talk:
        talk.send([b"%c" % byte for byte in b"G" * count])
    true(segments_received() - before >= count, "bytes shared segments")


def segments_received():
    with open("/proc/net/snmp", encoding="ascii") as file:
        names, values = [line.split() for line in file
                         if line.startswith("Tcp:")]
    return int(dict(zip(names, values))["InSegs"])


def area_test(area):
    def test():
        wrong = ["%s (%s)" % (name, why[0]) for name, why in
                 STATE["results"].items()
                 if STATE["areas"][name] == area and why[0]]
        for text in wrong:
            print("# " + text, flush=True)
        if wrong:
            raise Failure("%d: %s" % (len(wrong), "; ".join(wrong)))
    return test


def test_all():
    only = os.environ.get("KELP_CASES", "").split()
    chosen = [case for case in cases.load()
              if (case.needs != "etag" or STATE["server"].etag) and
              (not only or case.name in only or case.area in only)]
    STATE["areas"] = {case.name: case.area for case in chosen}
    jobs = jobs_of(chosen, SOAK)
    begun = time.monotonic()
    verdicts = work(jobs, STATE["server"], 2 * os.cpu_count())
    STATE["results"] = sort_out(chosen, verdicts)
    print("# %d cases, sent %d times in %.0f s; %d conformant, %d strict" %
          (len(chosen), sum(verdict.runs for verdict in verdicts),
           time.monotonic() - begun,
           sum(not why[1] for why in STATE["results"].values()),
           sum(not why[0] for why in STATE["results"].values())), flush=True)


# Scores of any server

def scores(address, names):
    probe = run.Server(address, 2.0, 0.3, pause=0.001, full=True)
    probe.etag = etag_of(probe)
    chosen = [case for case in cases.load() if case.needs != "kelp" and
              (case.needs != "etag" or probe.etag) and
              (not names or case.name in names or case.area in names)]
    verdicts = work(jobs_of(chosen, True), probe, 16)
    results = sort_out(chosen, verdicts)
    for case in chosen:
        strict, allowed = results[case.name]
        if allowed:
            print("%s: not conformant: %s" % (case.name, allowed))
        elif strict:
            print("%s: conformant: %s" % (case.name, strict))
    print("%-12s %6s %10s %8s" % ("area", "cases", "conformant", "strict"))
    for area in cases.AREAS + ("total",):
        own = [results[case.name] for case in chosen
               if area in (case.area, "total")]
        if own:
            print("%-12s %6d %9.1f%% %7.1f%%" % (
                area, len(own),
                100 * sum(not why[1] for why in own) / len(own),
                100 * sum(not why[0] for why in own) / len(own)))


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--target")
    parser.add_argument("--root")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    if args.root:
        print(files.make(args.root))
    elif args.list:
        for case in cases.load():
            print("%-10s %-34s %-16s %s" % (case.area, case.name, case.clause,
                                            " or ".join(o.text for o in case.strict)))
    elif args.target:
        host, _, port = args.target.rpartition(":")
        scores((host.strip("[]"), int(port)), args.names)
    else:
        suite = {"setup": setup, "teardown": teardown,
                 "test_segments": test_segments, "test_all": test_all}
        suite.update(("test_" + area, area_test(area)) for area in cases.AREAS)
        kelp_test.main(suite)


if __name__ == "__main__":
    main()
