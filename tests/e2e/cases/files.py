# SPDX-License-Identifier: GPL-2.0-only
"""The document root that the cases are about.

    ROOT/small      16 bytes, ROOT/next, ROOT/probe, ROOT/smuggled: a line each
    ROOT/empty      nothing
    ROOT/large      64 KiB
    ROOT/dir/       index.html, file
    ROOT/.hidden    not to be served by kelp
    ROOT/leaves     a symbolic link to ../secret, not to be followed by kelp
    ROOT/…          names with bytes that have to be encoded
    ROOT/../secret  never to be served
"""
import os

SMALL = b"0123456789abcdef"
# Long past, so that a Last-Modified is a strong validator.
MTIME = 1577880000    # Wed, 01 Jan 2020 12:00:00 GMT

BODIES = {
    "small": SMALL,
    "next": b"next\n",
    "smuggled": b"smuggled\n",
    "empty": b"",
    "large": b"".join(b"%07d\n" % i for i in range(8192)),
    "index": b"<html>index</html>\n",
    "file": b"file\n",
}
PROBE = b"probe\n"

FILES = {
    "small": SMALL,
    "next": BODIES["next"],
    "probe": PROBE,
    "smuggled": BODIES["smuggled"],
    "empty": b"",
    "large": BODIES["large"],
    "dir/index.html": BODIES["index"],
    "dir/file": BODIES["file"],
    ".hidden": b"hidden\n",
    "a b": BODIES["file"],
    "100%": BODIES["file"],
    "\u00fc": BODIES["file"],
    "x\\y": BODIES["file"],
    "semi;colon": BODIES["file"],
    "q?m": BODIES["file"],
    "plus+sign": BODIES["file"],
    "...": BODIES["file"],
    "..file": BODIES["file"],
    "a'(b)*!$&,=:@~_-": BODIES["file"],
}


def make(folder):
    """Make the document root in folder; what is beside it is for nobody."""
    root = os.path.join(folder, "root")
    for name, data in FILES.items():
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        write(path, data)
    write(os.path.join(folder, "secret"), b"secret\n")
    if not os.path.islink(root + "/leaves"):
        os.symlink("../secret", root + "/leaves")
    for path in (folder, root, root + "/dir"):
        os.chmod(path, 0o755)
    return root


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)
    os.chmod(path, 0o644)
    os.utime(path, (MTIME, MTIME))
