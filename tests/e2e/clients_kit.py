# SPDX-License-Identifier: GPL-2.0-only
"""What the suites with real clients share: curl, counters, compressed files."""
import ctypes
import gzip
import json
import re
import subprocess

import kelp_test
from kelp_test import PATIENCE, Failure, kelpctl_json

# One line for each transfer, apart from what the answers say.
REPORT = '\\n@@{"code":%{http_code},"connects":%{num_connects},' \
         '"size":%{size_download},"sent":%{size_upload}}\\n'


class Curl:
    """What curl reported: .codes and .sizes of each transfer, .connects in
    all, .heads as they came, and .body, if it was to be kept."""

    def __init__(self, heads, rows, body):
        self.heads, self.body = heads, body
        self.codes = [row["code"] for row in rows]
        self.sizes = [row["size"] for row in rows]
        self.connects = sum(row["connects"] for row in rows)

    def statuses(self):
        """Of all answers, interim ones too."""
        return [int(code) for code in
                re.findall(r"^HTTP/1\.1 (\d+)", self.heads, re.M)]

    def fields(self, name):
        """That field's values in all heads."""
        return re.findall(r"^%s: *(.*?) *\r$" % re.escape(name), self.heads,
                          re.M | re.I)


def curl(*arguments, output=True, body=None, status=0):
    """Run curl; with output, the bodies of all transfers are in .body."""
    with kelp_test.scratch() as folder:
        command = ["curl", "--silent", "--show-error", "--max-time",
                   str(60 * PATIENCE), "--dump-header", folder + "/heads",
                   "--write-out", "%{stderr}" + REPORT]
        names = []
        for argument in arguments:
            if argument.startswith("http://"):
                names.append("%s/%d" % (folder, len(names)))
                command += ["--output", names[-1]]
            command.append(argument)
        done = subprocess.run(command, input=body, capture_output=True,
                              check=False)
        said = done.stderr.decode("utf-8", "replace")
        if done.returncode != status:
            raise Failure("curl: status %d: %s" % (done.returncode,
                                                   said[-300:]))
        rows = [json.loads(row) for row in re.findall(r"^@@(.*)$", said, re.M)]
        with open(folder + "/heads", encoding="latin-1", newline="") as file:
            heads = file.read()
        return Curl(heads, rows, b"".join(map(content, names)) if output
                    else None)


def content(path):
    """Of a file that curl makes only when there is a body."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""


class counted:
    """with counted() as made: …; then made["requests"] is the increase."""

    def __enter__(self):
        self.before = kelpctl_json("stats", "show")
        self.made = {}
        return self.made

    def __exit__(self, *error):
        after = kelpctl_json("stats", "show")
        self.made.update({name: after[name] - self.before[name]
                          for name in after})


# Encoders: of the libraries that curl is linked with, called directly.

def zstd(data):
    library = ctypes.CDLL("libzstd.so.1")
    library.ZSTD_compress.restype = ctypes.c_size_t
    room = ctypes.create_string_buffer(len(data) + 1024)
    size = library.ZSTD_compress(room, ctypes.c_size_t(len(room)), data,
                                 ctypes.c_size_t(len(data)), 19)
    if library.ZSTD_isError(ctypes.c_size_t(size)):
        raise Failure("zstd")
    return room.raw[:size]


def brotli(data):
    library = ctypes.CDLL("libbrotlienc.so.1")
    room = ctypes.create_string_buffer(len(data) + 1024)
    size = ctypes.c_size_t(len(room))
    if not library.BrotliEncoderCompress(
            11, 22, 0, ctypes.c_size_t(len(data)), data, ctypes.byref(size),
            room):
        raise Failure("brotli")
    return room.raw[:size.value]


ENCODERS = {"gzip": ("gz", gzip.compress), "br": ("br", brotli),
            "zstd": ("zst", zstd)}
