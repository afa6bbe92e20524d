/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Services: methods that remote programs call, over kelp's binary protocol and
 * over HTTP (kmod/rpc/PROTOCOL.md). This header is all that a service needs to
 * know; other modules may register services just as kelp's own (svc/) do.
 *
 * A method is one function. It finds the request's message with
 * kelp_call_message(), usually by means of kelp/pb.h, asks for room for its
 * reply with kelp_call_reply(), writes it there, and returns 0. What it returns
 * otherwise says what went wrong; kelp_call_fail() says it with more words.
 *
 * Where it runs, its flags say:
 *
 *   0
 *	in softirq or in a worker, under the connection's lock with BH off. It
 *	must not sleep, and is done in microseconds. The message is looked at
 *	where TCP put it, the reply is written to where it is sent from: nothing
 *	is allocated. A call that needs more than that, memory for a large
 *	reply above all, returns KELP_CALL_SLEEP and is called again in the
 *	dispatcher;
 *   KELP_METHOD_SLEEPS
 *	in the dispatcher. It may sleep, and many run at the same time, also of
 *	one connection: replies overtake each other;
 *   KELP_METHOD_LATER
 *	as 0, but it may return KELP_CALL_LATER: then kelp_call_finish() is
 *	called some time later, from any context. Together with SLEEPS it is
 *	called in the dispatcher.
 *
 * Every call is answered exactly once, whatever happens to the method: with
 * its reply, or with an error when it fails, when its time is up before it is
 * called, or when it is refused beforehand.
 */
#ifndef KELP_SERVICE_H
#define KELP_SERVICE_H

#include <linux/bits.h>
#include <linux/compiler_attributes.h>
#include <linux/gfp_types.h>
#include <linux/types.h>
#include <uapi/linux/kelp_rpc.h>

struct kelp_call;
struct kelp_conn;
struct kelp_net;
struct module;

/* kelp_method.flags */
#define KELP_METHOD_SLEEPS	BIT(0)
#define KELP_METHOD_LATER	BIT(1)

/* kelp_method.call() returns this to answer with kelp_call_finish(). */
#define KELP_CALL_LATER		1

/*
 * kelp_method.call() returns this to be called once more where it may sleep, if
 * kelp_call_may_sleep() says that this is not there. What it has done to the
 * call until then is forgotten.
 */
#define KELP_CALL_SLEEP		2

/* Bytes of kelp_call_priv(). */
#define KELP_CALL_PRIV		64

/* Bytes of "package.Service", of "Method", and of an error's text. */
#define KELP_SERVICE_NAME	128
#define KELP_METHOD_NAME	64
#define KELP_CALL_TEXT		120

/**
 * struct kelp_method - a method
 * @name: its name, up to KELP_METHOD_NAME - 1 bytes
 * @flags: KELP_METHOD_SLEEPS | KELP_METHOD_LATER
 * @call: answer the call. Returns 0 when the reply is written (none is an
 *	empty message), KELP_CALL_LATER, KELP_CALL_SLEEP, or -errno: -EINVAL
 *	and -EBADMSG become EREQUEST, -EBUSY and -EAGAIN ELIMIT, -ETIMEDOUT
 *	ERPCTIMEDOUT, others EINTERNAL, unless kelp_call_fail() chose a code
 * @cancel: nobody waits for the reply any more: the peer is gone, or the
 *	service is being unregistered. Called at most once, only between
 *	KELP_CALL_LATER and kelp_call_finish(), which still has to be called;
 *	must not sleep and must not call that itself. May be NULL
 */
struct kelp_method {
	const char *name;
	u32 flags;
	int (*call)(struct kelp_call *call);
	void (*cancel)(struct kelp_call *call);
};

/**
 * struct kelp_service - a service
 * @name: "package.Service", up to KELP_SERVICE_NAME - 1 bytes
 * @methods: its methods
 * @nr_methods: how many, at least 1
 * @net_init: make what the service keeps per namespace; returns it (NULL is a
 *	state too) or an ERR_PTR. Called for every namespace, also for those
 *	made later. May sleep. May be NULL
 * @net_exit: no call of that namespace runs any more. May sleep. May be NULL
 *
 * Constant and in memory until kelp_service_unregister() has returned.
 */
struct kelp_service {
	const char *name;
	const struct kelp_method *methods;
	unsigned int nr_methods;
	void *(*net_init)(struct kelp_net *kn);
	void (*net_exit)(struct kelp_net *kn, void *state);
};

/* rpc/service.c: process context, may sleep. */
int kelp_service_register(const struct kelp_service *service);
void kelp_service_unregister(const struct kelp_service *service);

/* rpc/call.c: what was asked. Good until the call is answered. */
const void *kelp_call_message(const struct kelp_call *call, size_t *len);
size_t kelp_call_attachment_len(const struct kelp_call *call);
const void *kelp_call_attachment(const struct kelp_call *call, size_t off,
				 size_t *len);
const char *kelp_call_user_field(const struct kelp_call *call,
				 const char *name, size_t *len);
u64 kelp_call_log_id(const struct kelp_call *call);
s64 kelp_call_time_left(const struct kelp_call *call);
bool kelp_call_cancelled(const struct kelp_call *call);
bool kelp_call_may_sleep(const struct kelp_call *call);
struct kelp_net *kelp_call_net(const struct kelp_call *call);
void *kelp_call_state(const struct kelp_call *call);
void *kelp_call_priv(struct kelp_call *call);

/* rpc/answer.c: what is answered. */
void *kelp_call_reply(struct kelp_call *call, size_t len, gfp_t gfp);
void kelp_call_reply_trim(struct kelp_call *call, size_t len);
int kelp_call_reply_bytes(struct kelp_call *call, const void *data, size_t len,
			  gfp_t gfp);
int kelp_call_attach(struct kelp_call *call, const void *data, size_t len,
		     gfp_t gfp);
int kelp_call_attach_request(struct kelp_call *call);
int __printf(3, 4) kelp_call_fail(struct kelp_call *call, int code,
				  const char *fmt, ...);
void kelp_call_finish(struct kelp_call *call);

#endif
