# SPDX-License-Identifier: GPL-2.0-only
"""What the rounds came to: report.md, results.csv. Runs on the host."""
import csv
import json
import statistics

from scenarios import SCENARIOS

COLUMNS = ("rate", "p50", "p99", "p99.9", "cpu", "own_cpu", "downloads",
           "bytes", "slab", "error")

NOTES = """
All ran in one guest, taking turns within each scenario; client and server share
its CPUs. Figures are medians of the rounds, with the least and the most in
brackets; ratios are medians of the rounds' ratios. Every answer was compared with what it had to be. Rates by themselves
depend on the machine, ratios less so.

- *p50, p99, p99.9*: microseconds from the request to its last byte, in a closed
  loop: while a server stalls nothing is asked.
- *CPU*: CPU seconds of the whole guest, client included, for a million
  requests; *own*: those of the server's processes, where it has any.
- *null_softirq* and *null_kthread* parse nothing and send one constant answer:
  the first before the softirq returns, the other from a kthread per CPU. They
  are what Linux TCP itself costs.
- nginx answers the 12-byte object by `return 200`; lighttpd and h2o have no
  such thing and serve a file.
"""


class Results:
    """Rounds by scenario and contender."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.rows = [json.loads(line) for line in file]

    def scenarios(self):
        found = {row["scenario"] for row in self.rows}
        return [s for s in SCENARIOS if s.name in found]

    def contenders(self, scenario):
        found = {row["contender"] for row in self.rows
                 if row["scenario"] == scenario.name}
        return [name for name in scenario.contenders if name in found]

    def values(self, scenario, contender, measure):
        """Of all rounds; none when one of them failed."""
        rows = [row for row in self.rows if row["scenario"] == scenario.name
                and row["contender"] == contender]
        if any("error" in row for row in rows):
            return []
        return [row[measure] for row in rows if measure in row]

    def errors(self, scenario, contender):
        return [row["error"] for row in self.rows
                if row["scenario"] == scenario.name and
                row["contender"] == contender and "error" in row]

    def median(self, scenario, contender, measure):
        values = self.values(scenario, contender, measure)
        return statistics.median(values) if values else None


    def share(self, scenario, contender, measure):
        """How many times as much kelp has; None when it cannot be said.

        The median of the rounds' ratios: how fast the machine is changes more
        from one round to the next than from one contender to the next.
        """
        pairs = zip(self.values(scenario, "kelp", measure),
                    self.values(scenario, contender, measure))
        ratios = [own / other for own, other in pairs if other]
        return statistics.median(ratios) if ratios else None


def reached(results, scenario, need):
    """What kelp came to by that need; None when it cannot be said."""
    if need.measure == "bytes":
        own = results.median(scenario, "kelp", "bytes")
        others = [results.median(scenario, name, "bytes")
                  for name in need.against]
        others = [value for value in others if value is not None]
        return own - max(others) if own is not None and others else None
    shares = [results.share(scenario, name, need.measure)
              for name in need.against]
    shares = [share for share in shares if share is not None]
    if not shares:
        return None
    return min(shares) if need.least() else max(shares)


def met(need, value):
    return value >= need.bound if need.least() else value <= need.bound


def needs(results):
    """(scenario, need, reached) of all that is required of what was run."""
    return [(scenario, need, reached(results, scenario, need))
            for scenario in results.scenarios() for need in scenario.needs]


def number(value):
    if value is None:
        return "–"
    if value >= 100:
        return "{:,.0f}".format(value)
    return "%.3g" % value


def spread(values):
    if not values:
        return "–"
    return "%s (%s..%s)" % (number(statistics.median(values)),
                            number(min(values)), number(max(values)))


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def required(need):
    against = " or ".join(need.against)
    sign = "≥" if need.least() else "≤"
    if need.measure == "bytes":
        return "%s %s bytes beyond %s" % (sign, number(need.bound), against)
    hoped = "" if need.hoped is None else " (hoped for %g)" % need.hoped
    return "%s %s %g × %s%s" % (need.measure, sign, need.bound, against, hoped)


def verdict(need, value):
    if value is None:
        return "not measured"
    return "ok" if met(need, value) else "**missed**"


def needs_table(results):
    return table(
        ("scenario", "required", "reached", ""),
        [(scenario.title, required(need),
          "–" if value is None else
          number(value) if need.measure == "bytes" else "%.2f" % value,
          verdict(need, value)) for scenario, need, value in needs(results)])


def ratio(results, scenario, contender):
    """How many times as many as this one kelp does."""
    share = results.share(scenario, contender, "rate")
    return "%.2f" % share if share else "–"


def scenario_rows(results, scenario):
    for name in results.contenders(scenario):
        errors = results.errors(scenario, name)
        if errors:
            yield (name, "failed: " + errors[0].replace("|", "/"))
            continue
        values = {m: results.values(scenario, name, m) for m in COLUMNS}
        if scenario.tool == "idle":
            yield (name, spread(values["bytes"]), spread(values["slab"]))
            continue
        row = [name] + [spread(values["rate"])]
        row += [number(results.median(scenario, name, m))
                for m in ("p50", "p99", "p99.9", "cpu", "own_cpu")]
        row.append(ratio(results, scenario, name))
        if scenario.tool == "mixed":
            row.append(spread(values["downloads"]))
        yield row


def scenario_table(results, scenario):
    head = ["", "per second", "p50", "p99", "p99.9", "CPU", "own", "kelp ÷"]
    if scenario.tool == "idle":
        head = ["", "bytes of a connection, both ends", "of these slab"]
    if scenario.tool == "mixed":
        head.append("downloads per second")
    rows = [list(row) + [""] * (len(head) - len(row))
            for row in scenario_rows(results, scenario)]
    return "## %s\n\n`%s`\n\n%s\n" % (scenario.title, scenario.name,
                                      table(head, rows))


def markdown(results, about, missing, plots):
    parts = ["# kelp measured beside its peers", "\n".join(
        "- %s: %s" % pair for pair in about)]
    if missing:
        parts.append("\n".join("- without %s: %s" % pair
                               for pair in missing.items()))
    parts += [NOTES.strip(), "## What is required", needs_table(results)]
    parts += ["![%s](%s)" % (title, name) for name, title in plots]
    parts += [scenario_table(results, s) for s in results.scenarios()]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def write_csv(results, path):
    head = ("scenario", "contender", "round") + COLUMNS
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, head, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(results.rows)


def summary(results):
    """A line for the end of the run."""
    found = [(need, value) for _, need, value in needs(results)
             if value is not None]
    good = sum(met(need, value) for need, value in found)
    return "%d of %d requirements that were measured are met" % (good,
                                                                 len(found))
