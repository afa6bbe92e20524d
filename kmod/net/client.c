// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of clients of a namespace. An entry is made when an address comes
 * and goes with its last user; while its token bucket is not full it stays
 * beyond that (nobody gets a new bucket by connecting anew), on a list that
 * the dispatcher looks through once a second.
 *
 * Taking a token writes one word of the client's own line; nothing here takes
 * a lock that another client's requests want.
 */
#include "net/client.h"

#include <linux/err.h>
#include <linux/jhash.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <net/inet_sock.h>

#include "net/addr.h"
#include "net/bucket.h"
#include "net/dispatch.h"
#include "net/net.h"
#include "stats/census.h"

/* The table takes twice as many entries; who comes then is not counted. */
#define KELP_CLIENT_BUCKETS (1 << 17)

static const struct rhashtable_params kelp_client_params = {
	.head_offset = offsetof(struct kelp_client, node),
	.key_offset = offsetof(struct kelp_client, key),
	.key_len = KELP_CLIENT_KEY,
	.max_size = KELP_CLIENT_BUCKETS,
	.automatic_shrinking = true,
};

/* Who has one address of a /64 has all of them. */
static void kelp_client_key(const struct kelp_addr *addr,
			    u8 key[KELP_CLIENT_KEY])
{
	memset(key, 0, KELP_CLIENT_KEY);
	key[0] = addr->family;
	memcpy(key + 1, addr->ip, addr->family == 4 ? 4 : 8);
}

/**
 * kelp_client_peer() - the address at the other end of a connection
 * @sk: an accepted TCP socket; it may have been reset meanwhile
 * @addr: set to address and port
 *
 * Context: any.
 */
void kelp_client_peer(const struct sock *sk, struct kelp_addr *addr)
{
	memset(addr, 0, sizeof(*addr));
	addr->port = ntohs(sk->sk_dport);
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6) {
		addr->family = 6;
		memcpy(addr->ip, &sk->sk_v6_daddr, 16);
		kelp_addr_unmap(addr);
		return;
	}
#endif
	addr->family = 4;
	memcpy(addr->ip, &sk->sk_daddr, 4);
}

static void kelp_client_unref(struct kelp_net *kn, struct kelp_client *client)
{
	if (!refcount_dec_and_test(&client->ref))
		return;
	/* Somebody who found it dying may have done this already. */
	rhashtable_remove_fast(&kn->clients, &client->node, kelp_client_params);
	kfree_rcu(client, rcu);
	kelp_census_sub(KELP_CENSUS_CLIENT);
}

/*
 * Take a reference, or take a dying entry out of the way: whoever dropped its
 * last reference may have been interrupted before it did.
 */
static struct kelp_client *kelp_client_hold(struct kelp_net *kn,
					    struct kelp_client *client)
{
	if (refcount_inc_not_zero(&client->ref))
		return client;
	rhashtable_remove_fast(&kn->clients, &client->node, kelp_client_params);
	return NULL;
}

static struct kelp_client *kelp_client_create(const u8 *key, gfp_t gfp)
{
	struct kelp_client *client = kzalloc(sizeof(*client),
					     gfp | __GFP_NOWARN);

	if (!client)
		return NULL;
	kelp_census_add(KELP_CENSUS_CLIENT);
	memcpy(client->key, key, KELP_CLIENT_KEY);
	refcount_set(&client->ref, 1);
	return client;
}

/* The entry of @new's key: another one with a reference, or @new itself. */
static struct kelp_client *kelp_client_insert(struct kelp_net *kn,
					      struct kelp_client *new)
{
	struct kelp_client *client;

	do {
		client = rhashtable_lookup_get_insert_fast(&kn->clients,
							   &new->node,
							   kelp_client_params);
		if (!client || IS_ERR(client))
			return client ?: new;
		client = kelp_client_hold(kn, client);
	} while (!client);
	return client;
}

/**
 * kelp_client_get() - the entry of an address
 * @kn: the server
 * @addr: IPv4 or IPv6
 * @gfp: how to allocate when it is new
 *
 * Context: any, if @gfp does.
 * Return: the client with a reference for the caller; NULL when there is no
 *	memory, or no room in the table; counted.
 */
struct kelp_client *kelp_client_get(struct kelp_net *kn,
				    const struct kelp_addr *addr, gfp_t gfp)
{
	struct kelp_client *client, *new;
	u8 key[KELP_CLIENT_KEY];

	kelp_client_key(addr, key);
	rcu_read_lock();
	client = rhashtable_lookup(&kn->clients, key, kelp_client_params);
	if (client)
		client = kelp_client_hold(kn, client);
	rcu_read_unlock();
	if (client)
		return client;

	new = kelp_client_create(key, gfp);
	if (!new) {
		kelp_stat_inc(kn->stats, KELP_STAT_NOMEM);
		return NULL;
	}
	rcu_read_lock();
	client = kelp_client_insert(kn, new);
	rcu_read_unlock();
	if (client != new) {
		kfree(new);
		kelp_census_sub(KELP_CENSUS_CLIENT);
	}
	if (!IS_ERR(client))
		return client;
	kelp_stat_inc(kn->stats, KELP_STAT_NOMEM);
	return NULL;
}

static bool kelp_client_owes(struct kelp_net *kn,
			     const struct kelp_client *client)
{
	return kelp_net_limit(kn, KELP_LIMIT_RATE) &&
	       atomic64_read(&client->full) > (s64)ktime_get_ns();
}

/**
 * kelp_client_put() - drop a reference
 * @kn: the server
 * @client: the client, not to be touched afterwards, or NULL
 *
 * Context: any.
 */
void kelp_client_put(struct kelp_net *kn, struct kelp_client *client)
{
	if (!client)
		return;
	if (unlikely(kelp_client_owes(kn, client)) &&
	    !test_and_set_bit(0, &client->lingers)) {
		/* our reference becomes the list's */
		if (llist_add(&client->linger, &kn->lingering))
			kelp_dispatch_accept(&kn->linger_work, HZ);
		return;
	}
	kelp_client_unref(kn, client);
}

/* Full buckets need not be remembered. */
static void kelp_client_linger(struct work_struct *work)
{
	struct kelp_net *kn = container_of(to_delayed_work(work),
					   struct kelp_net, linger_work);
	struct llist_node *all = llist_del_all(&kn->lingering);
	struct kelp_client *client, *next;
	bool again = false;

	llist_for_each_entry_safe(client, next, all, linger) {
		if (kelp_client_owes(kn, client)) {
			again |= llist_add(&client->linger, &kn->lingering);
		} else {
			/* From here on it may be put on the list anew. */
			clear_bit_unlock(0, &client->lingers);
			kelp_client_unref(kn, client);
		}
		cond_resched();
	}
	if (again)
		kelp_dispatch_accept(&kn->linger_work, HZ);
}

/**
 * kelp_client_join() - an address opens a connection
 * @kn: the server
 * @addr: the address
 * @gfp: how to allocate
 *
 * Context: any, if @gfp does.
 * Return: the client, for kelp_client_leave(); NULL when it could not be
 *	entered and the connection is not counted; ERR_PTR(-EUSERS) when the
 *	address has as many connections as it may have.
 */
struct kelp_client *kelp_client_join(struct kelp_net *kn,
				     const struct kelp_addr *addr, gfp_t gfp)
{
	struct kelp_client *client = kelp_client_get(kn, addr, gfp);
	u64 most = kelp_net_limit(kn, KELP_LIMIT_CONNS_ADDRESS);

	if (!client)
		return NULL;
	if (atomic_inc_return(&client->nr) <= most || !most)
		return client;
	kelp_client_leave(kn, client);
	kelp_stat_inc(kn->stats, KELP_STAT_REFUSED_ADDRESS);
	return ERR_PTR(-EUSERS);
}

/**
 * kelp_client_leave() - a connection of an address ends
 * @kn: the server
 * @client: from kelp_client_join(), or NULL
 *
 * Context: any.
 */
void kelp_client_leave(struct kelp_net *kn, struct kelp_client *client)
{
	if (!client)
		return;
	atomic_dec(&client->nr);
	kelp_client_put(kn, client);
}

/**
 * kelp_client_take() - may this client make a request now?
 * @kn: the server
 * @client: the client, or NULL: always, see "Clients" in ARCHITECTURE.md
 *
 * Context: any.
 * Return: 0 when it may, which takes a token; otherwise the seconds after
 *	which it may, rounded up.
 */
unsigned int kelp_client_take(struct kelp_net *kn, struct kelp_client *client)
{
	u64 rate = kelp_net_limit(kn, KELP_LIMIT_RATE);
	s64 step, burst, full, next, wait, now;

	if (!rate || !client)
		return 0;
	burst = kelp_net_limit(kn, KELP_LIMIT_RATE_BURST);
	step = div64_u64(NSEC_PER_SEC, rate);
	now = ktime_get_ns();
	full = atomic64_read(&client->full);
	do {
		next = kelp_bucket_take(full, now, step, burst, &wait);
		if (wait)
			return div64_u64(wait + NSEC_PER_SEC - 1, NSEC_PER_SEC);
	} while (!atomic64_try_cmpxchg(&client->full, &full, next));
	return 0;
}

/**
 * kelp_client_net_init() - make a namespace's table
 * @kn: the server
 *
 * Context: process, sleeps.
 * Return: 0 or -errno.
 */
int kelp_client_net_init(struct kelp_net *kn)
{
	init_llist_head(&kn->lingering);
	INIT_DELAYED_WORK(&kn->linger_work, kelp_client_linger);
	return rhashtable_init(&kn->clients, &kelp_client_params);
}

/**
 * kelp_client_net_stop() - forget the clients
 * @kn: the server; no connection is left
 *
 * Context: process, sleeps; never waits for a file.
 */
void kelp_client_net_stop(struct kelp_net *kn)
{
	struct kelp_client *client, *next;
	struct llist_node *all;

	cancel_delayed_work_sync(&kn->linger_work);
	all = llist_del_all(&kn->lingering);
	llist_for_each_entry_safe(client, next, all, linger)
		kelp_client_unref(kn, client);
}

/**
 * kelp_client_net_exit() - free the table
 * @kn: the server; its last reference is gone
 *
 * Context: process, sleeps.
 */
void kelp_client_net_exit(struct kelp_net *kn)
{
	rhashtable_destroy(&kn->clients);
}
