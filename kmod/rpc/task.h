/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct rpc_task: a call that outlives the invocation in which it came, because
 * its method sleeps or answers later, or because its body came in pieces.
 */
#ifndef KELP_RPC_TASK_H
#define KELP_RPC_TASK_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/spinlock_types.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "rpc/call.h"

struct kelp_conn;
struct rpc_service;

/**
 * enum rpc_task_state - how far a method has come
 * @RPC_TASK_NEW: it was not called, or call() is running
 * @RPC_TASK_LATER: call() has returned KELP_CALL_LATER
 * @RPC_TASK_FINISHED: the answer is made
 */
enum rpc_task_state {
	RPC_TASK_NEW,
	RPC_TASK_LATER,
	RPC_TASK_FINISHED,
};

/**
 * struct rpc_task - such a call
 * @call: the call
 * @ref: holders: whoever waits for the answer, whoever runs the method, and
 *	kelp_call_finish()
 * @finished: called when the answer is made; any context. Set once
 * @hold: who may use the method, and so keeps its service: whoever calls it,
 *	and from then on kelp_call_finish(), too. None afterwards: a service
 *	does not wait until answers are read
 * @owner: for @finished; set once
 * @conn: whose call it is (a reference is held), or NULL; set once
 * @node: in rpc_conn.pending or .done; rpc_conn.lock
 * @active: in rpc_service.active; its lock
 * @work: calls the method in the dispatcher
 * @lock: protects @state, @cancelled, @receiving and @orphan; BH off, inside
 *	rpc_service.lock
 * @state: how far it has come
 * @receiving: its body is still coming: the service may go without it
 * @orphan: which it has: nobody has a @hold any more, there is no method
 * @cancelled: nobody waits for the answer; read anywhere
 * @sleeps: the method is called where it may sleep; written before it is, by
 *	whoever calls it
 * @compress: enum kelp_rpc_compress of the message
 * @checksum: masked CRC-32C that it has to have, if kelp_call.checksum
 * @charged: bytes charged to kelp_net.mem for the task and @unpacked
 * @conn_charged: bytes charged to @conn for @pieces; socket lock
 * @pieces: bodies that came in pieces: payload and attachment; &struct
 *	rpc_piece
 * @unpacked: the message when it is not in @body: to be given to kvfree()
 * @body_len: bytes of @body
 * @body: meta; payload and attachment too when @pieces is empty
 */
struct rpc_task {
	struct kelp_call call;
	refcount_t ref;
	refcount_t hold;
	void (*finished)(struct rpc_task *task);
	void *owner;
	struct kelp_conn *conn;
	struct list_head node;
	struct list_head active;
	struct work_struct work;
	spinlock_t lock;
	u8 state;
	bool receiving;
	bool orphan;
	bool cancelled;
	bool sleeps;
	int compress;
	u32 checksum;
	size_t charged;
	size_t conn_charged;
	struct list_head pieces;
	void *unpacked;
	size_t body_len;
	u8 body[];
};

struct rpc_task *rpc_task_create(struct kelp_net *kn,
				 const struct rpc_method *method,
				 const void *body, size_t len, gfp_t gfp);
bool rpc_task_enter(struct rpc_task *task);
void rpc_task_start(struct rpc_task *task);
void rpc_task_run(struct rpc_task *task);
void rpc_task_dispatched(struct rpc_task *task);
bool rpc_task_received(struct rpc_task *task);
void rpc_task_cancel(struct rpc_task *task);
void rpc_task_put(struct rpc_task *task);

/* For a service that goes. */
bool rpc_task_orphan(struct rpc_task *task);
void rpc_task_release(struct rpc_task *task);

#endif
