/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calling handlers: from what comes on a connection to their callbacks, and
 * from what they did to the connection's state.
 */
#ifndef KELP_HTTP_HOOK_H
#define KELP_HTTP_HOOK_H

#include <linux/types.h>

struct http_asked;
struct http_chunk_out;
struct kelp_conn;
struct kelp_run;

/*
 * Under the socket lock, BH off, except http_hook_drop(), which the owning
 * worker also calls without locks when the connection ends. All but the first
 * want http_conn.rq, and find it NULL afterwards when the request is over.
 */
void http_hook_request(struct kelp_conn *conn, struct kelp_run *run,
		       const struct http_asked *asked);
size_t http_hook_room(struct kelp_conn *conn);
void http_hook_body(struct kelp_conn *conn, struct kelp_run *run,
		    const struct http_chunk_out *payload);
void http_hook_end(struct kelp_conn *conn, struct kelp_run *run);
void http_hook_ready(struct kelp_conn *conn, struct kelp_run *run);
void http_hook_broken(struct kelp_conn *conn, struct kelp_run *run,
		      unsigned int status);
void http_hook_drop(struct kelp_conn *conn);

#endif
