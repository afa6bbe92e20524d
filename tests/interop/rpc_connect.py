#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: where=host timeout=300
"""The Connect client from npm, unmodified, calls methods over HTTP/1.1.

Node runs on the host, where it takes no time, and kelp in a guest; they talk
through a forwarded port. connect/client.mjs has the cases.
"""
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))

import guest_kit
import kelp_test
from kelp_test import Failure

STATE = {}
PROTO = guest_kit.ROOT + "/kmod/include/proto"


def setup():
    folder = STATE["folder"] = tempfile.mkdtemp(prefix="kelp-test.")
    modules = subprocess.run([guest_kit.ROOT + "/scripts/setup", "path",
                              "connect"], capture_output=True, text=True,
                             check=True).stdout.strip()
    # node looks for modules beside the program
    os.symlink(modules, folder + "/node_modules")
    shutil.copy(HERE + "/connect/client.mjs", folder)
    subprocess.run(["protoc", "-I" + PROTO, "--descriptor_set_out=" + folder +
                    "/set", "kelp_calc.proto", "kelp_echo.proto",
                    "kelp_kv.proto", "kelp_status.proto"], check=True)
    STATE["port"] = guest_kit.free_port()
    guest = STATE["guest"] = guest_kit.Guest(STATE["port"])
    guest.run("kelpctl listener add 0.0.0.0:8080 "
              "--services kelp.Calc,kelp.Echo,kelp.KV", 300)
    guest.run("kelpctl route add /kv kv")


def teardown():
    if STATE.get("guest"):
        STATE["guest"].kill()
    shutil.rmtree(STATE["folder"], ignore_errors=True)


def case(name):
    folder = STATE["folder"]
    done = subprocess.run(
        ["node", folder + "/client.mjs", "http://127.0.0.1:%d" % STATE["port"],
         folder + "/set", name], capture_output=True, text=True, check=False,
        timeout=60)
    if done.returncode:
        sys.stderr.write(done.stderr)
        errors = [line for line in done.stderr.split("\n") if "Error" in line]
        raise Failure(errors[0] if errors else "status %d" % done.returncode)


def test_add():
    case("add")


def test_argument_that_is_none():
    case("invalidArgument")


def test_service_that_is_not_offered():
    case("unimplemented")


def test_echo():
    case("echo")


def test_timeout():
    case("timeout")


def test_many_at_a_time():
    """In the guest: QEMU's forwarding resets some of 200 connections."""
    folder = STATE["folder"]
    STATE["guest"].run("cd %s && node client.mjs http://127.0.0.1:8080 "
                       "%s/set many" % (folder, folder), 120)


def test_json_is_refused():
    case("json")


def test_the_module_goes():
    guest = STATE["guest"]
    guest.unload()
    status = guest.close()
    del STATE["guest"]
    kelp_test.equal(status, 0, "status of the guest")


if __name__ == "__main__":
    kelp_test.main(globals())
