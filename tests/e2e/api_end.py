#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=6.12,debug where=guest timeout=240
"""A protocol that goes in the middle of everything: its connections end, its
tasks and timers too, everybody else goes on, and it comes again.
"""
import os
import subprocess
import threading
import time

from api_kit import Api, counter, insert, is_in, remove
import kelp_test
from kelp_test import (PATIENCE, SOAK, Connection, equal, get, kelpctl,
                       kelpctl_json, scratch, true, wait_for, write_file)

ROUNDS = 50 if SOAK else 2


def setup():
    kelpctl("listener", "add", "127.0.0.1:8080")
    insert("kelp_api")


def teardown():
    if is_in("kelp_api"):
        remove("kelp_api")


def removed_in_time():
    begin = time.monotonic()
    remove("kelp_api")
    took = time.monotonic() - begin
    true(took < 5 * PATIENCE, "rmmod took %.1f s" % took)


def ended(api):
    try:
        api.rest()
    except ConnectionResetError:
        pass


def idle_connections():
    found = [Api() for _ in range(20)]
    for api in found:
        equal(api.ask("echo x"), "x", "there")
    return found


def test_idle_connections_end():
    found = idle_connections()
    removed_in_time()
    for api in found:
        ended(api)
        api.close()
    wait_for(lambda: kelpctl_json("status")["connections"] == 0,
             what="no connection")
    with Connection() as connection:
        connection.send(b"api\necho x\n\r\n\r\n")
        true(connection.line().startswith(b"HTTP/1.1 400"), "HTTP's now")
    insert("kelp_api")
    with Api() as api:
        equal(api.ask("echo x"), "x", "back")


def test_what_is_under_way_ends():
    """Each kind by itself, so that none hides behind another."""
    with scratch() as folder:
        path = write_file(os.path.join(folder, "file"), os.urandom(1 << 20))
        for commands in (["sleep"], ["every 1"], ["naps 1"], ["touch 10"],
                         ["after 3600000", "nap 3600000", "every 3600000"],
                         ["alone 3600000"], ["alone 1"], ["hook"],
                         ["copy 600000"], ["stream 900000"], ["move"] * 20,
                         ["file 0 1000000 " + path], ["cast x"] * 50,
                         ["task"] * 50, ["timeout 100"], ["speak api-rest"],
                         ["copy 600000", "hijack"]):
            found = [Api(rcvbuf=4096) for _ in range(3)]
            for api in found:
                api.send(b"".join(c.encode() + b"\n" for c in commands))
            for api in found:
                api.take(2)
            removed_in_time()
            for api in found:
                api.close()
            insert("kelp_api")


def state():
    with open("/sys/module/kelp_api/initstate", encoding="ascii") as file:
        return file.read().strip()


def test_sockets_that_were_taken_are_waited_for():
    """It reads from a peer that says nothing, until that goes."""
    api = Api()
    api.tell("hijack")
    api.says("going -16")
    true(api.said().startswith("taken"), "it has the socket")
    thread = threading.Thread(target=remove, args=("kelp_api",))
    thread.start()
    wait_for(lambda: state() == "going", what="removal has begun")
    true(thread.is_alive(), "it waits")
    api.close()
    thread.join()
    insert("kelp_api")


def hammer(stop, commands):
    while not stop.is_set():
        try:
            with Api(timeout=5 * PATIENCE) as api:
                for command in commands:
                    api.tell(command)
                for _ in commands:
                    api.said()
        except (OSError, kelp_test.Failure):
            pass


def web(stop, failures):
    """Somebody else's connection, which must not notice anything."""
    with Connection() as connection:
        while not stop.is_set():
            try:
                if connection.request("/nothing").status != 404:
                    failures.append("another answer")
            except (OSError, kelp_test.Failure) as error:
                failures.append(str(error))
                return


def test_under_load():
    for number in range(ROUNDS):
        stop, failures = threading.Event(), []
        threads = [threading.Thread(target=hammer, args=(stop, commands))
                   for commands in (["echo x"] * 10, ["cast y"] * 10,
                                    ["task", "after 1", "nap 1"],
                                    ["every 1", "naps 1", "cancel"],
                                    ["hook"], ["copy 3000", "move"],
                                    ["sleep", "echo x"],
                                    ["back api", "speak api-rest"])]
        threads.append(threading.Thread(target=web, args=(stop, failures)))
        for thread in threads:
            thread.start()
        wait_for(lambda: counter("closed") > 20, what="some have come and gone")
        removed_in_time()
        insert("kelp_api")
        wait_for(lambda: counter("opened") > 0, what="they come again")
        stop.set()
        for thread in threads:
            thread.join()
        equal(failures, [], "others, round %d" % number)
        with Api() as api:
            equal(api.ask("echo x"), "x", "back, round %d" % number)
    equal(get("/nothing").status, 404, "and on")


def test_namespaces_come_and_go_meanwhile():
    stop = threading.Event()

    def namespaces():
        while not stop.is_set():
            subprocess.run(["ip", "netns", "add", "api"], check=True)
            subprocess.run(["ip", "netns", "del", "api"], check=True)

    thread = threading.Thread(target=namespaces)
    thread.start()
    try:
        for _ in range(2 * ROUNDS):
            remove("kelp_api")
            insert("kelp_api")
    finally:
        stop.set()
        thread.join()
    wait_for(lambda: counter("nets") == 1, what="one namespace")


if __name__ == "__main__":
    kelp_test.main(globals())
