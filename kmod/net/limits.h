/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The limits and time-outs of a server: names, units, defaults and bounds.
 * `kelpctl limits show` prints this table, `limits set` changes one value.
 */
#ifndef KELP_NET_LIMITS_H
#define KELP_NET_LIMITS_H

#include <linux/types.h>

/* X(symbol, "name", "unit", default, least, most, "help"); append only. */
#define KELP_LIMITS(X)							\
	X(CONNECTIONS, "connections", "", 65536, 1, 1 << 24,		\
	  "open connections; at the limit others are reset")	\
	X(BACKLOG, "backlog", "", 4096, 1, 65535,			\
	  "connections that wait for accept, per listener; for new ones") \
	X(HEADER_MS, "header_timeout", "ms", 10000, 10, 3600000,	\
	  "from a request's first byte to the end of its head")		\
	X(BODY_MS, "body_timeout", "ms", 30000, 10, 3600000,		\
	  "between two reads of a request's body")			\
	X(IDLE_MS, "idle_timeout", "ms", 60000, 10, 86400000,		\
	  "between two requests of a connection")			\
	X(WRITE_MS, "write_timeout", "ms", 30000, 10, 3600000,		\
	  "without progress while an answer waits to be sent")		\
	X(LINGER_MS, "linger_timeout", "ms", 10000, 10, 3600000,	\
	  "for the peer to take the last byte and close")		\
	X(REQUESTS, "requests_per_connection", "", 0, 0, U32_MAX,	\
	  "requests a connection may make; 0 is no limit")		\
	X(LINE, "request_line", "bytes", 8192, 64, 16384,		\
	  "request line, else 414")					\
	X(FIELD, "header_field", "bytes", 8192, 64, 16384,		\
	  "one header field line, else 431")				\
	X(HEAD, "header_fields", "bytes", 16384, 64, 32768,		\
	  "all header fields, else 431")				\
	X(FIELDS, "header_count", "", 100, 1, 1000,			\
	  "header fields, else 431")					\
	X(BODY, "body", "bytes", 1 << 20, 0, 1ULL << 40,		\
	  "request body, else 413")					\
	X(BUDGET_REQUESTS, "softirq_requests", "", 32, 1, 4096,		\
	  "requests answered in one softirq invocation")		\
	X(BUDGET_BYTES, "softirq_bytes", "bytes", 65536, 1024, 1 << 24,	\
	  "answer bytes of one softirq invocation")			\
	X(QUEUE, "queue", "bytes", 262144, 4096, 1 << 26,		\
	  "answer bytes that wait on one connection")			\
	X(MEMORY, "memory", "bytes", 0, 0, U64_MAX,			\
	  "buffers of all connections; 0 is a quarter of the machine")	\
	X(CACHE, "cache", "bytes", 64 << 20, 0, 1ULL << 44,		\
	  "bodies of all cached files")					\
	X(CACHE_OBJECT, "cache_object", "bytes", 1 << 20, 0, 4 << 20,	\
	  "largest file that is cached; larger ones are streamed")	\
	X(CHUNK_EXT, "chunk_extensions", "bytes", 4096, 0, 1 << 20,	\
	  "extensions of all chunks of a request's body, else 413")	\
	X(TRAILER, "trailer_fields", "bytes", 8192, 2, 1 << 20,		\
	  "trailer fields behind a chunked request body, else 431") \
	X(CONNS_ADDRESS, "connections_per_address", "", 0, 0, U32_MAX,	\
	  "connections of one address or IPv6 /64; 0 is no limit")	\
	X(RATE, "rate_per_address", "", 0, 0, 1000000,			\
	  "requests/s of one address or IPv6 /64, else 429; 0 is no limit") \
	X(RATE_BURST, "rate_burst", "", 100, 1, 1000000,		\
	  "requests that an address may save up")			\
	X(BODY_RATE, "body_rate", "bytes", 500, 0, 1 << 30,		\
	  "bytes/s of a request's body at least, on average")		\
	X(BODY_GRACE_MS, "body_grace", "ms", 10000, 0, 3600000,		\
	  "before body_rate holds")					\
	X(CONN_MEMORY, "memory_per_connection", "bytes", 8 << 20, 4096, 1 << 30, \
	  "buffers of one connection")					\
	X(RPC_BODY, "rpc_body", "bytes", 4 << 20, 64, 64 << 20,		\
	  "an RPC request behind its head")				\
	X(RPC_META, "rpc_meta", "bytes", 16384, 64, 32768,		\
	  "description of an RPC request, part of rpc_body")		\
	X(RPC_CONN_CALLS, "rpc_calls_per_connection", "", 1000, 1, 1000000, \
	  "calls of one connection that are not answered in place, else ELIMIT") \
	X(RPC_CALLS, "rpc_calls", "", 65536, 1, 1 << 24,		\
	  "such calls of all connections, else ELIMIT")			\
	X(RPC_QUEUE, "rpc_queue", "bytes", 8 << 20, 4096, 1 << 30,	\
	  "RPC replies that wait on one connection, else it is reset")

enum kelp_limit {
#define KELP_LIMIT_ENUM(sym, name, unit, def, min, max, help) KELP_LIMIT_##sym,
	KELP_LIMITS(KELP_LIMIT_ENUM)
#undef KELP_LIMIT_ENUM
	KELP_LIMIT_COUNT,
};

/**
 * struct kelp_limit_info - what is known of a limit
 * @name: as `kelpctl limits` spells it
 * @unit: "ms", "bytes" or "" (a count)
 * @help: one line
 * @def: value at start
 * @min: least value accepted
 * @max: largest value accepted
 */
struct kelp_limit_info {
	const char *name;
	const char *unit;
	const char *help;
	u64 def;
	u64 min;
	u64 max;
};

const struct kelp_limit_info *kelp_limit_info(enum kelp_limit id);
int kelp_limit_find(const char *name);

#endif
