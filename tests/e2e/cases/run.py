# SPDX-License-Identifier: GPL-2.0-only
"""Sending a case, cut in one way or another, and judging what came of it."""
from cases import files, wire

PROBE = (b"GET /probe HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n")

# How bytes are cut. "line": behind each line feed. "byte": everywhere.
# "split": in two, at every place, one after the other; at every twelfth place
# when there is not the time for all.
WAYS = ("whole", "line", "byte", "split")

# Longer requests are cut byte by byte at both ends only, unless there is time.
LONG = 1200
ENDS = 120
# Failures of one case after which the rest of its cuts are not tried.
ENOUGH = 3


class Server:
    """Where the server is, and how to speak with it.

    @patience: seconds for what has to come
    @quiet: seconds after which what should not come will not
    @pause: seconds between pieces; 0 where each segment is read by itself
    @full: there is time for everything
    @careful: look whether it still serves others after each way of cutting,
        and not only once a case
    """

    def __init__(self, address, patience, quiet, pause=0, full=False,
                 careful=True):
        self.address = address
        self.patience = patience
        self.quiet = quiet
        self.pause = pause
        self.etag = ""
        self.full = full
        self.careful = careful

    def talk(self):
        return wire.Talk(self.address, self.patience, self.pause)


def pieces(data, way, full):
    """Cut bytes."""
    if way == "line":
        return lines_of(data)
    if way == "byte":
        if len(data) <= LONG or full:
            return [data[i:i + 1] for i in range(len(data))]
        middle = data[ENDS:-ENDS]
        step = max(1, len(middle) // 50)
        return [data[i:i + 1] for i in range(ENDS)] + \
            [middle[i:i + step] for i in range(0, len(middle), step)] + \
            [data[-i:-i + 1 or None] for i in range(ENDS, 0, -1)]
    return [data]


def lines_of(data):
    """Behind each line feed; a CR by itself is no place to cut."""
    lines = [line + b"\n" for line in data.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def begin(talk, case, server, way, at, seen):
    """Send everything. Answers that have to be waited for are read here."""
    parts = case.parts(server.etag)
    for number, data in enumerate(parts):
        if way == "split" and 0 < at < len(data):
            cut = [data[:at], data[at:]]
        else:
            cut = pieces(data, way, server.full)
        at -= len(data)
        if not talk.send(cut):
            return
        if number + 1 < len(parts):
            answer = talk.answer(False)
            if answer is None:
                return
            seen.answers.append(answer)
    if case.fin:
        talk.finish()


def collect(talk, case, server, seen):
    """Read what is expected; then find out whether the connection stays."""
    wanted = case.strict[0].finals()
    finals = [a for a in seen.answers if a.status >= 200]
    while len(finals) < len(wanted):
        answer = talk.answer(wanted[len(finals)].head)
        if answer is None:
            break
        seen.answers.append(answer)
        if answer.status >= 200:
            finals.append(answer)
    enough = len(finals) == len(wanted)
    if not enough and not talk.ended:
        return
    stays = case.strict[0].end == "keep"
    if not stays and not case.fin:
        until_quiet(talk, server, seen)
    if not talk.ended and not case.fin:
        talk.send([PROBE])
    while not talk.ended or talk.data:
        answer = talk.answer(False)
        if answer is None:
            break
        seen.answers.append(answer)
    last = seen.answers[-1] if seen.answers else None
    if last and last.status == 200 and last.body == files.PROBE and \
            not case.fin:
        seen.answers.pop()
        seen.end = "keep"
    elif talk.ended:
        seen.end = "close"


def until_quiet(talk, server, seen):
    """Wait for the end, or for as long as it takes to believe in none."""
    while not talk.ended:
        answer = talk.answer(False, server.quiet)
        if answer is None:
            return
        seen.answers.append(answer)


def once(case, server, way, at=0):
    """Send it once; what was seen."""
    seen = wire.Seen()
    try:
        with server.talk() as talk:
            begin(talk, case, server, way, at, seen)
            collect(talk, case, server, seen)
    except wire.Malformed as error:
        seen.malformed = str(error)
    except OSError as error:
        seen.malformed = "%s: %s" % (type(error).__name__, error)
    return seen


def alive(server):
    """The next request on a new connection is answered."""
    try:
        with server.talk() as talk:
            talk.send([PROBE])
            answer = talk.answer(False)
    except (OSError, wire.Malformed) as error:
        return str(error)
    if answer is None or answer.status != 200 or answer.body != files.PROBE:
        return "the next connection is not served"
    return None


def judge(case, seen):
    """(what kelp may not do, what the RFC does not allow); None if nothing."""
    minor = 0 if "HTTP/1.0" in case.send and "HTTP/1.1" not in case.send else 1
    faults = [fault for answer in seen.answers
              for fault in answer.faults(minor)]
    if seen.malformed:
        faults.insert(0, seen.malformed)
    if faults:
        return faults[0], faults[0]
    strict = [outcome.misses(seen) or unannounced(seen, case, outcome)
              for outcome in case.strict]
    allowed = [outcome.misses(seen) for outcome in case.allowed]
    return (strict[0] if all(strict) else None,
            allowed[0] if all(allowed) else None)


def unannounced(seen, case, outcome):
    """The last answer says that the connection ends if it does."""
    finals = [a for a in seen.answers if a.status >= 200]
    if not finals or case.fin or outcome.drops:
        return None
    says = "close" in finals[-1].tokens("connection")
    if says != (seen.end == "close"):
        return "the answer says %s, the connection %s" % (
            "close" if says else "nothing", seen.end)
    return None


class Verdict:
    """What became of one case cut in one way."""

    def __init__(self, case, way):
        self.case = case.name
        self.way = way
        self.runs = 0
        self.failed = 0
        self.strict = None
        self.allowed = None
        self.keys = []

    def note(self, strict, allowed, key, where):
        self.runs += 1
        self.failed += bool(strict)
        if strict and not self.strict:
            self.strict = where + strict
        if allowed and not self.allowed:
            self.allowed = where + allowed
        if key not in self.keys:
            self.keys.append(key)


def run(case, server, way):
    """Send a case cut in this way; the verdict."""
    verdict = Verdict(case, way)
    total = sum(map(len, case.parts(server.etag)))
    places = (0,)
    if way == "split":
        places = range(1, total) if server.full else range(1, total, 12)
    for at in places:
        seen = once(case, server, way, at)
        strict, allowed = judge(case, seen)
        where = "cut at %d: " % at if at else way + ": "
        if strict or allowed:
            where += "%s: " % seen.text()
        verdict.note(strict, allowed, seen.key(), where)
        if seen.end == "stuck" or verdict.failed == ENOUGH:
            break
    dead = alive(server) if server.careful or way == "whole" else None
    if dead:
        verdict.note(dead, dead, "dead", way + ": afterwards: ")
    return verdict
