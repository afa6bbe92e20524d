/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a complete request head to its answer.
 */
#ifndef KELP_HTTP_REQUEST_H
#define KELP_HTTP_REQUEST_H

#include <linux/types.h>

struct kelp_conn;
struct kelp_run;

void http_request(struct kelp_conn *conn, struct kelp_run *run, const u8 *head);
void http_refuse(struct kelp_conn *conn, struct kelp_run *run,
		 unsigned int status);

#endif
