#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 icount=yes timeout=240
"""Has a request become dearer? Instructions of kelp beyond a responder that
parses nothing, beside tests/bench/instructions.baseline, which
`make bench-instructions` makes anew. tests/bench/instructions.py says how they
are counted; the time limit is one of the guest's clock, which stands still with
the CPU."""
import os
import sys
import tempfile

import kelp_test
from kelp_test import true

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "bench"))
import contenders    # noqa: E402
import instructions    # noqa: E402

STATE = {}


def setup():
    STATE["folder"] = tempfile.TemporaryDirectory(prefix="kelp-test.")
    STATE["content"] = contenders.Content(STATE["folder"].name)
    instructions.settle(STATE["content"])
    for name in ("kelp", "null_softirq", "null_kthread"):
        STATE[name] = contenders.make(name, STATE["content"])


def teardown():
    for name in ("kelp", "null_softirq", "null_kthread"):
        STATE[name].close()
    STATE["content"].close()
    STATE["folder"].cleanup()


def beyond(scenario, times):
    kelp, null = (instructions.count(scenario, STATE[name], STATE["content"],
                                     times)
                  for name in ("kelp", instructions.floor(scenario)))
    print("# %s: %.0f instructions, %.0f of them beyond a null responder" %
          (scenario.name, kelp, kelp - null), flush=True)
    return kelp - null


def judge(scenario, before):
    most = before + instructions.ALLOWED
    found = beyond(scenario, 1)
    for _ in range(4):
        if found <= most:    # some counts are off by chance, growth is in all
            break
        found = min(found, beyond(scenario, 1))
    true(found <= most, "%s: %.0f instructions beyond a null responder, at "
         "most %d + %d: see tests/bench/README.md" % (
             scenario.name, found, before, instructions.ALLOWED))


def scenarios():
    """A test for each scenario of the baseline."""
    before = instructions.read_baseline()
    return {"test_" + scenario.name.replace("-", "_"):
            lambda s=scenario: judge(s, before[s.name])
            for scenario in instructions.hot() if scenario.name in before}


if __name__ == "__main__":
    globals().update(scenarios())
    kelp_test.main(globals())
