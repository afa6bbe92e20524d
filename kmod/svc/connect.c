// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bridge from HTTP to RPC methods: unary calls of the Connect protocol
 * (connectrpc.com/docs/protocol), as far as they are binary.
 *
 *   POST /package.Service/Method
 *   Content-Type: application/proto
 *
 * The body is the message, the answer's body is the reply. An error is a JSON
 * object with a status that fits it. Runs in the dispatcher: the body is read,
 * the method called, its answer awaited.
 */
#include "svc/connect.h"

#include <linux/completion.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "kelp/http.h"
#include "http/handlers/rq.h"
#include "kelp/service.h"
#include "net/conn.h"
#include "net/gate.h"
#include "net/net.h"
#include "rpc/service.h"
#include "rpc/state.h"
#include "rpc/task.h"
#include "rpc/unpack.h"

#define CONNECT_TYPE "application/proto"

/* How often somebody who waits for a method looks whether that is in vain. */
#define CONNECT_LOOK (HZ / 20)

/**
 * struct connect_wait - somebody who waits for a task
 * @done: the answer is made
 * @ref: holders: who waits, the task until it is finished
 */
struct connect_wait {
	struct completion done;
	refcount_t ref;
};

static void connect_wait_put(struct connect_wait *wait)
{
	if (refcount_dec_and_test(&wait->ref))
		kfree(wait);
}

static void connect_finished(struct rpc_task *task)
{
	struct connect_wait *wait = task->owner;

	complete(&wait->done);
	connect_wait_put(wait);
}

/* Names in a path: two segments, neither of them empty. */
struct connect_names {
	const char *service;
	size_t service_len;
	const char *method;
	size_t method_len;
};

static bool connect_names(const struct kelp_http_rq *rq,
			  struct connect_names *names)
{
	const char *path, *slash;
	size_t len;

	path = kelp_http_path(rq, &len);
	if (len < 4 || path[0] != '/')
		return false;
	names->service = path + 1;
	slash = memchr(names->service, '/', len - 1);
	if (!slash)
		return false;
	names->service_len = slash - names->service;
	names->method = slash + 1;
	names->method_len = path + len - names->method;
	return names->service_len && names->method_len &&
	       !memchr(names->method, '/', names->method_len);
}

/* Is a field there, with this value before any parameters? */
static bool connect_field_is(const struct kelp_http_rq *rq, const char *name,
			     const char *value)
{
	size_t want = strlen(value), len;
	const char *text = kelp_http_field(rq, name, &len);

	if (!text || len < want || strncasecmp(text, value, want))
		return false;
	return len == want || text[want] == ';' || text[want] == ' ' ||
	       text[want] == '\t';
}

/* Under rcu_read_lock(): a method that this listener offers, or NULL. */
static const struct rpc_method *connect_find(const struct kelp_http_rq *rq,
					     const struct connect_names *names)
{
	const struct rpc_method *method;

	method = rpc_method_find(NULL, names->service, names->service_len,
				 names->method, names->method_len);
	if (!method ||
	    !kelp_gate_offers(rq->conn->gate, method->service->def->name))
		return NULL;
	return method;
}

/*
 * A method that is there is ours, whatever else leads to that path; where
 * nothing does, or only files do, whatever looks like a call.
 */
static bool connect_claims(const struct kelp_http_rq *rq, bool routed)
{
	struct connect_names names;

	return connect_field_is(rq, "Content-Type", CONNECT_TYPE) &&
	       connect_names(rq, &names) &&
	       (!routed || connect_find(rq, &names));
}

/**
 * struct connect_code - what a code is called in the Connect protocol
 * @code: enum kelp_rpc_error
 * @status: status of the answer
 * @name: the name
 */
struct connect_code {
	int code;
	int status;
	const char *name;
};

static const struct connect_code *connect_code(int code)
{
	static const struct connect_code codes[] = {
		{ KELP_RPC_ENOSERVICE, 501, "unimplemented" },
		{ KELP_RPC_ENOMETHOD, 501, "unimplemented" },
		{ KELP_RPC_EREQUEST, 400, "invalid_argument" },
		{ KELP_RPC_ERPCAUTH, 401, "unauthenticated" },
		{ KELP_RPC_ERPCTIMEDOUT, 504, "deadline_exceeded" },
		{ KELP_RPC_ELOGOFF, 503, "unavailable" },
		{ KELP_RPC_ELIMIT, 429, "resource_exhausted" },
		{ KELP_RPC_EINTERNAL, 500, "internal" },
	};
	unsigned int i;

	/* codes of the service's own say nothing to others: the last one */
	for (i = 0; i < ARRAY_SIZE(codes) - 1; i++)
		if (codes[i].code == code)
			break;
	return &codes[i];
}

/* The text as the inside of a JSON string; what is not ASCII becomes '?'. */
static void connect_escape(const char *text, char *out, size_t room)
{
	size_t n = 0;

	for (; *text && n + 7 < room; text++) {
		unsigned char c = *text;

		if (c == '"' || c == '\\')
			n += scnprintf(out + n, room - n, "\\%c", c);
		else if (c < ' ')
			n += scnprintf(out + n, room - n, "\\u%04x", c);
		else
			out[n++] = c < 0x7f ? c : '?';
	}
	out[n] = '\0';
}

static int connect_error(struct kelp_http_rq *rq, int code, const char *text)
{
	const struct connect_code *c = connect_code(code);
	char message[2 * KELP_CALL_TEXT], body[2 * KELP_CALL_TEXT + 64];
	int len;

	connect_escape(text, message, sizeof(message));
	len = scnprintf(body, sizeof(body),
			"{\"code\":\"%s\",\"message\":\"%s\"}", c->name,
			message);
	return kelp_http_status(rq, c->status) ?:
	       kelp_http_add(rq, "Content-Type", "application/json") ?:
	       kelp_http_answer(rq, body, len);
}

static int connect_reply(struct kelp_http_rq *rq, const struct kelp_call *call)
{
	const struct rpc_reply *reply = &call->reply;

	kelp_stat_inc(call->kn->stats, KELP_STAT_RPC_CALLS);
	if (reply->code) {
		kelp_stat_inc(call->kn->stats, KELP_STAT_RPC_ERRORS);
		return connect_error(rq, reply->code, reply->text);
	}
	return kelp_http_add(rq, "Content-Type", CONNECT_TYPE) ?:
	       kelp_http_answer(rq, reply->data, reply->len);
}

/* Milliseconds, at most ten digits; 0 when it does not say. */
static int connect_timeout(const struct kelp_http_rq *rq, u64 *ms)
{
	size_t len, i;
	const char *text = kelp_http_field(rq, "Connect-Timeout-Ms", &len);

	*ms = 0;
	if (!text)
		return 0;
	if (!len || len > 10)
		return -EINVAL;
	for (i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
		*ms = *ms * 10 + text[i] - '0';
	}
	return 0;
}

/* What is wrong with the request's form, or NULL. */
static const char *connect_form(const struct kelp_http_rq *rq, int *compress)
{
	size_t len;

	*compress = KELP_RPC_COMPRESS_NONE;
	if (kelp_http_field(rq, "Connect-Protocol-Version", &len) &&
	    !connect_field_is(rq, "Connect-Protocol-Version", "1"))
		return "Connect-Protocol-Version has to be 1";
	if (!kelp_http_field(rq, "Content-Encoding", &len) ||
	    connect_field_is(rq, "Content-Encoding", "identity"))
		return NULL;
	if (!connect_field_is(rq, "Content-Encoding", "gzip"))
		return "Content-Encoding may be identity or gzip";
	*compress = KELP_RPC_COMPRESS_GZIP;
	return NULL;
}

/* "Bearer SECRET" */
static bool connect_caller_knows(const struct kelp_http_rq *rq)
{
	size_t len = 0, scheme = strlen("Bearer ");
	const char *text = kelp_http_field(rq, "Authorization", &len);

	if (!text || len < scheme || strncasecmp(text, "Bearer ", scheme))
		return kelp_gate_knows(rq->conn->gate, "", 0);
	return kelp_gate_knows(rq->conn->gate, text + scheme, len - scheme);
}

/* A task for the call, with a reference for who waits, or NULL. */
static struct rpc_task *connect_task(struct kelp_http_rq *rq,
				     struct connect_wait *wait, int *code)
{
	const struct rpc_method *method;
	struct connect_names names;
	struct rpc_task *task = NULL;

	rcu_read_lock();
	*code = KELP_RPC_ENOMETHOD;
	method = connect_names(rq, &names) ? connect_find(rq, &names) : NULL;
	if (method) {
		*code = KELP_RPC_ELIMIT;
		task = rpc_task_create(rq->conn->kn, method, NULL, 0,
				       GFP_ATOMIC);
	}
	if (task && !rpc_task_enter(task)) {
		*code = KELP_RPC_ELOGOFF;
		rpc_task_put(task);
		task = NULL;
	}
	rcu_read_unlock();
	if (!task)
		return NULL;
	task->finished = connect_finished;
	task->owner = wait;
	task->conn = kelp_conn_get(rq->conn);
	refcount_inc(&wait->ref);
	return task;
}

/* Wait for the answer; gives up when nobody else waits for it either. */
static bool connect_await(struct kelp_http_rq *rq, struct rpc_task *task,
			  struct connect_wait *wait)
{
	while (!wait_for_completion_timeout(&wait->done, CONNECT_LOOK)) {
		if (kelp_http_gone(rq) || rpc_call_expired(&task->call)) {
			rpc_task_cancel(task);
			return false;
		}
	}
	return true;
}

static int connect_call(struct kelp_http_rq *rq, struct rpc_task *task,
			struct connect_wait *wait)
{
	struct kelp_call *call = &task->call;
	int err = rpc_state_make(call->rpc, call->method->service) ?:
		  rpc_unpack(task);

	if (!err) {
		rpc_task_dispatched(task);
		if (connect_await(rq, task, wait) && !rpc_call_expired(call))
			return connect_reply(rq, call);
		return connect_error(rq, KELP_RPC_ERPCTIMEDOUT,
				     "took too long");
	}
	connect_wait_put(wait);		/* it never finishes */
	if (call->reply.code)
		return connect_reply(rq, call);
	return connect_error(rq, KELP_RPC_EINTERNAL, "no memory");
}

static const char *connect_why(int code)
{
	switch (code) {
	case KELP_RPC_ENOMETHOD:
		return "no such method here";
	case KELP_RPC_ELOGOFF:
		return "the service is going";
	default:
		return "too many calls at a time";
	}
}

/* The request has come, and is a call. */
static int connect_message(struct kelp_http_rq *rq, void *data, size_t len,
			   int compress, u64 ms)
{
	struct connect_wait *wait = kzalloc(sizeof(*wait), GFP_KERNEL);
	struct rpc_task *task;
	int code, ret;

	if (!wait) {
		kvfree(data);
		return -ENOMEM;
	}
	init_completion(&wait->done);
	refcount_set(&wait->ref, 1);
	task = connect_task(rq, wait, &code);
	if (!task) {
		kvfree(data);
		connect_wait_put(wait);
		return connect_error(rq, code, connect_why(code));
	}
	task->unpacked = data;
	task->call.message = data ?: task->body;
	task->call.message_len = len;
	task->compress = compress;
	if (ms)
		rpc_call_timeout(&task->call, ms);
	ret = connect_call(rq, task, wait);
	rpc_task_put(task);
	connect_wait_put(wait);
	return ret;
}

static int connect_serve(struct kelp_http_rq *rq)
{
	u64 most = kelp_net_limit(rq->conn->kn, KELP_LIMIT_RPC_BODY), ms;
	const char *wrong;
	int compress, err;
	void *data;
	size_t len;

	if (READ_ONCE(rq->conn->kn->draining))
		return connect_error(rq, KELP_RPC_ELOGOFF,
				     "the server is about to stop");
	if (!connect_caller_knows(rq)) {
		kelp_stat_inc(rq->conn->stats, KELP_STAT_RPC_UNPROVEN);
		return connect_error(rq, KELP_RPC_ERPCAUTH,
				     "the secret is missing or wrong");
	}
	wrong = connect_form(rq, &compress);
	if (!wrong && connect_timeout(rq, &ms))
		wrong = "Connect-Timeout-Ms is a number of up to ten digits";
	if (wrong)
		return connect_error(rq, KELP_RPC_EREQUEST, wrong);
	err = kelp_http_read_all(rq, most, &data, &len);
	if (err == -E2BIG)
		return connect_error(rq, KELP_RPC_ELIMIT,
				     "the message is too large");
	if (err)
		return err;
	return connect_message(rq, data, len, compress, ms);
}

static void *connect_create(struct kelp_http_args *args)
{
	/* the limit rpc_body holds, and is asked for each request */
	kelp_http_arg_body(args, 64 << 20);
	return NULL;
}

const struct kelp_http_handler kelp_connect = {
	.name = "connect",
	.methods = KELP_HTTP_POST,
	.own_conditions = true,
	.claims = connect_claims,
	.create = connect_create,
	.serve = connect_serve,
};
