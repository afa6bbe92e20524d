#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=6.12,debug where=guest timeout=120
"""Files that change all the time while many read them in every way.

They are rewritten, overwritten, replaced by renaming, truncated and deleted.
Each answer must be a state that the file was in at most a second ago; bytes,
length and entity-tag belong together. churn_kit.py judges that.
"""
import os
import subprocess
import time

import kelp_test
import site_kit
from churn_kit import SLACK, churn
from clients_kit import counted
from kelp_test import (KERNEL, SOAK, Connection, equal, get, kelpctl, true,
                       wait_for)
from site_kit import noise, put, replace

setup = site_kit.serve
teardown = site_kit.stop

CHANGES = 1000 if SOAK else 44


def test_churn():
    churn("", site_kit.site, CHANGES)


def test_churn_on_tmpfs():
    folder = site_kit.root + "/tmpfs/site"
    os.makedirs(folder)
    subprocess.run(["mount", "-t", "tmpfs", "kelp-test",
                    os.path.dirname(folder)], check=True)
    try:
        os.makedirs(folder)
        os.chmod(os.path.dirname(folder), 0o755)
        kelpctl("site", "add", "/tmpfs", folder)
        try:
            churn("/tmpfs", folder, CHANGES)
        finally:
            kelpctl("site", "del", "/tmpfs")
    finally:
        subprocess.run(["umount", "-l", os.path.dirname(folder)], check=False)


def test_two_changes_within_one_time_stamp():
    """The second is of the same size and leaves the same times: whoever trusts
    those serves the first for ever."""
    same, names = 0, []
    with Connection() as connection:
        while same < 5 and len(names) < 500:
            names.append("tick%d" % len(names))
            path = put(names[-1], b"first.")
            before = os.stat(path)
            connection.request("/" + names[-1])
            with open(path, "r+b", buffering=0) as file:
                file.write(b"second")
            after = os.stat(path)
            same += (before.st_mtime_ns, before.st_ctime_ns) == \
                (after.st_mtime_ns, after.st_ctime_ns)
        end = time.monotonic() + SLACK
        print("# %d of %d with equal times" % (same, len(names)), flush=True)
        for name in names:
            while connection.request("/" + name).body != b"second":
                true(time.monotonic() < end, name + " is stale")
                time.sleep(0.02)    # poll
    if not same:
        raise kelp_test.Skip("no two changes had the same times")


def test_a_herd_reads_a_cold_file_once():
    """Many ask for it in the same moment, nobody has before."""
    count = 20 if KERNEL == "debug" else 60
    put("herd", noise(500000))
    connections = [Connection() for _ in range(count)]
    try:
        with counted() as made:
            for connection in connections:
                connection.send(b"GET /herd HTTP/1.1\r\nHost: x\r\n\r\n")
            for connection in connections:
                true(connection.response().body == noise(500000), "other bytes")
        equal(made["cache_fills"], 1, "times that the file was read")
        for number in range(3):    # And once more after each change.
            data = noise(300000 + number)
            replace("herd", data)
            with counted() as made:
                wait_for(lambda: get("/herd").body == data, what="the new one")
                for connection in connections:
                    connection.send(b"GET /herd HTTP/1.1\r\nHost: x\r\n\r\n")
                for connection in connections:
                    true(connection.response().body == data, "old bytes")
            equal(made["cache_fills"], 1, "times that the new file was read")
    finally:
        for connection in connections:
            connection.close()


if __name__ == "__main__":
    kelp_test.main(globals())
