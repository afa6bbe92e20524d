/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters of one kelp_net: one u64 per counter and CPU, bumped with
 * this_cpu_add() from any context, summed by whoever reads. No counter is
 * a shared cache line on the request path. Gauges are differences of two
 * counters (opened - closed), so they cost nothing extra.
 */
#ifndef KELP_STATS_STATS_H
#define KELP_STATS_STATS_H

#include <linux/percpu.h>
#include <linux/types.h>

/*
 * KELP_STATS(X): X(symbol, "name", "help"). Append only: the order is the
 * order of `kelpctl stats show`.
 */
#define KELP_STATS(X)							\
	X(ACCEPTED, "connections_accepted", "connections accepted")	\
	X(CLOSED, "connections_closed", "connections torn down")	\
	X(ABORTED, "connections_aborted", "closed with a reset")	\
	X(REFUSED, "connections_refused", "closed at accept: a limit was reached") \
	X(ACCEPT_ERRORS, "accept_errors", "accept failed")		\
	X(RX_BYTES, "received_bytes", "request bytes consumed")		\
	X(TX_BYTES, "sent_bytes", "answer bytes given to TCP")		\
	X(SOFTIRQ, "served_softirq", "invocations that served in softirq") \
	X(WORKER, "served_worker", "invocations that served in a worker") \
	X(HANDOVERS, "handovers", "connections handed over to a worker") \
	X(REQUESTS, "requests", "messages answered")			\
	X(GATHERS, "gathers", "messages gathered from several segments") \
	X(BACKPRESSURE, "backpressure", "answers that did not fit the send buffer") \
	X(TIMEOUT_HEADER, "timeouts_header", "head not complete in time") \
	X(TIMEOUT_BODY, "timeouts_body", "body not complete in time")	\
	X(TIMEOUT_IDLE, "timeouts_idle", "idle connections closed")	\
	X(TIMEOUT_WRITE, "timeouts_write", "peer took no answer bytes in time") \
	X(TIMEOUT_LINGER, "timeouts_linger", "peer did not finish its close in time") \
	X(NOMEM, "allocation_failures", "allocations that failed")	\
	X(MEM_REFUSED, "memory_refused", "refused by the memory limits") \
	X(URGENT, "urgent_aborts", "aborted because of TCP urgent data") \
	X(HTTP_2XX, "http_2xx", "answers with status 2xx")		\
	X(HTTP_3XX, "http_3xx", "answers with status 3xx")		\
	X(HTTP_4XX, "http_4xx", "answers with status 4xx")		\
	X(HTTP_5XX, "http_5xx", "answers with status 5xx")		\
	X(CACHE_HITS, "cache_hits", "answered from a cached object")	\
	X(CACHE_MISSES, "cache_misses", "sent to the dispatcher to open a file") \
	X(CACHE_FILLS, "cache_fills", "files read into the cache")	\
	X(CACHE_REVALIDATED, "cache_revalidated", "cached objects found unchanged") \
	X(CACHE_EVICTED, "cache_evicted", "cached objects evicted")	\
	X(STREAMED, "files_streamed", "files sent in chunks, past the cache") \
	X(EVICTED, "connections_evicted", "reset to make room for new connections") \
	X(HANDLER_ERRORS, "handler_errors", "handlers that failed: answered 500, or broken off") \
	X(REFUSED_ADDRESS, "refused_per_address", "connections above the limit of their address") \
	X(REFUSED_ACCESS, "refused_access", "connections refused by a listener's rules") \
	X(PROXY_ERRORS, "proxy_errors", "connections without a valid PROXY header") \
	X(RATE_LIMITED, "rate_limited", "requests above the rate of their address") \
	X(TIMEOUT_RATE, "timeouts_body_rate", "body came more slowly than body_rate") \
	X(CACHE_EVENTS, "cache_events", "cached files made stale by an event") \
	X(CACHE_SHRUNK, "cache_shrunk", "cached objects given up for want of memory") \
	X(RPC_CALLS, "rpc_calls", "RPC calls answered")			\
	X(RPC_ERRORS, "rpc_errors", "RPC calls answered with an error")	\
	X(RPC_EXPIRED, "rpc_expired", "RPC calls whose time was up before they began") \
	X(RPC_LIMITED, "rpc_limited", "RPC calls above the limit of calls at a time") \
	X(RPC_CROWDED, "rpc_crowded", "connections reset because too many RPC replies waited") \
	X(RPC_BROKEN, "rpc_broken", "connections closed because of bytes that are no RPC frame") \
	X(RPC_UNPROVEN, "rpc_unproven", "callers that did not know the listener's secret") \
	X(TIMEOUT_OWN, "timeouts_own", "deadlines that protocols had set themselves")

enum kelp_stat {
#define KELP_STAT_ENUM(sym, name, help) KELP_STAT_##sym,
	KELP_STATS(KELP_STAT_ENUM)
#undef KELP_STAT_ENUM
	KELP_STAT_COUNT,
};

/**
 * struct kelp_stats - the counters of one CPU
 * @v: one word per &enum kelp_stat
 */
struct kelp_stats {
	u64 v[KELP_STAT_COUNT];
};

/**
 * kelp_stat_add() - add to a counter
 * @stats: per-CPU counters of the namespace
 * @id: which counter
 * @n: how much
 *
 * Context: any.
 */
static inline void kelp_stat_add(struct kelp_stats __percpu *stats,
				 enum kelp_stat id, u64 n)
{
	this_cpu_add(stats->v[id], n);
}

static inline void kelp_stat_inc(struct kelp_stats __percpu *stats,
				 enum kelp_stat id)
{
	kelp_stat_add(stats, id, 1);
}

u64 kelp_stat_sum(const struct kelp_stats __percpu *stats, enum kelp_stat id);
const char *kelp_stat_name(enum kelp_stat id);
const char *kelp_stat_help(enum kelp_stat id);

#endif
