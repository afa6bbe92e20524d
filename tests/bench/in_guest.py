#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Measure in the guest that this runs in: what tests/bench/run starts there.

usage: in_guest.py [--quick] [--only "PATTERN..."] OUT

Contenders take turns: each round of a scenario has all of them, one after the
other, and every second one in the opposite order. What each round came to is a
line of OUT/rounds.jsonl.
"""
import argparse
import fnmatch
import json
import os
import sys
import tempfile
import time

import contenders
import rounds
from scenarios import SCENARIOS

# Rounds of so many seconds, and what each costs besides.
FULL, QUICK = (9, 0.8), (5, 0.4)
BESIDES = {"idle": 20.0, "mixed": 2.0}
CONNECTING = 0.0006
# Seconds that each connection adds to a round, so that all have several answers.
EACH = 0.0006
# A scenario's beginning, its content and its responders.
BEGIN = 1.5


class Plan:
    """The scenarios of this run, and how long the rest of it will take."""

    def __init__(self, quick, patterns):
        self.quick = quick
        self.count, self.seconds = QUICK if quick else FULL
        self.scenarios = [
            scenario for scenario in SCENARIOS
            if (any(fnmatch.fnmatchcase(scenario.name, p) for p in patterns)
                if patterns else scenario.quick or not quick)]
        self.total = sum(self.rounds(s) * len(s.chosen(quick))
                         for s in self.scenarios)
        self.done = 0
        self.begin = time.monotonic()
        self.weight = sum(self.cost(s) for s in self.scenarios)
        self.paid = 0.0

    def rounds(self, scenario):
        """Fewer where connecting takes longer than a round."""
        return min(self.count, 3) if scenario.connections > 1000 else self.count

    def time(self, scenario):
        """Seconds of a round."""
        return max(self.seconds, EACH * scenario.connections)

    def cost(self, scenario):
        """Seconds that a scenario is expected to take."""
        return BEGIN + self.rounds(scenario) * len(
            scenario.chosen(self.quick)) * self.each(scenario)

    def each(self, scenario):
        return self.time(scenario) + 0.4 + BESIDES.get(scenario.tool, 0) + \
            CONNECTING * scenario.connections

    def left(self):
        """Seconds; what was expected, corrected by what has come true."""
        taken = time.monotonic() - self.begin
        pace = taken / self.paid if self.paid > 5 else 1
        return (self.weight - self.paid) * pace

    def paid_for(self, seconds):
        self.paid = min(self.paid + seconds, self.weight)


def clock(seconds):
    return "%d:%02d" % divmod(round(seconds), 60)


def figures(row):
    if "error" in row:
        return "FAILED: " + row["error"]
    if "bytes" in row:
        return "%.0f bytes a connection" % row["bytes"]
    return "%.0f/s, p99 %.0f us" % (row["rate"], row["p99"])


class Run:
    """Contenders, made when first needed, and the file of results."""

    def __init__(self, plan, out, folder):
        self.plan = plan
        self.file = open(out + "/rounds.jsonl", "w", encoding="utf-8")
        self.content = contenders.Content(folder)
        self.made, self.missing = {}, {}
        self.failed = False

    def contender(self, name):
        """The contender; None when there is none, which is said once."""
        if name in self.missing:
            return None
        if name not in self.made:
            try:
                self.made[name] = contenders.make(name, self.content)
            except contenders.Missing as why:
                self.missing[name] = str(why)
                print("bench: without %s: %s" % (name, why), flush=True)
                return None
            except contenders.Failed as why:
                self.missing[name] = str(why)
                self.failed = True
                print("bench: FAILED: %s" % why, flush=True)
                return None
        return self.made[name]

    def note(self, scenario, contender, number, row):
        plan = self.plan
        row = dict(row, scenario=scenario.name, contender=contender.name,
                   round=number)
        self.file.write(json.dumps(row) + "\n")
        self.file.flush()
        self.failed |= "error" in row
        plan.done += 1
        print("bench: %d of %d, about %s left: %s, round %d, %s: %s" %
              (plan.done, plan.total, clock(plan.left()), scenario.name,
               number, contender.name, figures(row)), flush=True)

    def attempt(self, scenario, contender, number):
        try:
            row = rounds.measure(scenario, contender, self.content,
                                 self.plan.time(scenario))
        except (contenders.Failed, OSError, KeyError, ValueError) as error:
            row = {"error": str(error) or repr(error)}
        self.plan.paid_for(self.plan.each(scenario))
        self.note(scenario, contender, number, row)

    def scenario(self, scenario):
        """All its rounds."""
        names = scenario.chosen(self.plan.quick)
        # kelp is first: the null responders imitate its answer.
        ready = [one for one in map(self.contender, names) if one]
        begun, count = [], self.plan.rounds(scenario)
        self.plan.done += count * (len(names) - len(ready))
        for one in ready:
            try:
                rounds.prepare(scenario, one, self.content)
                begun.append(one)
            except (contenders.Failed, OSError) as error:
                for number in range(1, count + 1):
                    self.note(scenario, one, number, {"error": str(error)})
        self.plan.paid_for(BEGIN)
        if scenario.tool == "idle":    # What is made once is made now.
            for one in begun:
                rounds.measure(scenario, one, self.content, 0)
        for number in range(1, count + 1):
            # Each follows its neighbours in turn: what the one before left in
            # caches and the emulator's tables is no one's advantage.
            for one in begun if number % 2 else reversed(begun):
                self.attempt(scenario, one, number)
        for one in begun:
            one.end(scenario)

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
    plan = Plan(args.quick, args.only.split())
    if not plan.scenarios:
        sys.exit("bench: no scenario matches; there are %s" %
                 ", ".join(s.name for s in SCENARIOS))
    print("bench: %d rounds, about %s" % (plan.total, clock(plan.left())),
          flush=True)
    with tempfile.TemporaryDirectory(prefix="kelp-bench.") as folder:
        run = Run(plan, args.out, folder)
        try:
            for scenario in plan.scenarios:
                run.scenario(scenario)
        finally:
            run.close()
    with open(args.out + "/missing.json", "w", encoding="utf-8") as file:
        json.dump(run.missing, file)
    print("bench: %d rounds in %s" % (plan.done, clock(
        time.monotonic() - plan.begin)), flush=True)
    return 1 if run.failed else 0


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main())
