/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From whom a request comes that a proxy has passed on.
 */
#ifndef KELP_HTTP_ORIGIN_H
#define KELP_HTTP_ORIGIN_H

#include <linux/types.h>

struct http_req;
struct kelp_addr;
struct kelp_conn;

bool http_origin(const struct kelp_conn *conn, const struct http_req *req,
		 const u8 *head, struct kelp_addr *addr);

#endif
