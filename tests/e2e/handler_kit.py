# SPDX-License-Identifier: GPL-2.0-only
"""What the suites about handlers share: routes to those of tests/handlers."""
import os
import subprocess

from kelp_test import kelpctl, kelpctl_json

MODULE = os.path.join(os.path.dirname(os.environ.get("KELP_KO", "")),
                      "kelp_handlers.ko")


def serve():
    subprocess.run(["insmod", MODULE], check=True)
    kelpctl("listener", "add", "127.0.0.1:8080")
    add_routes()


def add_routes():
    kelpctl("route", "add", "/show", "test-show", "word=abc")
    kelpctl("route", "add", "/fail", "test-fail")
    kelpctl("route", "add", "/pour", "test-pour")
    kelpctl("route", "add", "/copy", "test-copy", "body=8M")
    kelpctl("route", "add", "/tag", "test-tag")
    kelpctl("route", "add", "/own", "test-own")


def stop():
    if os.path.isdir("/sys/module/kelp_handlers"):
        subprocess.run(["rmmod", "kelp_handlers"], check=True, timeout=20)


def stat(name):
    return kelpctl_json("stats", "show")[name]
