# SPDX-License-Identifier: GPL-2.0-only
"""Plots of what was measured, by gnuplot: each as SVG and as PNG."""
import shutil
import subprocess

TERMINALS = {
    "svg": "svg size 1000,560 dynamic background 'white' font 'sans,12'",
    "png": "pngcairo size 1000,560 background 'white' font 'sans,10'",
}
BARS = """
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.8 border -1
set boxwidth 0.9
set xtics rotate by -30 font ',9' nomirror
set grid ytics
set yrange [0:*]
"""
LINES = """
set style data linespoints
set logscale x
set grid
set yrange [0:*]
"""


def quoted(text):
    return '"%s"' % str(text).replace("\\", "").replace('"', "'")


def block(head, rows):
    """A table for gnuplot; what is not known is "-"."""
    lines = [" ".join(quoted(cell) for cell in head)]
    for row in rows:
        lines.append(" ".join(
            "-" if cell is None else quoted(cell) if isinstance(cell, str)
            else "%g" % cell for cell in row))
    return "$data << END\n%s\nEND\n" % "\n".join(lines)


def script(title, axis, style, head, rows, out, form):
    """Column 1 is the label, or x for LINES; the others are curves."""
    using = "using 1:%d" if style == LINES else "using %d:xtic(1)"
    curves = ", ".join("$data " + using % (i + 2) +
                       " title columnheader(%d)" % (i + 2)
                       for i in range(len(head) - 1))
    return "\n".join((
        "set terminal " + TERMINALS[form], "set output " + quoted(out),
        "set title %s noenhanced" % quoted(title), "set key noenhanced",
        "set xtics noenhanced", "set datafile missing '-'",
        "set ylabel %s noenhanced" % quoted(axis[1]),
        "set xlabel %s noenhanced" % quoted(axis[0]), style,
        block(head, rows), "plot " + curves, ""))


def draw(folder, name, title, axis, style, head, rows):
    """Files of the plot below folder; none without gnuplot."""
    if not shutil.which("gnuplot"):
        return False
    for form in TERMINALS:
        text = script(title, axis, style, head, rows,
                      "%s/%s.%s" % (folder, name, form), form)
        subprocess.run(["gnuplot"], input=text, text=True, check=True)
    return True


def medians(results, scenario, names, measure):
    return [results.median(scenario, name, measure) for name in names]


def relative(results, names):
    """Rates as shares of kelp's."""
    for scenario in results.scenarios():
        own = results.median(scenario, "kelp", "rate")
        if own:
            yield [scenario.name] + [
                value and value / own
                for value in medians(results, scenario, names, "rate")]


def by_connections(results, names, measure):
    for scenario in results.scenarios():
        if scenario.name.startswith("object-12-c"):
            yield [scenario.connections] + medians(results, scenario, names,
                                                   measure)


def late(results, names):
    for scenario in results.scenarios():
        if results.median(scenario, "kelp", "p99"):
            yield [scenario.name] + medians(results, scenario, names, "p99")


def all_plots(results, folder):
    """[(file, title)] of what could be drawn."""
    seen = {row["contender"] for row in results.rows}
    names = [name for name in ("kelp", "null_softirq", "null_kthread", "nginx",
                               "lighttpd", "h2o", "rpc_twin",
                               "rpc_twin_steered", "memcached")
             if name in seen]
    http = [name for name in names
            if not name.startswith("rpc") and name != "memcached"]
    wanted = (
        ("relative", "Requests per second as a share of kelp's",
         ("", "kelp = 1"), BARS, names, relative(results, names)),
        ("connections", "12-byte object: requests per second",
         ("connections", "requests/s"), LINES, http,
         by_connections(results, http, "rate")),
        ("p99", "99 of 100 requests were answered within",
         ("", "microseconds"), BARS + "set logscale y\nset yrange [1:*]\n",
         names, late(results, names)))
    drawn = []
    for name, title, axis, style, columns, rows in wanted:
        rows = list(rows)
        if rows and draw(folder, name, title, axis, style, ["x"] + columns,
                         rows):
            drawn.append((name + ".svg", title))
    return drawn


def growth_plots(results, folder):
    """One plot of all sweeps: instructions against how much there is."""
    steps = sorted({row["step"] for row in results.rows if "sweep" in row})
    curves = results.curves()
    rows = [[step] + [results.at(curve, step) for curve in curves]
            for step in steps]
    title = "Instructions of a request, client and TCP included"
    if rows and draw(folder, "growth", title, ("how many", "instructions"),
                     LINES, ["x"] + ["%s, %s" % curve for curve in curves],
                     rows):
        return [("growth.svg", title)]
    return []
