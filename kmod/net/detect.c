// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which protocol a connection speaks: found by its first bytes, by its name or
 * by its registration, under RCU in any context.
 */
#include "net/proto.h"

#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include "net/conn.h"
#include "net/net.h"

/* The next that is registered, from @slot on, with a reference; under RCU. */
static struct kelp_proto *proto_tryget(unsigned int slot)
{
	struct kelp_proto *proto = rcu_dereference(kelp_protos[slot]);

	return proto && percpu_ref_tryget_live(&proto->users) ? proto : NULL;
}

/**
 * kelp_proto_next() - walk the registered protocols
 * @slot: least slot wanted; set to the one behind the slot found
 *
 * Context: any.
 * Return: a protocol with a reference for the caller, or NULL at the end.
 */
struct kelp_proto *kelp_proto_next(unsigned int *slot)
{
	struct kelp_proto *proto = NULL;

	rcu_read_lock();
	while (!proto && *slot < KELP_PROTO_MAX)
		proto = proto_tryget((*slot)++);
	rcu_read_unlock();
	return proto;
}

/**
 * kelp_proto_find() - the registration of a protocol
 * @ops: as it was registered
 *
 * Context: any.
 * Return: it, with a reference for the caller, or NULL when it is not
 * registered (any more).
 */
struct kelp_proto *kelp_proto_find(const struct kelp_proto_ops *ops)
{
	struct kelp_proto *proto;
	unsigned int slot = 0;

	while ((proto = kelp_proto_next(&slot))) {
		if (proto->ops == ops)
			return proto;
		kelp_proto_put(proto);
	}
	return NULL;
}

/**
 * kelp_proto_find_name() - the protocol of a name
 * @name: the name
 *
 * Context: any.
 * Return: as kelp_proto_find().
 */
struct kelp_proto *kelp_proto_find_name(const char *name)
{
	struct kelp_proto *proto;
	unsigned int slot = 0;

	while ((proto = kelp_proto_next(&slot))) {
		if (!strcmp(proto->ops->name, name))
			return proto;
		kelp_proto_put(proto);
	}
	return NULL;
}

/**
 * kelp_proto_put() - give a reference back
 * @proto: the protocol, or NULL; not to be touched afterwards but under RCU
 *
 * Context: any.
 */
void kelp_proto_put(struct kelp_proto *proto)
{
	if (proto)
		percpu_ref_put(&proto->users);
}

static enum kelp_detect proto_judge(const struct kelp_proto *proto,
				    const u8 *data, size_t len)
{
	if (!proto->ops->detect)
		return KELP_DETECT_NO;
	return proto->ops->detect(data, min_t(size_t, len, 4));
}

/**
 * kelp_proto_detect() - which protocol begins with these bytes
 * @data: the first bytes of a connection
 * @len: how many there are, at least 1
 * @found: set with KELP_DETECT_YES, with a reference for the caller
 *
 * Bytes that no protocol claims belong to the one marked fallback.
 *
 * Context: any, under rcu_read_lock().
 * Return: YES, MORE when up to 4 bytes could still decide, NO when nobody
 *	wants them.
 */
enum kelp_detect kelp_proto_detect(const u8 *data, size_t len,
				   struct kelp_proto **found)
{
	int fallback = -1, chosen = -1;
	struct kelp_proto *proto;
	bool more = false;
	int slot;

	for (slot = 0; slot < KELP_PROTO_MAX && chosen < 0; slot++) {
		proto = rcu_dereference(kelp_protos[slot]);
		if (!proto)
			continue;
		if (proto->ops->fallback) {
			fallback = slot;
			continue;
		}
		switch (proto_judge(proto, data, len)) {
		case KELP_DETECT_YES:
			chosen = slot;
			break;
		case KELP_DETECT_MORE:
			more = true;
			break;
		case KELP_DETECT_NO:
			break;
		}
	}
	if (chosen < 0 && more && len < 4)
		return KELP_DETECT_MORE;
	if (chosen < 0)
		chosen = fallback;
	*found = chosen < 0 ? NULL : proto_tryget(chosen);
	return *found ? KELP_DETECT_YES : KELP_DETECT_NO;
}

/**
 * kelp_proto_enter() - a connection speaks a protocol from now on
 * @conn: the connection; speaks none
 * @proto: the protocol; the reference becomes the connection's
 *
 * Context: socket lock, BH off, under rcu_read_lock().
 */
void kelp_proto_enter(struct kelp_conn *conn, struct kelp_proto *proto)
{
	/* dumps and unregister look without the lock */
	WRITE_ONCE(conn->registered, proto);
	WRITE_ONCE(conn->proto, proto->ops);
	this_cpu_inc(conn->kn->proto_conns->v[proto->slot]);
	if (proto->ops->on_open)
		proto->ops->on_open(conn);
}

/**
 * kelp_proto_leave() - a connection speaks nothing any more
 * @conn: the connection
 *
 * Context: socket lock and under rcu_read_lock(), when a callback of that
 * protocol may be on the stack; or nobody serves the connection any more.
 */
void kelp_proto_leave(struct kelp_conn *conn)
{
	struct kelp_proto *proto = conn->registered;

	if (!proto)
		return;
	this_cpu_dec(conn->kn->proto_conns->v[proto->slot]);
	WRITE_ONCE(conn->proto, NULL);
	WRITE_ONCE(conn->registered, NULL);
	kelp_proto_put(proto);
}

/**
 * kelp_proto_count() - how many connections speak a protocol
 * @kn: the server
 * @ops: the protocol
 *
 * Context: any.
 * Return: connections, as of some moment during the call; 0 when it is not
 * registered.
 */
long kelp_proto_count(struct kelp_net *kn, const struct kelp_proto_ops *ops)
{
	struct kelp_proto *proto = kelp_proto_find(ops);
	long sum = 0;
	int cpu;

	if (!proto)
		return 0;
	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(kn->proto_conns,
					     cpu)->v[proto->slot]);
	kelp_proto_put(proto);
	return max(sum, 0L);
}
EXPORT_SYMBOL_GPL(kelp_proto_count);
