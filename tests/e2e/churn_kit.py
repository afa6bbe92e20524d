# SPDX-License-Identifier: GPL-2.0-only
"""Files that change all the time, readers, and a judge of what they got.

Each change has a number, and every line of 16 bytes that it writes holds that
number, so that an answer tells which states of the file it can be. A state
counts from the moment at which its writer began to make it until the next one
was complete; what the file is while a writer is in the middle of it counts too.
"""
import os
import random
import threading
import time

from kelp_test import PATIENCE, Connection, Failure, equal, true, wait_for

LINE = 16
# One second is promised; the rest is for a busy machine to carry the answer.
SLACK = 1.0 + 0.5 * PATIENCE


def lines(number, size):
    """That change's text, up to that size."""
    return (b"%015d\n" % number * (size // LINE + 1))[:size]


class State:
    """What one change made of the file; body is None when it is gone."""

    def __init__(self, kind, number, before, body):
        self.kind, self.number = kind, number
        self.before, self.body = before, body
        self.begun, self.done = time.monotonic(), None

    def halfway(self, body):
        """Could a reader have found that while the change was made?"""
        if self.kind == "rewrite":    # Emptied, then written.
            return self.body.startswith(body)
        if self.kind == "create":
            return self.body.startswith(body)
        if self.kind == "overwrite":    # In place, from the beginning.
            return len(body) == len(self.body) and all(
                a in (b, c) for a, b, c in zip(
                    cut(body), cut(self.body), cut(self.before)))
        return False    # Renaming, truncating and deleting are atomic.


def cut(body):
    return [body[n:n + LINE] for n in range(0, len(body), LINE)]


class File:
    """A file, its writer and its judge; oldest is by how many seconds an
    answer was behind at most."""

    # A deletion is followed by a creation.
    KINDS = ["rename", "overwrite", "rewrite", "truncate", "rename", "rename",
             "delete", "create", "overwrite", "truncate", "rewrite"]

    def __init__(self, folder, name, size):
        self.path = os.path.join(folder, name)
        self.aside = os.path.join(os.path.dirname(folder), name + ".new")
        self.target, self.size = "/" + name, size
        self.lock = threading.Lock()
        self.tags = {}    # entity-tag: the bytes that came with it
        self.oldest = 0.0
        self.states = [State("create", 0, None, lines(0, size))]
        self.write("create", self.states[0])
        self.states[0].done = time.monotonic()

    # The writer

    def change(self):
        number = self.states[-1].number + 1
        kind = self.KINDS[number % len(self.KINDS)]
        before = self.states[-1].body
        if kind == "delete":
            body = None
        elif kind == "truncate":
            body = before[:len(before) // 2 + number % 5]
        elif kind == "overwrite":
            body = lines(number, len(before))
        else:
            body = lines(number, self.size)
        state = State(kind, number, before, body)
        with self.lock:
            self.states.append(state)
        self.write(kind, state)
        state.done = time.monotonic()

    def write(self, kind, state):
        if kind == "delete":
            os.unlink(self.path)
        elif kind == "truncate":
            os.truncate(self.path, len(state.body))
        elif kind == "rename":
            with open(self.aside, "wb") as file:
                file.write(state.body)
            os.chmod(self.aside, 0o644)
            os.rename(self.aside, self.path)
        elif kind == "overwrite":
            with open(self.path, "r+b", buffering=0) as file:
                file.write(state.body)
        else:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT |
                                 os.O_TRUNC, 0o644)
            with open(descriptor, "wb", buffering=0) as file:
                file.write(state.body)

    # The judge

    def recent(self, asked):
        """States that may be seen, newest first, and when each was over."""
        with self.lock:
            states = self.states[:]
        over = None
        for state in reversed(states):
            if over is not None and asked - over > SLACK + 1:
                break
            yield state, over
            over = state.done

    def judge(self, fits, asked, what):
        """Some recent enough state must fit; the newest one counts."""
        for state, over in self.recent(asked):
            if not fits(state):
                continue
            age = max(0.0, asked - over) if over else 0.0
            self.oldest = max(self.oldest, age)
            true(age <= SLACK, "%s: %s %d, over for %.2f s" %
                 (what, state.kind, state.number, age))
            return
        raise Failure("%s%s: nothing that the file was" % (self.target, what))

    def whole(self, answer, asked):
        """A 200: bytes, and that they belong to the entity-tag."""
        body, tag = answer.body, answer.get("ETag")
        true(tag and not tag.startswith("W/"), "ETag: %s" % tag)
        with self.lock:
            known = self.tags.setdefault(tag, body)
        true(known == body, "%s: two contents with %s: %d and %d bytes" %
             (self.target, tag, len(known), len(body)))
        self.is_body(body, asked, " of %d bytes" % len(body))

    def is_body(self, body, asked, what):
        self.judge(lambda state: body == state.body or state.halfway(body),
                   asked, what)

    def unchanged(self, tag, answer, asked):
        """A 304: of the tag that was sent, and what that stands for."""
        equal(answer.get("ETag"), tag, "ETag of the 304")
        self.is_body(self.tags[tag], asked, " not modified")

    def gone(self, asked):
        self.judge(lambda state: state.body is None or state.kind == "create",
                   asked, " not found")

    def part(self, answer, begin, end, asked):
        """A 206: the range, and the bytes that belong to its entity-tag."""
        unit, _, total = answer.get("Content-Range").rpartition("/")
        total = int(total)
        last = min(end, total - 1)
        equal(unit, "bytes %d-%d" % (begin, last), "Content-Range")
        equal(len(answer.body), last + 1 - begin, "bytes of the range")
        with self.lock:
            known = self.tags.get(answer.get("ETag"))
        if known is not None:
            true((len(known), known[begin:last + 1]) == (total, answer.body),
                 self.target + ": a range that its ETag does not have")
        self.judge(lambda state: state.body is not None and (
            (len(state.body) == total and
             state.body[begin:last + 1] == answer.body) or
            halfway_part(state, total, begin, answer.body)),
                   asked, " from %d of %d" % (begin, total))


def halfway_part(state, total, begin, part):
    """As State.halfway(), of some bytes."""
    if state.kind in ("rewrite", "create"):
        return state.body[begin:begin + len(part)] == part
    if state.kind != "overwrite" or len(state.body) != total:
        return False
    return all(byte in (state.body[begin + n], state.before[begin + n])
               for n, byte in enumerate(part))


# Readers: what they remember is theirs, {file: entity-tag}.

def read_whole(file, connection, asked, _):
    answer = connection.request(file.target)
    if answer.status == 404:
        file.gone(asked)
    else:
        equal(answer.status, 200, file.target)
        file.whole(answer, asked)
    return answer


def read_if_changed(file, connection, asked, memory):
    tag = memory.get(file)
    if not tag:
        memory[file] = read_whole(file, connection, asked, None).get("ETag")
        return
    answer = connection.request(file.target,
                                headers=[("If-None-Match", tag)])
    if answer.status == 304:
        file.unchanged(tag, answer, asked)
    elif answer.status == 404:
        file.gone(asked)
    else:
        equal(answer.status, 200, file.target)
        true(answer.get("ETag") != tag, "200 with the tag of If-None-Match")
        file.whole(answer, asked)
        memory[file] = answer.get("ETag")


def read_a_part(file, connection, asked, memory):
    begin = random.randrange(file.size)
    end = begin + random.randrange(file.size)
    headers = [("Range", "bytes=%d-%d" % (begin, end))]
    if random.randrange(2) and memory.get(file):
        headers.append(("If-Range", memory[file]))
    answer = connection.request(file.target, headers=headers)
    if answer.status == 206:
        file.part(answer, begin, end, asked)
        if len(headers) > 1:
            equal(answer.get("ETag"), memory[file], "ETag, with If-Range")
    elif answer.status == 200:    # If-Range: it is another one now.
        equal(len(headers), 2, "200 to a range without If-Range, fields")
        file.whole(answer, asked)
    elif answer.status == 416:    # It is shorter than that.
        total = int(answer.get("Content-Range").rpartition("/")[2])
        true(total <= begin, "416, but there are %d bytes" % total)
    else:
        equal(answer.status, 404, file.target)
        file.gone(asked)
    memory[file] = answer.get("ETag")


def read_and_close(file, connection, asked, _):
    with Connection(connection.sock.getpeername()[1]) as another:
        read_whole(file, another, asked, None)


READERS = [read_whole, read_if_changed, read_a_part, read_and_close]


class Readers:
    """All kinds of readers at once, until the with statement ends; the first
    failure of one is raised there."""

    def __init__(self, files, port):
        self.files, self.port, self.over = files, port, False
        self.failures, self.answers = [], [0] * len(READERS)
        self.threads = [threading.Thread(target=self.run, args=(number,))
                        for number in range(len(READERS))]

    def run(self, number):
        memory, turn = {}, 0
        try:
            while not self.over:    # A new connection now and then.
                with Connection(self.port) as connection:
                    for _ in range(100):
                        if self.over:
                            break
                        turn += 1
                        READERS[number](self.files[turn % len(self.files)],
                                        connection, time.monotonic(), memory)
                        self.answers[number] += 1
        except Exception as error:    # Raised at the end.
            self.failures.append(error)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        wait_for(lambda: self.failures or min(self.answers) > 1,
                 what="the first answers")
        return self

    def __exit__(self, kind, error, trace):
        self.over = True
        for thread in self.threads:
            thread.join()
        if self.failures and not kind:
            raise self.failures[0]


def settled(file, port):
    """When all is quiet, the last state is seen soon, and stays."""
    body, end = file.states[-1].body, time.monotonic() + SLACK
    with Connection(port) as connection:
        def last():
            answer = connection.request(file.target)
            return answer.status == 404 if body is None else answer.body == body

        while not last():
            true(time.monotonic() < end, file.target + ": stale at the end")
            time.sleep(0.02)    # poll
        true(last(), file.target + " changed back")


def churn(prefix, folder, changes, port=8080):
    """Files of that folder change; targets begin with that prefix."""
    files = [File(folder, "churn%d" % size, size) for size in
             (48, 5000, 40000)]
    for file in files:
        file.target = prefix + file.target
    with Readers(files, port) as readers:
        for _ in range(changes):
            for file in files:
                file.change()
            seen = sum(readers.answers)
            wait_for(lambda: readers.failures or
                     sum(readers.answers) > seen + 6, what="answers")
            if readers.failures:
                break
    for file in files:
        settled(file, port)
    print("# %d changes of 3 files, %d answers, at most %.2f s behind; "
          "%d entity-tags" % (changes, sum(readers.answers),
                              max(file.oldest for file in files),
                              sum(len(file.tags) for file in files)),
          flush=True)
