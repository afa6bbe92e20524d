# SPDX-License-Identifier: GPL-2.0-only
"""What the suites about sites share: a directory, fetching, comparing."""
import os
import random
import shutil
import subprocess
import tempfile

import kelp_test
from kelp_test import kelpctl, write_file

# Around a page, and around what is cached and what is sent in chunks.
SIZES = [0, 1, 4095, 4096, 4097, 65535, (1 << 20) - 1, 1 << 20, (1 << 20) + 1,
         5 << 20]

# The suite's own directory: files may be written below site, and what is
# beside it must never be seen.
root = None
site = None


def serve():
    global root, site
    root = tempfile.mkdtemp(prefix="kelp-test.")
    os.chmod(root, 0o755)
    site = root + "/site"
    os.mkdir(site)
    write_file(root + "/secret", b"outside the site")
    kelpctl("site", "add", "/", site)
    kelpctl("listener", "add", "127.0.0.1:8080")


def stop():
    shutil.rmtree(root, ignore_errors=True)


def noise(size):
    return random.Random(size).randbytes(size)


def put(name, data, mode=0o644):
    """A file of the site."""
    return write_file(site + "/" + name, data, mode)


def replace(name, data):
    """As editors and rsync do: a new file gets the old one's name."""
    write_file(root + "/new", data)
    os.rename(root + "/new", site + "/" + name)


def files_below(folder):
    """Names of the regular files, as URLs would have them."""
    names = []
    for path, _, entries in os.walk(folder):
        names += [os.path.relpath(os.path.join(path, e), folder)
                  for e in entries if os.path.isfile(os.path.join(path, e))]
    return sorted(n for n in names if "/." not in "/" + n)


def real_site():
    """The pages that `make run` serves, if they are installed."""
    setup = os.path.join(os.path.dirname(__file__), "../../scripts/setup")
    done = subprocess.run([setup, "path", "site"], stdin=subprocess.DEVNULL,
                          capture_output=True, check=False)
    path = done.stdout.decode().strip()
    return path if not done.returncode and os.path.isdir(path) else None


def generated_site(folder):
    """In its place: about as many files of about that size."""
    for number in range(150):
        kind = ("html", "css", "png")[number % 3]
        write_file("%s/%d/page%d.%s" % (folder, number % 7, number, kind),
                   noise(number * 400))
    return folder


def same_file(one, other):
    with open(one, "rb") as a, open(other, "rb") as b:
        return a.read() == b.read()


def curl_all(base, names, folder, options=(), clients=100):
    """Fetch all names with that many clients at once into numbered files."""
    lines = []
    for number, name in enumerate(names):
        lines.append('url = "%s/%s"' % (base, name))
        lines.append('output = "%s/%d"' % (folder, number))
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--fail", "--parallel",
         "--parallel-immediate", "--parallel-max", str(clients),
         "--max-time", str(60 * kelp_test.PATIENCE), "--config", "-"] +
        list(options), input="\n".join(lines).encode(), check=False,
        capture_output=True)
    if done.returncode:
        raise kelp_test.Failure("curl: status %d: %s" % (
            done.returncode, done.stderr.decode("utf-8", "replace")))
