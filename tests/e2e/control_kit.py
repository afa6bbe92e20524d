# SPDX-License-Identifier: GPL-2.0-only
"""What the suites about kelpctl share: running it, and cleaning up after it."""
import contextlib
import json
import os
import re
import socket
import threading

import kelp_test
from kelp_test import equal, get, true


def run(*args, prefix=()):
    """(status, standard output, standard error) of kelpctl.

    Into files, not pipes: in an emulated guest a process costs most of the
    time of this suite, and pipes double it.
    """
    argv = list(prefix) + ["kelpctl"] + [str(a) for a in args]
    with open(os.memfd_create("out"), "rb+") as out, \
            open(os.memfd_create("err"), "rb+") as err:
        pid = os.posix_spawnp(argv[0], argv, os.environ, file_actions=[
            (os.POSIX_SPAWN_DUP2, out.fileno(), 1),
            (os.POSIX_SPAWN_DUP2, err.fileno(), 2)])
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        out.seek(0)
        err.seek(0)
        return (status, out.read().decode("utf-8", "replace"),
                err.read().decode("utf-8", "replace"))


# What was added and not deleted, in order: (object, what, options).
present = {}


def kelpctl(*args):
    """Run kelpctl, which must succeed; returns what it printed."""
    status, out, err = run(*args)
    if status:
        raise kelp_test.KelpctlError([str(a) for a in args], status, err)
    verb = args[1] if len(args) > 2 else ""
    if verb in ("add", "put", "del"):
        host = args[args.index("--host"):][:2] if "--host" in args else ()
        key = (args[0], args[2]) + tuple(host)
        present.pop(key, None)
        if verb != "del":
            present[key] = True
    return out


def kelpctl_json(*args):
    return json.loads(kelpctl("-j", *args))


def one_sentence(text, what):
    """What a refusal says: a line of its own with some words in it."""
    true(text.endswith("\n") and text.count("\n") == 1,
         "%s: not one line on standard error: %r" % (what, text))
    true(text.startswith("kelpctl: ") and len(text.split()) >= 4,
         "%s: no sentence: %r" % (what, text))
    true(not re.search(r"errno|error -?\d|-E[A-Z]+\b", text),
         "%s: a number where words belong: %r" % (what, text))


def generation():
    return kelpctl_json("status")["generation"]


def refusal(args, pattern="", status=1, prefix=()):
    """One refused command; returns what it said."""
    what = "kelpctl " + " ".join(str(a)[:60] for a in args)
    found, out, err = run(*args, prefix=prefix)
    equal(found, status, "status of " + what)
    equal(out, "", "standard output of " + what)
    one_sentence(err, what)
    true(re.search(pattern, err, re.I),
         "%s: says %r, nothing like %r" % (what, err, pattern))
    return err


def some(items):
    """Not all of them on the debug kernel: a process takes half a second."""
    hurry = kelp_test.KERNEL == "debug" and not kelp_test.SOAK
    return list(items)[::3] if hurry else list(items)


def at_once(function, items):
    """Call it for all items, on all CPUs; a failure is raised at the end."""
    left, failures = list(items)[::-1], []

    def work():
        try:
            while left:
                function(left.pop())
        except IndexError:    # Another thread took the last one.
            pass
        except kelp_test.Failure as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(os.cpu_count())]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def changes_nothing(cases, status=1):
    """Refused commands (arguments, pattern) that leave all as it was."""
    before = generation()
    at_once(lambda case: refusal(*case, status), some(cases))
    equal(generation(), before, "generation after refusals")


def wipe():
    """Take away what a test added; draining took the listeners."""
    for name, *rest in list(present):
        if run(name, "del", *rest)[0] and name != "listener":
            raise kelp_test.Failure("%s %s is gone" % (name, rest))
    present.clear()


@contextlib.contextmanager
def folder():
    """A scratch directory; the configuration is empty again afterwards."""
    with kelp_test.scratch() as path:
        try:
            yield path
        finally:
            wipe()


def connects(host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as sock:
        sock.settimeout(kelp_test.TIMEOUT)
        try:
            sock.connect((host, port))
        except ConnectionRefusedError:
            return False
        return True


def body(target, port=8080, host="127.0.0.1", name="test"):
    """Status and body of a GET."""
    answer = get(target, port, host, headers=[("Host", name)])
    return answer.status, answer.body
