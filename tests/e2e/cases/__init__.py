# SPDX-License-Identifier: GPL-2.0-only
"""Raw requests and what has to come back, area by area: see ../cases.py."""
import importlib

AREAS = ("line", "target", "field", "host", "length", "coding", "chunk",
         "smuggle", "persist", "method", "version", "limit", "expect", "path",
         "condition", "range", "upgrade", "partial")


def load():
    """All cases, in the order of AREAS."""
    found, names = [], set()
    for area in AREAS:
        for case in importlib.import_module("cases." + area).CASES:
            if case.name in names:
                raise ValueError("two cases are called " + case.name)
            names.add(case.name)
            case.area = area
            found.append(case)
    return found
