#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: where=host timeout=180
"""A site on a file system that tells nothing of changes.

The site lies on the host, a guest has it mounted over 9p and serves it, and
the host changes its files: no event reaches the guest's kernel.
"""
import os
import shutil
import tempfile
import time

import guest_kit
import kelp_test
from churn_kit import SLACK, churn
from kelp_test import SOAK, Connection, equal, true, write_file

STATE = {}


def setup():
    STATE["folder"] = tempfile.mkdtemp(prefix="kelp-test.")
    os.chmod(STATE["folder"], 0o755)
    STATE["site"] = STATE["folder"] + "/site"
    write_file(STATE["site"] + "/page", b"first")
    STATE["port"] = guest_kit.free_port()
    guest = STATE["guest"] = guest_kit.Guest(STATE["port"], "--out",
                                             STATE["folder"])
    guest.run("kelpctl site add / " + STATE["site"], 300)
    guest.run("kelpctl listener add 0.0.0.0:8080")


def teardown():
    if STATE.get("guest"):
        STATE["guest"].kill()
    shutil.rmtree(STATE["folder"], ignore_errors=True)


def noticed(target, status, body=None):
    """Seconds until the answer is that; a second and a bit at most."""
    begin = time.monotonic()
    with Connection(STATE["port"]) as connection:
        while True:
            asked = time.monotonic()
            answer = connection.request(target)
            if answer.status == status and body in (None, answer.body):
                return asked - begin
            true(asked - begin < SLACK, "%s: still %d after %.2f s" %
                 (target, answer.status, asked - begin))
            time.sleep(0.01)    # poll


def test_each_way_to_change():
    path, took = STATE["site"] + "/page", []
    took.append(noticed("/page", 200, b"first"))
    with open(path, "r+b") as file:
        file.write(b"FIRST")
    took.append(noticed("/page", 200, b"FIRST"))
    write_file(path, b"longer than that")
    took.append(noticed("/page", 200, b"longer than that"))
    os.truncate(path, 6)
    took.append(noticed("/page", 200, b"longer"))
    write_file(STATE["folder"] + "/new", b"behind")
    os.rename(STATE["folder"] + "/new", path)
    took.append(noticed("/page", 200, b"behind"))
    os.unlink(path)
    took.append(noticed("/page", 404))
    write_file(path, b"again")
    took.append(noticed("/page", 200, b"again"))
    print("# noticed after at most %.2f s" % max(took), flush=True)


def test_churn():
    churn("", STATE["site"], 1000 if SOAK else 44, STATE["port"])


def test_the_module_goes():
    guest = STATE["guest"]
    guest.unload()
    status = guest.close()
    del STATE["guest"]
    equal(status, 0, "status of the guest")


if __name__ == "__main__":
    kelp_test.main(globals())
