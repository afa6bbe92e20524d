// SPDX-License-Identifier: GPL-2.0-only
/*
 * Claiming requests: one handler may answer requests to which no route leads
 * it, by what they are (the bridge to RPC methods). Asked in softirq or in the
 * worker; changed when the handler comes and goes.
 */
#include "http/handlers/claim.h"

#include <linux/errno.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>

#include "kelp/http.h"
#include "http/handlers/mount.h"
#include "http/handlers/rq.h"

/* Bits of the claimant's methods, 0 when there is none; a hint. */
u32 http_claim_methods __read_mostly;

static struct http_mount __rcu *http_claimant;
static DEFINE_MUTEX(http_claim_lock);

/**
 * http_claimed() - does a handler claim this request?
 * @conn: the connection
 * @asked: what was asked, the whole path; its mount is set if so
 * @routed: a route leads somewhere, so that the request is only the claimant's
 *	if that is certain
 *
 * Context: socket lock, BH off, RCU reader.
 * Return: true when it does.
 */
bool http_claimed(struct kelp_conn *conn, struct http_asked *asked,
		  bool routed)
{
	struct kelp_http_rq rq;
	bool claimed;

	asked->mount = rcu_dereference(http_claimant);
	if (!asked->mount)
		return false;
	http_rq_init(&rq, conn, asked);
	claimed = asked->mount->handler->claims(&rq, routed);
	http_rq_exit(&rq);
	return claimed;
}

/**
 * http_claim_add() - a handler that claims requests has come
 * @mount: it, mounted nowhere; a reference is handed over on success
 *
 * Context: process, sleeps.
 * Return: 0, or -EBUSY when there is one already.
 */
int http_claim_add(struct http_mount *mount)
{
	int err = -EBUSY;

	mutex_lock(&http_claim_lock);
	if (!rcu_access_pointer(http_claimant)) {
		/* pairs with rcu_dereference() in http_claimed() */
		rcu_assign_pointer(http_claimant, mount);
		WRITE_ONCE(http_claim_methods, mount->methods);
		err = 0;
	}
	mutex_unlock(&http_claim_lock);
	return err;
}

/**
 * http_claim_del() - it is going
 * @mount: its mount
 *
 * Context: process, sleeps.
 * Return: the mount, whose reference is the caller's now, to be dropped behind
 * a grace period; NULL when another one claims.
 */
struct http_mount *http_claim_del(const struct http_mount *mount)
{
	struct http_mount *found;

	mutex_lock(&http_claim_lock);
	found = rcu_dereference_protected(http_claimant,
					  lockdep_is_held(&http_claim_lock));
	if (found == mount) {
		WRITE_ONCE(http_claim_methods, 0);
		RCU_INIT_POINTER(http_claimant, NULL);
	} else {
		found = NULL;
	}
	mutex_unlock(&http_claim_lock);
	return found;
}
