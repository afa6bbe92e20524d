/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The census: how many objects of each type the module ever created and
 * destroyed. When it is removed the two must agree; a type that does not
 * balance is a leak, or an object that was freed twice.
 *
 * Counting is one per-CPU increment and may be done anywhere. The census is
 * module-wide: what belongs to one namespace is counted in stats/stats.h.
 */
#ifndef KELP_STATS_CENSUS_H
#define KELP_STATS_CENSUS_H

#include <linux/percpu.h>
#include <linux/types.h>

/* X(symbol, "name", "what is counted"); append only. */
#define KELP_CENSUS(X)							\
	X(CONN, "conn", "connections")					\
	X(BUF, "buf", "pieces on transmit queues and gathered heads")	\
	X(BLOB, "blob", "bodies in pages")				\
	X(OBJECT, "object", "answers ready to be sent")			\
	X(STORED, "stored", "paths of objects that were put")		\
	X(SITE, "site", "sites")					\
	X(ROUTE, "route", "prefixes of sites and handlers")		\
	X(CACHED, "cached", "entries of the file cache")		\
	X(STREAM, "stream", "files that are sent in chunks")		\
	X(TASK, "task", "requests in the dispatcher")			\
	X(LISTENER, "listener", "listeners")				\
	X(GATE, "gate", "rules of listeners")				\
	X(CLIENT, "client", "addresses of clients")			\
	X(HTTP, "http", "HTTP tables of a namespace")			\
	X(NET, "net", "servers, one per namespace")			\
	X(MOUNT, "mount", "handlers with their arguments, one per route") \
	X(CALL, "call", "requests that outlive their handler's first callback") \
	X(KV, "kv", "keys of key-value stores")				\
	X(KV_STORE, "kv_store", "key-value stores")			\
	X(WATCH, "watch", "cached files whose changes are told")	\
	X(RPC, "rpc", "RPC tables of a namespace")			\
	X(SERVICE, "service", "RPC services")				\
	X(RPC_TASK, "rpc_task", "RPC calls that are not answered in place") \
	X(PROTO, "proto", "registered protocols")			\
	X(JOB, "job", "tasks that other modules gave")			\
	X(CAST, "cast", "tasks on every connection of a protocol")	\
	X(TIMER, "timer", "timers that other modules set")		\
	X(HOOK, "hook", "hooks of connections")				\
	X(HIJACK, "hijack", "connections that are taken away")

enum kelp_census {
#define KELP_CENSUS_ENUM(sym, name, what) KELP_CENSUS_##sym,
	KELP_CENSUS(KELP_CENSUS_ENUM)
#undef KELP_CENSUS_ENUM
	KELP_CENSUS_COUNT,
};

/**
 * struct kelp_census_cpu - what one CPU counted
 * @created: objects created, by &enum kelp_census
 * @destroyed: objects destroyed; those of one type may well exceed @created
 *	on one CPU, the sums over all CPUs must agree
 */
struct kelp_census_cpu {
	unsigned long created[KELP_CENSUS_COUNT];
	unsigned long destroyed[KELP_CENSUS_COUNT];
};

DECLARE_PER_CPU(struct kelp_census_cpu, kelp_census_cpu);

/**
 * kelp_census_add() - an object was created
 * @type: its type
 *
 * Context: any.
 */
static inline void kelp_census_add(enum kelp_census type)
{
	this_cpu_inc(kelp_census_cpu.created[type]);
}

/**
 * kelp_census_sub() - an object was destroyed
 * @type: its type
 *
 * Called where the memory is given back, or where it is handed to kfree_rcu()
 * for good.
 *
 * Context: any.
 */
static inline void kelp_census_sub(enum kelp_census type)
{
	this_cpu_inc(kelp_census_cpu.destroyed[type]);
}

bool kelp_census_report(bool print);

#endif
