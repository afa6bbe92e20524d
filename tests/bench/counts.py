# SPDX-License-Identifier: GPL-2.0-only
"""What instructions.py has counted: instructions.md, .csv and a baseline."""
import csv
import json

from instructions import ALLOWED, BASELINE, floor, hot, read_baseline
from report import number, table

# Most that kelp may cost beyond the null responder; how flat it has to be.
MOST, FLAT = 1500, 1.10

NOTES = """
Instructions of one request and its answer, client, TCP and server together, on
one CPU; two runs differ by less than 0.3 %. *beyond* is kelp less the null
responder in the same guest (null_kthread for a connection per request), which
neither another kernel nor another libc moves.
"""

HEAD = """\
# SPDX-License-Identifier: GPL-2.0-only
#
# Instructions per request that kelp takes beyond the null responder, by scenario.
# make check fails when one of them grows by more than %d. A change that is
# worth it brings this file along: make bench-instructions, then copy
# build/bench/instructions.baseline; its commit says why.
""" % ALLOWED


class Counts:
    """Lines of counts.jsonl."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.rows = [json.loads(line) for line in file]

    def of(self, scenario, contender):
        """Instructions, None when they were not counted."""
        for row in self.rows:
            if row.get("scenario") == scenario.name and \
                    row["contender"] == contender:
                return row.get("instructions")
        return None

    def beyond(self, scenario):
        own = self.of(scenario, "kelp")
        null = self.of(scenario, floor(scenario))
        return None if own is None or null is None else own - null

    def counted(self):
        return [s for s in hot() if self.beyond(s) is not None]

    def baseline(self):
        """The file's text, of what was counted here. A connection per request
        is not in it: timers and grace periods make that differ by thousands."""
        return HEAD + "".join("%s %d\n" % (s.name, round(self.beyond(s)))
                              for s in self.counted() if not s.kthread_close)

    def scenario_table(self):
        try:
            before = read_baseline()
        except FileNotFoundError:
            before = {}
        names = ("kelp", "null_softirq", "null_kthread", "nginx")
        rows = []
        for scenario in self.counted():
            beyond = self.beyond(scenario)
            rows.append([scenario.title] + [
                number(self.of(scenario, name)) for name in names] + [
                    "%.0f" % beyond, str(before.get(scenario.name, "–")),
                    "–" if scenario.kthread_close else
                    "ok" if beyond <= MOST else "**missed**"])
        return table(("scenario",) + names + ("beyond", "baseline",
                                              "≤ {:,}".format(MOST)), rows)

    def curves(self):
        """(sweep, contender) of all that was swept."""
        found = []
        for row in self.rows:
            curve = (row.get("sweep"), row["contender"])
            if curve[0] and curve not in found:
                found.append(curve)
        return found

    def at(self, curve, step):
        for row in self.rows:
            if (row.get("sweep"), row["contender"]) == curve and \
                    row["step"] == step:
                return row.get("instructions")
        return None

    def curve(self, curve):
        return {row["step"]: row["instructions"] for row in self.rows
                if (row.get("sweep"), row["contender"]) == curve and
                "instructions" in row}

    def growth_table(self):
        rows = []
        for curve in self.curves():
            values = self.curve(curve)
            if not values:
                continue
            ratio = max(values.values()) / min(values.values())
            verdict = "–" if curve[1] != "kelp" else \
                "ok" if ratio <= FLAT else "**missed**"
            rows.append(["%s, %s" % curve, ", ".join(
                "{:,}: {:,.0f}".format(*pair) for pair in values.items()),
                         "%.2f" % ratio, verdict])
        return table(("what there is more of", "how many: instructions",
                      "most ÷ least", "≤ %.2f" % FLAT), rows)

    def markdown(self, about, plots):
        parts = ["# Instructions of a request",
                 "\n".join("- %s: %s" % pair for pair in about),
                 NOTES.strip(), self.scenario_table()]
        if self.curves():
            parts += ["## As the work grows", self.growth_table()]
        parts += ["![%s](%s)" % (title, name) for name, title in plots]
        parts.append("The baseline is `%s`." % BASELINE.rpartition(
            "/tests/")[2].join(("tests/", "")))
        return "\n\n".join(parts) + "\n"

    def write_csv(self, path):
        head = ("scenario", "sweep", "step", "contender", "instructions",
                "error")
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, head)
            writer.writeheader()
            writer.writerows(self.rows)
