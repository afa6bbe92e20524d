# SPDX-License-Identifier: GPL-2.0-only
"""What tests/run and tests/run-in-guest share: suites, verdicts, running one.

A suite is an executable in tests/e2e or tests/interop with a header line

    # kelp-test: kernels=6.1,6.12,debug where=guest timeout=60

and any of: where=host, guest=own (a guest of its own), cpus=N, memory=MIB,
cmdline=A,B (more for its kernel's command line), icount=yes (a guest of its own
with one CPU that counts instructions), load=no (the runner does not
load the module), soak=SECONDS (time limit under make soak, 30 times the usual
one unless given).

It prints a verdict per test on standard output and may print anything else:

    ok NAME
    not ok NAME: why
    skip NAME: why
"""
import glob
import os
import re
import selectors
import signal
import subprocess
import time

TESTS = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(TESTS)
KERNELS = ["6.1", "6.12", "debug"]
SOAK = bool(os.environ.get("KELP_SOAK"))

VERDICT = re.compile(r"^(ok|not ok|skip) ([\w./:@+-]+)(?:: ?(.*))?$")
TAP = re.compile(r"^(ok|not ok) \d+\s*(?:- )?([^#]*?)\s*(#\s*SKIP\b\s*(.*))?$",
                 re.I)
HEADER = re.compile(r"^#+ *kelp-test:(.*)$", re.M)


class Suite:
    """One file of those folders and what its header says."""

    def __init__(self, path):
        self.path = path
        self.name = os.path.splitext(os.path.basename(path))[0]
        with open(path, encoding="utf-8") as file:
            match = HEADER.search(file.read(4096))
        if not match:
            raise ValueError("%s has no kelp-test line" % self.name)
        words = dict(word.split("=", 1) for word in match.group(1).split())
        self.where = words.pop("where", "guest")
        self.kernels = words.pop("kernels", ",".join(KERNELS)).split(",")
        more = words.pop("soak-kernels", None)
        if SOAK and more:
            self.kernels += more.split(",")
        self.timeout = int(words.pop("timeout", "60"))
        soak = int(words.pop("soak", str(30 * self.timeout)))
        self.own = words.pop("guest", "shared") == "own"
        self.cpus = words.pop("cpus", None)
        self.memory = words.pop("memory", None)
        self.cmdline = words.pop("cmdline", "").replace(",", " ")
        self.icount = words.pop("icount", "no") == "yes"
        self.load = words.pop("load", "yes") != "no"
        if self.cpus or self.memory or self.cmdline or self.icount:
            self.own = True
        if words or self.where not in ("guest", "host"):
            raise ValueError("%s: bad kelp-test line" % self.name)
        if SOAK:
            self.timeout = soak


def all_suites():
    """(suites, what is wrong with executables that are none)."""
    paths = sorted(glob.glob(TESTS + "/e2e/*") + glob.glob(TESTS + "/interop/*"),
                   key=os.path.basename)
    suites, faults = [], []
    for path in paths:
        if not os.path.isfile(path) or not os.access(path, os.X_OK):
            continue
        try:
            suites.append(Suite(path))
        except ValueError as error:
            faults.append(str(error))
    return suites, faults


def parse_verdict(line):
    """(kind, name, why) of our own lines and of TAP; None for anything else."""
    match = TAP.match(line)
    if match:
        result, name, skip, why = match.groups()
        if skip:
            return "skip", name.strip() or why, why
        return result, name.strip(), ""
    match = VERDICT.match(line)
    return match and (match.group(1), match.group(2), match.group(3) or "")


class Tally:
    """Prints a line per verdict and counts.

    While a unit runs, its name goes before those of its tests: http/keepalive.
    """

    def __init__(self, label):
        self.label = label
        self.counts = {"ok": 0, "not ok": 0, "skip": 0}
        self.unit = None
        self.since = time.monotonic()

    def begin(self, unit):
        self.unit = unit
        if unit:
            self.since = time.monotonic()

    def add(self, result, name, why=""):
        now = time.monotonic()
        seconds = now - self.since
        self.since = now
        self.counts[result] += 1
        if self.unit and name != self.unit:
            name = self.unit + "/" + name
        text = "%s %s %s" % (result, self.label, name)
        if result == "ok":
            text += " %.1fs" % seconds
        elif why:
            text += ": " + why
        print(text, flush=True)

    def line(self, text):
        """One line of a suite's output; true if it was a verdict."""
        verdict = parse_verdict(text)
        if verdict:
            self.add(*verdict)
        return bool(verdict)


def kill_group(process):
    """Whatever the suite left behind ends with it, in order if it can."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(timeout=5)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass


def stream(process, deadline, on_line):
    """Feed lines to on_line until end of file; false when time ran out."""
    selector = selectors.DefaultSelector()
    selector.register(process.stdout, selectors.EVENT_READ)
    rest = b""
    while True:
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            return False
        if not selector.select(left if left is None else min(left, 1)):
            if process.poll() is not None and not selector.select(0):
                break    # A background child holds the pipe open.
            continue
        chunk = os.read(process.stdout.fileno(), 65536)
        if not chunk:
            break
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            on_line(line.decode("utf-8", "replace"))
    if rest:
        on_line(rest.decode("utf-8", "replace"))
    return True


# What run() has started and not yet seen the end of, in whatever thread.
RUNNING = set()


def kill_all():
    """For the end of the program: threads end without their finally clauses."""
    for process in list(RUNNING):
        kill_group(process)


def run(command, tally, log, timeout, unit, tap=True, echo=False):
    """Run a command that prints verdicts. Its own failure is one more.

    @unit is the name under which that is reported. Everything printed goes to
    the file @log, whose end is shown when a test failed; @echo shows all of it
    at once. Returns true if all was well.
    """
    failed, seen = tally.counts["not ok"], sum(tally.counts.values())
    planned = []
    os.makedirs(os.path.dirname(log), exist_ok=True)
    tally.begin(unit)
    with open(log, "w", encoding="utf-8") as file:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, cwd=ROOT, start_new_session=True)
        RUNNING.add(process)

        def on_line(text):
            file.write(text + "\n")
            file.flush()
            if echo:
                print("# " + text, flush=True)
            if tap:
                tally.line(text)
                planned.extend(map(int, re.findall(r"^1\.\.(\d+)", text)))

        try:
            deadline = timeout and time.monotonic() + timeout
            ended = stream(process, deadline, on_line)
            status = process.wait(timeout=5) if ended else None
        except subprocess.TimeoutExpired:
            status = None
        finally:
            kill_group(process)
            RUNNING.discard(process)
    if status is None:
        tally.add("not ok", unit, "not finished after %d s" % timeout)
    elif status and tally.counts["not ok"] == failed:
        tally.add("not ok", unit, "exit status %d" % status)
    elif tap and sum(tally.counts.values()) == seen:
        tally.add("not ok", unit, "ended without a verdict")
    elif tap and sum(tally.counts.values()) - seen < sum(planned):
        tally.add("not ok", unit, "fewer verdicts than its plan announced")
    tally.begin(None)
    if tally.counts["not ok"] == failed:
        return True
    show_tail(log)
    return False


def show_tail(log, lines=50):
    """The end of a log, marked so that no line reads as a verdict."""
    with open(log, encoding="utf-8", errors="replace") as file:
        tail = file.readlines()[-lines:]
    for line in tail:
        print("# | " + line.rstrip("\n"))
    print("# log: " + os.path.relpath(log, ROOT), flush=True)
