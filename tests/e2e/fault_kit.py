# SPDX-License-Identifier: GPL-2.0-only
"""Allocations that fail: the kernel's fault injection (Documentation/
fault-injection), for what one function, or any of the module's, allocates.
"""
import os
import subprocess

from kelp_test import true

DEBUGFS = "/sys/kernel/debug"
KINDS = ("failslab", "fail_page_alloc")
MANY = 1 << 30


def setup():
    if not os.path.isdir(DEBUGFS + "/failslab"):
        subprocess.run(["mount", "-t", "debugfs", "none", DEBUGFS], check=True)
    for kind in KINDS:
        # Silent: the log is looked through for what is not expected.
        write(kind, verbose=0, interval=1, space=0, probability=0,
              task_filter="N", ignore_gfp_wait="N", stacktrace_depth=32)
    write("failslab", cache_filter="N")
    write("fail_page_alloc", ignore_gfp_highmem="N", min_order=0)


def write(kind, **values):
    for name, value in values.items():
        path = "%s/%s/%s" % (DEBUGFS, kind, name.replace("_", "-"))
        with open(path, "w", encoding="ascii") as file:
            file.write(str(value))


def left(kind):
    with open("%s/%s/times" % (DEBUGFS, kind), encoding="ascii") as file:
        return int(file.read())


def code_of(function):
    """(first, last + 1) address of a function; of the module for None."""
    starts = []
    with open("/proc/kallsyms", encoding="ascii") as file:
        for line in file:
            address, kind, name, *module = line.split()
            if module == ["[kelp]"] and kind in "tT":
                starts.append((int(address, 16), name))
    starts.sort()
    if not function:
        return starts[0][0], starts[-1][0] + 1
    at = [name for _, name in starts].index(function)
    return starts[at][0], starts[at + 1][0]


class failing:
    """with failing("kelp_kv_set") as faults: what it allocates, or has others
    allocate for it, fails; all, or so many per cent, or so many times.

    faults.count is how many did.
    """

    def __init__(self, function=None, percent=100, times=MANY, kinds=KINDS):
        self.first, self.end = code_of(function)
        self.percent = percent
        self.times = times
        self.kinds = kinds
        self.count = 0

    def __enter__(self):
        for kind in self.kinds:
            write(kind, require_start=self.first, require_end=self.end,
                  times=self.times, probability=self.percent)
        return self

    def __exit__(self, *error):
        for kind in self.kinds:
            write(kind, probability=0)
            self.count += self.times - left(kind)


class nth:
    """with nth(5) as fault: the fifth allocation of this thread fails.

    fault.came tells whether there were as many.
    """

    def __init__(self, number):
        self.number = b"%d" % number
        self.came = None

    def __enter__(self):
        self.file = os.open("/proc/thread-self/fail-nth", os.O_RDWR)
        os.write(self.file, self.number)
        return self

    def __exit__(self, *error):
        try:
            self.came = os.pread(self.file, 16, 0).strip() == b"0"
            if not self.came:
                os.write(self.file, b"0")
        except OSError:    # It came to us: all before had what they wanted.
            self.came = False
        os.close(self.file)


def every(operation, most=400):
    """Call operation(fault) with the first, second, … allocation failing, until
    there are no more; returns how many there were."""
    for number in range(1, most):
        fault = nth(number)
        operation(fault)
        if not fault.came:
            return number - 1
    true(False, "more than %d allocations" % most)
    return None
