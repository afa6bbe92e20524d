# SPDX-License-Identifier: GPL-2.0-only
"""What a request costs when there is more of everything: sweeps for
instructions.py.

A sweep yields its steps one after the other, each when kelp is ready for it:
(step, contender, (tool, connections, options, port)).
"""
import os
import sys

import contenders
from contenders import PORTS, run

sys.path.append(os.path.join(contenders.ROOT, "tests", "e2e"))
import netlink    # noqa: E402 (a suite, and the family's Python client)

CONNECTIONS = 16


def listed(content, name, paths):
    path = "%s/%s.paths" % (content.folder, name)
    with open(path, "w", encoding="ascii") as file:
        file.write("\n".join(paths) + "\n")
    return path


class Sweep:
    """name: of what there is more and more; steps: how much."""

    def __init__(self, name, *steps):
        self.name, self.steps = name, steps

    def run(self, kelp, contender, content):
        raise NotImplementedError


class Connections(Sweep):
    """More connections, each of which is used; and what the null responder
    makes of them, because client and TCP are not flat either."""

    def run(self, kelp, contender, content):
        options = ["--path", "/small", "--body", content.www + "/small"]
        null = contender("null_softirq")
        null.insert("/small")
        for step in self.steps:
            for one in (kelp, null):
                yield step, one.name, ("http_load", step, options, one.port)
        null.close()


class Added(Sweep):
    """More of something that has a path; each as likely to be asked for."""

    def add(self, family, path, content):
        raise NotImplementedError

    def options(self, content):
        raise NotImplementedError

    def run(self, kelp, contender, content):
        family, paths = netlink.Family(), []
        for step in self.steps:
            while len(paths) < step:
                path = "/%s/%06d" % (self.name, len(paths))
                error, reason, _ = self.add(family, path, content)
                if error:
                    raise contenders.Failed("%s: %s" % (path, reason))
                paths.append(path)
            yield step, "kelp", (
                "http_load", CONNECTIONS, self.options(content) +
                ["--paths", listed(content, self.name, paths)], kelp.port)


class Objects(Added):
    """Stored objects, all with the same bytes."""

    def add(self, family, path, content):
        fd = os.open(content.www + "/small", os.O_RDONLY)
        try:
            return family.call("OBJECT_PUT", ("PATH", netlink.text(path)),
                               ("FD", netlink.u32(fd)),
                               ("TYPE", netlink.text("text/plain")))
        finally:
            os.close(fd)

    def options(self, content):
        return ["--body", content.www + "/small"]


class Routes(Added):
    """Routes to a handler, which answers a GET with nothing."""

    def add(self, family, path, content):
        return family.call("ROUTE_ADD", ("PREFIX", netlink.text(path)),
                           ("HANDLER", netlink.text("echo")))

    def options(self, content):
        return ["--body", "/dev/null"]


class Services(Sweep):
    """Services of a module; the last one is called."""

    def run(self, kelp, contender, content):
        ko = os.path.dirname(os.environ["KELP_KO"]) + "/bench_services.ko"
        for step in self.steps:
            run("insmod", ko, "count=%d" % step)
            try:
                yield step, "kelp", (
                    "rpc_load", CONNECTIONS,
                    ["--service", "bench.S%d" % (step - 1), "--size", "16"],
                    PORTS["kelp"])
            finally:
                run("rmmod", "bench_services")


SWEEPS = (
    Connections("connections", 1, 10, 100, 1000, 10000),
    Objects("objects", 1, 10, 100, 1000, 10000, 100000),
    Routes("routes", 1, 10, 100, 1000, 10000),
    Services("services", 1, 10, 100, 1000),
)
