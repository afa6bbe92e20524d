# SPDX-License-Identifier: GPL-2.0-only
"""What is measured: a table that everything else in this folder reads.

A scenario is one load, put on each of its contenders in turn. What it asks for
is a path of the content below, or what its tool does by itself. Its needs say
what kelp has to reach; the report shows every other ratio as well.
"""
import dataclasses

# Paths that every contender serves, and bytes behind them.
SIZES = {"/small": 12, "/k1": 1024, "/hundred": 100, "/k100": 100 << 10,
         "/m1": 1 << 20}
# A site: files of SITE_LEAST to SITE_MOST bytes, 41 MB in all.
SITE_FILES, SITE_LEAST, SITE_MOST = 10000, 200, 8000
ZIPF = "1.0"

KERNEL = ("null_softirq", "null_kthread")
PEERS = ("nginx", "lighttpd", "h2o")
HTTP = ("kelp",) + KERNEL + PEERS
RPC = ("kelp", "rpc_twin", "rpc_twin_steered")
KV = ("kelp", "memcached")
# Of a quick run: those that requirements are about.
QUICK = ("kelp", "null_softirq", "null_kthread", "nginx", "rpc_twin",
         "memcached")


@dataclasses.dataclass(frozen=True)
class Need:
    """What kelp's median, divided by another's, has to be.

    measure: rate or p99, divided by the best of those that against names;
    or bytes, and then it is the difference to them that counts.
    """
    measure: str
    against: tuple
    bound: float
    hoped: float = None

    def least(self):
        """Is bound the least, and not the most, that is right?"""
        return self.measure == "rate"


def rate(against, bound, hoped=None):
    names = (against,) if isinstance(against, str) else against
    return Need("rate", names, bound, hoped)


@dataclasses.dataclass(frozen=True)
class Scenario:
    """tool: http, rpc, kv, mixed or idle (load.py); what: the path, or
    "site"; options: more for the generator; quick: also in a quick run;
    kthread_close: the kthread responder closes behind each answer;
    hot: also measured in instructions, with so many connections."""
    name: str
    title: str
    tool: str = "http"
    what: str = "/small"
    threads: int = 2
    connections: int = 64
    options: tuple = ()
    contenders: tuple = HTTP
    needs: tuple = ()
    quick: bool = False
    kthread_close: bool = False
    hot: int = 0

    def chosen(self, quick):
        """The contenders of a run."""
        if not quick:
            return self.contenders
        needed = {name for need in self.needs for name in need.against}
        return tuple(name for name in self.contenders if name in QUICK and
                     (name not in KERNEL or name in needed))


SCENARIOS = (
    Scenario("object-12-c1", "12-byte object, 1 connection",
             threads=1, connections=1, quick=True, hot=1,
             needs=(rate("null_softirq", 0.92),)),
    Scenario("object-12-c64", "12-byte object, 64 connections",
             quick=True, hot=64,
             needs=(rate("null_softirq", 0.92),
                    Need("p99", ("nginx",), 1.0))),
    Scenario("object-12-c1000", "12-byte object, 1,000 connections",
             connections=1000),
    Scenario("object-12-c10000", "12-byte object, 10,000 connections",
             connections=10000),
    Scenario("object-1k-c64", "1 KiB object, 64 connections", what="/k1",
             hot=64),
    Scenario("file-100-c64", "100-byte cached file, 64 connections",
             what="/hundred", quick=True, hot=64,
             needs=(rate("null_softirq", 0.92),)),
    Scenario("file-100k-c16", "100 KiB file, 16 connections", what="/k100",
             connections=16, quick=True,
             needs=(rate("null_softirq", 0.95),)),
    Scenario("file-1m-c16", "1 MiB file, 16 connections", what="/m1",
             connections=16, quick=True,
             needs=(rate("null_softirq", 0.95),)),
    Scenario("pipelined-16", "12-byte object, 16 requests pipelined",
             options=("--pipeline", "16"), quick=True, hot=64,
             needs=(rate("null_softirq", 0.85),)),
    Scenario("close-c64", "12-byte object, a connection per request",
             options=("--close",), quick=True, hot=64, kthread_close=True,
             contenders=("kelp", "null_kthread") + PEERS,
             needs=(rate("null_kthread", 0.9),)),
    Scenario("site-10000", "10,000 files, Zipf 1.0, 64 connections",
             what="site", contenders=("kelp",) + PEERS),
    Scenario("not-modified", "304 for a 100-byte file, 64 connections",
             what="/hundred", options=("304",),
             contenders=("kelp",) + PEERS),
    Scenario("range", "1,000 bytes of a 100 KiB file, 64 connections",
             what="/k100", options=("206",), contenders=("kelp",) + PEERS),
    Scenario("rpc-16-c1", "RPC echo of 16 bytes, 1 connection", tool="rpc",
             threads=1, connections=1, options=("--size", "16"),
             contenders=RPC,
             needs=(rate(("rpc_twin", "rpc_twin_steered"), 2.5, 3),)),
    Scenario("rpc-16-c64", "RPC echo of 16 bytes, 64 connections", tool="rpc",
             options=("--size", "16"), contenders=RPC, quick=True,
             needs=(rate(("rpc_twin", "rpc_twin_steered"), 1.5, 2),)),
    Scenario("rpc-4k-c1", "RPC echo of 4 KiB, 1 connection", tool="rpc",
             threads=1, connections=1, options=("--size", "4096"),
             contenders=RPC),
    Scenario("rpc-4k-c64", "RPC echo of 4 KiB, 64 connections", tool="rpc",
             options=("--size", "4096"), contenders=RPC),
    Scenario("kv-get-c64", "KV get, 64 connections", tool="kv",
             options=("--set", "0"), contenders=KV, quick=True,
             needs=(rate("memcached", 1.3, 2),)),
    Scenario("kv-90-c64", "KV 90 % get, 10 % set, 64 connections", tool="kv",
             options=("--set", "10"), contenders=KV),
    Scenario("mixed", "12-byte object while 1 MiB downloads run", tool="mixed",
             threads=1, connections=16, contenders=("kelp",) + PEERS,
             needs=(Need("p99", ("nginx",), 0.5),)),
    Scenario("idle-10000", "10,000 idle connections, memory of each",
             tool="idle", connections=10000,
             contenders=("kelp", "null_softirq", "nginx"),
             needs=(Need("bytes", ("null_softirq",), 1024),)),
)
