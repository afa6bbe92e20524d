/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Delivering: a request's whole answer in one go, whoever made it. In softirq
 * for what is in memory, in the worker for what came from the dispatcher.
 */
#ifndef KELP_HTTP_DELIVER_H
#define KELP_HTTP_DELIVER_H

#include <linux/types.h>

struct kelp_conn;
struct kelp_object;
struct kelp_run;

/*
 * All under the socket lock, BH off, RCU reader. @head is the first byte of the
 * request's head, to which the slices of http_conn.req refer: the bytes
 * received, or a copy of them. On return the answer is written and the
 * connection expects the rest of the body, the next request, or its end.
 */
void http_deliver_object(struct kelp_conn *conn, struct kelp_run *run,
			 const u8 *head, struct kelp_object *obj);
void http_deliver_page(struct kelp_conn *conn, struct kelp_run *run,
		       unsigned int status, struct kelp_object *obj);
void http_deliver_status(struct kelp_conn *conn, struct kelp_run *run,
			 unsigned int status, const char *extra);
void http_deliver_slash(struct kelp_conn *conn, struct kelp_run *run,
			const u8 *head);

#endif
