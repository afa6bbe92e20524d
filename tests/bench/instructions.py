#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Count instructions per request, in a guest whose clock counts them.

usage: instructions.py [--quick] [--only "PATTERN..."] OUT

Under scripts/guest --icount a nanosecond is an instruction, of whatever runs:
client, TCP and server. Each generator runs twice, for a short and a longer
time. What the second took longer, divided by the requests that it made more,
is what a request costs: beginning and end of the program are in both. While
the CPU is idle the clock runs on as well; so the generators are linked
statically and lie in memory, for a page that the host has to read is a wait.

What came of it are lines of OUT/counts.jsonl: a scenario of the table, or a
step of a sweep, in which the work grows. --quick counts once only, and leaves
the sweeps out.
"""
import argparse
import fnmatch
import json
import os
import shutil
import statistics
import sys
import tempfile
import time

import contenders
import growth
import rounds
from scenarios import SCENARIOS

# Seconds of the guest, that is 10^9 instructions, and what each connection adds:
# every one must have been used several times.
SHORT, LONG = 0.02, 0.2
SHORT_EACH, LONG_EACH = 8e-5, 2e-4
BASELINE = os.path.join(contenders.HERE, "instructions.baseline")
# How many more than in BASELINE are too many.
ALLOWED = 150
# Each is counted so often, and the median taken.
TIMES = 3


def hot():
    return [scenario for scenario in SCENARIOS if scenario.hot]


def floor(scenario):
    """The null responder that kelp is compared with."""
    return "null_kthread" if scenario.kthread_close else "null_softirq"


def elapsed(tool, seconds, connections, options, port):
    """(nanoseconds, requests) of one run of a generator."""
    begin = time.monotonic_ns()
    process = rounds.start(tool, seconds, 1, connections, options, port)
    found = rounds.finish(process, seconds)
    return time.monotonic_ns() - begin, found["sent"]


def settle(content):
    """Have the generators in memory."""
    folder = content.folder + "/bin"
    os.makedirs(folder)
    for name in ("http_load", "rpc_load"):
        path = "%s/build/bench/static/%s" % (contenders.ROOT, name)
        if not os.path.exists(path):
            raise contenders.Missing("%s is not built: make -C tests/bench" %
                                     path)
        shutil.copy(path, folder)
    rounds.BUILD = folder + "/"


def per_request(tool, connections, options, port, times=1):
    """Instructions of one request; the median, if it is done several times."""
    brief = max(SHORT, connections * SHORT_EACH)
    longer = brief + max(LONG, connections * LONG_EACH)
    elapsed(tool, brief, connections, options, port)
    found = []
    for _ in range(times):
        short = elapsed(tool, brief, connections, options, port)
        long = elapsed(tool, longer, connections, options, port)
        found.append((long[0] - short[0]) / (long[1] - short[1]))
    return statistics.median(found)


def count(scenario, contender, content, times=1):
    """Instructions of a request of a scenario."""
    rounds.prepare(scenario, contender, content)
    try:
        tool, options = rounds.command(scenario, contender, content)
        return per_request(tool, scenario.connections, options, contender.port,
                           times)
    finally:
        contender.end(scenario)


def read_baseline():
    """{scenario: instructions beyond the null responder}."""
    with open(BASELINE, encoding="utf-8") as file:
        pairs = [line.split() for line in file if not line.startswith("#")]
    return {name: int(value) for name, value in pairs}


class Count:
    """One run: what is counted, and where it is written."""

    def __init__(self, out, folder):
        self.file = open(out + "/counts.jsonl", "w", encoding="utf-8")
        self.content = contenders.Content(folder)
        settle(self.content)
        self.made = {}
        self.failed = False

    def contender(self, name):
        if name not in self.made:
            self.made[name] = contenders.make(name, self.content)
        return self.made[name]

    def note(self, what, contender, function):
        """Count, write it down, say it."""
        try:
            row = {"instructions": function()}
            said = "%.0f instructions" % row["instructions"]
        except contenders.Missing as why:
            print("bench: without %s: %s" % (contender, why), flush=True)
            return
        except (contenders.Failed, OSError, KeyError, ValueError,
                ZeroDivisionError) as error:
            row = {"error": str(error) or repr(error)}
            said, self.failed = "FAILED: " + row["error"], True
        self.file.write(json.dumps(dict(what, contender=contender, **row)) +
                        "\n")
        self.file.flush()
        print("bench: %s, %s: %s" % (
            " ".join(str(value) for value in what.values()), contender, said),
            flush=True)

    def scenarios(self, patterns, times):
        for scenario in hot():
            if patterns and not any(fnmatch.fnmatchcase(scenario.name, p)
                                    for p in patterns):
                continue
            for name in ("kelp", "null_softirq", "null_kthread", "nginx"):
                if name in scenario.contenders:
                    self.note({"scenario": scenario.name}, name,
                              lambda s=scenario, n=name: count(
                                  s, self.contender(n), self.content, times))

    def sweeps(self, patterns):
        for sweep in growth.SWEEPS:
            if patterns and not any(fnmatch.fnmatchcase(sweep.name, p)
                                    for p in patterns):
                continue
            kelp = self.contender("kelp")
            for steps in sweep.run(kelp, self.contender, self.content):
                step, name, (tool, connections, options, port) = steps
                self.note({"sweep": sweep.name, "step": step}, name,
                          lambda t=tool, c=connections, o=options, p=port:
                          per_request(t, c, o, p))

    def close(self):
        for one in reversed(list(self.made.values())):
            one.close()
        self.content.close()
        self.file.close()


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("out")
    args = parser.parse_args()
    patterns = args.only.split()
    with tempfile.TemporaryDirectory(prefix="kelp-bench.") as folder:
        run = Count(args.out, folder)
        try:
            run.scenarios(patterns, 1 if args.quick else TIMES)
            if not args.quick:
                run.sweeps(patterns)
        finally:
            run.close()
    return 1 if run.failed else 0


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main())
