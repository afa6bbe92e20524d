# SPDX-License-Identifier: GPL-2.0-only
"""One case: what is sent, and what has to come back.

What is sent is text, one character a byte, with three exceptions:

    |           CR LF; {bar} is the character itself
    >>>         wait for an answer, also an interim one, before going on
    {etag}      the ETag that the server gives for /small

What has to come back is written as

    200 small, 405 Allow, 400 close

- answers, separated by commas, and how the connection ends. An answer is a
status (200), a choice (400/501) or a class (4xx), then conditions, in any
order:

    small                   the body is this resource's; see files.py
    empty   head            no body; no body because it answers HEAD
    body=TEXT               the body is this
    parts=0-3+8-11          the body is multipart and has these of /small
    Name                    a field of this name is there
    !Name                   none is
    Name=VALUE              it has this value; quoted as for a shell

"none" stands for no answer at all. The end is one of

    keep        the next request on the connection is answered
    close       the server ends the connection, as its last answer said
    close!      the same, and the RFC leaves no choice
    drop        the server ends the connection, and the last answer did not
                say so: what was wrong came behind the answer

What is not given may be either; " or " stands between alternatives. An interim
answer (100) has to be listed only if it has to come.
"""
import re
import shlex

import cases.files as files

STATUS = re.compile(r"[1-5](\d\d|xx)(/[1-5](\d\d|xx))*$")
ENDS = {"keep": "keep", "close": "close", "close!": "close", "drop": "close"}


class Case:
    """A row of the tables in this folder.

    @clause: where the RFC speaks of it; a bare number is RFC 9112's
    @strict: what kelp has to do
    @allowed: what the RFC allows besides; whether the connection ends is
        always free except with close! and drop
    @needs: "kelp" when an ordinary file server cannot be asked this, "etag"
        when the server must have given one
    @splits: to be sent cut in two at every possible place, too
    @fin: close our side of the connection behind the last byte
    """

    def __init__(self, name, clause, send, strict, allowed=None, needs="",
                 splits=False, fin=False):
        self.name = name
        self.clause = clause
        self.send = send
        self.strict = outcomes(strict)
        self.allowed = [outcome.relaxed() for outcome in
                        self.strict + outcomes(allowed)]
        self.needs = needs
        self.splits = splits
        self.fin = fin
        self.area = ""

    def parts(self, etag):
        """The bytes: parts that an answer has to come between."""
        text = self.send.replace("|", "\r\n").replace("{bar}", "|")
        text = text.replace("{etag}", etag)
        return [part.encode("latin-1") for part in text.split(">>>")]


def outcomes(text):
    """Alternatives."""
    return [Outcome(part) for part in text.split(" or ")] if text else []


class Outcome:
    """What is expected: answers and end."""

    def __init__(self, text):
        self.text = text
        self.must = False
        self.drops = False
        self.relaxing = False
        self.end = None
        self.answers = []
        for part in text.split(","):
            words = shlex.split(part)
            if words[-1] in ENDS:
                self.end = ENDS[words[-1]]
                self.drops = words[-1] == "drop"
                self.must = words.pop() in ("close!", "drop")
            if words and words != ["none"]:
                self.answers.append(Answer(words))

    def relaxed(self):
        """The same; when to close is the server's business, who may say so
        with any answer and leave the requests behind it to be made again."""
        copy = Outcome(self.text)
        copy.relaxing = True
        if not self.must:
            copy.end = None
        return copy

    def finals(self):
        return [a for a in self.answers if not a.interim]

    def misses(self, seen):
        """What is wrong with an outcome that was seen, or None."""
        wanted = self.answers
        if not any(a.interim for a in wanted):
            answers = [a for a in seen.answers if a.status >= 200]
        else:
            answers = seen.answers
        if self.relaxing and seen.said_close(answers) and \
                len(answers) < len(wanted):
            wanted = wanted[:len(answers)]
        if len(answers) != len(wanted):
            return "%d answers, not %d" % (len(answers), len(wanted))
        for number, (want, answer) in enumerate(zip(wanted, answers), 1):
            miss = want.misses(answer)
            if miss:
                return "answer %d: %s" % (number, miss)
        if self.end and self.end != seen.end:
            return "end: %s, not %s" % (seen.end, self.end)
        return None


class Answer:
    """One expected answer."""

    def __init__(self, words):
        if not STATUS.match(words[0]):
            raise ValueError("no status: " + words[0])
        self.statuses = words[0].split("/")
        self.interim = words[0].startswith("1")
        self.body = None
        self.head = False
        self.fields = []
        self.parts = None
        for word in words[1:]:
            if word in files.BODIES:
                self.body = files.BODIES[word]
            elif word == "head":
                self.head = True
            elif word.startswith("body="):
                self.body = word[5:].encode("latin-1")
            elif word.startswith("parts="):
                self.parts = [span.split("-") for span in word[6:].split("+")]
            else:
                self.fields.append(word)

    def misses(self, answer):
        text = str(answer.status)
        if text not in self.statuses and text[0] + "xx" not in self.statuses:
            return "status %s, not %s" % (text, "/".join(self.statuses))
        if self.body is not None and answer.body != self.body:
            return "body %r, not %r" % (answer.body[:60], self.body[:60])
        if self.parts:
            want = [("bytes %s-%s/16" % (first, last),
                     files.SMALL[int(first):int(last) + 1])
                    for first, last in self.parts]
            found = answer.parts() if answer.boundary() else None
            if found != want:
                return "parts %r, not %r" % (found, want)
        for word in self.fields:
            name, equals, value = word.lstrip("!").partition("=")
            found = answer.all(name)
            if word.startswith("!"):
                if found:
                    return "%s is there" % name
            elif not found:
                return "no %s" % name
            elif equals and found != [value]:
                return "%s is %r, not %r" % (name, ", ".join(found), value)
        return None


def req(line, *fields, body=""):
    """A request with a Host field and these field lines."""
    return "|".join([line, "Host: a", *fields, "", body])


def get(*fields, body=""):
    """GET /small with these field lines."""
    return req("GET /small HTTP/1.1", *fields, body=body)


def get10(*fields, body=""):
    """The same with HTTP/1.0."""
    return req("GET /small HTTP/1.0", *fields, body=body)


def post(*fields, body=""):
    """POST /echo, which answers with the body it gets."""
    return req("POST /echo HTTP/1.1", *fields, body=body)


# What tells whether the next request begins where it should.
NEXT = req("GET /next HTTP/1.1")
