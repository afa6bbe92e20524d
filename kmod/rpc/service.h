/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Services and methods as they are registered.
 */
#ifndef KELP_RPC_SERVICE_H
#define KELP_RPC_SERVICE_H

#include <linux/completion.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/spinlock_types.h>
#include <linux/types.h>

struct kelp_method;
struct kelp_net;
struct kelp_service;
struct rpc_task;

/* Latencies are counted in classes: below 1 µs, 2 µs, 4 µs … 8.4 s, longer. */
#define RPC_LATENCIES 25

/**
 * struct rpc_method_stats - what one CPU counted for a method
 * @begun: calls that came
 * @ended: calls that were answered, or whose peer went away
 * @errors: of these, with another code than 0
 * @latency: of these, by the time from the last byte to the answer
 */
struct rpc_method_stats {
	u64 begun;
	u64 ended;
	u64 errors;
	u64 latency[RPC_LATENCIES];
};

/**
 * struct rpc_name - a name under which a method is found
 * @node: in the table of names
 * @method: what is found
 * @service: the service's part, "package.Service" or "Service"
 * @name: the method's part
 * @service_len: bytes of @service
 * @name_len: bytes of @name
 * @listed: it is in the table; rpc_services_lock
 */
struct rpc_name {
	struct rhash_head node;
	const struct rpc_method *method;
	const char *service;
	const char *name;
	u16 service_len;
	u16 name_len;
	bool listed;
};

/**
 * struct rpc_hint - what was found last, since it is mostly asked for again
 * @name: it; good while @gone is what it was when it was found, under RCU
 * @gone: see rpc_names_gone in service.c
 *
 * Zero at first. Belongs to whoever looks up; no locking of its own.
 */
struct rpc_hint {
	const struct rpc_name *name;
	unsigned long gone;
};

/**
 * struct rpc_method - a registered method
 * @def: what the service said; set once
 * @service: its service; set once
 * @stats: set once
 * @full: its name
 * @brief: the same without the package
 */
struct rpc_method {
	const struct kelp_method *def;
	struct rpc_service *service;
	struct rpc_method_stats __percpu *stats;
	struct rpc_name full;
	struct rpc_name brief;
};

/**
 * struct rpc_service - a registered service
 * @node: in the list of services; rpc_services_lock
 * @def: what was registered; set once
 * @id: key of its states in struct kelp_rpc; set once
 * @lock: protects @active and @gone; BH off; inside the socket lock
 * @active: tasks whose methods are, or will be, called
 * @gone: it takes no more tasks
 * @ref: holders: the registry, tasks, states
 * @idle: completed when @gone and no task is left
 * @unused: completed when the last holder is gone
 * @nr: elements of @method
 * @method: its methods; set once
 */
struct rpc_service {
	struct list_head node;
	const struct kelp_service *def;
	u32 id;
	spinlock_t lock;
	struct list_head active;
	bool gone;
	refcount_t ref;
	struct completion idle;
	struct completion unused;
	unsigned int nr;
	struct rpc_method method[];
};

int rpc_service_init(void);
void rpc_service_exit(void);
void rpc_service_put(struct rpc_service *service);

/* Under rcu_read_lock(). */
const struct rpc_method *rpc_method_find(struct rpc_hint *hint,
					 const void *service,
					 size_t service_len,
					 const void *name, size_t name_len);

/* Any context; the task's reference on the service is taken and dropped. */
bool rpc_service_enter(struct rpc_service *service, struct rpc_task *task);
void rpc_service_leave(struct rpc_service *service, struct rpc_task *task);

/* latency.c: any context. */
void rpc_method_begin(const struct rpc_method *method);
void rpc_method_undo(const struct rpc_method *method);
u64 rpc_method_end(const struct rpc_method *method, u64 arrived, bool error);
void rpc_method_sum(const struct rpc_method *method,
		    struct rpc_method_stats *sum);

/* Process context; fn may sleep. */
int rpc_service_for_each(int (*fn)(const struct rpc_service *service,
				   void *arg), void *arg);

#endif
