# SPDX-License-Identifier: GPL-2.0-only
"""For suites that run on the host: a guest that obeys, reached by a port."""
import json
import os
import select
import signal
import socket
import subprocess
import time

from kelp_test import Failure, equal, true

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))


class Pipe:
    """Messages to and from a process; those from it end with a zero byte."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.buffer = b""

    def send(self, data):
        while data:
            data = data[os.write(self.writer, data):]

    def receive(self, seconds):
        """The next message; None when none came in time."""
        until = time.monotonic() + seconds
        while b"\0" not in self.buffer:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.reader], [], [], left)[0]:
                return None
            data = os.read(self.reader, 1 << 20)
            if not data:
                raise Failure("the other side of a pipe is gone")
            self.buffer += data
        message, _, self.buffer = self.buffer.partition(b"\0")
        return message


class Guest:
    """A guest with the module in it; commands of the host run there.

    It sees the host's files as they are when it first reads them.
    """

    def __init__(self, port, *options):
        self.process = subprocess.Popen(
            [ROOT + "/scripts/guest", "--load", "-i", "-t", "600", "--forward",
             "%d:8080" % port, *options, "--", "bash", "-c",
             "while read -r line; do eval \"$line\" 2>&1; "
             "printf '\\n%d\\0' $?; done"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env=dict(os.environ, KELP_PARAMS="census=1"),
            start_new_session=True)
        self.pipe = Pipe(self.process.stdout.fileno(),
                         self.process.stdin.fileno())

    def run(self, command, seconds=60):
        """A line for the guest's shell; what it printed."""
        self.pipe.send(command.encode() + b"\n")
        said = self.pipe.receive(seconds)
        if said is None:
            raise Failure("the guest did not answer: " + command)
        text, _, status = said.decode("utf-8", "replace").rpartition("\n")
        if status != "0":
            raise Failure("%s: status %s: %s" % (command, status, text))
        return text

    def stats(self):
        """The counters, {name: value}."""
        return json.loads(self.run("kelpctl -j stats show"))

    def close(self):
        """Its status: 70 when the kernel complained."""
        self.process.stdin.close()
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failure("the guest did not end") from None

    def kill(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def unload(self):
        """The module goes, and everything it made is gone."""
        self.run("rmmod kelp", 20)
        lines = [line for line in self.run("dmesg").split("\n")
                 if "kelp: census: " in line]
        true(lines, "no census line")
        entries = lines[-1].split("census: ")[1].split(", ")
        for name, made, gone in (entry.split() for entry in entries):
            equal(gone, made, name + " destroyed")


class counted:
    """with counted(guest) as made: …; then made[name] is the increase."""

    def __init__(self, guest):
        self.guest = guest

    def __enter__(self):
        self.before = self.guest.stats()
        self.made = {}
        return self.made

    def __exit__(self, kind, *error):
        if not kind:
            after = self.guest.stats()
            self.made.update({name: value - self.before[name]
                              for name, value in after.items()})


def free_port():
    """Nobody listens there now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
