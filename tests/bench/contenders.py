# SPDX-License-Identifier: GPL-2.0-only
"""Who is measured: kelp, the null responders, and servers in user space.

Runs in the guest. Each contender has a port of its own; what it serves lies in
Content. A user-space server is started when it is first needed and stays: idle
it costs nothing. A null responder has one answer, so it is inserted for each
scenario, and its head is made as long as kelp's.
"""
import os
import random
import shlex
import socket
import subprocess
import time

from scenarios import SITE_FILES, SITE_LEAST, SITE_MOST, SIZES

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PORTS = {"kelp": 8080, "nginx": 8081, "lighttpd": 8082, "h2o": 8083,
         "null_softirq": 8084, "null_kthread": 8085, "memcached": 8086,
         "rpc_twin": 8087, "rpc_twin_steered": 8088}
CONFIGS = {"nginx": "nginx.conf", "lighttpd": "lighttpd.conf",
           "h2o": "h2o.yaml", "memcached": "memcached.options"}
KV_BYTES = "256M"


class Failed(Exception):
    """A contender that does not do its part."""


class Missing(Failed):
    """Something that is not there; the text says how to get it."""


def text(size):
    """Bytes that differ, the same as the null responders have."""
    letters = b"abcdefghijklmnopqrstuvwxyz"
    return (letters * (size // 26 + 1))[:size]


def wait_for(condition, seconds, what):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Failed("%s: not within %d s" % (what, seconds))
        time.sleep(0.02)    # poll


def run(*argv):
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed("%s: %s" % (" ".join(argv), done.stderr.strip()))
    return done.stdout


def fetch(port, path, fields=()):
    """(header fields by name in lower case, bytes of head, body) of a GET."""
    data = b""
    with socket.create_connection(("127.0.0.1", port), 10) as sock:
        sock.sendall(("GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n" % (
            path, "".join(line + "\r\n" for line in fields))).encode())
        length = None
        while length is None or len(data) < length:
            more = sock.recv(1 << 16)
            if not more:
                raise Failed("port %d: %s: the answer is cut short" %
                             (port, path))
            data += more
            if length is None and b"\r\n\r\n" in data:
                head = data.index(b"\r\n\r\n") + 4
                lines = data[:head].decode("latin-1").split("\r\n")[1:-2]
                found = {name.lower(): value.strip() for name, _, value in
                         (line.partition(":") for line in lines)}
                length = head + int(found["content-length"])
    return found, head, data[head:]


class Content:
    """The files that all serve, on a tmpfs of their own."""

    def __init__(self, folder):
        self.folder = folder
        self.www = folder + "/www"
        os.makedirs(self.www + "/pages")
        run("mount", "-t", "tmpfs", "tmpfs", self.www)
        os.chmod(folder, 0o755)
        os.chmod(self.www, 0o755)
        os.mkdir(self.www + "/pages")
        for path, size in SIZES.items():
            self.write(path, text(size))
        self.paths = folder + "/paths"
        self.sites = False

    def write(self, path, data):
        with open(self.www + path, "wb") as file:
            file.write(data)

    def site(self):
        """The many files, and the list of them; made when first needed."""
        if self.sites:
            return
        dice = random.Random(1)
        names = ["/pages/%05d" % i for i in range(SITE_FILES)]
        for name in names:
            size = dice.randint(SITE_LEAST, SITE_MOST)
            self.write(name, (name.encode() * (size // 12 + 1))[:size])
        with open(self.paths, "w", encoding="ascii") as file:
            file.write("\n".join(names) + "\n")
        self.sites = True

    def close(self):
        run("umount", "-l", self.www)


class Contender:
    """What each has: a name, a port, and the times between which it serves."""

    def __init__(self, name, content):
        self.name, self.content = name, content
        self.port = PORTS[name]

    def begin(self, scenario):
        """Ready for a scenario's rounds."""

    def end(self, scenario):
        """They are over."""

    def close(self):
        """The run is over."""

    def cpu(self):
        """Seconds its processes have used, if it has any."""
        return None


class Kelp(Contender):
    def __init__(self, name, content):
        super().__init__(name, content)
        for what in ("idle_timeout", "header_timeout"):
            run("kelpctl", "limits", "set", what, "3600000")
        run("kelpctl", "limits", "set", "backlog", "16384")
        run("kelpctl", "listener", "add", "127.0.0.1:%d" % self.port,
            "--per-cpu")
        for path in ("/small", "/k1"):
            run("kelpctl", "object", "put", path, content.www + path)
        run("kelpctl", "site", "add", "/", content.www)
        run("kelpctl", "route", "add", "/kv", "kv", "bytes=" + KV_BYTES,
            "entries=1000000")


class Null(Contender):
    """One of the two modules; kelp is there and shows what to imitate."""

    def __init__(self, name, content):
        super().__init__(name, content)
        self.ko = "%s/%s.ko" % (os.path.dirname(os.environ["KELP_KO"]), name)
        if not os.path.exists(self.ko):
            raise Missing("%s is not built: make MODULES=tests/bench/null" %
                          self.ko)
        self.loaded = False

    def begin(self, scenario):
        self.insert(scenario.what, scenario.kthread_close and
                    self.name == "null_kthread")

    def insert(self, path, close=False):
        if path not in SIZES:
            path = "/small"
        head = fetch(PORTS["kelp"], path,
                     ("Connection: close",) if close else ())[1]
        run("insmod", self.ko, "port=%d" % self.port, "head=%d" % head,
            "size=%d" % SIZES[path], *(["close=1"] if close else []))
        self.loaded = True
        found = fetch(self.port, path)
        if found[1:] != (head, text(SIZES[path])):
            raise Failed("%s: a head of %d bytes instead of %d, or another "
                         "body" % (self.name, found[1], head))

    def end(self, scenario):
        self.close()

    def close(self):
        if self.loaded:
            run("rmmod", self.name)
        self.loaded = False

    def extra(self):
        """Bytes that a connection has beside its socket."""
        with open("/sys/module/%s/parameters/conn_bytes" % self.name,
                  encoding="ascii") as file:
            return int(file.read())


class Process(Contender):
    """A server in user space."""

    def __init__(self, name, content):
        super().__init__(name, content)
        self.log = open("%s/%s.log" % (content.folder, name), "w+",
                        encoding="utf-8")
        # In a group of its own: lighttpd signals all of its group when it ends.
        self.process = subprocess.Popen(
            self.command(), stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=self.log, start_new_session=True)
        wait_for(self.listens, 60, name + " listens")

    def command(self):
        raise NotImplementedError

    def listens(self):
        if self.process.poll() is not None:
            self.log.seek(0)
            raise Failed("%s ended: %s" % (self.name, self.log.read()))
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def pids(self):
        """The process and its children."""
        found = [self.process.pid]
        for entry in os.listdir("/proc"):
            if entry.isdigit() and parent(entry) == self.process.pid:
                found.append(int(entry))
        return found

    def cpu(self):
        ticks = 0
        for pid in self.pids():
            with open("/proc/%d/stat" % pid, encoding="ascii") as file:
                fields = file.read().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


def parent(pid):
    try:
        with open("/proc/%s/stat" % pid, encoding="ascii") as file:
            return int(file.read().rpartition(")")[2].split()[1])
    except OSError:
        return 0


class Twin(Process):
    def command(self):
        binary = ROOT + "/build/bench/rpc_twin"
        if not os.path.exists(binary):
            raise Missing("%s is not built: make -C tests/bench" % binary)
        return [binary, "-p", str(self.port)] + \
            (["-s"] if self.name == "rpc_twin_steered" else [])


class Peer(Process):
    """A server that Debian has, with its configuration in peers/."""

    def binary(self):
        done = subprocess.run([ROOT + "/scripts/setup", "path", self.name],
                              capture_output=True, text=True, check=False)
        if done.returncode or not os.access(done.stdout.strip(), os.X_OK):
            raise Missing("%s is not in the cache: scripts/setup bench" %
                          self.name)
        return done.stdout.strip()

    def configuration(self):
        """Its file, filled in; what it says about itself stands in it."""
        with open("%s/peers/%s" % (HERE, CONFIGS[self.name]),
                  encoding="utf-8") as file:
            data = file.read()
        for name, value in (("PORT", self.port), ("CPUS", os.cpu_count()),
                            ("DIR", self.content.folder),
                            ("WWW", self.content.www),
                            ("SMALL", text(SIZES["/small"]).decode())):
            data = data.replace("@%s@" % name, str(value))
        path = "%s/%s" % (self.content.folder, CONFIGS[self.name])
        with open(path, "w", encoding="utf-8") as file:
            file.write(data)
        return path

    def command(self):
        binary, path = self.binary(), self.configuration()
        if self.name == "nginx":
            return [binary, "-p", self.content.folder, "-c", path,
                    "-e", self.content.folder + "/nginx.error"]
        if self.name == "lighttpd":
            return [binary, "-D", "-f", path, "-m",
                    os.path.dirname(binary) + "/../lib/lighttpd"]
        if self.name == "h2o":
            return [binary, "-c", path]
        with open(path, encoding="utf-8") as file:
            return [binary] + [word for line in file if line[0] == "-"
                               for word in shlex.split(line)]


def make(name, content):
    """The contender of that name, ready to begin() a scenario."""
    kinds = {"kelp": Kelp, "rpc_twin": Twin, "rpc_twin_steered": Twin,
             "null_softirq": Null, "null_kthread": Null}
    return kinds.get(name, Peer)(name, content)
