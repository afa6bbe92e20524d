/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A request for a file that is answered in the dispatcher: a cold one, or one
 * that is sent in chunks.
 */
#ifndef KELP_HTTP_TASK_H
#define KELP_HTTP_TASK_H

#include <linux/types.h>

struct http_task;
struct kelp_conn;
struct kelp_run;
struct kelp_site;

/*
 * All under the socket lock, BH off, except http_task_abandon(), which the
 * owning worker calls without locks when the connection ends.
 */
bool http_task_file(struct kelp_conn *conn, const u8 *head,
		    struct kelp_site *site, const char *path, size_t len);
void http_task_ready(struct kelp_conn *conn, struct kelp_run *run);
void http_task_abandon(struct kelp_conn *conn);

#endif
