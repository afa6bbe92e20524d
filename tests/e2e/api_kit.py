# SPDX-License-Identifier: GPL-2.0-only
"""What the suites about kelp's interface for modules share: modules that come
and go, and a client of the protocols of tests/api.
"""
import os
import subprocess

from kelp_test import Connection, equal, wait_for

FOLDER = os.path.dirname(os.environ.get("KELP_KO", ""))


def insert(name):
    subprocess.run(["insmod", os.path.join(FOLDER, name + ".ko")], check=True)


def remove(name, seconds=60):
    subprocess.run(["rmmod", name], check=True, timeout=seconds)


def is_in(name):
    return os.path.isdir("/sys/module/" + name)


def counter(name):
    """What the test module has counted."""
    with open("/sys/module/kelp_api/parameters/" + name,
              encoding="ascii") as file:
        return int(file.read())


def grows(name, before, by=1):
    wait_for(lambda: counter(name) >= before + by, what=name)


def pattern(count):
    """The bytes that the test module writes."""
    return (b"abcdefghijklmnopqrstuvwxyz" * (count // 26 + 1))[:count]


class Api(Connection):
    """A connection that speaks "api"."""

    def __init__(self, **options):
        super().__init__(**options)
        self.send(b"api\n")

    def tell(self, command):
        self.send(command.encode() + b"\n")

    def ask(self, command):
        self.tell(command)
        return self.said()

    def said(self):
        return self.line(b"\n").decode("latin-1")

    def says(self, *lines):
        for line in lines:
            equal(self.said(), line, "what it said")
