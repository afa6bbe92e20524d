/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RPC methods over HTTP/1.1.
 */
#ifndef KELP_SVC_CONNECT_H
#define KELP_SVC_CONNECT_H

struct kelp_http_handler;

extern const struct kelp_http_handler kelp_connect;

#endif
