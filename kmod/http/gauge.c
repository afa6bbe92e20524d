// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gauges. Read in any context, without locks: dispatcher items must not wait
 * for kelp_net.lock, whose holder may be waiting for the dispatcher.
 */
#include "http/gauge.h"

#include <linux/atomic.h>
#include <linux/compiler.h>

#include "http/table.h"
#include "net/net.h"

static u64 gauge_connections(struct kelp_net *kn)
{
	return atomic_read(&kn->nr_conns);
}

static u64 gauge_memory(struct kelp_net *kn)
{
	return atomic_long_read(&kn->mem);
}

static u64 gauge_cache_objects(struct kelp_net *kn)
{
	return READ_ONCE(kelp_http_of(kn)->cache.objects);
}

static u64 gauge_cache_bytes(struct kelp_net *kn)
{
	return READ_ONCE(kelp_http_of(kn)->cache.body_bytes);
}

static const struct {
	const char *name;
	const char *help;
	u64 (*read)(struct kelp_net *kn);
} kelp_gauges[KELP_GAUGE_COUNT] = {
	[KELP_GAUGE_CONNECTIONS] = {
		"connections", "open connections", gauge_connections },
	[KELP_GAUGE_MEMORY] = {
		"memory_bytes", "buffers and queues of all connections",
		gauge_memory },
	[KELP_GAUGE_CACHE_OBJECTS] = {
		"cache_objects", "cached files", gauge_cache_objects },
	[KELP_GAUGE_CACHE_BYTES] = {
		"cache_bytes", "bodies of all cached files",
		gauge_cache_bytes },
};

/**
 * kelp_gauge_name() - the gauge's public name
 * @id: which gauge
 *
 * Context: any.
 * Return: a constant string.
 */
const char *kelp_gauge_name(enum kelp_gauge id)
{
	return kelp_gauges[id].name;
}

/**
 * kelp_gauge_help() - one line that says what the gauge shows
 * @id: which gauge
 *
 * Context: any.
 * Return: a constant string.
 */
const char *kelp_gauge_help(enum kelp_gauge id)
{
	return kelp_gauges[id].help;
}

/**
 * kelp_gauge_read() - the gauge's value
 * @kn: the server; its namespace has not gone
 * @id: which gauge
 *
 * Context: any, with kelp_net.lock, a connection or a site held, which keeps
 *	the tables.
 * Return: the value now.
 */
u64 kelp_gauge_read(struct kelp_net *kn, enum kelp_gauge id)
{
	return kelp_gauges[id].read(kn);
}
