/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mounts: a handler with its arguments, as one route has it.
 */
#ifndef KELP_HTTP_MOUNT_H
#define KELP_HTTP_MOUNT_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/spinlock_types.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct http_registered;
struct kelp_http_handler;
struct kelp_http_rq;
struct kelp_net;
struct netlink_ext_ack;

/**
 * struct http_mount - a handler at a route
 * @handler: the handler; set once
 * @state: what its create() made; set once
 * @methods: bit mask of 1 << enum http_method that are handed to it; set once
 * @body: bytes of a request's body that it takes, U64_MAX for as many as the
 *	limit says; set once
 * @args_len: bytes of @args; set once
 * @registered: the handler's registration; a reference is held
 * @node: in http_registered.mounts; its mutex
 * @lock: protects @active; taken with BH off, nothing is taken inside but what
 *	kelp_conn_set() takes
 * @active: requests that outlive the callback in which they came; @lock
 * @ref: holders: the route, requests in @active
 * @free_work: destroys in the dispatcher after a grace period
 * @allow: "Allow: …\r\n" of its methods; set once
 * @args: the arguments as they were given, each NUL terminated; set once
 */
struct http_mount {
	const struct kelp_http_handler *handler;
	void *state;
	u32 methods;
	u64 body;
	size_t args_len;
	struct http_registered *registered;
	struct list_head node;
	spinlock_t lock;
	struct list_head active;
	refcount_t ref;
	struct rcu_work free_work;
	char allow[80];
	char args[];
};

struct http_mount *http_mount_create(struct kelp_net *kn, const char *name,
				     const char *const *args, unsigned int nr,
				     struct netlink_ext_ack *extack);
bool http_mount_tryget(struct http_mount *mount);
void http_mount_put(struct http_mount *mount);
void http_mount_added(const struct http_mount *mount);
bool http_mount_gone(const struct http_mount *mount);
void http_mount_enter(struct http_mount *mount, struct kelp_http_rq *rq);
void http_mount_leave(struct http_mount *mount, struct kelp_http_rq *rq);

#endif
